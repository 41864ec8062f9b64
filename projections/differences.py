"""What differs between two points of the log, amount by amount, and the events that made each difference.

A point is a position and a day: it holds the events up to that position that are effective by that day.
Amounts are sums over the events that a point holds, so what differs is what only one of the points holds.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime
from typing import NamedTuple

from pydantic import BaseModel

from domain.money import ZERO, Money
from domain.words import Event, Recorded
from projections.audit_trail import sentence
from projections.balances import Balance, Dimension, balances

Amounts = Mapping[tuple[Dimension, str], Mapping[str, Money]]
"""For each value of each dimension, its amounts by name. The value of the programme is its own name."""


class Point(NamedTuple):
    position: int
    as_of: date

    def holds(self, news: Recorded[Event]) -> bool:
        return news.position <= self.position and news.effective_on <= self.as_of


class EventChange(BaseModel):
    """What one event adds to an amount on the way from one point to the other. Negative also where an
    event is held by the first point alone."""

    position: int
    recorded_at: datetime
    effective_on: date
    at: datetime
    actor: str
    command: str
    event: str
    sentence: str
    case_no: str | None
    line_no: int | None
    change: Money


class Difference(BaseModel):
    """One amount that differs. The changes of its events add up to its own."""

    dimension: Dimension
    value: str
    amount: str
    before: Money
    after: Money
    change: Money
    events: list[EventChange]


def amounts(balance: Balance, as_of: date) -> dict[str, Money]:
    """The amounts that a report has of it, by name."""
    found = dict(balance.figures(as_of))
    if balance.dimension is Dimension.FUNDING:
        found |= {"amount": balance.agreed(as_of), "available": balance.available(as_of)}
    return found


def differences(
    programme: str,
    before: tuple[Point, Amounts],
    after: tuple[Point, Amounts],
    history: Iterable[Recorded[Event]],
) -> list[Difference]:
    """In order of dimension, value and amount. `history` holds at least the events that one of the points
    holds and the other doesn't."""
    found = {
        (difference.dimension, difference.value, difference.amount): difference
        for difference in _differing(before[1], after[1])
    }
    rows = {(dimension, value) for dimension, value, _ in found}
    for news in history:
        sign = after[0].holds(news) - before[0].holds(news)
        if not sign:
            continue
        for key in balances.keys(news):
            alone = balances.fold(Balance(), key, news)
            row = alone.dimension, alone.value or programme
            if alone.programme != programme or row not in rows:
                continue
            for name, amount in amounts(alone, date.max).items():
                difference = found.get((*row, name))
                if amount and difference:
                    change = amount if sign > 0 else -amount
                    difference.events.append(_told(news, change))
    return list(found.values())


def _differing(before: Amounts, after: Amounts) -> Iterator[Difference]:
    order = list(Dimension)
    for row in sorted(before.keys() | after.keys(), key=lambda row: (order.index(row[0]), row[1])):
        was, is_ = before.get(row, {}), after.get(row, {})
        for name in is_ or was:
            then, now = was.get(name, ZERO), is_.get(name, ZERO)
            if then != now:
                yield Difference(
                    dimension=row[0],
                    value=row[1],
                    amount=name,
                    before=then,
                    after=now,
                    change=now - then,
                    events=[],
                )


def _told(news: Recorded[Event], change: Money) -> EventChange:
    event = news.event
    return EventChange(
        position=news.position,
        recorded_at=news.recorded_at,
        effective_on=news.effective_on,
        at=news.at,
        actor=news.actor,
        command=news.command,
        event=type(event).__name__,
        sentence=sentence(event),
        case_no=getattr(event, "case_no", None),
        line_no=getattr(event, "line_no", None),
        change=change,
    )
