"""What was signed, as the database has it and as the folder outside has it: both must say the same."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import psycopg

from service.evidence.checkpoints import KEYS, Checkpoint, Checkpoints
from service.evidence.findings import Finding
from service.evidence.notes import NOTE_MAX, BadKey, BadNote, Verifier, divided


class Signed(NamedTuple):
    """Every root that the log's key stands for, by size, and what is wrong with the rest."""

    roots: dict[int, set[bytes]]
    checkpoints: int
    findings: list[Finding]
    texts: dict[int, str]  # What was signed at each size.


def read(connection: psycopg.Connection[Any], checkpoints: Checkpoints) -> Signed:
    findings: list[Finding] = []
    stored, outside = _stored(connection), _outside(checkpoints)
    keys: Sequence[Verifier] = ()
    try:
        keys = checkpoints.verifiers()
    except (BadKey, OSError, UnicodeDecodeError):
        if stored or outside:
            missing = f"{KEYS} in the folder of checkpoints is missing or was changed"
            findings.append(Finding(None, "key", f"{missing}: no signature can be checked"))
    if keys and (own := checkpoints.own_key()) and own not in keys:
        lacks = f"{KEYS} in the folder of checkpoints doesn't hold the key that Teten signs with"
        findings.append(Finding(None, "key", lacks))
    roots: dict[int, set[bytes]] = {}
    texts: dict[int, str] = {}
    for size in sorted(stored.keys() | outside.keys()):
        for note in (stored.get(size), outside.get(size)):
            checkpoint = _opened(note, size, keys) if note else None
            if note and checkpoint:
                roots.setdefault(size, set()).add(checkpoint.root)
                texts[size] = divided(note)[0]
        says = _wrong(size, stored.get(size), outside.get(size), keys)
        if says and keys:
            findings.append(Finding(size, "checkpoint", says))
    return Signed(roots, len(stored), findings, texts)


def _stored(connection: psycopg.Connection[Any]) -> dict[int, str]:
    """The notes of the database, with the lines of the witnesses below."""
    found = connection.execute(
        "SELECT size, note || coalesce("
        " (SELECT string_agg(line || E'\\n', '' ORDER BY line COLLATE \"C\") FROM evidence.cosignatures"
        "  WHERE cosignatures.size = checkpoints.size), '')"
        " FROM evidence.checkpoints"
    )
    return dict(found.fetchall())


def _outside(checkpoints: Checkpoints) -> dict[int, str]:
    """The notes of the folder, by the size that their files' names tell."""
    return {size: _read(checkpoints.path(size)) for size in checkpoints.outside()}


def _read(path: Path) -> str:
    """Nothing, if it can't be read: others may have put there whatever they like."""
    try:
        with path.open("rb") as file:
            return file.read(NOTE_MAX + 1).decode("utf-8", "replace")
    except OSError:
        return ""


def _wrong(
    size: int, stored: str | None, outside: str | None, keys: Sequence[Verifier]
) -> str | None:
    """What is wrong with that checkpoint, if anything is."""
    if stored is None:
        return f"checkpoint {size} is in the folder, and not in the database"
    if _opened(stored, size, keys) is None:
        return f"checkpoint {size} of the database was changed: it isn't what was signed"
    if outside is None:
        return f"checkpoint {size} is in the database, and its file is missing"
    if _opened(outside, size, keys) is None:
        return f"the file of checkpoint {size} was changed: it isn't what was signed"
    if _lines(stored) != _lines(outside):
        return f"the file of checkpoint {size} doesn't say what the database says"
    return None


def _opened(note: str, size: int, keys: Sequence[Verifier]) -> Checkpoint | None:
    """What the log signed: its text, and below it lines of its keys first."""
    try:
        text, lines = divided(note)
        checkpoint = Checkpoint.parse(text)
        by_us = [any(key.signed(text, line) for key in keys) for line in lines]
    except BadNote:
        return None
    ours = by_us[0] and checkpoint.size == size
    return checkpoint if ours else None


def _lines(note: str) -> tuple[str, list[str]]:
    text, _, lines = note.rpartition("\n\n")
    return text, sorted(lines.splitlines())
