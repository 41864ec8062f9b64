"""What a share of few can be by chance: its interval, in whole per mille and without floats."""

from fractions import Fraction
from typing import NamedTuple

Z_SQUARED = Fraction(3_841_459, 1_000_000)  # 1.959964 squared: 95 per cent.


class Interval(NamedTuple):
    """In per mille; `low` is rounded down and `high` up, so that it is never told too narrow."""

    low: int
    high: int


def wilson(hits: int, of: int) -> Interval:
    """The Wilson score interval of a share at 95 per cent (Wilson 1927, JASA 22, 209-212). It stays within
    0 and 1,000, and says something of few, too; of none it says nothing: 0 to 1,000."""
    return wilson_of(Fraction(hits, of), Fraction(of)) if of else Interval(0, 1_000)


def wilson_of(share: Fraction, of: Fraction) -> Interval:
    """The same of a share of what need not be a whole number of answers."""
    part, whole = share.numerator, share.denominator
    # In whole numbers: (share - p)² * of > z² * p * (1 - p), with p in per mille.
    ours = of.numerator * Z_SQUARED.denominator
    chance = Z_SQUARED.numerator * whole**2 * of.denominator

    def differs(per_mille: int) -> bool:
        apart = 1_000 * part - per_mille * whole
        return apart**2 * ours > chance * per_mille * (1_000 - per_mille)

    nearest = int(share * 1_000)
    below = (each for each in range(nearest, -1, -1) if differs(each))
    above = (each for each in range(nearest + 1, 1_001) if differs(each))
    return Interval(next(below, 0), next(above, 1_000))
