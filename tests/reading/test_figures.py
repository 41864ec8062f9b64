from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.money import Money
from service.reading.figures import amounts, days, time_of_day


@pytest.mark.parametrize(
    ("text", "ore"),
    [
        ("TOTAL 1.234,50", 123450),
        ("TOTAL 1234,50", 123450),
        ("TOTAL 1 234,50", 123450),
        ("TOTAL 1.234, 50", 123450),
        ("TOTAL 1,234.50", 123450),
        ("TOTAL 1.234.50", 123450),
        ("TOTAL 12.50", 1250),
        ("RABAT -25,00", -2500),
        ("RABAT 25,00-", -2500),
    ],
)
def test_an_amount_is_read_however_it_is_printed(text: str, ore: int) -> None:
    assert [each.ore for each in amounts(text)] == [ore]


@pytest.mark.parametrize(
    "text",
    ["1.234", "12", "25,00 %", "25,00%", "16.09.26", "16.09.2026", "kl. 17:42", "1,2345", "8,5"],
)
def test_what_is_no_amount_is_none(text: str) -> None:
    assert not amounts(text)


@given(st.integers(min_value=0, max_value=99_999_999))
def test_every_amount_as_danes_write_it_is_read_back(ore: int) -> None:
    assert [each.ore for each in amounts(f"VARE {Money(ore).danish()}")] == [ore]


@pytest.mark.parametrize(
    "text",
    [
        "16-09-2026",
        "16/09-2026",
        "16.09.26",
        "2026-09-16",
        "16. september 2026",
        "16 sep. 2026",
        "Dato: 16-09-2026 17:42",
        "16·09-2026",
    ],
)
def test_a_day_is_read_however_it_is_printed(text: str) -> None:
    assert list(days(text)) == [date(2026, 9, 16)]


@pytest.mark.parametrize("text", ["31-02-2026", "16-13-2026", "99,50", "16-09-1026", "12345678"])
def test_what_is_no_day_is_none(text: str) -> None:
    assert not list(days(text))


def test_a_time_of_day_is_told_with_two_digits_each() -> None:
    assert time_of_day("16-09-2026 9:05") == "09:05"
    assert time_of_day("kl. 9.05") == "09:05"
    assert time_of_day("16-09-2026 17.42") == "17:42"
    assert time_of_day("TOTAL 17.42") is None
    assert time_of_day("25:10") is None
