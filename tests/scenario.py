"""given(what happened).when(a command).then(events): a decision, told as a story of several streams."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time
from typing import Any

import pytest

from domain.words import Command, Decider, Event, News, Recorded, Refused, S, decide
from projections.projection import Projection, Row

DAY = date(2019, 3, 1)


def noon(day: date) -> datetime:
    return datetime.combine(day, time(12), UTC)


NOON = noon(DAY)


@dataclass(frozen=True)
class Story:
    """All that has happened, in order. A `Past`: it gives the state of any stream."""

    log: tuple[Recorded[Event], ...] = ()

    def __call__(self, decider: Decider[S], *key: str) -> S:
        stream = decider.stream(*key)
        return decider.fold(entry.event for entry in self.log if entry.stream == stream)

    def tells(self, *news: News, **circumstances: Any) -> "Story":
        """The story with these events on top, whether any command could lead to them or not."""
        log = list(self.log)
        for new in news:
            entry = recorded(
                new.event,
                stream=new.stream,
                version=sum(1 for earlier in log if earlier.stream == new.stream) + 1,
                position=len(log) + 1,
            )
            log.append(replace(entry, **circumstances))
        return Story(tuple(log))

    def does(self, *commands: Command) -> "Story":
        """The story after these commands, each of which is granted."""
        story = self
        for asked in commands:
            story = story.tells(
                *decide(asked, story),
                actor=asked.by,
                command=asked.id,
                digest=asked.digest(),
                cause=asked.cause,
                at=asked.at,
                effective_on=asked.effective_on,
            )
        return story

    def when(self, command: Command) -> "When":
        return When(self, command)


@dataclass(frozen=True)
class When:
    story: Story
    command: Command

    def then(self, *expected: Event) -> None:
        assert [new.event for new in decide(self.command, self.story)] == list(expected)

    def then_refused(self, code: str, **facts: Any) -> None:
        with pytest.raises(Refused) as no:
            decide(self.command, self.story)
        assert no.value.code == code
        assert facts.items() <= no.value.facts.items()


def given(*news: News) -> Story:
    return Story().tells(*news)


def recorded(event: Event, **circumstances: Any) -> Recorded[Event]:
    """The event as the log tells it, in whatever circumstances don't matter."""
    usual: dict[str, Any] = {
        "stream": "case-A-1",
        "version": 1,
        "position": 1,
        "actor": "kons-1",
        "command": "1",
        "digest": "d1",
        "cause": "",
        "at": NOON,
        "effective_on": DAY,
        "recorded_at": NOON,
    }
    return Recorded(event, **(usual | circumstances))


def fold(
    projection: Projection[Row],
    log: Iterable[Recorded[Event]],
    rows: dict[str, Row] | None = None,
) -> dict[str, Row]:
    """The projection's rows once it has read all that, as the service makes them."""
    made = dict(rows or {})
    for entry in log:
        for key in projection.keys(entry):
            made[key] = projection.fold(made.get(key) or projection.row(), key, entry)
    return made
