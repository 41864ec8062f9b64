"""How sure a sample makes us: Poisson factors, and the interval that follows from what is wanted.

AICPA, Audit Guide: Audit Sampling, appendix C; ISA 530 appendix 1.
"""

from fractions import Fraction
from functools import cache

from domain.money import Money

DECIMALS = 10_000  # A factor is rounded up in its fourth decimal: never less sure than it says.
DIGITS = 10**30  # Of the sums that decide which factor it is.


@cache
def factor(errors: int, confidence: int) -> Fraction:
    """The mean of the Poisson distribution at which no more than so many errors are found with a chance of
    100 - `confidence` per cent: what may be there at most, in errors, when so many are found."""
    low, high = errors * DECIMALS, (2 * errors + 5) * DECIMALS
    while high - low > 1:
        middle = (low + high) // 2
        if _sure(middle, errors, confidence):
            high = middle
        else:
            low = middle
    return Fraction(high, DECIMALS)


def _sure(mean: int, errors: int, confidence: int) -> bool:
    """sum(mean**i / i!, i up to errors) <= (1 - confidence) * e**mean, the left rounded up and the right
    down, in whole numbers."""
    term_up = term_down = found = everything = DIGITS
    i = 0
    while term_down:
        i += 1
        term_down = term_down * mean // (i * DECIMALS)
        everything += term_down
        if i <= errors:
            term_up = -(-term_up * mean // (i * DECIMALS))
            found += term_up
    return 100 * found <= (100 - confidence) * everything


def step(errors: int, confidence: int) -> Fraction:
    """What one error more adds to the factor."""
    return factor(errors + 1, confidence) - factor(errors, confidence)


def sampling_interval(materiality: Money, expected: Money, confidence: int) -> Money:
    """The longest interval at which the limit stays within the materiality when just the expected
    misstatement is found: as whole errors, and one in part. Without any expected, materiality / factor.
    The expected misstatement is at most half of the materiality."""
    errors = 0
    while True:
        more = step(errors, confidence)
        wanted = materiality.ore - expected.ore * more
        interval = wanted / (factor(errors, confidence) - errors * more)
        if expected.ore < (errors + 1) * interval:
            return Money(max(1, int(interval)))
        errors += 1
