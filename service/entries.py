"""How an event is stored: plain JSON under its own name, with its circumstances."""

import json
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from eventsourcing.persistence import Mapper, StoredEvent
from pydantic import ValidationError

from domain.words import EVENTS, Event, Recorded


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

    def recorded(self, position: int) -> Recorded[Event]:
        return Recorded(
            event=self.event,
            stream=self.originator_id,
            version=self.originator_version,
            position=position,
            actor=self.actor,
            command=self.command,
            digest=self.digest,
            cause=self.cause,
            at=self.at,
            effective_on=self.effective_on,
            recorded_at=self.recorded_at,
        )


class EntryMapper(Mapper[str]):
    """Stored as plain JSON under the event's own name, so that the log outlives this code."""

    def to_stored_event(self, domain_event: Any) -> StoredEvent:
        entry: Entry = domain_event
        state = {
            "actor": entry.actor,
            "at": entry.at.isoformat(),
            "cause": entry.cause,
            "command": entry.command,
            "digest": entry.digest,
            "effective_on": entry.effective_on.isoformat(),
            "event": entry.event.model_dump(mode="json"),
            "recorded_at": entry.recorded_at.isoformat(),
        }
        return StoredEvent(
            originator_id=entry.originator_id,
            originator_version=entry.originator_version,
            topic=type(entry.event).__name__,
            state=json.dumps(
                state, ensure_ascii=False, separators=(",", ":"), sort_keys=True
            ).encode(),
        )

    def to_domain_event(self, stored_event: StoredEvent) -> Any:
        kind = EVENTS.get(stored_event.topic)
        where = f"{stored_event.originator_id}, version {stored_event.originator_version}"
        if kind is None:
            raise UnknownEvent(
                f"The log holds a {stored_event.topic} ({where}), which this version of Teten doesn't "
                "know. A newer version wrote it: run that version, or a newer one."
            )
        try:
            state = json.loads(stored_event.state)
            return Entry(
                originator_id=str(stored_event.originator_id),
                originator_version=stored_event.originator_version,
                event=kind.model_validate(state["event"]),
                actor=state["actor"],
                command=state["command"],
                digest=state["digest"],
                cause=state["cause"],
                at=datetime.fromisoformat(state["at"]),
                effective_on=date.fromisoformat(state["effective_on"]),
                recorded_at=datetime.fromisoformat(state["recorded_at"]),
            )
        except (ValidationError, ValueError, KeyError, TypeError) as error:
            problem = type(error).__name__  # Its text could quote the event.
            raise UnknownEvent(
                f"The log holds a {stored_event.topic} ({where}) of a shape that this version of Teten "
                f"can't read ({problem}). A newer version wrote it, or the log was changed."
            ) from None
