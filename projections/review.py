"""Flags as they were raised, with what people answered; and what the answers say of each rule.

What a flag says is what its event said: the rule may have changed many times since.
"""

from collections.abc import Iterable, Iterator
from datetime import date, datetime
from typing import Any

from pydantic import BaseModel

from domain.flags import (
    Flag,
    FlagAssigned,
    FlagDismissed,
    FlagMuted,
    FlagRaised,
    FlagReopened,
    Flags,
    FlagStage,
    FlagUpheld,
    flags,
)
from domain.money import Money
from domain.words import Event, Recorded
from projections.intervals import Interval, wilson
from projections.projection import Projection

ANSWERS = (FlagAssigned, FlagMuted, FlagDismissed, FlagUpheld, FlagReopened)
ENOUGH = 5  # Answers, before a rule's precision is worth a look.

FlagStep = FlagAssigned | FlagMuted | FlagDismissed | FlagUpheld | FlagReopened


class Answer(BaseModel):
    """Something that somebody did about a flag. `reason`: its words are in the vault."""

    event: FlagStep
    name: str
    by: str
    position: int
    at: datetime
    effective_on: date
    recorded_at: datetime

    @property
    def reason(self) -> str | None:
        return getattr(self.event, "reason", None)

    @property
    def to(self) -> str | None:
        return getattr(self.event, "to", None)

    @property
    def until(self) -> date | None:
        return getattr(self.event, "until", None)

    @property
    def amount(self) -> Money | None:
        return getattr(self.event, "amount", None)


class RaisedFlag(BaseModel):
    raised: FlagRaised
    position: int
    recorded_at: datetime
    answers: list[Answer] = []

    def flag(self, on: date) -> Flag:
        """How it stood on that day, by what holds from then or before."""
        told = [each.event for each in self.answers if each.effective_on <= on]
        state: Flags = flags.fold([self.raised, *told])
        return state.by_id[self.raised.flag]

    def stage(self, on: date) -> FlagStage:
        return self.flag(on).stage(on)

    def answer(self, on: date) -> Answer | None:
        """The latest in force, where there is one."""
        told = self.flag(on).answer
        return next((each for each in reversed(self.answers) if each.event == told), None)


class FlagsOfCase(BaseModel):
    """Of one case, or all of a programme that are about no single case; in the order they were raised in."""

    flags: dict[str, RaisedFlag] = {}

    def waiting(self, on: date) -> list[RaisedFlag]:
        return [each for each in self.flags.values() if each.stage(on).waits]


def keys(news: Recorded[Event]) -> Iterable[str]:
    return [news.stream] if isinstance(news.event, (FlagRaised, *ANSWERS)) else []


def fold(row: FlagsOfCase, _: str, news: Recorded[Event]) -> FlagsOfCase:
    event: Any = news.event
    if isinstance(event, FlagRaised):
        flag = RaisedFlag(raised=event, position=news.position, recorded_at=news.recorded_at)
    else:
        flag = row.flags[event.flag]
        answer = Answer(
            event=event,
            name=type(event).__name__,
            by=news.actor,
            position=news.position,
            at=news.at,
            effective_on=news.effective_on,
            recorded_at=news.recorded_at,
        )
        flag = flag.model_copy(update={"answers": [*flag.answers, answer]})
    return FlagsOfCase(flags=row.flags | {event.flag: flag})


review = Projection("review-1", FlagsOfCase, keys, fold)


# What answers say of rules -----------------------------------------------------------------------


class Precision(BaseModel):
    """How often a version of a rule was right, as people answered. In per mille; an interval of 95 per
    cent (Wilson), since few answers say little."""

    rule: str
    version: int
    raised: int
    waiting: int
    muted: int
    dismissed: int
    upheld: int

    @property
    def answered(self) -> int:
        return self.upheld + self.dismissed

    @property
    def enough(self) -> bool:
        return self.answered >= ENOUGH

    @property
    def per_mille(self) -> int | None:
        """Upheld of those answered, to the nearest; none where there are too few to say."""
        if not self.enough:
            return None
        return (2_000 * self.upheld + self.answered) // (2 * self.answered)

    @property
    def interval(self) -> Interval:
        return wilson(self.upheld, self.answered)


def precisions(rows: Iterable[FlagsOfCase], on: date) -> Iterator[Precision]:
    """Of every version of every rule that has raised anything, by rule and version."""
    stages: dict[tuple[str, int], list[FlagStage]] = {}
    for row in rows:
        for each in row.flags.values():
            stages.setdefault((each.raised.rule, each.raised.version), []).append(each.stage(on))
    for (rule, version), found in sorted(stages.items()):
        yield Precision(
            rule=rule,
            version=version,
            raised=len(found),
            waiting=sum(stage.waits for stage in found),
            muted=found.count(FlagStage.MUTED),
            dismissed=found.count(FlagStage.DISMISSED),
            upheld=found.count(FlagStage.UPHELD),
        )
