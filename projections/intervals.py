"""What a share of few can be by chance: its interval, in whole per mille and without floats."""

from typing import NamedTuple

S = 1_000_000  # The scale of what is reckoned here in whole numbers.
Z_SQUARED = 3_841_459  # The square of 1.959964, at that scale: 95 per cent.


class Interval(NamedTuple):
    """In per mille; `low` is rounded down and `high` up, so that it is never told too narrow."""

    low: int
    high: int


def wilson(hits: int, of: int) -> Interval:
    """The Wilson score interval of a share at 95 per cent (Wilson 1927, JASA 22, 209-212). It stays within
    0 and 1,000, and says something of few, too; of none it says nothing: 0 to 1,000."""
    if not of:
        return Interval(0, 1_000)
    whole = 2 * (of * S + Z_SQUARED)
    centre = 2 * hits * S + Z_SQUARED
    spread = Z_SQUARED * (Z_SQUARED * of + 4 * hits * (of - hits) * S) // of
    low = max(0, (centre - _root(spread) - 1) * 1_000 // whole)
    high = min(1_000, -(-(centre + _root(spread) + 1) * 1_000 // whole))
    return Interval(low, high)


def _root(number: int) -> int:
    """The square root, rounded down, by Newton's method."""
    guess = 1 << (number.bit_length() + 1) // 2
    while guess * guess > number:
        guess = (guess + number // guess) // 2
    return guess
