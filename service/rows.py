"""Rows of every projection, kept in PostgreSQL together with how far each projection has read."""

import asyncio
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import date, datetime
from threading import BoundedSemaphore, Lock
from time import monotonic
from typing import Any, LiteralString, NamedTuple

import psycopg
from psycopg_pool import ConnectionPool, PoolTimeout

from domain.words import Decider, Event, Recorded, S
from projections.projection import Projection, Row
from service.entries import UnknownEvent
from service.log import Log
from service.rebuilding.beside import rebuild
from service.turns import Turns
from service.waiting import Waiting

PATIENCE = 10.0  # Seconds that a reader waits for the follower.
BESIDE = 2  # Connections that no snapshot takes: its reader asks for words and states beside it.


class ProjectionsBehind(Exception):
    """Some projections can't follow the log, so that nobody can be told how things stand."""

    def __init__(self, why: Mapping[str, str]) -> None:
        named = "; ".join(f"{name}: {told}" for name, told in sorted(why.items()))
        super().__init__(
            f"The figures can't be shown: not every projection follows the log ({named}). "
            "The service's log says more, and `teten doctor`."
        )
        self.danish = (
            "Tallene kan ikke vises lige nu, for ikke alle oversigter følger med loggen"
            f" ({', '.join(sorted(why))})."
        )


class Standing(NamedTuple):
    """Where one projection stands, and how far behind the log it is."""

    projection: str
    position: int
    seen: int  # How many events.
    behind: int  # How many events are still to be folded,
    seconds: (
        float | None
    )  # and for how long the oldest of them has been there. None: it doesn't say.
    failing: str | None
    failures: int
    rebuilds: int


class Rows:
    """Folds what is new into rows, and reads them."""

    def __init__(self, log: Log, projections: Sequence[Projection[Any]]) -> None:
        self._log, self._projections = log, projections
        # Rows of a projection that is no more, or has a new name, are nobody's business.
        self._names = [projection.name for projection in projections]
        self._pool: ConnectionPool[psycopg.Connection[Any]] = log.pool
        self._turns, self._turn = Turns(projections), Lock()
        self._waiting = Waiting()
        self._snapshots = BoundedSemaphore(self._pool.max_size - BESIDE)
        self.followed = False  # Whether a follower of this process does the folding.

    # Write ---------------------------------------------------------------------------------------

    def advance(self, connection: psycopg.Connection[Any]) -> bool:
        """Fold a batch of what is new, and wake who waits for it. Whether there is more."""
        with self._turn:
            try:
                more = self._turns.take(connection)
            except UnknownEvent as error:
                self._waiting.announce(0, error)
                raise
            failing = self._turns.failing
            trouble = ProjectionsBehind(failing) if failing else None
            self._waiting.announce(self._turns.seen, trouble)
        return more

    def catch_up(self) -> None:
        """Fold everything that is new. One that fails is logged, and stops none of the others."""
        self._turns.retry()
        with self._pool.connection() as connection:
            while self.advance(connection):
                pass

    def rebuild(self, names: Sequence[str]) -> int:
        """Make the named projections anew beside their live rows, and swap. How many events there were."""
        url = self._pool.conninfo
        assert isinstance(url, str)
        return rebuild(url, [each for each in self._projections if each.name in names])

    # Wait ----------------------------------------------------------------------------------------

    def wait_until_seen(self, position: int, patience: float = PATIENCE) -> None:
        """Return when every projection has seen that position, which is in the log. ProjectionsBehind: they
        have not in time, or some fail."""
        if not self.followed:
            self._catch_up_all()
            return
        try:
            self._waiting.until(position).result(patience)
        except TimeoutError:
            raise self._late() from None

    async def seen(self, position: int, patience: float = PATIENCE) -> None:
        """The same for asyncio."""
        if not self.followed:
            await asyncio.to_thread(self._catch_up_all)
            return
        waited_for = asyncio.wrap_future(self._waiting.until(position))
        try:
            await asyncio.wait_for(waited_for, patience)
        except TimeoutError:
            raise self._late() from None

    def _catch_up_all(self) -> None:
        self.catch_up()
        if failing := self._turns.failing:
            raise ProjectionsBehind(failing)

    def _late(self) -> ProjectionsBehind:
        return ProjectionsBehind(
            {
                each.projection: each.failing or f"{each.behind} events behind"
                for each in self.standings()
                if each.behind
            }
        )

    # Read ----------------------------------------------------------------------------------------

    @contextmanager
    def snapshot(self, patience: float = PATIENCE) -> Iterator["Snapshot"]:
        """All projections as of one and the same event, the latest one when asked. ProjectionsBehind, or
        PoolTimeout: as many are open as may be."""
        if not self._snapshots.acquire(timeout=patience):
            raise PoolTimeout(f"no snapshot within {patience} s")
        try:
            yield from self._snapshot()
        finally:
            self._snapshots.release()

    def _snapshot(self) -> Iterator["Snapshot"]:
        head, deadline = self._log.head(), monotonic() + PATIENCE
        while True:
            self.wait_until_seen(head)
            with self._pool.connection() as connection, connection.transaction():
                connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
                found = connection.execute(
                    "SELECT projection, position, generation FROM projections.progress"
                    " WHERE projection = ANY(%s)",
                    (self._names,),
                ).fetchall()
                positions = {position for _, position, _ in found}
                if len(positions) <= 1 and head <= max(positions, default=0):
                    live = {name: generation for name, _, generation in found}
                    yield Snapshot(connection, self._log, max(positions, default=0), live)
                    return
            if monotonic() > deadline:
                raise self._late()
            self._waiting.forget()

    def progress(self) -> dict[str, tuple[int, int]]:
        """How far each projection has read, and how many events it has seen."""
        with self._pool.connection() as connection:
            found = connection.execute(
                "SELECT projection, position, seen FROM projections.progress"
                " WHERE projection = ANY(%s) ORDER BY projection",
                (self._names,),
            ).fetchall()
        return {name: (position, seen) for name, position, seen in found}

    def standings(self, patience: float | None = None) -> list[Standing]:
        """Where every projection stands. psycopg.Error: there was no answer within that many seconds."""
        with self._pool.connection(timeout=patience) as connection:
            found = connection.execute(STANDINGS, (self._names,)).fetchall()
        return [
            Standing(name, position, seen, behind, _age(oldest, now), failing, failures, rebuilds)
            for name, position, seen, failing, failures, rebuilds, behind, oldest, now in found
        ]


STANDINGS = """
WITH standing AS (
    SELECT projection, coalesce(position, 0) AS position, coalesce(seen, 0) AS seen, failing,
        coalesce(failures, 0) AS failures, coalesce(rebuilds, 0) AS rebuilds
    FROM unnest(%s::text[]) AS projection LEFT JOIN projections.progress USING (projection)
), behind AS (
    SELECT position,
        (SELECT count(*) FROM log_events WHERE notification_id > position) AS events,
        (SELECT state FROM log_events WHERE notification_id > position
         ORDER BY notification_id LIMIT 1) AS oldest
    FROM (SELECT DISTINCT position FROM standing) AS positions
)
SELECT projection, position, seen, failing, failures, rebuilds, events, oldest, now()
FROM standing JOIN behind USING (position) ORDER BY projection
"""


AMONG: LiteralString = (
    "SELECT body::text FROM projections.rows WHERE projection = %s AND generation = %s AND "
)


def _age(state: bytes | None, now: datetime) -> float | None:
    """Seconds since the event was recorded; 0 without one."""
    if state is None:
        return 0.0
    with suppress(ValueError, KeyError, TypeError):
        return max(
            0.0, (now - datetime.fromisoformat(json.loads(state)["recorded_at"])).total_seconds()
        )
    return None


class Snapshot:
    """Rows as they stood together at one moment."""

    def __init__(
        self,
        connection: psycopg.Connection[Any],
        log: Log,
        position: int,
        live: Mapping[str, int],
    ) -> None:
        self.connection = connection
        self.position, self._log, self._live = position, log, live

    def all(self, projection: Projection[Row], prefix: str = "") -> dict[str, Row]:
        """The rows whose keys begin like this, in order of the keys."""
        found = self.connection.execute(
            "SELECT key, body::text FROM projections.rows WHERE projection = %s AND generation = %s"
            " AND starts_with(key, %s) ORDER BY key",
            (projection.name, self._live.get(projection.name), prefix),
        )
        return {key: projection.row.model_validate_json(body) for key, body in found}

    def get(self, projection: Projection[Row], key: str) -> Row | None:
        found = self.connection.execute(
            "SELECT body::text FROM projections.rows WHERE projection = %s AND generation = %s"
            " AND key = %s",
            (projection.name, self._live.get(projection.name), key),
        ).fetchone()
        return projection.row.model_validate_json(found[0]) if found else None

    def among(self, projection: Projection[Row], clause: LiteralString, *values: Any) -> list[Row]:
        """The rows for which a clause of SQL holds, which may end with their order and how many."""
        live = self._live.get(projection.name)
        # nosemgrep: sql-of-pieces - both are literals, as their type says
        found = self.connection.execute(AMONG + clause, (projection.name, live, *values))
        return [projection.row.model_validate_json(body) for (body,) in found]

    def history(self, stream: str) -> list[Recorded[Event]]:
        """The stream's events that the rows are made of."""
        return self._log.history(self.connection, stream, self.position)

    def state(self, decider: Decider[S], *key: str) -> S:
        """How a stream stands now, which may be a little later than the rows."""
        return self._log.state(decider, *key)

    def today(self, now: date) -> date:
        """The day on which lists are counted."""
        return now

    def refused(self, programme: str, as_of: date) -> int:
        """How many attempts of a programme, effective by that day, were refused."""
        found = self.connection.execute(
            "SELECT count(*) FROM commands WHERE programme = %s AND code IS NOT NULL"
            " AND effective_on <= %s",
            (programme, as_of),
        ).fetchone()
        assert found
        return int(found[0])
