"""The personal budget: submitted, assessed by colleagues, sent back, and its time frame."""

from datetime import date
from typing import Any

import pytest
from pydantic import ValidationError

from domain.case.assessment import BudgetAssessed
from domain.case.budget import BudgetLine, BudgetSubmitted, ChangesRequested
from domain.case.state import cases, months_later
from domain.case.time_frame import TimeFrameExtended
from domain.fund import funds
from domain.money import kr
from domain.programme import Route
from domain.words import Command
from tests.examples import (
    ACCEPTED,
    ASSESSED,
    COMPUTER,
    END_DATE,
    GRANTED,
    OFFERED,
    REGISTERED,
    SUBMITTED,
    WORDS,
    accept_offer,
    amend_line,
    approve_line,
    assess,
    assessed_under,
    computer,
    course,
    establish,
    extend,
    licence,
    offer,
    register,
    reject_line,
    request_changes,
    submit,
    terms,
)
from tests.scenario import given


def to_the_cap(ore: int = 0) -> Command:
    """A budget of 50,000 kr. and so many øre."""
    return submit(lines=(course(amount=kr(26_000, ore)), licence(), computer()))


# Submitted ---------------------------------------------------------------------------------------


def test_a_budget_is_submitted_whole_with_each_lines_account_string() -> None:
    ACCEPTED.when(submit(lines=(computer(words=WORDS),))).then(
        BudgetSubmitted(
            case_no="A-1",
            lines=(
                BudgetLine(
                    line_no=3,
                    amount=kr(8_000),
                    includes_vat=False,
                    route=Route.EAN,
                    account_string=COMPUTER,
                    supplier_cvr="91335417",
                    supplier_name="Datamaterial ApS",
                    words=WORDS,
                ),
            ),
            submitted_by="kons-1",
        )
    )


def test_a_budget_may_reach_the_cap_and_not_pass_it_by_an_ore() -> None:
    ACCEPTED.does(to_the_cap())
    ACCEPTED.when(to_the_cap(ore=1)).then_refused("cap_exceeded", asked="50000.01")


def test_there_is_no_budget_without_the_solemn_declaration() -> None:
    OFFERED.when(submit()).then_refused("no_declaration")


def test_there_is_no_budget_before_the_offer() -> None:
    REGISTERED.when(submit()).then_refused("wrong_state")


def test_a_budget_is_not_submitted_again_unless_changes_were_requested() -> None:
    SUBMITTED.when(submit()).then_refused("wrong_state")
    returned = SUBMITTED.does(request_changes())
    returned.does(submit()).when(submit()).then_refused("wrong_state")


@pytest.mark.parametrize(
    "line",
    [
        course(category="yacht"),
        course(legal_basis="LAB-99"),
        course(funding="VELUX"),  # A source that doesn't pay for that legal basis.
    ],
)
def test_a_line_keeps_to_the_codes_of_the_programme(line: object) -> None:
    ACCEPTED.when(submit(lines=(line,))).then_refused("not_found", line_no=1)


def test_a_line_keeps_to_the_routes_of_the_programme() -> None:
    only_ean = given().does(establish(terms=terms(routes=(Route.EAN,))))
    story = only_ean.does(register(), offer(), accept_offer())
    story.when(submit()).then_refused("not_found", what=["route"], line_no=1)


@pytest.mark.parametrize("lines", [(), (course(), course(amount=kr(1)))])
def test_a_budget_has_lines_each_with_a_number_of_its_own(lines: Any) -> None:
    with pytest.raises(ValidationError, match="a budget needs lines"):
        submit(lines=lines)


@pytest.mark.parametrize("includes_vat", [True, False])
def test_the_grant_is_the_amount_as_written_whatever_is_said_of_vat(includes_vat: bool) -> None:  # noqa: FBT001
    one = (course(includes_vat=includes_vat),)
    story = ACCEPTED.does(submit(lines=one), assess(), approve_line())
    assert story(cases, "A-1").granted == kr(20_000)


def test_after_changes_the_budget_is_submitted_again_with_the_amounts_as_amended() -> None:
    again = (course(amount=kr(21_000)), licence(), computer())
    story = SUBMITTED.does(request_changes(), amend_line(), submit(lines=again))
    assert story(cases, "A-1").asked == kr(45_000)


def test_a_budget_submitted_again_keeps_within_the_cap() -> None:
    returned = SUBMITTED.does(request_changes())
    returned.when(to_the_cap(ore=1)).then_refused("cap_exceeded")
    returned.does(to_the_cap())


def test_a_rejected_line_takes_no_room_in_a_budget_submitted_again() -> None:
    returned = SUBMITTED.does(reject_line(line_no=2), request_changes())
    returned.does(submit(lines=(course(amount=kr(42_000)), licence(), computer())))
    returned.when(submit(lines=(course(amount=kr(42_000, 1)), licence(), computer()))).then_refused(
        "cap_exceeded"
    )


def test_a_line_of_the_budget_that_is_submitted_again_with_another_amount_awaits_approval() -> None:
    again = (course(amount=kr(21_000)), licence(), computer())
    story = GRANTED.does(request_changes(), submit(lines=again))
    story.does(approve_line(line_no=1))
    story.when(approve_line(line_no=2)).then_refused("wrong_state")


def test_a_line_that_was_never_granted_may_come_back_with_another_account_string() -> None:
    moved = course(legal_basis="LAB-76", funding="VELUX", category="computer", route=Route.CARD)
    again = submit(lines=(moved, licence(), computer()))
    story = SUBMITTED.does(request_changes(), again, assess(), approve_line())
    line = story(cases, "A-1").lines[1]
    assert (line.account_string, line.route) == (COMPUTER, Route.CARD)
    assert story(funds, "NP", "VELUX").committed == kr(20_000)


def test_a_granted_line_keeps_its_account_string_and_its_route() -> None:
    story = GRANTED.does(request_changes())
    for moved in ({"route": Route.CARD}, {"category": "computer"}):
        again = submit(lines=(course(**moved), licence(), computer()))
        story.when(again).then_refused("wrong_state", line_no=[1], is_already="granted")


# Assessed ----------------------------------------------------------------------------------------


def test_a_colleague_assesses_the_budget_as_a_whole() -> None:
    assessed = BudgetAssessed(case_no="A-1", assessor="kons-2", colour="yellow")
    SUBMITTED.when(assess(colour="yellow")).then(assessed)


def test_nobody_assesses_a_budget_of_their_own_case() -> None:
    SUBMITTED.when(assess(by="kons-1")).then_refused("own_assessment")


def test_there_is_nothing_to_assess_before_a_budget_is_submitted() -> None:
    ACCEPTED.when(assess()).then_refused("wrong_state")


def test_no_line_is_approved_without_an_assessment() -> None:
    SUBMITTED.when(approve_line()).then_refused("not_assessed")


def test_one_red_assessment_is_enough_to_refuse() -> None:
    story = SUBMITTED.does(assess(by="both-1", colour="green"), assess(colour="red"))
    story.when(approve_line()).then_refused("assessed_red", by=["kons-2"])


def test_a_yellow_assessment_does_not_refuse() -> None:
    SUBMITTED.does(assess(colour="yellow"), approve_line())


def test_an_assessment_stands_until_the_same_colleague_assesses_again() -> None:
    red = SUBMITTED.does(assess(colour="red"))
    red.does(assess(by="both-1", colour="green")).when(approve_line()).then_refused("assessed_red")
    red.does(assess(colour="green"), approve_line())
    red.does(assess(colour="green"), assess(colour="red")).when(approve_line()).then_refused(
        "assessed_red"
    )


# Sent back ---------------------------------------------------------------------------------------


def test_changes_are_requested() -> None:
    requested = ChangesRequested(case_no="A-1", wanted=WORDS)
    SUBMITTED.when(request_changes(wanted=WORDS)).then(requested)


def test_changes_are_requested_of_a_budget_that_is_submitted() -> None:
    ACCEPTED.when(request_changes()).then_refused("wrong_state")
    SUBMITTED.does(request_changes()).when(request_changes()).then_refused("wrong_state")


def test_no_line_is_approved_until_the_budget_is_submitted_again() -> None:
    returned = ASSESSED.does(request_changes())
    returned.when(approve_line()).then_refused("wrong_state")
    returned.does(submit(), approve_line())


# The time frame ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("approved", "months", "ends"),
    [
        (date(2019, 3, 1), 6, date(2019, 9, 1)),
        (date(2019, 8, 31), 6, date(2020, 2, 29)),
        (date(2018, 8, 31), 6, date(2019, 2, 28)),
        (date(2019, 8, 30), 1, date(2019, 9, 30)),
        (date(2019, 12, 31), 2, date(2020, 2, 29)),
        (date(2020, 2, 29), 12, date(2021, 2, 28)),
        (date(2019, 6, 15), 6, date(2019, 12, 15)),
        (date(2019, 7, 15), 6, date(2020, 1, 15)),
        (date(2019, 1, 1), 0, date(2019, 1, 1)),
        (date(2019, 12, 1), 24, date(2021, 12, 1)),
    ],
)
def test_the_end_date_is_the_same_day_number_or_the_months_last_day(
    approved: date, months: int, ends: date
) -> None:
    assert months_later(approved, months) == ends
    story = assessed_under(months=months).does(approve_line(effective_on=approved))
    assert story(cases, "A-1").end_date == ends


def test_the_time_frame_is_extended() -> None:
    extended = TimeFrameExtended(case_no="A-1", end_date=date(2019, 9, 2), reason=WORDS)
    GRANTED.when(extend(end_date=date(2019, 9, 2), reason=WORDS)).then(extended)


@pytest.mark.parametrize("ground", ["course_dates", "holidays", "illness", "other"])
def test_an_extension_may_say_on_what_ground(ground: Any) -> None:
    extended = TimeFrameExtended(
        case_no="A-1", end_date=date(2019, 12, 1), reason=None, ground=ground
    )
    GRANTED.when(extend(ground=ground)).then(extended)
    with pytest.raises(ValidationError):
        extend(ground="a good one")


def test_an_extension_is_later_than_the_end_date() -> None:
    GRANTED.when(extend(end_date=END_DATE)).then_refused("wrong_state")
    twice = GRANTED.does(extend(end_date=date(2019, 10, 1)))
    twice.when(extend(end_date=date(2019, 10, 1))).then_refused("wrong_state")
    twice.does(extend(end_date=date(2019, 10, 2)))


def test_the_time_frame_is_extended_even_when_it_has_run_out() -> None:
    GRANTED.does(extend(end_date=date(2019, 12, 1), effective_on=date(2019, 11, 30)))


def test_there_is_no_time_frame_before_a_line_is_approved() -> None:
    ASSESSED.when(extend()).then_refused("wrong_state")
