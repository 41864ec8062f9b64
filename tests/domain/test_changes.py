"""The citizen's own changes to the budget: reported, and accepted or declined."""

from typing import Any

import pytest
from pydantic import ValidationError

from domain.case.budget import LineAmended
from domain.case.changes import ChangeAccepted, ChangeDeclined, ChangeReported
from domain.case.state import cases
from domain.money import kr
from domain.words import Command
from tests.examples import (
    ACCEPTED,
    GRANTED,
    SUBMITTED,
    WORDS,
    amend_line,
    approve_line,
    reject_line,
)
from tests.examples_plan import accept_change, decline_change, report_change

REPORTED = GRANTED.does(report_change(amount=kr(21_000)))
ANSWERS = [accept_change(), decline_change()]


# Reported ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "what", [{"amount": kr(900), "words": None}, {"words": WORDS}, {"amount": kr(1)}]
)
def test_a_citizen_tells_of_a_change(what: dict[str, Any]) -> None:
    usual = {"amount": None, "words": WORDS} | what
    reported = ChangeReported(case_no="A-1", ref="V-1", line_no=1, **usual)
    GRANTED.when(report_change(**what)).then(reported)


def test_a_change_says_what_is_to_change() -> None:
    with pytest.raises(ValidationError, match="another amount, or told in words"):
        report_change(words=None)
    with pytest.raises(ValidationError, match=r"more than 0\.00"):
        report_change(amount=kr(0))


def test_a_change_moves_no_money_and_asks_for_none() -> None:
    before, after = (story(cases, "A-1").lines for story in (GRANTED, REPORTED))
    assert before == after


def test_a_change_is_of_a_line_that_is_there_and_not_rejected() -> None:
    ACCEPTED.when(report_change()).then_refused("not_found", what="line")
    SUBMITTED.does(reject_line()).when(report_change()).then_refused("wrong_state", what="line")


@pytest.mark.parametrize("answer", ANSWERS)
def test_a_line_has_one_open_change_at_a_time(answer: Command) -> None:
    another = report_change(ref="V-2")
    REPORTED.when(another).then_refused("wrong_state", what="line", missing="answered")
    REPORTED.does(answer, another)
    REPORTED.does(report_change(ref="V-2", line_no=2))


@pytest.mark.parametrize("line_no", [1, 2])
def test_the_number_of_a_change_is_used_once_in_a_case(line_no: int) -> None:
    again = report_change(line_no=line_no)
    for story in (REPORTED, REPORTED.does(decline_change())):
        story.when(again).then_refused("wrong_state", what="change", is_already="reported")


# Answered ----------------------------------------------------------------------------------------


def test_an_accepted_amount_is_asked_for_and_takes_an_approval_of_its_own() -> None:
    REPORTED.when(accept_change()).then(
        ChangeAccepted(case_no="A-1", ref="V-1"),
        LineAmended(case_no="A-1", line_no=1, amount=kr(21_000), reason=WORDS),
    )
    accepted = REPORTED.does(accept_change())
    assert accepted(cases, "A-1").lines[1].granted == kr(20_000)
    assert accepted.does(approve_line())(cases, "A-1").lines[1].granted == kr(21_000)


def test_a_change_in_words_alone_asks_for_no_amount() -> None:
    story = GRANTED.does(report_change())
    story.when(accept_change()).then(ChangeAccepted(case_no="A-1", ref="V-1"))


def test_an_accepted_change_keeps_the_budget_within_the_cap() -> None:
    GRANTED.does(report_change(amount=kr(26_000)), accept_change())
    above = GRANTED.does(report_change(amount=kr(26_000, 1)))
    above.when(accept_change()).then_refused("cap_exceeded", asked="50000.01")
    above.does(decline_change())


def test_the_cap_is_judged_when_the_change_is_accepted() -> None:
    story = REPORTED.does(amend_line(line_no=2, amount=kr(22_000)))
    story.when(accept_change()).then_refused("cap_exceeded", asked="51000.00")


def test_a_change_is_declined() -> None:
    declined = ChangeDeclined(case_no="A-1", ref="V-1", reason=WORDS)
    REPORTED.when(decline_change(reason=WORDS)).then(declined)
    assert REPORTED.does(decline_change())(cases, "A-1").lines == GRANTED(cases, "A-1").lines


@pytest.mark.parametrize("answer", ANSWERS)
@pytest.mark.parametrize("again", ANSWERS)
def test_a_change_is_answered_once(answer: Command, again: Command) -> None:
    GRANTED.when(answer).then_refused("not_found", what="change", ref="V-1")
    REPORTED.does(answer).when(again).then_refused("wrong_state", what="change")


@pytest.mark.parametrize("amount", [None, kr(900)])
def test_a_change_of_a_line_that_was_rejected_meanwhile_can_only_be_declined(amount: Any) -> None:
    story = SUBMITTED.does(report_change(amount=amount), reject_line())
    story.when(accept_change()).then_refused("wrong_state", what="line")
    story.does(decline_change())
