"""Rows of every projection, kept in PostgreSQL together with how far each projection has read."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg import Cursor
from psycopg_pool import ConnectionPool

from domain.words import Event, Recorded
from projections.projection import Projection, Row
from service.log import BATCH, Log


class Rows:
    """Folds what is new into rows, and reads them. Progress and rows move in one transaction, so that
    every event is folded exactly once, whoever does it and however often it is interrupted."""

    def __init__(self, log: Log, projections: Sequence[Projection[Any]]) -> None:
        self._log, self._projections = log, projections
        # Rows of a projection that is no more, or has a new name, are nobody's business.
        self._names = [projection.name for projection in projections]
        self._pool: ConnectionPool[psycopg.Connection[Any]] = log.pool

    # Write ---------------------------------------------------------------------------------------

    def catch_up(self) -> int:
        """Fold everything that is new into every projection. How many events there were."""
        caught = 0
        while True:
            with self._pool.connection() as connection, connection.transaction():
                folded = self._advance(connection.cursor(), self._projections)
            caught += folded
            if not folded:
                return caught

    def rebuild(self, names: Sequence[str]) -> int:
        """Make the named projections anew, from the first event. Readers see the old rows until then."""
        chosen = [each for each in self._projections if each.name in names]
        with self._pool.connection() as connection, connection.transaction():
            curs = connection.cursor()
            for projection in chosen:
                curs.execute(
                    "DELETE FROM projections.rows WHERE projection = %s", (projection.name,)
                )
                curs.execute(
                    "DELETE FROM projections.progress WHERE projection = %s", (projection.name,)
                )
            seen = 0
            while folded := self._advance(curs, chosen):
                seen += folded
        return seen

    def _advance(self, curs: Cursor[Any], projections: Sequence[Projection[Any]]) -> int:
        """Fold one batch. The progress rows are locked, so that two processes take turns."""
        positions = _locked_positions(curs, [projection.name for projection in projections])
        batch = self._log.after(min(positions.values()), BATCH)
        for projection in projections:
            news = [each for each in batch if each.position > positions[projection.name]]
            if news:
                _fold(curs, projection, news)
        return len(batch)

    # Read ----------------------------------------------------------------------------------------

    @contextmanager
    def snapshot(self) -> Iterator["Snapshot"]:
        """All projections as of one and the same event, the latest one when asked."""
        while True:
            self.catch_up()
            with self._pool.connection() as connection, connection.transaction():
                connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
                at = connection.execute(
                    "SELECT count(DISTINCT position), coalesce(max(position), 0)"
                    " FROM projections.progress WHERE projection = ANY(%s)",
                    (self._names,),
                )
                positions, latest = at.fetchone() or (0, 0)
                if positions <= 1:
                    yield Snapshot(connection, self._log, latest)
                    return

    def progress(self) -> dict[str, tuple[int, int]]:
        """How far each projection has read, and how many events it has seen."""
        with self._pool.connection() as connection:
            found = connection.execute(
                "SELECT projection, position, seen FROM projections.progress"
                " WHERE projection = ANY(%s) ORDER BY projection",
                (self._names,),
            ).fetchall()
        return {name: (position, seen) for name, position, seen in found}

    def behind(self, patience: float) -> int:
        """How many positions the slowest projection has still to read. psycopg.Error: there was no answer
        within that many seconds."""
        with self._pool.connection(timeout=patience) as connection:
            found = connection.execute(
                "SELECT (SELECT coalesce(max(notification_id), 0) FROM log_events)"
                " - coalesce(min(position), 0) FROM projections.progress WHERE projection = ANY(%s)",
                (self._names,),
            ).fetchone()
        assert found
        return int(found[0])


class Snapshot:
    """Rows as they stood together at one moment."""

    def __init__(self, connection: psycopg.Connection[Any], log: Log, position: int) -> None:
        self.connection = connection
        self._log, self._position = log, position

    def all(self, projection: Projection[Row], prefix: str = "") -> dict[str, Row]:
        """The rows whose keys begin like this, in order of the keys."""
        found = self.connection.execute(
            "SELECT key, body::text FROM projections.rows WHERE projection = %s"
            " AND starts_with(key, %s) ORDER BY key",
            (projection.name, prefix),
        )
        return {key: projection.row.model_validate_json(body) for key, body in found}

    def get(self, projection: Projection[Row], key: str) -> Row | None:
        found = self.connection.execute(
            "SELECT body::text FROM projections.rows WHERE projection = %s AND key = %s",
            (projection.name, key),
        ).fetchone()
        return projection.row.model_validate_json(found[0]) if found else None

    def history(self, stream: str) -> list[Recorded[Event]]:
        """The stream's events that the rows are made of."""
        return self._log.history(self.connection, stream, self._position)


def _locked_positions(curs: Cursor[Any], names: Sequence[str]) -> dict[str, int]:
    curs.execute(
        "INSERT INTO projections.progress SELECT name, 0, 0 FROM unnest(%s::text[]) AS name"
        " ORDER BY name ON CONFLICT DO NOTHING",
        (list(names),),
    )
    curs.execute(
        "SELECT projection, position FROM projections.progress WHERE projection = ANY(%s)"
        " ORDER BY projection FOR UPDATE",
        (list(names),),
    )
    return dict(curs.fetchall())


def _fold(curs: Cursor[Any], projection: Projection[Row], news: Sequence[Recorded[Event]]) -> None:
    wanted = [(each, list(projection.keys(each))) for each in news]
    rows = _load(curs, projection, {key for _, keys in wanted for key in keys})
    for each, keys in wanted:
        for key in keys:
            rows[key] = projection.fold(rows.get(key) or projection.row(), key, each)
    curs.executemany(
        "INSERT INTO projections.rows VALUES (%s, %s, %s)"
        " ON CONFLICT (projection, key) DO UPDATE SET body = excluded.body",
        [(projection.name, key, row.model_dump_json()) for key, row in rows.items()],
    )
    curs.execute(
        "UPDATE projections.progress SET position = %s, seen = seen + %s WHERE projection = %s",
        (news[-1].position, len(news), projection.name),
    )


def _load(curs: Cursor[Any], projection: Projection[Row], keys: set[str]) -> dict[str, Row]:
    curs.execute(
        "SELECT key, body::text FROM projections.rows WHERE projection = %s AND key = ANY(%s)",
        (projection.name, list(keys)),
    )
    return {key: projection.row.model_validate_json(body) for key, body in curs.fetchall()}
