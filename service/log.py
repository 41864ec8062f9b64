"""The log, on the eventsourcing library."""

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from typing import Any, cast

import psycopg
from eventsourcing.application import Application
from eventsourcing.persistence import (
    InfrastructureFactory,
    Mapper,
    StoredEvent,
)
from eventsourcing.postgres import PostgresApplicationRecorder, PostgresFactory
from eventsourcing.utils import Environment
from psycopg import errors, generators
from psycopg.pq import DiagnosticField, ExecStatus
from psycopg.pq.abc import PGresult
from psycopg.rows import dict_row
from psycopg.waiting import wait_async
from psycopg_pool import ConnectionPool
from pydantic_core import to_json

from domain.words import Command, Decider, Event, Recorded, S
from service.answers import Answer, Overtaken
from service.committing import Committer, Standing
from service.committing_in_loops import LoopCommitter
from service.entries import EntryMapper, read_after, recorded
from service.states import Beside, Group, States

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
BATCH = 2_000
APPEND = b"SELECT append_group($1)"
APPEND_GROUP = (
    b"append_group"  # Prepared, and sent by libpq itself: decisions go on while it works.
)
# The fence keeps the planner from reading the whole log, however small it takes it to be.
NEWS = """
    SELECT originator_id, originator_version, topic, state, notification_id
    FROM unnest(%b::text[], %b::bigint[]) AS known (stream, version)
    CROSS JOIN LATERAL (
        SELECT * FROM log_events WHERE originator_id = stream AND originator_version > version
        ORDER BY originator_version OFFSET 0
    ) AS news
"""


class LogRecorder(PostgresApplicationRecorder):
    """Appends a whole group of commands: its events, and beside them what each command was answered.

    As the library does, under a lock that keeps commit order and position order the same; but in one
    round trip, and never again by itself: whether a commit whose answer was lost took place is known from
    the commands' rows alone, and those are looked up before anything is done again.
    """

    def insert_events(
        self, stored_events: Sequence[StoredEvent], **kwargs: Any
    ) -> Sequence[int] | None:
        connection: psycopg.Connection[Any] = kwargs["connection"]
        group: Group = kwargs["group"]
        with connection.transaction() if group.keeps else nullcontext():
            for keep in group.keeps:
                keep(connection.cursor())
            send(connection, group)
            before = came_of(connection.wait(generators.execute(connection.pgconn)))
        return range(before + 1, before + 1 + len(stored_events))


def send(connection: psycopg.Connection[Any], group: Group) -> None:
    """Have a group stored, without waiting for it."""
    relied_on = [
        {"stream": stream, "version": version, "only_read": stream not in group.written}
        for stream, (version, _) in group.began.items()
    ]
    events = [
        {
            "originator_id": event.originator_id,
            "originator_version": event.originator_version,
            "topic": event.topic,
            "state": event.state.decode(),
            "notification_id": number,
        }
        for number, event in enumerate(group.events, start=1)
    ]
    document = {"relied_on": relied_on, "events": events, "answers": group.answers()}
    connection.pgconn.send_query_params(APPEND, [to_json(document)])
    connection.pgconn.flush()


def came_of(results: Sequence[PGresult]) -> int:
    """What came of the group that was sent: the position before its first event, or Overtaken."""
    found = results[-1]
    if found.status != ExecStatus.TUPLES_OK:
        state = found.error_field(DiagnosticField.SQLSTATE)
        kind = errors.lookup(state.decode()) if state else psycopg.OperationalError
        if issubclass(kind, errors.UniqueViolation):
            raise Overtaken
        parts = (DiagnosticField.MESSAGE_PRIMARY, DiagnosticField.MESSAGE_HINT)
        raise kind(" ".join((found.error_field(part) or b"").decode() for part in parts).strip())
    before = found.get_value(0, 0)
    if before is None:
        raise Overtaken
    return int(before)


PostgresFactory.application_recorder_class = LogRecorder


class Log(Application[str]):
    """Has commands decided and their events appended; tells what happened to whoever follows."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._states = States()
        self.pool: ConnectionPool[psycopg.Connection[Any]] = ConnectionPool(
            url,
            min_size=1,
            max_size=8,
            open=True,
            timeout=5,  # Seconds to wait for a connection before saying that the database is away.
            check=ConnectionPool.check_connection,  # One that the server dropped is nobody's trouble.
            kwargs={"autocommit": True},
        )
        super().__init__(LIBRARY)
        self._committer = Committer(url, self.pool, self, self._states)
        self._loops: dict[asyncio.AbstractEventLoop, LoopCommitter] = {}

    def construct_factory(self, env: Environment) -> InfrastructureFactory[Any]:
        """The library's own, connecting by the whole URL: it may say more than the library can (TLS, say)."""
        factory: Any = super().construct_factory(env)
        factory.datastore.pool.conninfo = self._url
        factory.datastore.pool.kwargs = {"row_factory": dict_row}
        return cast("InfrastructureFactory[Any]", factory)

    def construct_mapper(self) -> Mapper[str]:
        return EntryMapper(self.construct_transcoder())

    def close(self) -> None:
        self._committer.close()
        for each in self._loops.values():
            each.close()
        super().close()
        self.pool.close()

    # Write ---------------------------------------------------------------------------------------

    def handle(self, command: Command, keep: Beside | None = None) -> Answer:
        """Answer the command, once and for all; if others wrote first, it is decided again.

        `keep` stores what belongs to the command's events, in their transaction. Raises Refused,
        CommandIdReused, Busy, or Unanswered.
        """
        return self._committer.submit(command, keep).result()

    async def ask(self, command: Command, keep: Beside | None = None) -> Answer:
        """As `handle`, for whoever waits in an event loop."""
        loop = asyncio.get_running_loop()
        if loop not in self._loops:
            for closed in [each for each in self._loops if each.is_closed()]:
                self._loops.pop(closed).close()
            self._loops[loop] = LoopCommitter(self._committer, self, self._states)
        return await self._loops[loop].ask(command, keep)

    def append(self, connection: psycopg.Connection[Any], group: Group) -> int:
        """Store a group of decisions. The position before its first event. Overtaken: nothing was stored."""
        positions = self.recorder.insert_events(group.events, connection=connection, group=group)
        return positions[0] - 1 if positions else 0

    def send(self, connection: psycopg.Connection[Any], group: Group) -> None:
        """As `append`, but what came of it is to be received."""
        send(connection, group)

    def receive(self, connection: psycopg.Connection[Any], _: Group) -> int:
        """What came of the group that was sent, as of `append`."""
        return came_of(connection.wait(generators.execute(connection.pgconn)))

    async def awaited(self, connection: psycopg.Connection[Any], patience: float) -> int:
        """As `receive`, in an event loop. OperationalError: also after so many seconds."""
        line = connection.pgconn
        return came_of(
            await wait_async(generators.execute(line), line.socket, interval=1, timeout=patience)
        )

    # Read ----------------------------------------------------------------------------------------

    def read(self, decider: Decider[S], stream: str) -> tuple[int, S]:
        """A stream's version and state: the cached one, advanced by what is new."""
        known = self._states.get(stream) or (0, decider.initial)
        return self.news_of({stream: known}, {stream: decider}).get(stream, known)

    def news_of(self, standing: Standing, deciders: dict[str, Decider[Any]]) -> Standing:
        """As `news`, on any connection."""
        with self.pool.connection() as connection:
            return self.news(connection, standing, deciders)

    def news(
        self,
        connection: psycopg.Connection[Any],
        standing: Standing,
        deciders: dict[str, Decider[Any]],
    ) -> Standing:
        """Those of the streams of which the log holds more, and how they stand by that."""
        news: Standing = {}
        versions = [version for version, _ in standing.values()]
        for row in connection.execute(NEWS, (list(standing), versions), binary=True).fetchall():
            new = recorded(*row)
            _, state = news.get(new.stream) or standing[new.stream]
            news[new.stream] = new.version, deciders[new.stream].evolve(state, new.event)
        for stream, (version, state) in news.items():
            self._states.put(stream, version, state)
        return news

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
        with self.pool.connection() as connection:
            found = connection.execute("SELECT max(notification_id) FROM log_events").fetchone()
        return (found and found[0]) or 0
