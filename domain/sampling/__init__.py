"""Audit sampling: nobody picks what an auditor looks at, and what is found tells of the whole."""
