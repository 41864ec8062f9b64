"""Which projections are folded when: together while they keep pace, apart when one fails or is slow."""

from collections.abc import Sequence
from dataclasses import dataclass
from time import monotonic
from typing import Any, NamedTuple

import psycopg
import structlog
from psycopg import Connection

from domain.words import Event, Recorded
from projections.projection import Projection
from service.entries import read_after
from service.folding import REPLACE, WRITE, FoldFailed, Folding, columns, load

BATCH = 500
SLICE = 0.25  # Seconds: who takes longer over a batch goes on alone, and the others needn't wait.
RETRIES = (1.0, 60.0)  # Seconds until a failing projection is tried again: at first, and at most.
# A row that the database refuses is its projection's trouble, not the others'.
REFUSED_ROWS = (psycopg.DataError, psycopg.IntegrityError, psycopg.errors.ProgramLimitExceeded)

logger = structlog.get_logger()


class Progress(NamedTuple):
    position: int
    generation: int
    failing: str | None


@dataclass
class Apart:
    """One that can't keep pace with the others."""

    limit: int = BATCH  # As many events as it folds in a slice.
    delay: float = 0.0
    retry_at: float = 0.0


class Work:
    """One projection's part of a turn."""

    def __init__(
        self, folding: Folding[Any], batch: Sequence[Recorded[Event]], was: Progress
    ) -> None:
        self.folding, self.was = folding, was
        self.position, self.folded = was.position, 0
        self.failing: str | None = None
        self._wanted: list[tuple[Recorded[Event], list[str]]] = []
        try:
            for news in batch:
                self._wanted.append((news, folding.keys(news)))
        except FoldFailed as error:
            self.failing = str(error)

    @property
    def missing(self) -> list[str]:
        return self.folding.missing(key for _, keys in self._wanted for key in keys)

    @property
    def cut_short(self) -> bool:
        return self.folded < len(self._wanted) and not self.failing

    def fold(self) -> None:
        """As far as the slice reaches, but one event at least; or up to the one that can't be folded."""
        until = monotonic() + SLICE
        for news, keys in self._wanted:
            try:
                self.folding.fold(news, keys)
            except FoldFailed as error:
                self.failing = str(error)
                return
            self.position, self.folded = news.position, self.folded + 1
            if monotonic() > until:
                return


class Turns:
    """Folds what is new, a batch at a time. Rows and progress move in one statement, and only from where
    the folding began: every event is folded exactly once, whoever does it and however often it is
    interrupted. Rows are kept between batches. Whoever finds that somebody else has moved a projection
    meanwhile forgets its rows and looks where it stands; nobody holds a lock while folding."""

    def __init__(self, projections: Sequence[Projection[Any]]) -> None:
        self._projections = {each.name: each for each in projections}
        self._kept: dict[str, Folding[Any]] = {}
        self._standing: dict[str, Progress] = {}
        self._apart: dict[str, Apart] = {}
        self._read = 0  # How many events in this turn.
        self.failing: dict[str, str] = {}

    @property
    def seen(self) -> int:
        """The position that every projection has seen, as of the latest turn."""
        return min((each.position for each in self._standing.values()), default=0)

    def retry(self) -> None:
        """Try those that fail at once, too."""
        for apart in self._apart.values():
            apart.retry_at = 0.0

    def take(self, connection: Connection[Any]) -> bool:
        """One turn: a batch for all that keep pace, a slice for each of the others. Whether there is more."""
        if not self._standing:
            self._look(connection)
        self._read = 0
        more = self._advance(connection, self._projections.keys() - self._apart.keys(), BATCH)
        for name, apart in list(self._apart.items()):
            if apart.retry_at <= monotonic():
                more |= self._advance(connection, {name}, apart.limit)
        # If there was nothing, somebody else may have moved them, or taken their rows away.
        return more if self._read else self._look(connection)

    def _look(self, connection: Connection[Any]) -> bool:
        """Where the projections stand by the database. Whether any of them stands elsewhere than we knew."""
        names = list(self._projections)
        found = connection.execute(
            "SELECT projection, position, generation, failing FROM projections.progress"
            " WHERE projection = ANY(%s)",
            (names,),
        ).fetchall()
        if len(found) < len(names):
            connection.execute(
                "INSERT INTO projections.progress (projection, position, seen)"
                " SELECT name, 0, 0 FROM unnest(%s::text[]) AS name ORDER BY name"
                " ON CONFLICT DO NOTHING",
                (names,),
            )
            return self._look(connection)
        was, self._standing = self._standing, {name: Progress(*rest) for name, *rest in found}
        moved = {
            name
            for name, now in self._standing.items()
            if name not in was or now[:2] != was[name][:2]
        }
        for name in moved:
            self._kept.pop(name, None)
        return bool(moved)

    def _advance(self, connection: Connection[Any], names: set[str], limit: int) -> bool:
        if not names:
            return False
        leading = max(self._standing[name].position for name in names)
        batch = read_after(connection, leading, limit)
        self._read += len(batch)
        pace = {name for name in names if self._standing[name].position == leading}
        self._apart |= {name: Apart() for name in names - pace}  # Interrupted, or a new one.
        works = {name: self._work(name, batch) for name in sorted(pace)}
        load(connection.cursor(), {work.folding: work.missing for work in works.values()})
        for work in works.values():
            work.fold()
        try:
            moved = _store(connection, works)
        except REFUSED_ROWS as error:
            self._refused(connection, pace, type(error).__name__)
            return len(pace) > 1
        for name in moved:
            work = works[name]
            work.folding.let_go()
            self._kept[name] = work.folding
            self._standing[name] = Progress(work.position, work.was.generation, work.failing)
            self._sort(name, work, limit)
        cut_short = any(work.cut_short for work in works.values())
        if len(moved) < len(works):
            self._look(connection)
            return True
        return len(batch) == limit or cut_short or len(pace) < len(names)

    def _work(self, name: str, batch: Sequence[Recorded[Event]]) -> Work:
        was = self._standing[name]
        # Until its rows are written they are nobody's but this turn's.
        folding = self._kept.pop(name, None) or Folding(self._projections[name], was.generation)
        return Work(folding, batch, was)

    def _sort(self, name: str, work: Work, limit: int) -> None:
        """Who keeps pace from now on, and who goes on apart."""
        if work.failing:
            self._fails(name, work.failing)
        elif work.cut_short:
            self._apart.setdefault(name, Apart()).limit = max(1, work.folded)
        elif apart := self._apart.get(name):
            apart.limit, apart.delay = min(BATCH, limit * 2), 0.0
            others = [at.position for each, at in self._standing.items() if each not in self._apart]
            if work.position >= max(others, default=work.position):
                del self._apart[name]
        if not work.failing and name in self.failing:
            del self.failing[name]
            logger.info("projection recovered", projection=name, position=work.position)

    def _fails(self, name: str, failing: str) -> None:
        apart = self._apart.setdefault(name, Apart())
        apart.delay = min(max(RETRIES[0], apart.delay * 2), RETRIES[1])
        apart.retry_at = monotonic() + apart.delay
        self.failing[name] = failing
        logger.error("projection failing", projection=name, error=failing, retry_in=apart.delay)

    def _refused(self, connection: Connection[Any], names: set[str], error: str) -> None:
        """The database refused rows: whose they are is found out one by one."""
        if len(names) > 1:
            self._apart |= {name: Apart() for name in names}
            return
        [name] = names
        failing = f"{error} after position {self._standing[name].position}"
        connection.execute(
            "UPDATE projections.progress SET failing = %s, failures = failures + 1"
            " WHERE projection = %s",
            (failing, name),
        )
        self._fails(name, failing)


STORE = f"""
WITH work AS (
    SELECT * FROM unnest(%b::text[], %b::bigint[], %b::bigint[], %b::bigint[], %b::bigint[], %b::text[])
        AS w (projection, generation, was, position, folded, failing)
), locked AS MATERIALIZED (
    SELECT projection FROM projections.progress WHERE projection IN (SELECT projection FROM work)
    ORDER BY projection FOR UPDATE
), moved AS (
    UPDATE projections.progress AS p SET position = work.position, seen = p.seen + work.folded,
        failing = work.failing, failures = p.failures + (work.failing IS NOT NULL)::int
    FROM work JOIN locked USING (projection)
    WHERE p.projection = work.projection
        AND p.position = work.was AND p.generation = work.generation
    RETURNING p.projection
), written AS (
    {WRITE} WHERE projection IN (SELECT projection FROM moved) {REPLACE}
)
SELECT projection, set_config('synchronous_commit', 'off', true) FROM moved
"""  # nosec B608 # noqa: S608 - parts of our own


def _store(connection: Connection[Any], works: dict[str, Work]) -> set[str]:
    """Rows and progress, of every projection that is still where its folding began. Which ones those are.

    In one statement, and not waited for on disk: a commit that a crash of the database takes back takes
    rows and progress back together.
    """
    news = [
        (name, work.was.generation, work.was.position, work.position, work.folded, work.failing)
        for name, work in works.items()
        if work.folded or work.failing or work.was.failing
    ]
    if not news:
        return set(works)
    rows = [row for work in works.values() for row in work.folding.changes()]
    found = connection.execute(STORE, [*columns(news, 6), *columns(rows, 4)]).fetchall()
    return {name for name, _ in found} | (works.keys() - {name for name, *_ in news})
