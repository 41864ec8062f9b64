"""The log, on the eventsourcing library."""

import asyncio
from collections.abc import Iterator
from datetime import date
from threading import Lock
from typing import Any, cast

import psycopg
from eventsourcing.application import Application
from eventsourcing.persistence import (
    InfrastructureFactory,
    Mapper,
    StoredEvent,
)
from eventsourcing.postgres import PostgresFactory
from eventsourcing.utils import Environment
from psycopg.rows import dict_row

from domain.words import Command, Decider, Event, Recorded, S
from service.answers import Answer, VersionMoved
from service.committing import Committer, look_up
from service.committing_in_loops import LoopCommitter
from service.database import pool
from service.deciding import UNCONDITIONAL, Asked, Beside, Conditions, Group
from service.entries import EntryMapper, read_after, recorded
from service.recorder import LogRecorder, news
from service.states import Standing, States

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
    "POSTGRES_PASSWORD": "-",  # nosec B105 # none
}
BATCH = 2_000
PostgresFactory.application_recorder_class = LogRecorder


class Log(Application[str]):
    """Has commands decided and their events appended; tells what happened to whoever follows."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._states = States()
        self.pool = pool(url)
        super().__init__(LIBRARY)
        self._committer = Committer(url, cast("LogRecorder", self.recorder), self._states)
        self._loops: dict[asyncio.AbstractEventLoop, LoopCommitter] = {}
        self._loops_lock = Lock()

    def construct_factory(self, env: Environment) -> InfrastructureFactory[Any]:
        """The library's own, connecting by the whole URL: it may say more than the library can (TLS, say)."""
        factory: Any = super().construct_factory(env)
        factory.datastore.pool.conninfo = self.url
        factory.datastore.pool.kwargs = {"row_factory": dict_row}
        return cast("InfrastructureFactory[Any]", factory)

    def construct_mapper(self) -> Mapper[str]:
        return EntryMapper(self.construct_transcoder())

    def close(self) -> None:
        with self._loops_lock:
            for each in self._loops.values():
                each.close()
        self._committer.close()
        super().close()
        self.pool.close()

    # Write ---------------------------------------------------------------------------------------

    def handle(
        self,
        command: Command,
        keep: Beside | None = None,
        conditions: Conditions = UNCONDITIONAL,
    ) -> Answer:
        """Answer the command, once and for all; if others wrote first, it is decided again.

        `keep` stores what belongs to the command's events, in their transaction. Raises Refused,
        CommandIdReused, VersionMoved, Busy, or Unanswered.
        """
        try:
            return self._committer.submit(command, keep, conditions).result()
        except VersionMoved:  # Perhaps by this very command, when it was asked before.
            with self.pool.connection() as connection:
                before = look_up(connection, {command.id: command.digest()}).get(command.id)
            if isinstance(before, Answer):
                return before
            if before:
                raise before from None
            raise

    def rehearse(
        self, command: Command, conditions: Conditions = UNCONDITIONAL
    ) -> list[StoredEvent]:
        """What would be stored, were it asked for as things stand now. Nothing is. Refused, VersionMoved."""
        asked = Asked.of(command, None, conditions)
        certain: Standing = {}
        while True:
            group = Group(self._states, [asked], certain)
            doubts = group.doubts(certain, all_doubted=True)
            with self.pool.connection() as connection:
                found = news(connection, doubts, group.deciders) if doubts else {}
            if not found:
                break
            certain = certain | doubts | found
        if error := group.decided[0].error:
            raise error
        return group.events

    async def ask(self, command: Command, keep: Beside | None = None) -> Answer:
        """As `handle`, for whoever waits in an event loop."""
        loop = asyncio.get_running_loop()
        committer = self._loops.get(loop) or self._committer_of(loop)
        return await committer.ask(command, keep)

    def _committer_of(self, loop: asyncio.AbstractEventLoop) -> LoopCommitter:
        with self._loops_lock:
            for closed in [each for each in self._loops if each.is_closed()]:
                self._loops.pop(closed).close()
            self._loops[loop] = LoopCommitter(loop, self._committer, self._states)
            return self._loops[loop]

    # Read ----------------------------------------------------------------------------------------

    def read(self, decider: Decider[S], stream: str) -> tuple[int, S]:
        """A stream's version and state: the cached one, advanced by what is new."""
        known = self._states.get(stream) or (0, decider.initial)
        with self.pool.connection() as connection:
            found = news(connection, {stream: known}, {stream: decider})
        self._states.learn(found)
        return found.get(stream, known)

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

    def effective_day(self, command: str) -> date | None:
        """From which day the command of that id was asked for, if it was answered before."""
        with self.pool.connection() as connection:
            found = connection.execute(
                "SELECT effective_on FROM commands WHERE id = %s", (command,)
            ).fetchone()
        return found[0] if found else None

    def head(self) -> int:
        """The position of the latest event."""
        with self.pool.connection() as connection:
            found = connection.execute("SELECT max(notification_id) FROM log_events").fetchone()
        return (found and found[0]) or 0
