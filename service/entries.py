"""How an event is stored: plain JSON under its own name, with its circumstances."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Any, Generic

from eventsourcing.persistence import Mapper, StoredEvent
from psycopg import Connection
from pydantic import BaseModel, ConfigDict, ValidationError

from domain.words import EVENTS, E, Event, Recorded

CANONICAL = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode


class UnknownEvent(Exception):
    """The log holds something that this version can't read."""


@dataclass(frozen=True)
class Entry:
    """An event and its circumstances, under the names that the library looks for."""

    originator_id: str
    originator_version: int
    event: Event
    actor: str
    command: str
    digest: str
    cause: str
    at: datetime
    effective_on: date
    recorded_at: datetime


def stored(
    event: Event, stream: str, version: int, circumstances: Mapping[str, str]
) -> StoredEvent:
    """How an event is written: the same event in the same circumstances gives the same bytes."""
    state = CANONICAL({**circumstances, "event": event.model_dump(mode="json")})
    return StoredEvent(stream, version, type(event).__name__, state.encode())


class EntryMapper(Mapper[str]):
    """Stored as plain JSON under the event's own name, so that the log outlives this code."""

    def to_stored_event(self, domain_event: Any) -> StoredEvent:
        entry: Entry = domain_event
        circumstances = {
            "actor": entry.actor,
            "at": entry.at.isoformat(),
            "cause": entry.cause,
            "command": entry.command,
            "digest": entry.digest,
            "effective_on": entry.effective_on.isoformat(),
            "recorded_at": entry.recorded_at.isoformat(),
        }
        return stored(entry.event, entry.originator_id, entry.originator_version, circumstances)

    def to_domain_event(self, stored_event: StoredEvent) -> Any:
        stream = str(stored_event.originator_id)
        version = stored_event.originator_version
        read = _parsed(stream, version, stored_event.topic, stored_event.state)
        return Entry(originator_id=stream, originator_version=version, **read)


class Stored(BaseModel, Generic[E]):
    """An entry's JSON: read straight from the bytes, with no tree of plain dicts on the way."""

    model_config = ConfigDict(strict=True)

    actor: str
    at: datetime
    cause: str
    command: str
    digest: str
    effective_on: date
    event: E
    recorded_at: datetime


@cache
def _shape(topic: str) -> type[Stored[Any]]:
    return Stored.__class_getitem__(EVENTS[topic])  # type: ignore[return-value]


def _parsed(stream: str, version: int, topic: str, state: bytes) -> dict[str, Any]:
    where = f"{stream}, version {version}"
    if topic not in EVENTS:
        raise UnknownEvent(
            f"The log holds a {topic} ({where}), which this version of Teten doesn't "
            "know. A newer version wrote it: run that version, or a newer one."
        )
    try:
        return vars(_shape(topic).model_validate_json(state))
    except ValidationError as error:
        problem = type(error).__name__  # Its text could quote the event.
        raise UnknownEvent(
            f"The log holds a {topic} ({where}) of a shape that this version of Teten "
            f"can't read ({problem}). A newer version wrote it, or the log was changed."
        ) from None


def recorded(stream: str, version: int, topic: str, state: bytes, position: int) -> Recorded[Event]:
    """What a row of the log tells. UnknownEvent: this version can't read it."""
    fields = _parsed(stream, version, topic, state)
    fields.update(stream=stream, version=version, position=position)
    # A frozen dataclass sets its fields one by one, past its own guard: a fifth of the time of reading.
    news = object.__new__(Recorded)
    object.__setattr__(news, "__dict__", fields)
    return news


def read_after(connection: Connection[Any], position: int, limit: int) -> list[Recorded[Event]]:
    """The next events of the whole log, in order. Under the append lock no position comes late."""
    found = connection.cursor(binary=True).execute(
        "SELECT originator_id, originator_version, topic, state, notification_id"
        " FROM log_events WHERE notification_id > %s"
        " ORDER BY notification_id LIMIT %s",
        (position, limit),
    )
    return [recorded(*row) for row in found.fetchall()]
