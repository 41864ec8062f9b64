"""What identifies people, and what they wrote: kept apart from the log, sealed with a key per person."""
