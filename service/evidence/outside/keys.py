"""The log's keys, one after the other: each is introduced by a checkpoint that the one before it signed, too.

The old key is destroyed when the new one takes its place: it could only do harm from then on. The name stays,
since it is the log's: witnesses remember the log by it. The key's id tells keys apart (C2SP signed-note).
"""

from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

import psycopg
from psycopg_pool import ConnectionPool

from service.evidence.checkpoints import LOCK, Checkpoints
from service.evidence.findings import Finding
from service.evidence.notes import BadKey, BadNote, SignatureLine, Signer, Verifier, divided
from service.evidence.outside.folder import Folder
from service.evidence.outside.places import keep_signature
from service.people.vault import sync_folder

Notes = Mapping[
    int, tuple[str, Sequence[SignatureLine]]
]  # Of each size: its text and what is below.


class NothingSigned(Exception):
    """There is no checkpoint that could introduce a key."""


class Rotated(NamedTuple):
    key: Verifier
    size: int  # Of the checkpoint that introduces it.


def rotate(
    pool: ConnectionPool[psycopg.Connection[Any]],
    checkpoints: Checkpoints,
    key_file: Path,
    *,
    lost: bool = False,
) -> Rotated:
    """A new key for the log, introduced by the old one; by nobody, if that is lost. Killed half-way and run
    again, it goes on with the key that it had made. NothingSigned, KeyLost, BadKey, OSError."""
    made = None if lost else checkpoints.make()
    coming = key_file.with_name(f"{key_file.name}.next")
    with pool.connection() as connection, connection.transaction():
        connection.execute("SELECT pg_advisory_xact_lock(%s)", (LOCK,))
        made = checkpoints.latest() or made
        if not made:
            raise NothingSigned("Nothing was signed yet: there is no key to rotate.")
        if not lost:
            checkpoints.signer()  # It may have been lost just now.
        if not coming.exists():
            Signer.new(made.checkpoint.origin).write(coming)
        key = Signer.read(coming)
        folder = Folder(checkpoints.folder)
        keep_signature(connection, folder, made, key.sign(divided(made.note)[0]))
        folder.add_key(key.verifier)
        coming.replace(key_file)
        sync_folder(key_file.parent)
    return Rotated(key.verifier, made.size)


class InForce(NamedTuple):
    """A key, and the sizes of the first and the last checkpoint that it may sign."""

    key: Verifier
    first: int
    last: int | None

    def may_sign(self, size: int) -> bool:
        return self.first <= size and (self.last is None or size <= self.last)


def in_force(
    vkeys: Iterable[str], known: Sequence[str], notes: Notes
) -> tuple[list[InForce], list[Finding]]:
    """Which key signs when, as far as they can be trusted: the first one, or those that are `known` in
    another way, and each that one before it introduces."""
    found: list[InForce] = []
    wrong: list[Finding] = []
    for number, vkey in enumerate(vkeys, 1):
        try:
            key = Verifier.parse(vkey)
        except BadKey as error:
            wrong.append(
                Finding(None, "key", f"line {number} of the log's keys is no key: {error}")
            )
            continue
        told = vkey in known
        if not found and (told or (number == 1 and not known)):
            found.append(InForce(key, 0, None))
            continue
        both = _signed_by_both(found[-1].key, key, notes) if found else []
        if not both and not (told and found):
            says = f"{key.vkey} was not introduced by the key before it: nobody vouches for it"
            wrong.append(Finding(None, "key", says))
            continue
        former = found.pop()
        since = both or [_first_signed(key, notes)]
        found += [former._replace(last=since[-1]), InForce(key, since[0], None)]
    return found, wrong


def fingerprint(key: Verifier) -> str:
    """To be compared on paper: the SHA-256 of the key's text."""
    digest = sha256(key.vkey.encode()).hexdigest()
    return " ".join(digest[at : at + 4] for at in range(0, len(digest), 4))


def has_signed(key: Verifier, text: str, lines: Iterable[SignatureLine]) -> bool:
    """False also where somebody else did in its name."""
    try:
        return any(key.signed(text, line) for line in lines)
    except BadNote:
        return False


def _signed_by_both(former: Verifier, key: Verifier, notes: Notes) -> list[int]:
    return [
        size
        for size, (text, lines) in sorted(notes.items())
        if has_signed(former, text, lines) and has_signed(key, text, lines)
    ]


def _first_signed(key: Verifier, notes: Notes) -> int:
    sizes = [size for size, (text, lines) in notes.items() if has_signed(key, text, lines)]
    return min(sizes, default=0)
