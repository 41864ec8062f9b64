"""Who is asking, how they came in, and what they may do."""
