"""Colleagues judge a budget as a whole, red, yellow or green: each alone, or together at a meeting."""

from dataclasses import replace
from typing import Literal

from pydantic import model_validator

from domain.case.state import Case, CaseCommand, cases, open_case_of, programme_of
from domain.identity import Key, WordsRef
from domain.programme import Programme, Role
from domain.words import Event, News, Past, Refused, decides

Colour = Literal["green", "yellow", "red"]
COLLEAGUES = 2  # At a meeting, besides the case's own caseworker.

# Events ------------------------------------------------------------------------------------------


class BudgetAssessed(Event):
    """A colleague judged the budget as a whole: green, yellow or red (report p. 39)."""

    case_no: Key
    assessor: Key
    colour: Colour


class MeetingHeld(Event):
    """The team discussed the budget. The colour is now the latest assessment of every colleague who was
    there; whoever prepared the case has none. Whoever was not there still means what they said."""

    case_no: Key
    attendees: tuple[Key, ...]
    colour: Colour
    minutes: WordsRef | None


# Commands ----------------------------------------------------------------------------------------


class AssessBudget(CaseCommand):
    colour: Colour


class RecordMeeting(CaseCommand):
    attendees: tuple[Key, ...]
    colour: Colour
    minutes: WordsRef | None = None

    @model_validator(mode="after")
    def _everybody_once(self) -> "RecordMeeting":
        if len(set(self.attendees)) < len(self.attendees):
            raise ValueError("nobody attends a meeting twice")
        return self


# Evolve ------------------------------------------------------------------------------------------


def _colleagues(case: Case, attendees: tuple[Key, ...]) -> list[Key]:
    return [person for person in attendees if person not in case.touched]


@cases.on(BudgetAssessed)
def _assessed(case: Case, event: BudgetAssessed) -> Case:
    return replace(case, assessments=case.assessments | {event.assessor: event.colour})


@cases.on(MeetingHeld)
def _met(case: Case, event: MeetingHeld) -> Case:
    agreed = dict.fromkeys(_colleagues(case, event.attendees), event.colour)
    return replace(case, assessments=case.assessments | agreed)


# Decide ------------------------------------------------------------------------------------------


def _with_budget(ask: CaseCommand, past: Past) -> tuple[Programme, Case]:
    """Guard: the case is open, and has a budget to assess, which somebody else prepared and grants."""
    programme = programme_of(ask, past)
    case = open_case_of(ask, past)
    if not case.lines:
        raise Refused("wrong_state", what="budget", missing="submitted")
    if ask.by in case.touched:
        raise Refused("own_assessment", caseworker=case.caseworker)
    return programme, case


@decides(AssessBudget)
def assess(ask: AssessBudget, past: Past) -> list[News]:
    _with_budget(ask, past)
    assessed = BudgetAssessed(case_no=ask.case_no, assessor=ask.by, colour=ask.colour)
    return [cases.news(assessed, ask.case_no)]


@decides(RecordMeeting)
def record_meeting(ask: RecordMeeting, past: Past) -> list[News]:
    programme, case = _with_budget(ask, past)
    caseworkers = {who for who, roles in programme.roles.items() if Role.CASEWORKER in roles}
    if outsiders := [person for person in ask.attendees if person not in caseworkers]:
        raise Refused("forbidden", needs=[Role.CASEWORKER.value], of=outsiders)
    colleagues = _colleagues(case, ask.attendees)
    if len(colleagues) < COLLEAGUES:
        raise Refused("too_few_colleagues", least=COLLEAGUES, colleagues=colleagues)
    held = MeetingHeld(
        case_no=ask.case_no, attendees=ask.attendees, colour=ask.colour, minutes=ask.minutes
    )
    return [cases.news(held, ask.case_no)]
