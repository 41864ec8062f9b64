"""Projections made anew from the first event, while the old rows go on serving readers."""
