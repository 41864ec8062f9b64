"""A history with its placeholders left open, to be filled in for one citizen after another.

Deciding and encoding an event costs ten times what filling in its text does.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cache

from domain.case.budget import LineGranted
from domain.case.time_frame import TimeFrameSet
from domain.fund import CommitmentReleased, FundCommitted
from domain.remittance import ReceiveStatement
from domain.words import Event, News
from service.bench import histories
from service.bench.life import CASE, FIRST_DAY, HASH, PROGRAMME, STATEMENT, Step
from service.entries import Entry, EntryMapper

MAPPER = EntryMapper.__new__(EntryMapper)  # It needs none of what the library would give it.
SOMETIME = datetime(1901, 1, 1, 1, 1, 1, tzinfo=UTC)
DIGEST, COMMAND = "Qdigest", "Qcommand"
DAY = re.compile(r"2[1-9][0-9]{2}-[0-9]{2}-[0-9]{2}")
PLACES = {
    SOMETIME.isoformat(): "%(at)s",
    DIGEST: "%(digest)s",
    COMMAND: "%(command)s",
    PROGRAMME: "%(programme)s",
    CASE: "%(case)s",
    HASH: "%(hash)s",
}


@dataclass(frozen=True)
class EventStamp:
    stream: str
    version: int | None  # None: of a fund, which many cases share.
    topic: str
    state: str
    fund: str = ""
    commits: int = 0  # Øre taken of the fund; negative where they are given back.


@dataclass(frozen=True)
class CommandStamp:
    name: str
    by: str
    days: int  # After the case's first day.
    minutes: int  # After midnight.
    asked: str  # What the digest is made of.
    entry: str | None  # Of a bank's statement, which has those of many cases.
    events: tuple[EventStamp, ...]


@dataclass(frozen=True)
class Stamp:
    """A whole case."""

    commands: tuple[CommandStamp, ...]
    days: tuple[int, ...]  # All that are told, each as a number of days after the first.
    granted: int | None  # The one on which the time frame was set.
    events: int  # Statements not counted: many cases share them.


def stamp(steps: Sequence[Step]) -> Stamp:
    versions: dict[str, int] = {}
    commands = tuple(_command(step, versions) for step in steps)
    texts = [f"{each.asked}{each.entry}" for each in commands]
    texts += [event.state for each in commands for event in each.events]
    days = {int(day) for text in texts for day in re.findall(r"%\(d(-?\d+)\)s", text)}
    granted = [
        (step.command.effective_on - FIRST_DAY).days
        for step in steps
        for new in step.news
        if isinstance(new.event, TimeFrameSet)
    ]
    return Stamp(
        commands=commands,
        days=tuple(sorted(days | {each.days for each in commands})),
        granted=granted[0] if granted else None,
        events=sum(len(each.events) for each in commands),
    )


def _command(step: Step, versions: dict[str, int]) -> CommandStamp:
    asked = step.command
    news, entry = step.news, None
    if isinstance(asked, ReceiveStatement):
        # The statement itself is written anew, with the entries of all cases.
        news, entry = news[1:], _open(asked.entries[0].model_dump_json())
    return CommandStamp(
        name=type(asked).__name__,
        by=asked.by,
        days=(asked.effective_on - FIRST_DAY).days,
        minutes=asked.at.hour * 60 + asked.at.minute,
        asked=_open(asked.model_dump_json(exclude={"at", "cause"})),
        entry=entry,
        events=tuple(_event(new, step, versions) for new in news),
    )


def _event(new: News, step: Step, versions: dict[str, int]) -> EventStamp:
    event = new.event
    versions[new.stream] = version = versions.get(new.stream, 0) + 1
    stored = MAPPER.to_stored_event(
        Entry(
            originator_id=new.stream,
            originator_version=version,
            event=event,
            actor=step.command.by,
            command=COMMAND,
            digest=DIGEST,
            cause=step.command.cause,
            at=SOMETIME,
            effective_on=step.command.effective_on,
            recorded_at=SOMETIME,
        )
    )
    text = stored.state.decode()
    if isinstance(event, TimeFrameSet):  # Months are of several lengths.
        text = text.replace(event.end_date.isoformat(), "Qend")
    text = _open(text).replace("Qend", "%(end)s")
    if isinstance(event, LineGranted):
        text = re.sub('"fund_left":"[^"]*"', '"fund_left":"%(fund_left)s"', text)
    shared = isinstance(event, FundCommitted | CommitmentReleased)
    return EventStamp(
        stream=_open(new.stream),
        version=None if shared else version,
        topic=type(event).__name__,
        state=text,
        fund=_fund(event),
        commits=_commits(event),
    )


def _fund(event: Event) -> str:
    if isinstance(event, FundCommitted | CommitmentReleased):
        return event.fund
    return event.account_string.funding if isinstance(event, LineGranted) else ""


def _commits(event: Event) -> int:
    if isinstance(event, FundCommitted):
        return event.amount.ore
    return -event.amount.ore if isinstance(event, CommitmentReleased) else 0


def _open(text: str) -> str:
    """The text as a format, its placeholders as names."""
    text = text.replace("%", "%%")
    for placeholder, name in PLACES.items():
        text = text.replace(placeholder, name)
    text = re.sub(rf"{STATEMENT}[0-9]+", "%(statement)s", text)
    return DAY.sub(lambda day: f"%(d{(date.fromisoformat(day[0]) - FIRST_DAY).days})s", text)


@cache
def of_numbers(count: int) -> tuple[Stamp, ...]:
    """That many different cases."""
    return tuple(stamp(histories.whole(number)) for number in range(count))
