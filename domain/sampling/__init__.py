"""Audit sampling: what an auditor looks at is drawn by nobody, and what is found is projected to all of it."""
