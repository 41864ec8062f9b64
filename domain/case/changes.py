"""The citizen's own changes to the budget: told to the caseworker (report p. 29), accepted or declined."""

from dataclasses import replace

from pydantic import model_validator

from domain.case.budget import amended
from domain.case.state import (
    Case,
    CaseCommand,
    Change,
    ChangeStage,
    LineCommand,
    cases,
    open_case_of,
    programme_of,
)
from domain.identity import Key, WordsRef
from domain.money import PositiveMoney
from domain.words import Event, News, Past, Refused, decides

# Events ------------------------------------------------------------------------------------------


class ChangeReported(Event):
    """The citizen told of a change to a line: another amount, something else, or both."""

    case_no: Key
    ref: Key
    line_no: int
    amount: PositiveMoney | None
    words: WordsRef | None


class ChangeAccepted(Event):
    """The caseworker agreed. Another amount is now asked for, and takes an approval of its own."""

    case_no: Key
    ref: Key


class ChangeDeclined(Event):
    """The line stays as it is."""

    case_no: Key
    ref: Key
    reason: WordsRef | None


# Commands ----------------------------------------------------------------------------------------


class ReportChange(LineCommand):
    ref: Key
    amount: PositiveMoney | None = None
    words: WordsRef | None = None

    @model_validator(mode="after")
    def _says_what(self) -> "ReportChange":
        if self.amount is None and self.words is None:
            raise ValueError("a change is another amount, or told in words")
        return self


class ChangeCommand(CaseCommand):
    ref: Key


class AcceptChange(ChangeCommand):
    pass


class DeclineChange(ChangeCommand):
    reason: WordsRef | None = None


# Evolve ------------------------------------------------------------------------------------------


@cases.on(ChangeReported)
def _reported(case: Case, event: ChangeReported) -> Case:
    return case.with_change(Change(event.ref, event.line_no, event.amount, event.words))


@cases.on(ChangeAccepted)
def _accepted(case: Case, event: ChangeAccepted) -> Case:
    return case.with_change(replace(case.changes[event.ref], stage=ChangeStage.ACCEPTED))


@cases.on(ChangeDeclined)
def _declined(case: Case, event: ChangeDeclined) -> Case:
    return case.with_change(replace(case.changes[event.ref], stage=ChangeStage.DECLINED))


# Decide ------------------------------------------------------------------------------------------


@decides(ReportChange)
def report(ask: ReportChange, past: Past) -> list[News]:
    programme_of(ask, past)
    case = open_case_of(ask, past)
    line = case.line(ask.line_no)
    if line.rejected:
        raise Refused("wrong_state", what="line", line_no=ask.line_no)
    if ask.ref in case.changes:
        raise Refused("wrong_state", what="change", is_already="reported")
    waiting = [each for each in case.changes.values() if each.stage is ChangeStage.REPORTED]
    if ask.line_no in {each.line_no for each in waiting}:
        raise Refused("wrong_state", what="line", line_no=ask.line_no, missing="answered")
    reported = ChangeReported(
        case_no=ask.case_no,
        ref=ask.ref,
        line_no=ask.line_no,
        amount=ask.amount,
        words=ask.words,
    )
    return [cases.news(reported, ask.case_no)]


def _unanswered(case: Case, ref: str) -> Change:
    """Guard: the change was reported, and neither accepted nor declined."""
    change = case.change(ref)
    if change.stage is not ChangeStage.REPORTED:
        raise Refused("wrong_state", what="change", stage=change.stage.value)
    return change


@decides(AcceptChange)
def accept(ask: AcceptChange, past: Past) -> list[News]:
    rules = programme_of(ask, past).rules_on(ask.effective_on)
    case = open_case_of(ask, past)
    change = _unanswered(case, ask.ref)
    line = case.line(change.line_no)
    if line.rejected:
        raise Refused("wrong_state", what="line", line_no=change.line_no)
    accepted = [cases.news(ChangeAccepted(case_no=ask.case_no, ref=ask.ref), ask.case_no)]
    if change.amount is None:
        return accepted
    asked = amended(case, line, change.amount, change.words, rules)
    return [*accepted, cases.news(asked, ask.case_no)]


@decides(DeclineChange)
def decline(ask: DeclineChange, past: Past) -> list[News]:
    programme_of(ask, past)
    _unanswered(open_case_of(ask, past), ask.ref)
    declined = ChangeDeclined(case_no=ask.case_no, ref=ask.ref, reason=ask.reason)
    return [cases.news(declined, ask.case_no)]
