"""Which projections are folded when: together while they keep pace, apart when one fails or is slow."""

from collections.abc import Sequence
from dataclasses import dataclass
from time import monotonic
from typing import Any, NamedTuple

import psycopg
import structlog
from psycopg import Connection, Cursor

from domain.words import Event, Recorded
from projections.projection import Projection
from service.entries import read_after
from service.folding import FoldFailed, Folding, load, write

BATCH = 500
SLICE = (
    0.25  # Seconds: who takes longer over a batch goes on alone, so that the others needn't wait.
)
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
    """Folds what is new, a batch at a time. Progress and rows move in one transaction under a lock on
    the progress: every event is folded exactly once, whoever does it and however often it is interrupted.
    Rows are kept between batches, and believed only if nobody else has moved their projection since."""

    def __init__(self, projections: Sequence[Projection[Any]]) -> None:
        self._projections = {each.name: each for each in projections}
        self._kept: dict[str, tuple[int, Folding[Any]]] = {}  # As of that position.
        self._apart: dict[str, Apart] = {}
        self.positions = dict.fromkeys(self._projections, 0)  # As of the latest turn.
        self.failing: dict[str, str] = {}

    def retry(self) -> None:
        """Try those that fail at once, too."""
        for apart in self._apart.values():
            apart.retry_at = 0.0

    def take(self, connection: Connection[Any]) -> bool:
        """One turn: a batch for all that keep pace, a slice for each of the others. Whether there is more."""
        more = self._advance(connection, self._projections.keys() - self._apart.keys(), BATCH)
        for name, apart in list(self._apart.items()):
            if apart.retry_at <= monotonic():
                more |= self._advance(connection, {name}, apart.limit)
        return more

    def _advance(self, connection: Connection[Any], names: set[str], limit: int) -> bool:
        if not names:
            return False
        kept = {name: self._kept.pop(name) for name in names & self._kept.keys()}
        try:
            with connection.transaction():
                works, more = self._work(connection, names, limit, kept)
        except REFUSED_ROWS as error:
            self._refused(connection, names, type(error).__name__)
            return len(names) > 1
        for name, work in works.items():
            self._kept[name] = work.position, work.folding
            self.positions[name] = work.position
            self._sort(name, work, limit)
        return more

    def _work(
        self,
        connection: Connection[Any],
        names: set[str],
        limit: int,
        kept: dict[str, tuple[int, Folding[Any]]],
    ) -> tuple[dict[str, Work], bool]:
        curs = connection.cursor()
        progress = locked(curs, names)
        leading = max(each.position for each in progress.values())
        batch = read_after(connection, leading, limit)
        works = {}
        for name, was in progress.items():
            if was.position < leading:  # Another process was interrupted, or it is a new one.
                self._apart.setdefault(name, Apart())
                continue
            as_of, folding = kept.get(name, (0, None))
            if not folding or (as_of, folding.generation) != (was.position, was.generation):
                folding = Folding(self._projections[name], was.generation)
            works[name] = Work(folding, batch, was)
        load(curs, {work.folding: work.missing for work in works.values()})
        for work in works.values():
            work.fold()
        write(curs, [row for work in works.values() for row in work.folding.changes()])
        _save(curs, works)
        for work in works.values():
            work.folding.let_go()
        cut_short = any(work.cut_short for work in works.values())
        return works, len(batch) == limit or cut_short or len(works) < len(names)

    def _sort(self, name: str, work: Work, limit: int) -> None:
        """Who keeps pace from now on, and who goes on apart."""
        if work.failing:
            self._fails(name, work.failing)
        elif work.cut_short:
            self._apart.setdefault(name, Apart()).limit = max(1, work.folded)
        elif apart := self._apart.get(name):
            apart.limit, apart.delay = min(BATCH, limit * 2), 0.0
            pace = [at for other, at in self.positions.items() if other not in self._apart]
            if work.position >= max(pace, default=work.position):
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
        with connection.transaction():
            was = locked(connection.cursor(), names)[name]
            failing = f"{error} after position {was.position}"
            connection.execute(
                "UPDATE projections.progress SET failing = %s, failures = failures + 1"
                " WHERE projection = %s",
                (failing, name),
            )
        self._fails(name, failing)


def locked(curs: Cursor[Any], names: set[str]) -> dict[str, Progress]:
    """Where the projections stand, locked until the transaction ends, in one order for everybody.

    A commit that a crash of the database takes back takes progress and rows back together, so that it
    needn't be waited for. Whoever stops in the middle must not hold up the others for ever.
    """
    ask = (
        "SELECT projection, position, generation, failing FROM projections.progress,"
        " (SELECT set_config('synchronous_commit', 'off', true), set_config('lock_timeout', '20s', true),"
        " set_config('idle_in_transaction_session_timeout', '20s', true)) AS settings"
        " WHERE projection = ANY(%s) ORDER BY projection FOR UPDATE OF progress"
    )
    wanted = sorted(names)
    found = curs.execute(ask, (wanted,)).fetchall()
    if len(found) < len(wanted):
        curs.execute(
            "INSERT INTO projections.progress (projection, position, seen)"
            " SELECT name, 0, 0 FROM unnest(%s::text[]) AS name ORDER BY name ON CONFLICT DO NOTHING",
            (wanted,),
        )
        found = curs.execute(ask, (wanted,)).fetchall()
    return {name: Progress(*rest) for name, *rest in found}


def _save(curs: Cursor[Any], works: dict[str, Work]) -> None:
    news = [
        (name, work.position, work.folded, work.failing)
        for name, work in works.items()
        if work.folded or work.failing or work.was.failing
    ]
    if news:
        curs.execute(
            "UPDATE projections.progress AS p SET position = w.position, seen = p.seen + w.folded,"
            " failing = w.failing, failures = p.failures + (w.failing IS NOT NULL)::int"
            " FROM unnest(%b::text[], %b::bigint[], %b::bigint[], %b::text[])"
            " AS w (projection, position, folded, failing) WHERE p.projection = w.projection",
            [list(column) for column in zip(*news, strict=True)],
        )
