"""Team meetings: the colleagues judge a budget together, and a red may turn green."""

from typing import Any

import pytest
from hypothesis import given as whatever
from hypothesis import strategies as st
from pydantic import ValidationError

from domain.case.assessment import MeetingHeld
from domain.case.state import cases
from domain.programme import Role, StaffMember
from domain.words import Refused, decide
from tests.examples import (
    ACCEPTED,
    STAFF,
    SUBMITTED,
    WORDS,
    approve_line,
    assess,
    assessing,
    establish,
    request_changes,
)
from tests.examples_plan import record_meeting
from tests.scenario import Story, given

TEAM = ("kons-1", "kons-2", "both-1")
MORE = (*STAFF, StaffMember(person="kons-3", roles=(Role.CASEWORKER,)))
LARGER = given().does(establish(staff=MORE), *assessing())


def test_the_cases_own_caseworker_does_not_record_what_the_meeting_found() -> None:
    SUBMITTED.when(record_meeting(by="kons-1")).then_refused("own_assessment")


def said(story: Story) -> dict[str, str]:
    return story(cases, "A-1").assessments


def test_a_team_meeting_is_held() -> None:
    ask = record_meeting(colour="yellow", minutes=WORDS)
    SUBMITTED.when(ask).then(
        MeetingHeld(case_no="A-1", attendees=TEAM, colour="yellow", minutes=WORDS)
    )


def test_what_the_meeting_finds_is_what_every_colleague_now_says() -> None:
    met = SUBMITTED.does(record_meeting(colour="yellow"))
    assert said(met) == {"kons-2": "yellow", "both-1": "yellow"}
    met.does(approve_line())


def test_an_assessment_turns_from_red_to_green_at_a_meeting() -> None:
    red = SUBMITTED.does(assess(colour="red"))
    red.when(approve_line()).then_refused("assessed_red", by=["kons-2"])
    red.does(record_meeting(), approve_line())


def test_a_meeting_that_finds_red_is_a_no() -> None:
    red = SUBMITTED.does(assess(), record_meeting(colour="red"))
    red.when(approve_line()).then_refused("assessed_red", by=["kons-2", "both-1"])


def test_a_red_by_a_colleague_who_was_not_there_stands() -> None:
    red = LARGER.does(assess(by="kons-3", colour="red"), record_meeting())
    red.when(approve_line()).then_refused("assessed_red", by=["kons-3"])


def test_a_colleague_may_still_change_their_mind_after_the_meeting() -> None:
    red = SUBMITTED.does(record_meeting(), assess(colour="red"))
    red.when(approve_line()).then_refused("assessed_red", by=["kons-2"])


@pytest.mark.parametrize(
    ("attendees", "colleagues"),
    [((), []), (("kons-1",), []), (("kons-1", "kons-2"), ["kons-2"]), (("both-1",), ["both-1"])],
)
def test_a_meeting_takes_two_colleagues_besides_the_cases_own_caseworker(
    attendees: Any, colleagues: list[str]
) -> None:
    few = record_meeting(attendees=attendees)
    SUBMITTED.when(few).then_refused("too_few_colleagues", least=2, colleagues=colleagues)
    SUBMITTED.does(record_meeting(attendees=("kons-2", "both-1")))


@pytest.mark.parametrize("outsider", ["fin-1", "rev-1", "system", "nobody"])
def test_only_caseworkers_judge_a_budget_at_a_meeting(outsider: str) -> None:
    mixed = record_meeting(attendees=(*TEAM, outsider))
    SUBMITTED.when(mixed).then_refused("forbidden", needs=["caseworker"], of=[outsider])


def test_nobody_attends_a_meeting_twice() -> None:
    with pytest.raises(ValidationError, match="nobody attends a meeting twice"):
        record_meeting(attendees=("kons-2", "kons-2"))


def test_there_is_nothing_to_discuss_before_a_budget_is_submitted() -> None:
    ACCEPTED.when(record_meeting()).then_refused("wrong_state", missing="submitted")
    SUBMITTED.does(request_changes(), record_meeting())


PEOPLE = st.sampled_from(["kons-1", "kons-2", "kons-3", "both-1", "fin-1"])
COLOURS = st.sampled_from(["green", "yellow", "red"])


@whatever(
    words=st.lists(
        st.tuples(st.one_of(PEOPLE, st.lists(PEOPLE, unique=True).map(tuple)), COLOURS), max_size=8
    )
)
def test_everybody_says_what_they_said_last_and_the_cases_own_caseworker_nothing(
    words: list[tuple[Any, str]],
) -> None:
    story, told = LARGER, {"kons-2": "green"}
    for who, colour in words:
        alone = isinstance(who, str)
        ask = (
            assess(by=who, colour=colour) if alone else record_meeting(attendees=who, colour=colour)
        )
        try:
            decide(ask, story)
        except Refused:
            continue
        story = story.does(ask)
        told |= {person: colour for person in ((who,) if alone else who) if person != "kons-1"}
    assert said(story) == told
