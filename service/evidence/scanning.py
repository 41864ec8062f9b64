"""One pass over the log: every event hashed as it is stored now, piece by piece, beside the tree."""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import psycopg

from service.evidence.leaves import NOTHING, hash_of
from service.evidence.tiles import GAP_MAX, LEVELS, WIDTH, size_of
from service.evidence.tree import HASH_SIZE, Node, node_hash, root, root_of

AT_A_TIME = 2_000  # Rows.
SUSPECTS_MAX = 1_000  # More needn't be told apart: the first one is named.
EVENTS = (
    "SELECT notification_id, originator_id, originator_version, topic, state FROM log_events"
    " ORDER BY notification_id"
)
PIECES = "SELECT number, hashes FROM evidence.tiles WHERE level = 0 AND number >= 0 ORDER BY number"
COUNT = "SELECT count(*) FROM evidence.tiles WHERE level = 0"


@dataclass
class Seen:
    """What a pass over the log found."""

    head: int = 0  # The position of the latest event.
    size: int = 0  # Of the tree.
    suspects: list[int] = field(default_factory=list)  # Positions where the tree says otherwise.
    intruders: list[int] = field(
        default_factory=list
    )  # Positions that can't be: before 1, or taken, or far behind the last one.
    roots: dict[int, bytes] = field(default_factory=dict)  # Of the events, at the sizes asked for.
    # Of the whole pieces, and of what is above them: levels[0] holds the roots of the pieces.
    levels: list[list[bytes]] = field(default_factory=lambda: [[]])

    def push(self, piece: Sequence[bytes]) -> None:
        """A piece is whole."""
        hashed, level = root_of(piece), 0
        self.levels[0].append(hashed)
        while len(self.levels[level]) % 2 == 0:
            hashed = node_hash(*self.levels[level][-2:])
            level += 1
            if level == len(self.levels):
                self.levels.append([])
            self.levels[level].append(hashed)

    def node(self, piece: Sequence[bytes]) -> Node:
        """The nodes of the tree, of those below a piece only this one's."""

        def node(level: int, number: int) -> bytes:
            if level >= LEVELS:
                return self.levels[level - LEVELS][number]
            first = (number << level) % WIDTH
            return root_of(piece[first : first + (1 << level)])

        return node


def scan(connection: psycopg.Connection[Any], sizes: Sequence[int]) -> Seen:
    """What the events say now: where that isn't what the tree says, and their roots at these sizes, which
    are in order."""
    seen = Seen(size=size_of(connection))
    with connection.cursor("pieces", binary=True) as pieces:
        pieces.itersize = 64
        pieces.execute(PIECES)
        told = next(pieces, None)
        for number, piece in enumerate(_pieces(connection, seen)):
            hashes = b""
            while told and told[0] < number:
                told = next(pieces, None)
            if told and told[0] == number:
                hashes, told = told[1], next(pieces, None)
            _compare(seen, number * WIDTH, piece, hashes)
            if len(piece) == WIDTH:
                seen.push(piece)
            first = bisect_left(sizes, number * WIDTH + 1)
            for size in sizes[first : bisect_left(sizes, number * WIDTH + len(piece) + 1)]:
                seen.roots[size] = root(size, seen.node(piece))
    return seen


def _pieces(connection: psycopg.Connection[Any], seen: Seen) -> Iterator[list[bytes]]:
    """The leaf hashes of all positions in order, as many at a time as a piece holds."""
    piece: list[bytes] = []
    for hashed in _hashes(connection, seen):
        piece.append(hashed)
        if len(piece) == WIDTH:
            yield piece
            piece = []
    if piece:
        yield piece


def _hashes(connection: psycopg.Connection[Any], seen: Seen) -> Iterator[bytes]:
    counted = connection.execute(COUNT).fetchone() or (0,)
    spoken_of = min(seen.size, counted[0] * WIDTH + GAP_MAX)  # By pieces that are really there.
    with connection.cursor("events", binary=True) as events:
        events.itersize = AT_A_TIME
        events.execute(EVENTS)
        for row in events:
            position = row[0]
            if not seen.head < position <= max(seen.head, spoken_of) + GAP_MAX:
                if len(seen.intruders) < SUSPECTS_MAX:
                    seen.intruders.append(position)
                continue
            while seen.head + 1 < position:
                seen.head += 1
                yield NOTHING
            seen.head = position
            yield hash_of(*row)


def _compare(seen: Seen, before: int, piece: list[bytes], hashes: bytes) -> None:
    """Note where the tree says otherwise, as far as it speaks of these positions."""
    known = min(len(piece), max(seen.size - before, 0))
    if b"".join(piece[:known]) == hashes[: known * HASH_SIZE]:
        return
    for index, hashed in enumerate(piece[:known]):
        differs = hashed != hashes[index * HASH_SIZE : (index + 1) * HASH_SIZE]
        if differs and len(seen.suspects) < SUSPECTS_MAX:
            seen.suspects.append(before + index + 1)
