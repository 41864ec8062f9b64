"""A programme's events out of the log, and of everybody else's no more than their hashes."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import psycopg
from psycopg_pool import ConnectionPool

from domain.case.enrolment import CaseRegistered
from domain.words import Event, Recorded
from service.entries import recorded
from service.evidence.leaves import NOTHING, leaf
from service.evidence.tree import leaf_hash

BATCH = 2_000
ROWS = """
SELECT originator_id, originator_version, topic, state, notification_id FROM log_events
WHERE notification_id > %s AND notification_id <= %s ORDER BY notification_id LIMIT %s
"""


class Leaf(NamedTuple):
    """The leaf at one position. Of the programme's own events also its bytes and what they tell."""

    hash: bytes
    content: bytes = b""
    news: Recorded[Event] | None = None
    citizen: str | None = None  # Whose case it is.


class ProgrammeEvents:
    """Which events are a programme's follows from the names of their streams: `kind-PROGRAMME/…`, and of a
    case from the event that it begins with."""

    def __init__(
        self, pool: ConnectionPool[psycopg.Connection[Any]], programme: str, size: int
    ) -> None:
        self._pool, self.programme, self.size = pool, programme, size

    def leaves(self) -> Iterator[Leaf]:
        """Of every position of the tree of that size, in order."""
        citizens: dict[str, str] = {}  # Of each case of the programme.
        position = 0
        while position < self.size:
            with self._pool.connection() as connection:
                rows = connection.cursor(binary=True).execute(ROWS, (position, self.size, BATCH))
                for row in rows:
                    for _ in range(position + 1, row[4]):
                        yield Leaf(NOTHING)
                    yield self._leaf(row, citizens)
                    position = row[4]
                if not rows.rowcount:
                    return

    def __iter__(self) -> Iterator[Recorded[Event]]:
        return (each.news for each in self.leaves() if each.news)

    def _leaf(self, row: tuple[str, int, str, bytes, int], citizens: dict[str, str]) -> Leaf:
        stream, version, topic, state, position = row
        content = leaf(position, stream, version, topic, state)
        hashed = leaf_hash(content)
        kind, _, key = stream.partition("-")
        if kind != "case":
            if key.partition("/")[0] != self.programme:
                return Leaf(hashed)
        elif topic == CaseRegistered.__name__:
            begun = recorded(*row).event
            assert isinstance(begun, CaseRegistered)
            if begun.programme == self.programme:
                citizens[stream] = begun.citizen
        if kind == "case" and stream not in citizens:
            return Leaf(hashed)
        return Leaf(hashed, content, recorded(*row), citizens.get(stream))
