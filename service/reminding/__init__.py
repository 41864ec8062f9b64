"""When receipts don't come: the steps that are due each day, and the letters that tell of them."""
