"""Backups: one file with the database, its sealed files, and what must agree after a restore."""
