"""The API: every command, and what holds for many routes."""
