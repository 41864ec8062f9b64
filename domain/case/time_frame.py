"""The time frame (tidsramme): set by the first grant, extended for a stated reason."""

from dataclasses import replace
from datetime import date
from typing import Literal

from domain.case.state import Case, CaseCommand, cases, open_case_of, programme_of
from domain.case.trajectory import within_phase
from domain.identity import Key, WordsRef
from domain.words import Event, News, Past, Refused, decides, later

Ground = Literal["course_dates", "holidays", "illness", "other"]

# Events ------------------------------------------------------------------------------------------


class TimeFrameSet(Event):
    """The first line was approved, and the programme's months began to run."""

    case_no: Key
    end_date: date
    rules: int = 1  # The version that says how many months.


class TimeFrameExtended(Event):
    """The case's end date was moved, for a stated reason (report p. 39: courses, holidays, illness)."""

    case_no: Key
    end_date: date
    reason: WordsRef | None
    ground: Ground | None = later(None)


# Commands ----------------------------------------------------------------------------------------


class ExtendTimeFrame(CaseCommand):
    end_date: date
    reason: WordsRef | None = None
    ground: Ground | None = later(None)


# Evolve ------------------------------------------------------------------------------------------


@cases.on(TimeFrameSet)
def _set(case: Case, event: TimeFrameSet) -> Case:
    return replace(case, end_date=event.end_date)


@cases.on(TimeFrameExtended)
def _extended(case: Case, event: TimeFrameExtended) -> Case:
    return replace(case, end_date=event.end_date)


# Decide ------------------------------------------------------------------------------------------


@decides(ExtendTimeFrame)
def extend(ask: ExtendTimeFrame, past: Past) -> list[News]:
    rules = programme_of(ask, past).rules_on(ask.effective_on)
    case = open_case_of(ask, past)
    if not case.end_date or ask.end_date <= case.end_date:
        raise Refused("wrong_state", end_date=str(case.end_date))
    within_phase(case, rules, ask.end_date)
    extended = TimeFrameExtended(
        case_no=ask.case_no, end_date=ask.end_date, reason=ask.reason, ground=ask.ground
    )
    return [cases.news(extended, ask.case_no)]
