"""Whether what is outside is signed by whom it should be: each checkpoint, cosignature and time stamp."""

from collections.abc import Iterator
from contextlib import suppress
from typing import NamedTuple

from service.evidence.findings import Finding
from service.evidence.notes import BadNote, SignatureLine, divided
from service.evidence.outside.configuration import Outlets
from service.evidence.outside.cosigning import WitnessKey
from service.evidence.outside.folder import Folder
from service.evidence.outside.keys import InForce, has_signed, in_force
from service.evidence.outside.places import Connection
from service.evidence.outside.posting import Refused
from service.evidence.outside.stamps import BadStamp, of_this_note, read_certificates, stamped_at
from service.evidence.outside.witnesses import read_witnesses


class Outer(NamedTuple):
    """A checkpoint's file in the folder."""

    text: str
    lines: tuple[SignatureLine, ...]


def check(connection: Connection, folder: Folder, outlets: Outlets) -> Iterator[Finding]:
    """Keys that nobody introduced, checkpoints that are signed by a retired one, cosignatures that aren't,
    time stamps that are missing or of something else. That the folder holds the same checkpoints as the
    database, and the log's own roots, is looked at elsewhere (`signatures`, `locating`)."""
    if not folder.path.exists():
        return
    try:
        yield from _signed(folder, outlets)
        yield from _stamped(connection, folder, outlets)
    except (OSError, UnicodeDecodeError) as error:
        yield Finding(None, "checkpoint", f"what is outside can't be read: {error}")


def _signed(folder: Folder, outlets: Outlets) -> Iterator[Finding]:
    outer: dict[int, Outer] = {}
    for size, content in folder.notes():
        with suppress(BadNote, UnicodeDecodeError):  # `signatures` tells of such a file.
            outer[size] = Outer(*divided(content.decode()))
    known = outlets.known_keys.read_text("utf-8").split() if outlets.known_keys else []
    keys, wrong = in_force(folder.vkeys(), known, folder.introductions())
    yield from wrong
    witnesses: list[WitnessKey] = []
    try:
        witnesses = (
            [key for _, key in read_witnesses(outlets.witnesses)] if outlets.witnesses else []
        )
    except Refused as error:
        yield Finding(None, "cosignature", str(error))
    for size, each in outer.items():
        yield from _signatures(size, each, keys)
        yield from _cosignatures(size, each, witnesses)


def _signatures(size: int, outer: Outer, keys: list[InForce]) -> Iterator[Finding]:
    signed = [each for each in keys if has_signed(each.key, outer.text, outer.lines)]
    if any(each.may_sign(size) for each in signed):
        return
    retired = ", ".join(each.key.vkey for each in signed)
    says = f"only by {retired}, which was no longer in force" if retired else "by no key of the log"
    yield Finding(size, "checkpoint", f"{size}.checkpoint is signed {says}")


def _cosignatures(size: int, outer: Outer, witnesses: list[WitnessKey]) -> Iterator[Finding]:
    for witness in witnesses:
        for line in outer.lines:
            try:
                witness.cosigned(outer.text, line)
            except BadNote as error:
                yield Finding(size, "cosignature", f"{size}.checkpoint: {error}")


def _stamped(connection: Connection, folder: Folder, outlets: Outlets) -> Iterator[Finding]:
    notes = dict(connection.execute("SELECT size, note FROM evidence.checkpoints").fetchall())
    found = connection.execute("SELECT size, stamp FROM evidence.stamps ORDER BY size", binary=True)
    files = dict(folder.stamps())
    for size, stamp in found.fetchall():
        if size not in files:
            yield Finding(size, "stamp", f"{size}.tsr is missing from the folder")
        elif files[size] != stamp:
            yield Finding(size, "stamp", f"{size}.tsr is not what the database holds")
    try:
        trusted = read_certificates(outlets.time_stamp_ca) if outlets.time_stamp_ca else None
    except Refused as error:
        yield Finding(None, "stamp", str(error))
        return
    for size, stamp in files.items():
        note = notes.get(size, "")
        try:
            stamped_at(stamp, note, trusted) if trusted else of_this_note(stamp, note)
        except BadStamp as error:
            yield Finding(size, "stamp", f"{size}.tsr: {error}")
