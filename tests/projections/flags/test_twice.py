from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.money import Money, kr
from domain.voucher import AsideFor
from projections.flags.likeness import FIELDS, OWN, Print, index, nearly, same
from tests.projections.flags.histories import History, cases_of, day, says

SLIP: dict[str, Any] = {"cvr": "91335417", "on": day(3), "time": "16:56", "number": "175031"}


def two_cases(second: Any, **keyed: Any) -> History:
    told = History().case("A-1", "course").case("A-2", "course")
    told.receipt("A-1", Money(175150), 5, bought=3, says=says(Money(175150), **SLIP))
    told.receipt("A-2", Money(175150), 9, **{"bought": 3, "says": second} | keyed)
    return told


@pytest.mark.parametrize(
    "second",
    [
        says(Money(175150), **SLIP),
        says(Money(175150), "number", **SLIP | {"number": "176031"}),
        says(Money(178150), "total", **SLIP),
        says(Money(175150), "time", **SLIP | {"time": "16:58"}),
        says(Money(175150), "cvr", **SLIP | {"cvr": "97335417"}),
        says(Money(175150), **SLIP | {"cvr": None}),
        says(Money(175150), **SLIP | {"cvr": None, "time": None}),
        says(None, **SLIP),
    ],
    ids=["same", "number", "total", "time", "cvr", "cropped", "cropped and worn", "no total"],
)
def test_the_same_receipt_in_another_case_is_asked_about_there(second: Any) -> None:
    (found,) = two_cases(second).finds("same_receipt")
    assert (found.case_no, found.amount, found.on) == ("A-2", Money(175150), day(9))
    assert "et andet forløb" in found.sentence_da
    assert "A-1" not in found.sentence_da
    assert {each.case_no for each in found.evidence} == {"A-1", "A-2"}


@pytest.mark.parametrize(
    "second",
    [
        says(Money(175150), **SLIP | {"number": "175032"}),
        says(Money(175150), **SLIP | {"number": "299990", "time": "16:57"}),
        says(Money(175150), "number", "time", **SLIP | {"number": "175037", "time": "16:58"}),
        says(Money(999), **SLIP),
        says(Money(175150), **SLIP | {"on": day(4)}),
        says(Money(175150), **SLIP | {"time": None, "number": None}),
        says(Money(175150), **SLIP | {"number": "17503"}),
    ],
    ids=["next number", "later", "two digits", "price", "day", "no mark of its own", "shorter"],
)
def test_two_receipts_that_differ_are_never_called_one(second: Any) -> None:
    assert not two_cases(second).finds("same_receipt")


def test_a_copy_that_was_saved_anew_is_known_by_its_picture() -> None:
    told = History().case("A-1", "course").case("A-2", "course").case("A-3", "course")
    for number, likeness in enumerate(
        ("00000000000000ff", "00000000000000fe", "ff000000000000ff"), 1
    ):
        case_no = f"A-{number}"
        told.receipt(case_no, kr(150), 5 + number, bought=3, says=says(likeness=likeness))
    assert cases_of(told.finds("same_receipt")) == ["A-2"]


def test_a_receipt_that_was_rejected_may_be_scanned_again_but_not_handed_in_twice() -> None:
    told = History().case("A-1", "course").case("A-2", "course")
    slip = says(Money(175150), **SLIP)
    first = told.receipt("A-1", Money(175150), 5, bought=3, says=slip)
    told.rejects("A-1", first, 7)
    told.receipt("A-1", Money(175150), 9, bought=3, says=slip, note=True)
    assert not told.finds("same_receipt")
    told.receipt("A-1", Money(175150), 11, bought=3, says=slip)
    (found,) = told.finds("same_receipt")
    assert "samme forløb" in found.sentence_da


def test_a_new_scan_may_be_entered_before_the_rejection_of_the_same_day() -> None:
    told = History().case("A-1", "course")
    slip = says(Money(175150), **SLIP)
    first = told.receipt("A-1", Money(175150), 5, bought=3, says=slip)
    told.receipt("A-1", Money(175150), 7, bought=3, says=slip, note=True)
    told.rejects("A-1", first, 7)
    assert not told.finds("same_receipt")


def test_a_file_that_arrived_for_another_case_is_asked_about_there() -> None:
    told = History().case("A-1", "course").case("A-2", "course")
    told.arrives("one", "A-1", 3)
    told.arrives("another", "A-2", 4)
    told.arrives("one", "A-2", 5)
    (found,) = told.finds("same_file")
    assert (found.case_no, found.amount, found.on) == ("A-2", Money(0), day(5))
    assert "kom ind i et andet forløb" in found.sentence_da
    assert [each.case_no for each in found.evidence] == ["A-1", "A-2"]


@pytest.mark.parametrize(("again", "where"), [("A-1", "samme"), ("A-2", "et andet")])
def test_a_file_that_is_a_receipt_already_is_asked_about_when_it_arrives(
    again: str, where: str
) -> None:
    told = History().case("A-1", "course").case("A-2", "course")
    told.arrives("R-1", "A-1", 3)
    told.receipt("A-1", kr(150), 4, ref="R-1")
    told.arrives("R-1", again, 9)
    (found,) = told.finds("same_file")
    assert (found.case_no, found.on) == (again, day(9))
    assert f"blev afleveret som kvittering i {where} forløb" in found.sentence_da


def test_a_receipt_that_arrives_again_for_nobody_is_asked_about_by_no_case() -> None:
    told = History().case("A-1", "course")
    told.receipt("A-1", kr(150), 4, ref="R-1")
    told.arrives("R-1", None, 9)
    (found,) = told.finds("same_file")
    assert found.case_no is None
    assert [each.case_no for each in found.evidence] == ["A-1", None]


def test_a_file_may_be_sent_twice_before_anybody_made_a_receipt_of_it() -> None:
    told = History().case("A-1", "course")
    for number, case_no in enumerate(("A-1", "A-1", None, "A-1")):
        told.arrives("one", case_no, 3 + number)
    assert not told.finds("same_file")


@pytest.mark.parametrize(
    ("reason", "on", "asked"),
    [(AsideFor.OTHER_CASE, 4, 0), (AsideFor.OTHER_CASE, 6, 1), (AsideFor.NOT_A_RECEIPT, 4, 1)],
)
def test_a_file_that_came_to_the_wrong_case_may_come_to_the_right_one(
    reason: AsideFor, on: int, asked: int
) -> None:
    told = History().case("A-1", "course").case("A-2", "course")
    first = told.arrives("one", "A-1", 3)
    if on <= 5:
        told.sets_aside(first, reason, on)
    told.arrives("one", "A-2", 5)
    if on > 5:
        told.sets_aside(first, reason, on)
    assert len(told.finds("same_file")) == asked


def test_the_same_claim_is_asked_about_where_the_pictures_tell_nothing() -> None:
    told = History()
    for number in range(1, 5):
        told.case(f"A-{number}", "course")
    told.receipt("A-1", Money(175155), 5, bought=3)
    told.receipt("A-2", Money(175155), 9, bought=3)
    told.receipt("A-3", kr(150), 5, bought=3)
    told.receipt("A-4", kr(150), 9, bought=3)
    assert cases_of(told.finds("same_claim")) == ["A-2"]
    apart = two_cases(says(**SLIP | {"number": "999999"}))
    assert not apart.finds("same_claim")


def test_a_purchase_by_invoice_and_receipt_is_asked_about() -> None:
    told = History().case("A-1", "course").case("A-2", "course")
    told.invoice("A-1", kr(500), 4)
    told.receipt("A-1", kr(500), 9)
    told.receipt("A-1", kr(500), 99)
    told.receipt("A-1", kr(501), 9)
    told.receipt("A-2", kr(500), 9)
    told.receipt("A-1", kr(400), 10, "Noget Andet", says=says(kr(500), cvr="91335417"))
    found = told.finds("invoice_and_receipt")
    assert [(each.case_no, each.amount) for each in found] == [("A-1", kr(500)), ("A-1", kr(400))]


# The search itself -------------------------------------------------------------------------------

digits = st.text("0123456789", min_size=6, max_size=6)
prints = st.builds(
    lambda name, **fields: Print(name, fields, frozenset()),
    name=st.uuids().map(str),
    shop=digits,
    day=st.dates(date(2019, 1, 1), date(2019, 1, 3)).map(str),
    time=st.sampled_from(("10:00", "10:01", "17:42")),
    number=digits,
    total=st.sampled_from(("150.00", "151.00", "1751.50")),
)


@given(
    prints, st.sampled_from(FIELDS), st.sampled_from("0123456789"), st.sets(st.sampled_from(FIELDS))
)
def test_one_misread_digit_or_one_lost_field_hides_no_receipt(
    one: Print, misread: str, digit: str, _: set[str]
) -> None:
    worn = one.fields | {misread: digit + one.fields[misread][1:]}
    again = replace(one, name="again", fields=worn)
    lost = {each: told for each, told in one.fields.items() if each != misread}
    for other in (again, replace(one, name="again", fields=lost)):
        assert same(one, other)
        assert same(other, one)
        assert index([other]).alike(one) == [other]


@given(st.lists(prints, max_size=12, unique_by=lambda each: each.name), prints)
def test_the_index_finds_just_what_comparing_all_finds(many: list[Print], wanted: Print) -> None:
    found = {each.name for each in index(many).alike(wanted)}
    assert found == {each.name for each in many if same(wanted, each)}


@given(prints, prints)
def test_what_differs_in_its_number_and_in_anything_else_is_another(
    one: Print, other: Print
) -> None:
    differing = {each for each in FIELDS if one.fields[each] != other.fields[each]}
    assert not same(one, other) or (len(differing) <= 1 and len(OWN - differing) >= 1)


def test_a_digit_is_misread_as_a_digit() -> None:
    assert nearly("1751", "1757")
    assert not nearly("1751", "175l")
    assert not nearly("1751", "1751")


def test_whoever_copied_a_scan_came_after_it_also_when_it_was_scanned_again_later() -> None:
    told = History().case("A-1", "course").case("A-2", "course")
    slip = says(Money(175150), **SLIP)
    first = told.receipt("A-1", Money(175150), 5, bought=3, says=slip)
    told.receipt("A-2", Money(175150), 9, bought=3, says=slip)
    told.rejects("A-1", first, 10)
    told.receipt("A-1", Money(175150), 12, bought=3, says=slip, note=True)
    assert cases_of(told.finds("same_receipt")) == ["A-2"]
