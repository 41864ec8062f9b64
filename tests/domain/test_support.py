"""Monthly support for a new business: planned once, confirmed and paid month by month."""

from datetime import date
from typing import Any

import pytest
from pydantic import ValidationError

from domain.case.state import cases
from domain.case.support import SupportMonthConfirmed, SupportPlanned
from domain.money import ZERO, kr
from domain.reference import ReferenceTaken
from tests.examples import ASSESSED, GRANTED, amend_line, approve_line, extend, payment, stop
from tests.examples_expenses import approve, confirm_month, paid, plan_support, reject

LINE: dict[str, Any] = {"case_no": "A-1", "line_no": 1}
MARCH = LINE | {"ref": "A-1.1.2019-03"}
PLANNED = GRANTED.does(plan_support())
CONFIRMED = PLANNED.does(confirm_month())


def test_support_is_planned_for_months_in_a_row_across_the_turn_of_the_year() -> None:
    asked = plan_support(first_month="2019-11", months=3, taxable=False)
    months = ("2019-11", "2019-12", "2020-01")
    GRANTED.when(asked).then(
        SupportPlanned(**LINE, months=months, monthly=kr(2_000), taxable=False)
    )


def test_all_the_months_fit_within_the_grant() -> None:
    GRANTED.does(plan_support(months=10))
    above = plan_support(months=10, monthly=kr(2_000, 1))
    GRANTED.when(above).then_refused("above_grant", left="20000.00", asked="20000.10")
    GRANTED.does(*payment()).when(plan_support(months=8)).then_refused("above_grant")


def test_support_is_planned_once_on_a_granted_line_that_is_paid_to_the_citizens_account() -> None:
    PLANNED.when(plan_support()).then_refused("wrong_state")
    ASSESSED.when(plan_support()).then_refused("wrong_state", route="account")
    for line_no, route in ((2, "card"), (3, "ean")):
        GRANTED.when(plan_support(line_no=line_no)).then_refused("wrong_state", route=route)
    GRANTED.does(stop()).when(plan_support()).then_refused("case_closed")
    GRANTED.when(plan_support(by="fin-1")).then_refused("forbidden")


@pytest.mark.parametrize("month", ["2019-13", "2019-0", "2019-3", "1819-03", "2019-03-01", "marts"])
def test_a_month_is_a_month(month: str) -> None:
    with pytest.raises(ValidationError):
        plan_support(first_month=month)
    with pytest.raises(ValidationError):
        confirm_month(month=month)


@pytest.mark.parametrize("months", [0, 61])
def test_support_runs_for_one_to_sixty_months(months: int) -> None:
    with pytest.raises(ValidationError):
        plan_support(months=months)


def test_a_month_is_confirmed_once_it_has_begun() -> None:
    confirmed = SupportMonthConfirmed(
        **MARCH, month="2019-03", attester="kons-1", amount=kr(2_000), taxable=True
    )
    taken = ReferenceTaken(programme="NP", reference="A-1.1.2019-03", **LINE)
    PLANNED.when(confirm_month()).then(confirmed, taken)
    april = confirm_month(month="2019-04")
    PLANNED.when(april).then_refused("wrong_state", begins="2019-04-01")
    PLANNED.does(confirm_month(month="2019-04", effective_on=date(2019, 4, 1)))


def test_a_month_that_was_not_planned_is_not_found() -> None:
    PLANNED.when(confirm_month(month="2019-06")).then_refused("not_found", month="2019-06")
    GRANTED.when(confirm_month()).then_refused("not_found", month="2019-03")


def test_a_month_is_confirmed_once_also_when_it_was_rejected() -> None:
    CONFIRMED.when(confirm_month()).then_refused("wrong_state")
    CONFIRMED.does(reject(**MARCH)).when(confirm_month()).then_refused("wrong_state")


def test_a_month_begins_on_or_before_the_cases_end_date() -> None:
    story = GRANTED.does(plan_support(first_month="2019-09", months=2))
    story.does(confirm_month(month="2019-09", effective_on=date(2019, 9, 30)))
    october = confirm_month(month="2019-10", effective_on=date(2019, 10, 1))
    story.when(october).then_refused("after_end_date", end_date="2019-09-01")
    story.does(extend(end_date=date(2019, 10, 1)), october)


def test_a_confirmed_month_takes_of_what_is_left_of_the_grant() -> None:
    assert CONFIRMED(cases, "A-1").lines[1].left == kr(18_000)
    spent = PLANNED.does(amend_line(amount=kr(1_999, 99)), approve_line())
    spent.when(confirm_month()).then_refused("above_grant", left="1999.99", due="2000.00")


def test_a_month_is_confirmed_and_approved_by_two_persons_in_an_open_case() -> None:
    by_both = PLANNED.does(confirm_month(by="both-1"))
    by_both.when(approve(**MARCH, by="both-1")).then_refused("same_person", attested_by="both-1")
    PLANNED.when(confirm_month(by="fin-1")).then_refused("forbidden")
    PLANNED.does(stop()).when(confirm_month()).then_refused("case_closed")


def test_a_month_is_paid_without_receipts() -> None:
    line = CONFIRMED.does(approve(**MARCH), paid("A-1.1.2019-03", kr(2_000)))(cases, "A-1").lines[1]
    assert (line.paid, line.advance, line.exposure) == (kr(2_000), ZERO, ZERO)
    assert line.left == kr(18_000)
