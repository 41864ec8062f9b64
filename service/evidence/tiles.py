"""The tree over the log, kept in the database in pieces (C2SP tlog-tiles: 256 hashes each)."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

import psycopg
from psycopg_pool import ConnectionPool

from service.evidence import tree
from service.evidence.leaves import NOTHING, hash_of
from service.evidence.tree import HASH_SIZE, root_of

LEVELS = 8  # A piece stands for so many levels of the tree:
WIDTH = 1 << LEVELS  # that makes so many hashes.
BATCH = 10_000  # Events in one transaction.
LOCK = 0x7465_7465_6E_02  # One process at a time lets the tree grow.
GAP_MAX = 100_000  # Positions in a row that no event bears. More were moved there, not left out.
HIGHEST = 7  # Pieces of this level would speak of more events than positions can count.

EDGES = """
SELECT wanted.level, last.number, last.hashes FROM generate_series(0, %s) AS wanted (level)
CROSS JOIN LATERAL (
    SELECT number, hashes FROM evidence.tiles AS tile WHERE tile.level = wanted.level
    ORDER BY number DESC LIMIT 1
) AS last
"""
SIZE = """
SELECT number::numeric * 256 + length(hashes) / 32 FROM evidence.tiles WHERE level = 0 AND number >= 0
ORDER BY number DESC LIMIT 1
"""
HEAD = "SELECT coalesce(max(notification_id), 0) FROM log_events"
EVENTS = """
SELECT notification_id, originator_id, originator_version, topic, state FROM log_events
WHERE notification_id > %s ORDER BY notification_id LIMIT %s
"""
WRITE = """
INSERT INTO evidence.tiles VALUES (%s, %s, %s)
ON CONFLICT (level, number) DO UPDATE SET hashes = excluded.hashes
"""

Tile = tuple[int, int, bytes]  # Level, number, hashes.
Edges = dict[
    int, tuple[int, list[bytes]]
]  # Of each level: the number of the last piece, and its hashes.


class Rewritten(Exception):
    """The log or its tree contradicts what was there before: it must never be signed."""


class Tiles:
    """Lets the tree grow with the log, and proves from it."""

    def __init__(self, pool: ConnectionPool[psycopg.Connection[Any]]) -> None:
        self._pool = pool

    def extend(self) -> int:
        """Take in everything that the log holds by now. How many positions the tree speaks of. Rewritten."""
        size = -1
        while (grown := self._extend()) != size:
            size = grown
        return size

    def _extend(self) -> int:
        with self._pool.connection() as connection, connection.transaction():
            connection.execute("SELECT pg_advisory_xact_lock(%s)", (LOCK,))
            size = size_of(connection)
            head = connection.execute(HEAD).fetchone() or (0,)
            if size > head[0]:
                raise Rewritten(
                    f"The tree speaks of {size} positions, and the log ends at {head[0]}: nothing is signed "
                    "any more. Run `teten verify`: it says what is wrong."
                )
            hashes = list(_new(connection, size))
            if hashes:
                found = connection.execute(EDGES, (HIGHEST,), binary=True).fetchall()
                edges = {level: (number, cut(held)) for level, number, held in found}
                _refuse_gaps(edges, size)
                connection.cursor().executemany(WRITE, list(grown(edges, 0, hashes)))
        return size + len(hashes)

    @contextmanager
    def reading(self) -> Iterator["Nodes"]:
        with self._pool.connection() as connection:
            yield Nodes(connection)


class Nodes:
    """The nodes of the tree, read as they are asked for. Those of a tree that was signed never change."""

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self._connection = connection
        self._read: dict[tuple[int, int], bytes] = {}

    def __call__(self, level: int, number: int) -> bytes:
        """The hash of the node of that level and number (see `tree`)."""
        piece, within = divmod(level, LEVELS)
        first = number << within
        hashes = self._piece(piece, first // WIDTH)
        begins = first % WIDTH * HASH_SIZE
        return _root(hashes[begins : begins + (HASH_SIZE << within)])

    def root(self, size: int) -> bytes:
        return tree.root(size, self)

    def expect(self, index: int, size: int) -> None:
        """Read at once what the proof of that leaf in a tree of that size is made of: on every level the
        piece above the leaf, and the last one."""
        wanted = {
            (at // WIDTH ** (level + 1), level)
            for level in range(HIGHEST)
            for at in (index, size - 1)
        }
        numbers, levels = zip(*wanted, strict=True)
        found = self._connection.execute(
            "SELECT level, number, hashes FROM evidence.tiles JOIN unnest(%b::smallint[], %b::bigint[])"
            " AS wanted (level, number) USING (level, number)",
            (list(levels), list(numbers)),
            binary=True,
        )
        self._read.update(((level, number), hashes) for level, number, hashes in found)

    def _piece(self, level: int, number: int) -> bytes:
        if (level, number) not in self._read:
            found = self._connection.execute(
                "SELECT hashes FROM evidence.tiles WHERE level = %s AND number = %s",
                (level, number),
                binary=True,
            ).fetchone()
            self._read[level, number] = found[0] if found else b""
        return self._read[level, number]


@lru_cache(4096)  # Those near the root are in nearly every proof.
def _root(hashes: bytes) -> bytes:
    return root_of(cut(hashes))


def size_of(connection: psycopg.Connection[Any]) -> int:
    """How many positions the tree speaks of."""
    found = connection.execute(SIZE).fetchone()
    return int(found[0]) if found else 0


def cut(hashes: bytes) -> list[bytes]:
    return [hashes[at : at + HASH_SIZE] for at in range(0, len(hashes), HASH_SIZE)]


def grown(edges: Edges, level: int, hashes: list[bytes]) -> Iterator[Tile]:
    """The pieces that these new hashes change or begin, on their level and on those above."""
    number, held = edges.get(level, (0, []))
    held, upwards, at = held + hashes, list[bytes](), 0
    known = len(edges.get(level, (0, []))[1]) // WIDTH  # 1: the last piece was whole before.
    while len(held) - at >= WIDTH:
        whole = held[at : at + WIDTH]
        if not known:
            yield level, number, b"".join(whole)
            upwards.append(root_of(whole))
        known, number, at = 0, number + 1, at + WIDTH
    if at < len(held):
        yield level, number, b"".join(held[at:])
    if upwards:
        yield from grown(edges, level + 1, upwards)


def _refuse_gaps(edges: Edges, size: int) -> None:
    """Rewritten: a level lacks hashes, or holds some that are of nothing."""
    for level in range(HIGHEST + 1):
        number, held = edges.get(level, (0, []))
        if number * WIDTH + len(held) != size >> LEVELS * level:
            raise Rewritten(
                f"Level {level} of the tree isn't what the log's first {size} positions make: nothing is "
                "signed any more. Run `teten verify`: it says what is wrong."
            )


def _new(connection: psycopg.Connection[Any], size: int) -> Iterator[bytes]:
    """The leaf hashes of the next events, and the positions between that no event bears. Rewritten."""
    found = connection.execute(EVENTS, (size, BATCH), binary=True)
    next_one = size + 1
    for position, stream, version, topic, state in found:
        if position - next_one > GAP_MAX:
            raise Rewritten(
                f"An event stands at position {position}, and the one before at {next_one - 1}: nothing is "
                "signed any more. Run `teten verify`: it says what is wrong."
            )
        if next_one - size > BATCH + GAP_MAX:
            return  # The rest with the next transaction: all this is in memory.
        while next_one < position:
            yield NOTHING
            next_one += 1
        yield hash_of(position, stream, version, topic, state)
        next_one += 1
