"""One stored line of every event ever released: what was written once must be readable for good."""
