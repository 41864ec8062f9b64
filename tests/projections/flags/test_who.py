from datetime import time

import pytest

from domain.money import kr
from tests.projections.flags.histories import History, cases_of, day


def test_approvals_by_night_are_about_staff_and_name_no_case() -> None:
    told = History()
    for number, (on, at) in enumerate([(1, time(23)), (2, time(5, 59)), (5, time(12))], start=1):
        told.case(f"A-{number}", "course").grants(f"A-{number}", on, "kons-7", at)
        told.grants(f"A-{number}", on, "kons-8", time(22) if number == 1 else time(9))
    (found,) = told.finds("approvals_at_odd_hours")
    assert (found.case_no, found.about, found.on) == (None, "kons-7", day(5))
    assert "kons-7" not in found.sentence_da + found.sentence_en
    assert len(found.evidence) == 3


def test_one_approver_for_one_merchant_is_asked_about_where_others_approve_too() -> None:
    told = History()
    for number in range(12):
        case_no = f"A-{number}"
        told.case(case_no, "course")
        told.accepts(
            case_no, told.receipt(case_no, kr(100), 5, "Kurser Nord"), kr(100), 6, "kons-7"
        )
    assert not told.finds("one_approver_for_one_merchant")
    for number in range(3):
        case_no = f"B-{number}"
        told.case(case_no, "course")
        ref = told.receipt(case_no, kr(100), 5, "Kurser Syd")
        told.accepts(case_no, ref, kr(100), 4, f"kons-{number}")
    (found,) = told.finds("one_approver_for_one_merchant")
    assert (found.case_no, found.about, found.amount, found.on) == (
        None,
        "kons-7",
        kr(1_200),
        day(6),
    )
    assert "12 af 12" in found.sentence_da


def test_one_merchant_across_cases_is_a_draft_that_names_no_case() -> None:
    told = History()
    for number in range(10):
        told.case(f"A-{number}", "course").receipt(f"A-{number}", kr(100), 5, "Kurser Nord")
    told.receipt("A-1", kr(100), 6, "Kurser Nord")
    (found,) = told.finds("one_merchant_across_cases")
    assert (found.case_no, found.amount) == (None, kr(1_000))


def test_a_new_account_just_before_a_payment_is_asked_about() -> None:
    told = History()
    for case_no in ("A-1", "A-2", "A-3"):
        told.case(case_no, "course").account(case_no, f"{case_no} old", 1)
    told.account("A-1", "new", 10).account("A-2", "newer", 10)
    told.pays("A-1", kr(500), 24).pays("A-2", kr(500), 25).pays("A-3", kr(500), 2)
    (found,) = told.finds("account_changed_before_payout")
    assert (found.case_no, found.amount, found.on) == ("A-1", kr(500), day(24))
    assert "14 dage før 500,00 kr." in found.sentence_da


@pytest.mark.parametrize(
    ("on", "da", "en"),
    [
        (10, "samme dag, som 500,00 kr.", "on the day that DKK 500.00"),
        (11, "1 dag før 500,00 kr.", "1 day before DKK 500.00"),
    ],
)
def test_when_an_account_was_changed_is_told_as_people_say_it(on: int, da: str, en: str) -> None:
    told = History().case("A-1", "course").account("A-1", "old", 1).account("A-1", "new", 10)
    (found,) = told.pays("A-1", kr(500), on).finds("account_changed_before_payout")
    assert f"ændret {da} blev frigivet." in found.sentence_da
    assert f"changed {en} was released." in found.sentence_en


def test_an_account_of_two_citizens_is_asked_about_and_a_citizens_own_is_not() -> None:
    told = History().case("A-1", "course", citizen="x").case("A-2", "course", citizen="x")
    told.case("A-3", "course")
    for on, case_no in enumerate(("A-1", "A-2", "A-3"), start=1):
        told.account(case_no, "one and the same", on)
    found = told.finds("one_account_across_cases")
    assert cases_of(found) == ["A-3"]
    assert found[0].on == day(3)
