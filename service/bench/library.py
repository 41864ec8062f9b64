"""The stock library: its Application and its PostgreSQL recorder as they come, deciding as we do.

Get what the decision asks for, decide, save, and do it all again if somebody else wrote first.
"""

from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from eventsourcing.application import Application
from eventsourcing.persistence import IntegrityError, Mapper

from domain.words import Command, Decider, S, decide
from service.entries import Entry, EntryMapper

TABLE = "library_events"
RECORDER = "eventsourcing.postgres:PostgresApplicationRecorder"


class LibraryPast:
    """Each stream that a decision asks for, folded from its first event."""

    def __init__(self, application: "Library") -> None:
        self._application = application
        self.read: dict[str, tuple[int, Any]] = {}

    def __call__(self, decider: Decider[S], *key: str) -> S:
        state: S = self.at(decider, decider.stream(*key))[1]
        return state

    def at(self, decider: Decider[S], stream: str) -> tuple[int, S]:
        if stream not in self.read:
            version, state = 0, decider.initial
            for found in self._application.events.get(stream):
                entry: Any = found
                version, state = entry.originator_version, decider.evolve(state, entry.event)
            self.read[stream] = version, state
        return self.read[stream]


class Library(Application[str]):
    """In tables of its own making."""

    name = "library"

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        super().__init__(
            {
                "PERSISTENCE_MODULE": "eventsourcing.postgres",
                # Named, lest it be the one that our log puts in its place.
                "APPLICATION_RECORDER_TOPIC": RECORDER,
                "ORIGINATOR_ID_TYPE": "text",
                "CREATE_TABLE": "y",
                "POSTGRES_ENABLE_DB_FUNCTIONS": "n",
                "POSTGRES_DBNAME": unquote(parts.path.removeprefix("/")),
                "POSTGRES_HOST": unquote(parse_qs(parts.query)["host"][0]),
                "POSTGRES_PORT": "5432",
                "POSTGRES_USER": parts.username or "",
                "POSTGRES_PASSWORD": "-",  # nosec B105 # none
            }
        )

    def construct_mapper(self) -> Mapper[str]:
        return EntryMapper(self.construct_transcoder())

    def handle(self, command: Command) -> None:
        digest = command.digest()
        while True:
            past = LibraryPast(self)
            news = decide(command, past)
            now = datetime.now(UTC)
            entries, ends = [], dict[str, int]()
            for new in news:
                version = ends.get(new.stream) or past.at(new.decider, new.stream)[0]
                ends[new.stream] = version + 1
                entries.append(
                    Entry(
                        originator_id=new.stream,
                        originator_version=version + 1,
                        event=new.event,
                        actor=command.by,
                        command=command.id,
                        digest=digest,
                        cause=command.cause,
                        at=command.at,
                        effective_on=command.effective_on,
                        recorded_at=now,
                    )
                )
            try:
                self.save(*entries)
            except IntegrityError:
                continue
            return
