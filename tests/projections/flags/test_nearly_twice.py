"""Purchases that are nearly one: of one shop, one day and one price. And one receipt, badly scanned again."""

from typing import Any

import pytest

from domain.money import Money
from tests.projections.flags.histories import History, cases_of, day, says

PRICE = Money(3500)
FIRST: dict[str, Any] = {"cvr": "91335417", "on": day(3), "time": "12:04", "number": "004711"}


UNSURE = ("cvr", "purchased_on", "time", "number", "total")


def handed_in_twice(first: dict[str, Any], again: dict[str, Any]) -> list[str | None]:
    """The cases that are asked about: two, each with one of the receipts. No reading of them is sure."""
    told = History().case("A-1", "course").case("A-2", "course")
    for case_no, on, said in (("A-1", 5, first), ("A-2", 9, again)):
        fields = {"total": PRICE} | said
        read = says(fields.pop("total"), *UNSURE, **{k: v for k, v in fields.items() if v})
        told.receipt(case_no, PRICE, on, bought=3, says=read)
    return list(cases_of(told.finds("same_receipt")))


@pytest.mark.parametrize(
    "other",
    [
        {"number": "004712"},
        {"number": "004710"},
        {"number": "004713", "time": "12:05"},
        {"number": "004811", "time": "14:31"},
        {"number": "005932", "time": "17:04"},
        {"cvr": "97500398"},
        {"cvr": "97500398", "number": "004712"},
        {"number": None, "time": "12:05", "cvr": None},
        {"number": None, "time": None},
        {"on": day(4), "time": "12:05"},
        {"total": Money(4900)},
    ],
    ids=[
        *("the next in the queue", "the one before", "two later", "later", "hours later"),
        *("same number elsewhere", "elsewhere", "a kiosk", "nothing of its own"),
        *("the next day", "another price"),
    ],
)
def test_two_purchases_that_are_alike_are_not_called_one(other: dict[str, Any]) -> None:
    assert handed_in_twice(FIRST, FIRST | other) == []
    assert handed_in_twice(FIRST | other, FIRST) == []


@pytest.mark.parametrize(
    "worn",
    [
        {},
        {"number": "004771"},
        {"number": "804711"},
        {"time": "12:64"},
        {"cvr": "91385417"},
        {"total": Money(8500)},
        {"number": None},
        {"time": None},
        {"cvr": None},
        {"on": None},
        {"total": None},
        {"cvr": None, "on": None, "total": None},
    ],
    ids=[
        *("rescanned", "number", "number's first", "time", "shop", "total"),
        *("no number", "no time", "no shop", "no day", "no total", "number and time alone"),
    ],
)
def test_one_receipt_that_is_read_worse_the_second_time_is_still_one(worn: dict[str, Any]) -> None:
    assert handed_in_twice(FIRST, FIRST | worn) == ["A-2"]
