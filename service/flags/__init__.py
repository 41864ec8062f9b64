"""Flags in the service: raised when they are due, shown, and their rules as each programme has them."""
