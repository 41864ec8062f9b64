"""Closed months: what was accounted for stays so. A correction is a new event in an open month."""

from dataclasses import replace
from datetime import date, timedelta

from domain.case.state import months_later, programme_of
from domain.identity import Key
from domain.programme import Programme, programmes
from domain.words import Command, Event, Month, News, Past, Refused, decides


class MonthClosed(Event):
    """The month's accounts are done: from now on nothing takes effect on or before its last day."""

    programme: Key
    month: str
    through: date


class CloseMonth(Command):
    month: Month


@programmes.on(MonthClosed)
def _closed(programme: Programme, event: MonthClosed) -> Programme:
    return replace(programme, closed_through=event.through)


@decides(CloseMonth)
def close(ask: CloseMonth, past: Past) -> list[News]:
    """Never undone: so the month must be over on the day of asking, too, whatever day the asker writes."""
    programme = programme_of(ask, past)
    first = date.fromisoformat(f"{ask.month}-01")
    through = months_later(first, 1) - timedelta(days=1)
    if min(ask.effective_on, ask.at.date()) <= through:
        raise Refused("wrong_state", what="month", through=str(through))
    before = programme.closed_through
    if before and before + timedelta(days=1) != first:
        raise Refused("wrong_state", what="month", closed_through=str(before))
    closed = MonthClosed(programme=ask.programme, month=ask.month, through=through)
    return [programmes.news(closed, ask.programme)]
