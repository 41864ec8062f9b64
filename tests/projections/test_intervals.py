"""How sure a share of few is: its interval."""

from decimal import Decimal
from fractions import Fraction
from math import ceil, floor
from statistics import NormalDist

import pytest
from hypothesis import given as for_all
from hypothesis import strategies as st

from domain.money import ZERO, Money, kr, total
from projections.intervals import Z_SQUARED, Interval, wilson, wilson_of
from projections.misuse_figures import of_kroner


def test_the_pilots_share_has_the_interval_that_a_textbook_gives() -> None:
    assert wilson(7, 97) == Interval(35, 142)
    assert wilson(0, 0) == Interval(0, 1_000)


@for_all(of=st.integers(1, 400), data=st.data())
def test_kroner_that_are_all_alike_are_as_sure_as_the_citizens(
    of: int, data: st.DataObject
) -> None:
    """Where each was paid the same, and misused all or nothing, a krone is a citizen."""
    hits = data.draw(st.integers(0, of))
    citizens = [(kr(9), kr(9))] * hits + [(kr(9), ZERO)] * (of - hits)
    low, high = of_kroner(citizens)
    told = wilson(hits, of)
    # The variance of a sample divides by one less than there are: as sure as one citizen fewer.
    assert low <= told.low + 1
    assert high >= told.high - 1
    assert (low, high) == wilson_of(
        Fraction(hits, of), Fraction(max(of - 1, 1) if 0 < hits < of else of)
    )


def test_the_interval_is_the_one_that_wilsons_own_formula_gives() -> None:
    """With the quantile of the standard library, in decimals, and rounded outwards."""
    z = Decimal(NormalDist().inv_cdf(0.975))
    for of in range(1, 151):
        for hits in range(of + 1):
            share, widened = Decimal(hits) / of, 1 + z * z / of
            centre = share + z * z / (2 * of)
            spread = z * (share * (1 - share) / of + z * z / (4 * of * of)).sqrt()
            low, high = (1_000 * (centre + side * spread) / widened for side in (-1, 1))
            # Of none and of all, one bound is 0 and 1,000 by algebra: decimals only come near.
            told = floor(low) if hits else 0, ceil(high) if hits < of else 1_000
            assert wilson(hits, of) == told, (hits, of)


@pytest.mark.parametrize(
    ("hits", "of", "low", "high"),
    [
        # Newcombe 1998, Statistics in Medicine 17, 857-872, table I, method 3.
        (81, 263, "0.2553", "0.3662"),
        (15, 148, "0.0624", "0.1605"),
        (0, 20, "0.0000", "0.1611"),
        (1, 29, "0.0061", "0.1718"),
    ],
)
def test_the_interval_is_the_published_one_rounded_outwards(
    hits: int, of: int, low: str, high: str
) -> None:
    told = floor(1_000 * Decimal(low)), ceil(1_000 * Decimal(high))
    assert wilson(hits, of) == told


@for_all(share=st.fractions(0, 1, max_denominator=500), of=st.fractions(1, 5_000))
def test_a_bound_is_the_nearest_per_mille_that_chance_does_not_reach(
    share: Fraction, of: Fraction
) -> None:
    """Asked of the bounds themselves: what lies within the interval agrees with the share, and they don't."""

    def agrees(per_mille: int) -> bool:
        p = Fraction(per_mille, 1_000)
        return (share - p) ** 2 * of <= Z_SQUARED * p * (1 - p)

    low, high = wilson_of(share, of)
    assert low == 0 or not agrees(low)
    assert high == 1_000 or not agrees(high)
    assert all(agrees(each) for each in (low + 1, high - 1) if low < each < high)


AMOUNTS = st.integers(1, 5_000_000)


@for_all(
    citizens=st.lists(
        st.tuples(AMOUNTS, st.integers(0, 100)).map(
            lambda each: (Money(each[0]), Money(each[0] * each[1] // 100))
        ),
        max_size=30,
    )
)
def test_an_interval_holds_its_share_and_stays_within_all_and_nothing(
    citizens: list[tuple[Money, Money]],
) -> None:
    low, high = of_kroner(citizens)
    paid, bad = (total(each[place] for each in citizens).ore for place in (0, 1))
    assert 0 <= low <= high <= 1_000
    assert low * paid <= 1_000 * bad <= high * paid


def test_few_citizens_are_less_sure_than_many_with_the_same_share() -> None:
    few, many = ([(kr(9), kr(9)), *[(kr(9), ZERO)] * 9] * times for times in (1, 20))
    wide, narrow = of_kroner(few), of_kroner(many)
    assert wide.low < narrow.low < 100 < narrow.high < wide.high


def test_nobody_who_misused_is_not_the_same_as_none_ever_will() -> None:
    assert of_kroner([(kr(9), ZERO)] * 10) == wilson(0, 10)
    assert of_kroner([(kr(1_000), ZERO), *[(kr(1), ZERO)] * 9]).high > wilson(0, 2).high
