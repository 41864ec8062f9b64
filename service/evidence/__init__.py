"""Evidence: what was told stays told, and whoever doubts it can check."""
