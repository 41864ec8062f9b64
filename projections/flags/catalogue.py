"""Every flag rule there is, by name."""

from projections.flags import cards, receipts, sums, twice, who
from projections.flags.rule import RULES

__all__ = ["RULES", "cards", "receipts", "sums", "twice", "who"]
