"""Screening: whether the programme suits the citizen, and whether a line's means serve its goal."""

import pytest

from domain.case.screening import CaseScreened, LineScreened
from domain.case.state import cases
from domain.words import Command
from tests.examples import (
    ACCEPTED,
    ASSESSED,
    GRANTED,
    OFFERED,
    REGISTERED,
    SUBMITTED,
    WORDS,
    amend_line,
    approve_line,
    assessed_under,
    reject_line,
    request_changes,
    submit,
)
from tests.examples_plan import screen_case, screen_line
from tests.scenario import Story

ASKED_FOR = assessed_under(screening=True)
SCREENED = ASKED_FOR.does(screen_case(), screen_line())


# Screened ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("suited", [True, False])
@pytest.mark.parametrize("story", [REGISTERED, OFFERED, ACCEPTED, ASSESSED])
def test_a_citizen_is_screened_before_or_after_the_offer(story: Story, suited: bool) -> None:  # noqa: FBT001
    story.when(screen_case(suited=suited)).then(
        CaseScreened(case_no="A-1", screener="kons-1", suited=suited, words=WORDS)
    )


def test_the_latest_screening_of_the_citizen_counts() -> None:
    story = REGISTERED.does(screen_case(), screen_case(suited=False, by="kons-2"))
    assert story(cases, "A-1").suited is False


def test_a_citizen_is_screened_until_the_budget_is_approved() -> None:
    part = ASSESSED.does(approve_line(line_no=1), approve_line(line_no=2))
    part.does(screen_case())
    for done in (approve_line(line_no=3), reject_line(line_no=3)):
        part.does(done).when(screen_case()).then_refused("wrong_state", is_already="approved")


def test_an_amended_line_gives_reason_to_screen_the_citizen_again() -> None:
    GRANTED.does(amend_line(), screen_case(suited=False))


@pytest.mark.parametrize("fits", [True, False])
def test_the_means_of_a_line_are_held_against_its_goal(fits: bool) -> None:  # noqa: FBT001
    goal, means = f"words-{1:032x}", f"words-{2:032x}"
    screened = LineScreened(
        case_no="A-1", line_no=2, screener="kons-2", goal=goal, means=means, fits=fits
    )
    ask = screen_line(line_no=2, by="kons-2", goal=goal, means=means, fits=fits)
    SUBMITTED.when(ask).then(screened)


def test_a_line_is_screened_while_it_awaits_approval() -> None:
    ACCEPTED.when(screen_line()).then_refused("not_found", what="line")
    GRANTED.when(screen_line()).then_refused("wrong_state", line_no=1)
    GRANTED.does(amend_line(), screen_line())
    SUBMITTED.does(reject_line()).when(screen_line()).then_refused("wrong_state", line_no=1)


# Asked for by the rules --------------------------------------------------------------------------


def test_where_the_rules_ask_for_it_citizen_and_line_are_screened_before_a_grant() -> None:
    ASKED_FOR.when(approve_line()).then_refused("not_screened", suited=None, fits=None)
    SCREENED.does(approve_line())
    SCREENED.when(approve_line(line_no=2)).then_refused("not_screened", suited=True, fits=None)


@pytest.mark.parametrize(
    ("command", "suited", "fits"),
    [(screen_case(suited=False), False, True), (screen_line(fits=False), True, False)],
)
def test_neither_may_have_been_found_wanting(command: Command, suited: bool, fits: bool) -> None:  # noqa: FBT001
    refused = SCREENED.does(command)
    refused.when(approve_line()).then_refused("not_screened", suited=suited, fits=fits)
    refused.does(screen_case(), screen_line(), approve_line())


def test_an_amended_amount_serves_the_goal_that_was_screened() -> None:
    SCREENED.does(approve_line(), amend_line(), approve_line())


def test_a_line_that_is_submitted_again_is_screened_again() -> None:
    again = SCREENED.does(request_changes(), submit())
    again.when(approve_line()).then_refused("not_screened", suited=True, fits=None)
    again.does(screen_line(), approve_line())


def test_where_the_rules_do_not_ask_a_screening_decides_nothing() -> None:
    ASSESSED.does(screen_case(suited=False), screen_line(fits=False), approve_line())
