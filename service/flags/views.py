"""Flags as they are shown: to whoever asks for them, with everything that was known when they were raised."""

from collections.abc import Callable, Iterator
from datetime import date, datetime

from pydantic import BaseModel, Field

from domain.flags import Evidence, FlagStage, flags
from domain.money import Money
from projections.review import Answer, RaisedFlag, review
from service.replay import View

Sees = Callable[
    [str | None], bool
]  # Whether flags of that case are within reach; None: of no single case.


class AnswerView(BaseModel):
    """Something that was done about a flag."""

    event: str
    by: str
    on: date
    at: datetime
    position: int
    to: str | None
    until: date | None
    amount: Money | None
    reason: str | None = Field(exclude=True)  # Its words are in the vault, for who may read them.


class FlagView(BaseModel):
    flag: str
    case: str | None
    line: str | None
    rule: str
    version: int
    parameters: dict[str, int | str]
    about: str | None  # The member of staff whom it is about.
    amount: Money
    sentence: str
    sentence_en: str
    evidence: list[Evidence]
    raised_on: date  # The day on which the facts were complete.
    recorded_at: datetime  # When the log learned of it.
    position: int
    status: FlagStage
    assigned_to: str | None
    muted_until: date | None
    answered_by: str | None
    answered_on: date | None
    upheld: Money | None  # For how much it holds.
    answers: list[AnswerView]


def flag_views(view: View, programme: str, on: date, sees: Sees) -> list[FlagView]:
    """Every flag within reach that was raised by that day, by its day and its place in the log."""
    rows = view.all(review, flags.stream(programme, "")).values()
    every = [each for row in rows for each in row.flags.values() if sees(each.raised.case_no)]
    found = [flag_view(each, on) for each in every if each.raised.found_on <= on]
    return sorted(found, key=lambda each: (each.raised_on, each.position))


def flags_of_case(view: View, programme: str, case_no: str, on: date) -> list[FlagView]:
    row = view.get(review, flags.stream(programme, case_no))
    return [flag_view(each, on) for each in row.flags.values()] if row else []


def raised_flag(view: View, programme: str, name: str) -> RaisedFlag | None:
    """By its name; None: there is none."""
    for row in view.all(review, flags.stream(programme, "")).values():
        if name in row.flags:
            return row.flags[name]
    return None


def flag_view(flag: RaisedFlag, on: date) -> FlagView:
    raised, state, answer = flag.raised, flag.flag(on), flag.answer(on)
    stage = state.stage(on)
    return FlagView(
        flag=raised.flag,
        case=raised.case_no,
        line=None if raised.line_no is None else str(raised.line_no),
        rule=raised.rule,
        version=raised.version,
        parameters=raised.parameters,
        about=raised.about,
        amount=raised.amount,
        sentence=raised.sentence_da,
        sentence_en=raised.sentence_en,
        evidence=list(raised.evidence),
        raised_on=raised.found_on,
        recorded_at=flag.recorded_at,
        position=flag.position,
        status=stage,
        assigned_to=state.assigned_to,
        muted_until=state.muted_until if stage is FlagStage.MUTED else None,
        answered_by=answer.by if answer else None,
        answered_on=answer.effective_on if answer else None,
        upheld=answer.amount if answer else None,
        answers=list(_answers(flag.answers, on)),
    )


def _answers(answers: list[Answer], on: date) -> Iterator[AnswerView]:
    for each in answers:
        if each.effective_on <= on:
            yield AnswerView(
                event=each.name,
                by=each.by,
                on=each.effective_on,
                at=each.at,
                position=each.position,
                to=each.to,
                until=each.until,
                amount=each.amount,
                reason=each.reason,
            )
