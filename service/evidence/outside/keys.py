"""The log's keys, one after the other: each is introduced by a note that the one before it signed, too.

A checkpoint that both signed would not do: it doesn't name the new key, so that anybody could sign below an
old one. The old key is destroyed when the new one takes its place: it could only do harm from then on. The
name stays, since it is the log's: witnesses remember the log by it. The key's id tells keys apart.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

import psycopg
from psycopg_pool import ConnectionPool

from service.evidence.checkpoints import LOCK, Checkpoints
from service.evidence.findings import Finding
from service.evidence.notes import (
    BadKey,
    BadNote,
    SignatureLine,
    Signer,
    Verifier,
    divided,
    signed,
)
from service.evidence.outside.folder import Folder
from service.people.sealing import sync_folder

INTRODUCTION = re.compile(r"(?P<origin>.+)\nkey (?P<vkey>.+)\nafter (?P<size>0|[1-9][0-9]{0,18})\n")


class NothingSigned(Exception):
    """Nothing was signed yet with the key that is to be replaced."""


class Introduction(NamedTuple):
    """What a log says of its next key. The second line can't be taken for a checkpoint's."""

    key: Verifier
    size: int  # Of the last checkpoint that the key before it signs.

    @property
    def text(self) -> str:
        return f"{self.key.name}\nkey {self.key.vkey}\nafter {self.size}\n"

    @classmethod
    def parse(cls, text: str) -> "Introduction":
        """BadNote."""
        found = INTRODUCTION.fullmatch(text)
        if not found:
            raise BadNote("it introduces no key")
        try:
            told = cls(Verifier.parse(found["vkey"]), int(found["size"]))
        except BadKey as error:
            raise BadNote(str(error)) from None
        if told.text != text:
            raise BadNote("it introduces a key of another log")
        return told


def rotate(
    pool: ConnectionPool[psycopg.Connection[Any]],
    checkpoints: Checkpoints,
    key_file: Path,
    *,
    lost: bool = False,
    name: str | None = None,
) -> Introduction:
    """A new key for the log, introduced by the old one; if that is lost, by nobody but itself, and under
    another `name` if it is given. Killed half-way and run again, it goes on with the key that it had made.
    NothingSigned, KeyLost, BadKey, OSError.
    """
    if not lost:
        checkpoints.make()
    coming = key_file.with_name(f"{key_file.name}.next")
    with pool.connection() as connection, connection.transaction():
        connection.execute("SELECT pg_advisory_xact_lock(%s)", (LOCK,))
        if not (made := checkpoints.latest()):
            raise NothingSigned("Nothing was signed yet: there is no key to rotate.")
        if not coming.exists():
            former = made.checkpoint.origin
            Signer.new((name if lost else None) or former).write(coming)
        key = Signer.read(coming)
        told = Introduction(key.verifier, made.size)
        signers = [key] if lost else [checkpoints.signer(), key]
        Folder(checkpoints.folder).introduce(key.verifier, signed(told.text, signers))
        coming.replace(key_file)
        sync_folder(key_file.parent)
    return told


class InForce(NamedTuple):
    """A key, and which checkpoints it may sign: those larger than `after`, up to the size `through`."""

    key: Verifier
    after: int
    through: int | None

    def may_sign(self, size: int) -> bool:
        return self.after < size and (self.through is None or size <= self.through)


def in_force(
    vkeys: Iterable[str], known: Sequence[str], introductions: Mapping[int, str]
) -> tuple[list[InForce], list[Finding]]:
    """Which key signs when, as far as they can be trusted: the first one, or those that are `known` in
    another way, and each that the one before it introduces. `introductions`: the notes, by the number of
    the key."""
    found: list[InForce] = []
    wrong: list[Finding] = []
    for number, vkey in enumerate(vkeys, 1):
        try:
            key = Verifier.parse(vkey)
            if number == 1 and (not known or vkey in known):
                found.append(InForce(key, 0, None))
                continue
            by = [key] if vkey in known else [each.key for each in found[-1:]]
            told = _introduced(key, introductions.get(number, ""), by)
        except (BadKey, BadNote) as error:
            wrong.append(Finding(None, "key", f"key {number}, {vkey[:80]}: {error}"))
            continue
        if found:
            found[-1] = found[-1]._replace(through=told.size)
        found.append(InForce(key, told.size, None))
    return found, wrong


def _introduced(key: Verifier, note: str, by: Sequence[Verifier]) -> Introduction:
    """BadNote: not by any of these, or not this key."""
    if not note:
        raise BadNote("nobody introduces it")
    text, lines = divided(note)
    if not any(has_signed(each, text, lines) for each in by):
        raise BadNote("the key before it doesn't introduce it")
    told = Introduction.parse(text)
    if told.key != key or not has_signed(key, text, lines):
        raise BadNote("another key is introduced in its place")
    return told


def has_signed(key: Verifier, text: str, lines: Iterable[SignatureLine]) -> bool:
    """False also where somebody else did in its name."""
    try:
        return any(key.signed(text, line) for line in lines)
    except BadNote:
        return False


def fingerprint(key: Verifier) -> str:
    """To be compared on paper: the SHA-256 of the key's text."""
    digest = sha256(key.vkey.encode()).hexdigest()
    return " ".join(digest[at : at + 4] for at in range(0, len(digest), 4))
