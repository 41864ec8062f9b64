"""Flag rules, each shown what it asks about and what it leaves alone."""
