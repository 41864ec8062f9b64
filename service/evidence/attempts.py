"""Refused attempts, as checkpoints speak of them: a tree of their own, whose root is a line of the note.

    attempts 12 base64(root)

They have no position: they are taken in, in any order, when the next checkpoint is signed.
"""

import base64
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

import psycopg

from service.entries import CANONICAL
from service.evidence import tree
from service.evidence.findings import Finding

LINE = re.compile(r"^attempts ([0-9]{1,18}) ([A-Za-z0-9+/]{43}=)$", re.MULTILINE)
NEW = """
SELECT id, digest, name, programme, actor, at, effective_on, cause, recorded_at, code, facts
FROM commands WHERE code IS NOT NULL AND NOT EXISTS (
    SELECT FROM evidence.attempts WHERE command = id
) ORDER BY recorded_at, id
"""
TAKEN_IN = """
SELECT a.number, a.command, a.hash, c.id, c.digest, c.name, c.programme, c.actor, c.at, c.effective_on,
    c.cause, c.recorded_at, c.code, c.facts
FROM evidence.attempts AS a LEFT JOIN commands AS c ON c.id = a.command ORDER BY a.number
"""


def line(connection: psycopg.Connection[Any]) -> str:
    """Take in what is new; the line of the next checkpoint, or nothing before the first attempt."""
    new = connection.execute(NEW).fetchall()
    known = connection.execute("SELECT hash FROM evidence.attempts ORDER BY number").fetchall()
    hashes = [hashed for (hashed,) in known]
    rows = [(len(hashes) + at, row[0], hash_of(row)) for at, row in enumerate(new)]
    connection.cursor().executemany("INSERT INTO evidence.attempts VALUES (%s, %s, %s)", rows)
    hashes += [hashed for *_, hashed in rows]
    return f"attempts {len(hashes)} {_text(tree.root_of(hashes))}\n" if hashes else ""


def check(connection: psycopg.Connection[Any], notes: Mapping[int, str]) -> Iterator[Finding]:
    """Whether every attempt is what was signed. `notes`: the signed texts, by their size."""
    hashes: list[bytes] = []
    with connection.cursor("attempts", binary=True) as found:
        found.execute(TAKEN_IN)
        for number, command, was, *row in found:
            hashes.append(hash_of(row))
            if row[0] is None:
                yield Finding(None, "attempt", f"the refused attempt {command} is gone")
            elif hashes[-1] != was or number != len(hashes) - 1:
                yield Finding(None, "attempt", f"the refused attempt {command} isn't what it was")
    levels = _levels(hashes)
    for size, text in sorted(notes.items()):
        for told in LINE.finditer(text):
            count = int(told[1])
            if count > len(hashes):
                says = (
                    f"checkpoint {size} speaks of {count} refused attempts; {len(hashes)} are left"
                )
                yield Finding(size, "attempt", says)
            elif _text(tree.root(count, lambda level, at: levels[level][at])) != told[2]:
                yield Finding(
                    size, "attempt", f"the first {count} refused attempts aren't those signed"
                )


def hash_of(row: Sequence[Any]) -> bytes:
    return tree.leaf_hash(leaf(row))


def leaf(row: Sequence[Any]) -> bytes:
    """The row as it is: who asked for what, when, and why not."""
    return CANONICAL([_plain(each) for each in row]).encode()


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    return value.isoformat() if isinstance(value, date) else value


def _levels(hashes: list[bytes]) -> list[list[bytes]]:
    """All nodes that are whole, level by level."""
    levels = [hashes]
    while len(levels[-1]) > 1:
        below = levels[-1]
        levels.append(tree.parents(below[: len(below) // 2 * 2]))
    return levels


def _text(content: bytes) -> str:
    return base64.b64encode(content).decode()
