"""Where the log isn't what it was, and what is wrong there."""

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

import psycopg

from service.evidence.findings import Finding
from service.evidence.leaves import NOTHING, hash_of
from service.evidence.scanning import AT_A_TIME, Seen
from service.evidence.tiles import WIDTH, cut
from service.evidence.tree import root_of

Row = tuple[int, str, int, str, bytes]  # Position, stream, version, kind, stored bytes.
BEYOND = (
    "SELECT notification_id, originator_id, originator_version, topic, state FROM log_events"
    " WHERE notification_id > %s ORDER BY notification_id LIMIT %s"
)
ANSWERED = (
    "SELECT id, ARRAY[first_position, last_position] FROM commands"
    " WHERE id = ANY(%s) AND first_position IS NOT NULL"
)
STRAYS = """
SELECT level, number FROM evidence.tiles AS tile
WHERE level NOT BETWEEN 0 AND 7 OR number < 0 OR length(hashes) %% 32 <> 0
    OR level > 0 AND number::numeric * 256 + length(hashes) / 32 > div(%(size)s, power(256::numeric, level))
    OR level = 0 AND number > 0 AND number::numeric * 256 >= %(head)s AND NOT EXISTS (
        SELECT FROM evidence.tiles AS before
        WHERE before.level = 0 AND before.number = tile.number - 1 AND length(before.hashes) = 8192
    )
ORDER BY level, number LIMIT %(limit)s
"""
UNTOLD = " (or the tree's hash of it was changed: nothing was signed yet that tells which)"
TOLD = 10  # Findings of one pass: the first ones are what to look into.


class Vouched(NamedTuple):
    """How far the events are what was signed, and from where on they are not."""

    through: int
    not_from: int | None  # The first size at which the root isn't the signed one.


def vouched(seen: Seen, signed: Mapping[int, set[bytes]]) -> Vouched:
    right = [size for size, root in seen.roots.items() if signed[size] == {root}]
    wrong = [size for size, root in seen.roots.items() if root not in signed[size]]
    return Vouched(max(right, default=0), min(wrong, default=None))


def located(
    connection: psycopg.Connection[Any], seen: Seen, signed: Mapping[int, set[bytes]]
) -> list[Finding]:
    """What is wrong with the events and the tree, the first position first."""
    held = vouched(seen, signed)
    findings = [_intruder(position) for position in seen.intruders]
    findings += _suspects(connection, seen, held)
    findings += _upper_pieces(connection, seen)
    strays = _strays(connection, seen)
    findings += [*strays, *_end(connection, seen, signed, tree_counts=not strays)]
    findings += _beyond_the_tree(connection, seen)
    if held.not_from is not None and not _explained(held, findings):
        findings.append(_rewritten(held))
    findings.sort(key=lambda each: each.position or 0)
    return findings[:TOLD]


def _intruder(position: int) -> Finding:
    return Finding(position, "added", f"an event at position {position}, which can't have one")


def _explained(held: Vouched, findings: list[Finding]) -> bool:
    """Whether a single event was found that makes the root another one than was signed."""
    wrong = range(held.through + 1, (held.not_from or 0) + 1)
    return any(each.position in wrong and each.kind != "tree" for each in findings)


def _rewritten(held: Vouched) -> Finding:
    if held.not_from and held.not_from <= held.through:
        says = f"what was signed at {held.not_from} is of other events than what was signed later"
        return Finding(held.not_from, "checkpoint", says)
    says = (
        f"the events from {held.through + 1} to {held.not_from} are not those that were signed, and the "
        "tree in the database was made to agree with them"
    )
    return Finding(held.through + 1, "changed", says)


def _suspects(connection: psycopg.Connection[Any], seen: Seen, held: Vouched) -> list[Finding]:
    """Where events and tree differ: one of the two was changed, and what was signed tells which."""
    if not seen.suspects:
        return []
    expected = _expected(connection, seen.suspects)
    rows = _rows(connection, seen.suspects)
    findings = []
    for position in seen.suspects[:TOLD]:
        if position not in expected:
            says = f"the piece of the tree that speaks of position {position} is missing"
            return [Finding(position, "tree", says)]
        if position <= held.through:
            says = (
                f"the tree's hash of position {position} was changed; the event is what was signed"
            )
            findings.append(Finding(position, "tree", says))
        elif _tree_is_wrong(connection, position, seen):
            says = f"the tree's hash of position {position} was changed, or its piece's root"
            findings.append(Finding(position, "tree", says))
        else:
            found = _event(position, rows, expected)
            signed = held.not_from is not None and position <= held.not_from
            findings.append(found if signed else found._replace(says=found.says + UNTOLD))
    return findings


def _event(position: int, rows: Mapping[int, Row], expected: Mapping[int, bytes]) -> Finding:
    """What happened to the event: told by where else its hash fits."""
    row = rows.get(position)
    came_to = _place(rows, position, expected[position])
    if row is None:
        moved = f"; it stands at {came_to} now" if came_to else ""
        return Finding(position, "missing", f"the event at position {position} is gone{moved}")
    named = f"{row[1]}, version {row[2]} ({row[3]})"
    if expected[position] == NOTHING:
        return Finding(position, "added", f"{named}: no event stood at position {position}")
    belongs = next((q for q, hashed in expected.items() if _hash_at(row, q) == hashed), None)
    if belongs and came_to:
        says = f"{named} stands at {position} and belongs at {belongs}; what belongs here is at {came_to}"
        return Finding(position, "reordered", says)
    if belongs:
        says = f"the event at position {position} is gone; what stands there belongs at {belongs}"
        return Finding(position, "missing", says)
    if came_to:
        says = f"{named} was put at position {position}; what belongs there is at {came_to}"
        return Finding(position, "added", says)
    return Finding(position, "changed", f"{named}, at position {position}, isn't what it was")


def _place(rows: Mapping[int, Row], position: int, wanted: bytes) -> int | None:
    """Where the event that belongs at a position stands now."""
    return next(
        (at for at, row in rows.items() if at != position and _hash_at(row, position) == wanted),
        None,
    )


def _hash_at(row: Row, position: int) -> bytes:
    return hash_of(position, *row[1:])


def _tree_is_wrong(connection: psycopg.Connection[Any], position: int, seen: Seen) -> bool:
    """Of a whole piece, the level above keeps the root: it speaks for the events, or for the piece."""
    number = (position - 1) // WIDTH
    above = _piece(connection, 1, number // WIDTH)[number % WIDTH : number % WIDTH + 1]
    if not above or number >= len(seen.levels[0]):
        return False
    return above[0] == seen.levels[0][number] != root_of(_piece(connection, 0, number))


def _upper_pieces(connection: psycopg.Connection[Any], seen: Seen) -> list[Finding]:
    """The pieces above the first level, where the pieces below are as they were."""
    findings: list[Finding] = []
    level, below = 1, seen.levels[0]
    known = min(seen.size, seen.head) // WIDTH
    while known:
        stored: list[bytes] = []
        for number in range(-(-known // WIDTH)):
            stored += _piece(connection, level, number)
        for number, hashed in enumerate(stored[:known] + [b""] * (known - len(stored))):
            first = number * WIDTH**level + 1
            of_these = any(first <= each < first + WIDTH**level for each in seen.suspects)
            if number < len(below) and hashed != below[number] and not of_these:
                says = f"the tree's hash of positions {first} to {first + WIDTH**level - 1} was changed"
                findings.append(Finding(first, "tree", says))
        level, known = level + 1, known // WIDTH
        below = [root_of(below[at : at + WIDTH]) for at in range(0, len(below) - WIDTH + 1, WIDTH)]
    return findings


def _strays(connection: psycopg.Connection[Any], seen: Seen) -> list[Finding]:
    """Pieces, or ends of pieces, that are of no events, and would be in the way of those to come."""
    at = {"size": seen.size, "head": seen.head, "limit": TOLD}
    findings = []
    for level, number in connection.execute(STRAYS, at).fetchall():
        first = max(number, 0) * WIDTH ** (max(level, 0) + 1) + 1
        says = f"piece {number} of level {level} of the tree holds hashes of nothing that there is"
        findings.append(Finding(min(first, seen.head + 1), "tree", says))
    return findings


def _end(
    connection: psycopg.Connection[Any],
    seen: Seen,
    signed: Mapping[int, set[bytes]],
    *,
    tree_counts: bool,
) -> list[Finding]:
    """Whether more was there once than there is now."""
    answered = connection.execute("SELECT coalesce(max(last_position), 0) FROM commands").fetchone()
    known = {
        "the tree": seen.size if tree_counts else 0,
        "what was signed": max(signed, default=0),
        "the answers to commands": answered[0] if answered else 0,
    }
    once = max(known.values())
    findings = []
    if once > seen.head:
        by = ", ".join(who for who, size in known.items() if size == once)
        says = f"the log ends at {seen.head}, and by {by} it went on to {once}"
        findings.append(Finding(seen.head + 1, "cut off", says))
    if seen.size < min(known["what was signed"], seen.head):
        says = f"the tree ends at {seen.size}, before what was signed"
        findings.append(Finding(seen.size + 1, "tree", says))
    return findings


def _beyond_the_tree(connection: psycopg.Connection[Any], seen: Seen) -> list[Finding]:
    """Events that the tree doesn't speak of yet: each must belong to a command that was answered."""
    findings: list[Finding] = []
    position = seen.size
    while rows := connection.execute(BEYOND, (position, AT_A_TIME)).fetchall():
        position = rows[-1][0]
        asked = {row[0]: _command(row[4]) for row in rows}
        answered = dict(
            connection.execute(ANSWERED, ([each for each in asked.values() if each],)).fetchall()
        )
        for at, stream, version, kind, _ in rows:
            first, last = answered.get(asked[at] or "", (0, -1))
            if not first <= at <= last:
                says = f"{stream}, version {version} ({kind}): no command that was answered made it"
                findings.append(Finding(at, "added", says))
    return findings


def _command(state: bytes) -> str | None:
    try:
        command = json.loads(state)["command"]
    except (ValueError, KeyError, TypeError):
        return None
    return command if isinstance(command, str) else None


def _expected(connection: psycopg.Connection[Any], positions: list[int]) -> dict[int, bytes]:
    found: dict[int, bytes] = {}
    for number in sorted({(position - 1) // WIDTH for position in positions}):
        hashes = _piece(connection, 0, number)
        found.update((number * WIDTH + at, hashed) for at, hashed in enumerate(hashes, start=1))
    return {position: found[position] for position in positions if position in found}


def _piece(connection: psycopg.Connection[Any], level: int, number: int) -> list[bytes]:
    found = connection.execute(
        "SELECT hashes FROM evidence.tiles WHERE level = %s AND number = %s", (level, number)
    ).fetchone()
    return cut(found[0]) if found else []


def _rows(connection: psycopg.Connection[Any], positions: list[int]) -> dict[int, Row]:
    found = connection.execute(
        "SELECT notification_id, originator_id, originator_version, topic, state FROM log_events"
        " WHERE notification_id = ANY(%s)",
        ([*positions, positions[-1] + 1],),
    )
    return {row[0]: row for row in found}
