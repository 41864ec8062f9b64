"""The log. This module and `entries` alone know the eventsourcing library."""

from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from threading import Lock
from typing import Any, cast

import psycopg
from eventsourcing.application import Application
from eventsourcing.persistence import (
    InfrastructureFactory,
    IntegrityError,
    Mapper,
    OperationalError,
    StoredEvent,
)
from eventsourcing.postgres import PostgresApplicationRecorder, PostgresFactory
from eventsourcing.utils import Environment
from psycopg import Cursor
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb
from psycopg_pool import ConnectionPool
from pydantic import BaseModel

from domain.words import Command, Decider, Event, News, Recorded, Refused, S, decide
from service.entries import Entry, EntryMapper, read_after, recorded

ATTEMPTS_MAX = 20
LIBRARY = {
    "PERSISTENCE_MODULE": "eventsourcing.postgres",
    "ORIGINATOR_ID_TYPE": "text",
    "CREATE_TABLE": "n",
    "POSTGRES_ENABLE_DB_FUNCTIONS": "n",  # They lose events for whoever tails the log.
    "POSTGRES_POOL_SIZE": "1",
    "POSTGRES_MAX_OVERFLOW": "15",
    # Asked for by the library, and replaced by the URL before anything connects.
    "POSTGRES_DBNAME": "teten",
    "POSTGRES_HOST": "localhost",
    "POSTGRES_USER": "teten",
    "POSTGRES_PASSWORD": "-",
}
STATES_MAX = 20_000
BATCH = 2_000

Beside = Callable[[Cursor[Any]], None]
"""Something stored in the same transaction as a command's events."""


class Busy(Exception):
    """The streams kept moving while we were deciding. Ask again."""


class CommandIdReused(Exception):
    """The command id was used before, for something else."""

    def __init__(self, command: str) -> None:
        super().__init__(
            f"The command id {command} was used before, with other inputs. "
            "Use the same inputs to get the same answer, or a new id for a new wish."
        )
        self.command = command


class Answer(BaseModel):
    """What was done. The same command asked again gets the same answer, with `again` set."""

    command: str
    first_position: int
    last_position: int
    again: bool = False


class LogRecorder(PostgresApplicationRecorder):
    """Appends under the library's lock, which keeps commit order and position order the same.

    Unlike the library's, an append is not retried here: whether a commit whose answer was lost took
    place is known from the command's row alone, and it is looked up before anything is done again.
    """

    def insert_events(
        self, stored_events: Sequence[StoredEvent], **kwargs: Any
    ) -> Sequence[int] | None:
        beside: Callable[[Cursor[Any], Sequence[int]], None] = kwargs["beside"]
        relied_on: dict[str, int] = kwargs["relied_on"]
        with self.datastore.transaction(commit=True) as curs:
            self._lock_table(curs)
            if moved(curs, relied_on):
                raise IntegrityError("a stream that was relied on has moved")
            self._notify_channel(curs)
            PostgresApplicationRecorder.__base__._insert_stored_events(self, curs, stored_events)  # type: ignore[union-attr]  # noqa: SLF001 - our superclass's, without its lock
            positions = self._fetch_ids_after_insert_events(curs, stored_events) or []
            beside(curs, positions)
        return positions


PostgresFactory.application_recorder_class = LogRecorder


def moved(curs: Cursor[Any], versions: dict[str, int]) -> bool:
    """Whether any of the streams has events past the version that was read."""
    curs.execute(
        "SELECT EXISTS (SELECT FROM unnest(%s::text[], %s::bigint[]) AS r (stream, version)"
        " JOIN log_events e ON e.originator_id = r.stream AND e.originator_version = r.version + 1)"
        " AS moved",
        (list(versions), list(versions.values())),
    )
    row = cast("dict[str, bool]", curs.fetchone())
    return row["moved"]


class States:
    """The latest known state of each stream, the least recently used ones forgotten."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._states: OrderedDict[str, tuple[int, Any]] = OrderedDict()

    def get(self, stream: str) -> tuple[int, Any] | None:
        with self._lock:
            found = self._states.get(stream)
            if found:
                self._states.move_to_end(stream)
            return found

    def put(self, stream: str, version: int, state: Any) -> None:
        with self._lock:
            known = self._states.get(stream)
            if known is None or known[0] < version:
                self._states[stream] = version, state
            self._states.move_to_end(stream)
            if len(self._states) > STATES_MAX:
                self._states.popitem(last=False)


class Reading:
    """The past, as one decision reads it: which streams it looked at, and how far they had come."""

    def __init__(self, log: "Log") -> None:
        self._log = log
        self._read: dict[str, tuple[int, Any]] = {}

    def __call__(self, decider: Decider[S], *key: str) -> S:
        state: S = self.at(decider, decider.stream(*key))[1]
        return state

    def at(self, decider: Decider[S], stream: str) -> tuple[int, S]:
        """The version that the decision saw, and the state at it."""
        if stream not in self._read:
            self._read[stream] = self._log.read(decider, stream)
        return self._read[stream]

    @property
    def versions(self) -> dict[str, int]:
        return {stream: version for stream, (version, _) in self._read.items()}


class Log(Application[str]):
    """Reads, decides and appends; tells what happened to whoever follows."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._states = States()
        self.pool: ConnectionPool[psycopg.Connection[Any]] = ConnectionPool(
            url,
            min_size=1,
            max_size=8,
            open=True,
            timeout=5,  # Seconds to wait for a connection before saying that the database is away.
            kwargs={"autocommit": True},
        )
        super().__init__(LIBRARY)

    def construct_factory(self, env: Environment) -> InfrastructureFactory[Any]:
        """The library's own, connecting by the whole URL: it may say more than the library can (TLS, say)."""
        factory: Any = super().construct_factory(env)
        factory.datastore.pool.conninfo = self._url
        factory.datastore.pool.kwargs = {"row_factory": dict_row}
        return cast("InfrastructureFactory[Any]", factory)

    def construct_mapper(self) -> Mapper[str]:
        return EntryMapper(self.construct_transcoder())

    def close(self) -> None:
        super().close()
        self.pool.close()

    # Write ---------------------------------------------------------------------------------------

    def handle(self, command: Command, keep: Beside | None = None) -> Answer:
        """Answer the command, once and for all; if others wrote first, read again and decide again.

        `keep` stores what belongs to the command's events, in their transaction. Raises Refused,
        CommandIdReused, or Busy.
        """
        for _ in range(ATTEMPTS_MAX):
            if answer := self.answered(command):
                return answer
            past = Reading(self)
            try:
                news = decide(command, past)
            except Refused as no:
                if self._refuse(command, no, past.versions):
                    raise
                continue
            try:
                return self._append(command, news, past, keep)
            except (IntegrityError, OperationalError):
                continue  # Someone wrote first, or our commit's answer was lost: look, then decide again.
        raise Busy(f"{type(command).__name__} {command.id}")

    def answered(self, command: Command) -> Answer | None:
        """The answer that this command got before, if any."""
        with self.pool.connection() as connection:
            found = connection.execute(
                "SELECT digest, first_position, last_position, code, facts FROM commands WHERE id = %s",
                (command.id,),
            ).fetchone()
        if not found:
            return None
        digest, first, last, code, facts = found
        if digest != command.digest():
            raise CommandIdReused(command.id)
        if code:
            raise Refused(code, **facts)
        return Answer(command=command.id, first_position=first, last_position=last, again=True)

    def _append(
        self, command: Command, news: Sequence[News], past: Reading, keep: Beside | None
    ) -> Answer:
        now = datetime.now(UTC)
        entries, ends = _entries(command, news, past, now)

        def beside(curs: Cursor[Any], positions: Sequence[int]) -> None:
            if keep:
                keep(curs)
            _note(curs, command, now, positions=positions)

        relied_on = {
            stream: version for stream, version in past.versions.items() if stream not in ends
        }
        recordings = self.save(*entries, beside=beside, relied_on=relied_on)
        for stream, (version, state) in ends.items():
            self._states.put(stream, version, state)
        positions = [recording.notification.id for recording in recordings]
        return Answer(command=command.id, first_position=positions[0], last_position=positions[-1])

    def _refuse(self, command: Command, no: Refused, versions: dict[str, int]) -> bool:
        """Keep the attempt. False: what it was refused for has changed meanwhile."""
        with self.factory.datastore.transaction(commit=True) as curs:  # type: ignore[attr-defined]
            if moved(curs, versions):
                return False
            _note(curs, command, datetime.now(UTC), no=no)
            return cast("int", curs.rowcount) == 1

    # Read ----------------------------------------------------------------------------------------

    def read(self, decider: Decider[S], stream: str) -> tuple[int, S]:
        """A stream's version and state: the cached one, advanced by what is new."""
        version, state = self._states.get(stream) or (0, decider.initial)
        for found in self.events.get(stream, gt=version):
            entry = cast("Entry", found)
            version, state = entry.originator_version, decider.evolve(state, entry.event)
        self._states.put(stream, version, state)
        return version, state

    def state(self, decider: Decider[S], *key: str) -> S:
        """How a stream stands now."""
        return self.read(decider, decider.stream(*key))[1]

    def after(self, position: int, limit: int) -> list[Recorded[Event]]:
        """The next events of the whole log, in order. Under the append lock no position comes late."""
        with self.pool.connection() as connection:
            return read_after(connection, position, limit)

    def everything(self) -> Iterator[Recorded[Event]]:
        """The whole log, in order, a batch in memory at a time."""
        position = 0
        while batch := self.after(position, BATCH):
            yield from batch
            position = batch[-1].position

    def history(
        self, connection: psycopg.Connection[Any], stream: str, through: int
    ) -> list[Recorded[Event]]:
        """A stream's events up to that position, in order, read in the connection's own transaction."""
        found = connection.execute(
            "SELECT originator_id, originator_version, topic, state, notification_id FROM log_events"
            " WHERE originator_id = %s AND notification_id <= %s ORDER BY originator_version",
            (stream, through),
        )
        return [recorded(*row) for row in found]

    def head(self) -> int:
        """The position of the latest event."""
        return self.recorder.max_notification_id() or 0


def _entries(
    command: Command, news: Sequence[News], past: Reading, now: datetime
) -> tuple[list[Entry], dict[str, tuple[int, Any]]]:
    """What to store, and where each stream will stand then."""
    ends: dict[str, tuple[int, Any]] = {}
    entries = []
    for new in news:
        stream = new.stream
        version, state = ends.get(stream) or past.at(new.decider, stream)
        entries.append(
            Entry(
                originator_id=stream,
                originator_version=version + 1,
                event=new.event,
                actor=command.by,
                command=command.id,
                digest=command.digest(),
                cause=command.cause,
                at=command.at,
                effective_on=command.effective_on,
                recorded_at=now,
            )
        )
        ends[stream] = version + 1, new.decider.evolve(state, new.event)
    return entries, ends


INSERT_ANSWER = "INSERT INTO commands VALUES (%s,%s,%s,%s,%s,%s,%s,%s,%s,%s,%s,%s,%s)"
INSERT_REFUSAL = f"{INSERT_ANSWER} ON CONFLICT (id) DO NOTHING"


def _note(
    curs: Cursor[Any],
    command: Command,
    now: datetime,
    *,
    positions: Sequence[int] = (),
    no: Refused | None = None,
) -> None:
    """Keep what a command was answered. A second answer to the same id can't be stored."""
    curs.execute(
        INSERT_REFUSAL if no else INSERT_ANSWER,
        (
            command.id,
            command.digest(),
            type(command).__name__,
            command.programme,
            command.by,
            command.at,
            command.effective_on,
            command.cause,
            now,
            positions[0] if positions else None,
            positions[-1] if positions else None,
            no.code if no else None,
            Jsonb(no.facts) if no else None,
        ),
    )
