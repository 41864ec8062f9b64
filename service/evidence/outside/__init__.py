"""Places outside the database that checkpoints are sent to: who changes the database can't change these."""
