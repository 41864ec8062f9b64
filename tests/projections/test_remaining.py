"""What is left of a line's grant, on any day."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given as whatever
from hypothesis import strategies as st

from domain.case.state import cases
from domain.money import ZERO, Money, kr
from domain.words import Command
from projections.remaining import left
from tests.everything import EVERYTHING
from tests.examples import (
    GRANTED,
    LATER,
    SUBMITTED,
    amend_line,
    approve_line,
    approve_tranche,
    cancel_tranche,
    complete,
    debit,
    receive,
    record_outcome,
    release_tranche,
    request_tranche,
    returned_payment,
)
from tests.examples_expenses import INVOICED, attest, credit_note, reject
from tests.scenario import DAY, Story

EVENTUALLY = date(2100, 1, 1)
TO_PAY = (request_tranche(), approve_tranche(), release_tranche(), receive(debit()))


def of_case(story: Story, as_of: date = EVENTUALLY, case_no: str = "A-1") -> dict[int, Money]:
    return left([entry for entry in story.log if entry.stream == f"case-{case_no}"], as_of)


def test_of_what_is_not_granted_nothing_is_left() -> None:
    assert of_case(SUBMITTED) == {1: ZERO, 2: ZERO, 3: ZERO}


def test_of_what_is_granted_all_is_left_until_something_is_asked_for() -> None:
    assert of_case(GRANTED) == {1: kr(20_000), 2: kr(16_000), 3: kr(8_000)}


@pytest.mark.parametrize("steps", range(1, len(TO_PAY) + 1))
def test_a_tranche_takes_of_it_from_its_request_on(steps: int) -> None:
    assert of_case(GRANTED.does(*TO_PAY[:steps]))[1] == kr(15_000)


@pytest.mark.parametrize(
    "back",
    [
        (TO_PAY[0], cancel_tranche()),
        (*TO_PAY, receive(returned_payment(), statement="S-2")),
    ],
)
def test_what_is_given_up_or_comes_back_is_left_again(back: tuple[Command, ...]) -> None:
    assert of_case(GRANTED.does(*back))[1] == kr(20_000)


def test_an_expense_takes_of_it_once_it_is_attested_less_its_credit_notes() -> None:
    assert of_case(INVOICED)[3] == kr(8_000)
    attested = INVOICED.does(attest())
    assert of_case(attested)[3] == kr(2_000)
    assert of_case(attested.does(credit_note()))[3] == kr(3_000)
    assert of_case(attested.does(reject()))[3] == kr(8_000)


def test_what_is_changed_later_counts_later() -> None:
    story = GRANTED.does(
        amend_line(amount=kr(21_000)),
        approve_line(effective_on=LATER),
        request_tranche(effective_on=LATER + timedelta(days=1)),
    )
    days = (DAY - timedelta(days=1), DAY, LATER, LATER + timedelta(days=1))
    assert [of_case(story, day).get(1) for day in days] == [
        None,
        kr(20_000),
        kr(21_000),
        kr(16_000),
    ]


def test_of_a_closed_case_nothing_is_left_from_the_day_on_which_it_closed() -> None:
    story = GRANTED.does(*TO_PAY, request_tranche(ref="T-2"), complete(effective_on=LATER))
    story = story.does(
        record_outcome(effective_on=DAY)
    )  # Entered late: the case was open that day.
    assert of_case(story, LATER - timedelta(days=1))[1] == kr(10_000)
    assert of_case(story, LATER) == {1: ZERO, 2: ZERO, 3: ZERO}


def test_all_told_it_is_what_decisions_go_by() -> None:
    """At every step of a long story."""
    for length in range(1, len(EVERYTHING.log) + 1):
        story = Story(EVERYTHING.log[:length])
        for case_no in ("A-1", "B-1", "C-1"):
            case = story(cases, case_no)
            assert of_case(story, case_no=case_no) == {
                line.line_no: ZERO if case.stage.closed else line.left
                for line in case.lines.values()
            }


@whatever(st.lists(st.dates(date(2018, 1, 1), date(2020, 1, 1)), min_size=1, max_size=40))
def test_whenever_each_thing_takes_effect_in_the_end_it_all_has(days: list[date]) -> None:
    def effective(n: int) -> dict[str, Any]:
        return {"effective_on": days[n % len(days)]}

    log = [replace(entry, **effective(n)) for n, entry in enumerate(EVERYTHING.log)]
    assert of_case(Story(tuple(log))) == of_case(EVERYTHING)
    assert all(amount >= ZERO for amount in of_case(Story(tuple(log)), days[0]).values())
