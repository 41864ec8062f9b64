"""To which line, tranche and card purchase a receipt belongs: proposed with its reasons, never decided."""
