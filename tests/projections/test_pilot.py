"""The figures that the pilot published, to the digit."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.money import ZERO, Money, kr
from projections.pilot import business_case, half_up, misuse
from tests.examples import COSTS


@pytest.mark.parametrize(
    ("value", "decimals", "text"),
    [
        (Fraction(1, 2), 0, "1"),
        (Fraction(-1, 2), 0, "-1"),
        (Fraction(3, 2), 0, "2"),
        (Fraction(5, 2), 0, "3"),
        (Fraction(49, 100), 0, "0"),
        (Fraction(-49, 100), 0, "0"),
        (Fraction(25, 100), 1, "0.3"),
        (Fraction(2499, 10000), 1, "0.2"),
        (Fraction(1005, 1000), 2, "1.01"),
        (Fraction(-1005, 1000), 2, "-1.01"),
        (Fraction(1995, 1000), 2, "2.00"),
        (Fraction(7), 2, "7.00"),
        (Fraction(7, 100), 2, "0.07"),
        (Fraction(0), 2, "0.00"),
        (Fraction(-1, 1000), 2, "0.00"),
    ],
)
def test_a_half_is_rounded_away_from_nothing(value: Fraction, decimals: int, text: str) -> None:
    assert half_up(value, decimals) == text


@given(st.fractions(-1_000, 1_000), st.integers(0, 4))
def test_what_is_rounded_is_at_most_half_a_digit_off(value: Fraction, decimals: int) -> None:
    rounded = Fraction(half_up(value, decimals))
    assert abs(rounded - value) <= Fraction(1, 2 * 10**decimals)
    assert half_up(rounded, decimals) == half_up(value, decimals)


def test_the_business_case_of_the_report() -> None:
    case = business_case(kr(4_083_685), 97, COSTS)
    assert case is not None
    assert case.model_dump() == {
        "citizens": 97,
        "granted": "4083685.00",
        "average": "42099.85",
        "average_whole_kroner": "42100.00",
        "cost_per_citizen": "43474.00",
        "benefit_per_month": "13000.00",
        "saved_in_3_months": "39000.00",
        "months_to_break_even": "3.34",
        "months_to_break_even_with_casework_and_activation": "2.84",
    }


def test_without_participants_there_is_no_business_case() -> None:
    assert business_case(ZERO, 0, COSTS) is None


def test_the_misuse_of_the_report() -> None:
    by_case = {"LTT-001": kr(100_000), "LTT-002": kr(50_000), "LTT-003": ZERO}
    found = misuse(by_case, kr(4_083_685))
    assert found.model_dump() == {"cases": 2, "amount": "150000.00", "percent_of_paid": "3.7"}


def test_misuse_is_no_share_of_nothing() -> None:
    assert misuse({}, ZERO).percent_of_paid is None


def test_the_share_is_rounded_half_up() -> None:
    assert misuse({"A-1": kr(10)}, kr(10)).percent_of_paid == "100.0"
    assert misuse({"A-1": Money(25)}, Money(10_000)).percent_of_paid == "0.3"
    assert misuse({"A-1": Money(24)}, Money(10_000)).percent_of_paid == "0.2"
