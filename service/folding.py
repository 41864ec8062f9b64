"""Folding in memory: the rows of one projection that are in use, and those of them still to be written."""

from collections.abc import Iterable, Sequence
from typing import Any, Generic

from psycopg import Cursor

from domain.words import Event, Recorded
from projections.projection import Projection, Row

ROWS_MAX = (
    2_000  # The least recently used ones are let go: memory stays the same however long the log.
)


class FoldFailed(Exception):
    """A defect in a fold. Told without the error's own text, which could quote the event."""

    def __init__(self, projection: str, error: Exception, position: int) -> None:
        super().__init__(f"{type(error).__name__} at position {position}")
        self.projection = projection


class Folding(Generic[Row]):
    """Rows of one generation of a projection, as of one event. Unless `whole`, the database may have rows
    that are missing here: they must be loaded before they are folded into."""

    def __init__(
        self,
        projection: Projection[Row],
        generation: int,
        *,
        whole: bool = False,
        rows_max: int = ROWS_MAX,
    ) -> None:
        self.projection, self.generation = projection, generation
        self._whole, self._rows_max = whole, rows_max
        self._rows: dict[str, Row] = {}  # The least recently used ones first.
        self._changed: set[str] = set()

    def keys(self, news: Recorded[Event]) -> list[str]:
        """The rows that an event is folded into. FoldFailed."""
        try:
            return list(self.projection.keys(news))
        except Exception as error:
            raise FoldFailed(self.projection.name, error, news.position) from error

    def missing(self, keys: Iterable[str]) -> list[str]:
        """Those that the database may have, and this not."""
        return [] if self._whole else list(dict.fromkeys(k for k in keys if k not in self._rows))

    def load(self, found: Iterable[tuple[str, str]]) -> None:
        read = self.projection.row.model_validate_json
        self._rows.update((key, read(body)) for key, body in found)

    def fold(self, news: Recorded[Event], keys: Sequence[str]) -> None:
        """All of an event or, when its fold fails, nothing of it. FoldFailed."""
        fold, rows = self.projection.fold, self._rows
        try:
            folded = {key: fold(rows.get(key) or self.projection.row(), key, news) for key in keys}
        except Exception as error:
            raise FoldFailed(self.projection.name, error, news.position) from error
        for key in keys:
            rows.pop(key, None)  # The most recently used ones are last.
        rows.update(folded)
        self._changed.update(keys)

    def changes(self) -> list[tuple[str, int, str, str]]:
        """What is to be written; from now on it counts as written."""
        changed, self._changed = self._changed, set()
        return [self._written(key) for key in sorted(changed)]

    def let_go(self) -> list[tuple[str, int, str, str]]:
        """Forget what was least recently used, if it is too much by now: of that, what is to be written."""
        excess = len(self._rows) - self._rows_max
        if excess <= 0:
            return []
        gone = list(self._rows)[: excess + self._rows_max // 4]  # Not again after the next event.
        told = [self._written(key) for key in gone if key in self._changed]
        self._changed.difference_update(gone)
        for key in gone:
            del self._rows[key]
        self._whole = False
        return told

    def _written(self, key: str) -> tuple[str, int, str, str]:
        return self.projection.name, self.generation, key, self._rows[key].model_dump_json()


def load(curs: Cursor[Any], wanted: dict[Folding[Any], list[str]]) -> None:
    """The rows of those keys, for all projections at once."""
    of = {folding.projection.name: folding for folding, keys in wanted.items() if keys}
    if not of:
        return
    asked = [
        (folding.projection.name, folding.generation, key)
        for folding, keys in wanted.items()
        for key in keys
    ]
    curs.execute(
        "SELECT r.projection, r.key, r.body::text"
        " FROM unnest(%b::text[], %b::bigint[], %b::text[]) AS w (projection, generation, key)"
        " JOIN projections.rows r USING (projection, generation, key)",
        columns(asked, 3),
    )
    found: dict[str, list[tuple[str, str]]] = {}
    for projection, key, body in curs.fetchall():
        found.setdefault(projection, []).append((key, body))
    for projection, rows in found.items():
        of[projection].load(rows)


WRITE = (
    "INSERT INTO projections.rows (projection, generation, key, body)"
    " SELECT projection, generation, key, body::jsonb"
    " FROM unnest(%b::text[], %b::bigint[], %b::text[], %b::text[])"
    " AS w (projection, generation, key, body)"
)
REPLACE = "ON CONFLICT (projection, generation, key) DO UPDATE SET body = excluded.body"
STORE = f"{WRITE} {REPLACE}"


def write(curs: Cursor[Any], rows: Sequence[tuple[str, int, str, str]]) -> None:
    """In bulk: (projection, generation, key, body)."""
    if rows:
        curs.execute(STORE, columns(rows, 4))


def columns(rows: Sequence[tuple[Any, ...]], width: int) -> list[list[Any]]:
    """The rows as arrays, as `unnest` takes them."""
    return [list(column) for column in zip(*rows, strict=True)] or [[] for _ in range(width)]
