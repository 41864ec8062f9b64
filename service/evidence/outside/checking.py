"""Whether what is kept outside says what the database says: each checkpoint, cosignature and time stamp."""

from collections.abc import Iterator
from typing import NamedTuple

from service.evidence.checkpoints import Checkpoint
from service.evidence.findings import Finding
from service.evidence.notes import BadNote, SignatureLine, divided
from service.evidence.outside.configuration import Outlets
from service.evidence.outside.cosigning import WitnessKey
from service.evidence.outside.folder import Folder
from service.evidence.outside.keys import InForce, in_force
from service.evidence.outside.places import Connection
from service.evidence.outside.posting import Refused
from service.evidence.outside.stamps import BadStamp, of_this_note, read_certificates, stamped_at
from service.evidence.outside.witnesses import read_witnesses


class Outer(NamedTuple):
    """A checkpoint's file, as it is in the folder."""

    text: str
    lines: tuple[SignatureLine, ...]
    content: str


class Inner(NamedTuple):
    """What the database holds."""

    notes: dict[int, str]
    lines: dict[int, list[str]]
    stamps: dict[int, bytes]

    @classmethod
    def read(cls, connection: Connection) -> "Inner":
        notes = connection.execute("SELECT size, note FROM evidence.checkpoints").fetchall()
        stamps = connection.execute("SELECT size, stamp FROM evidence.stamps", binary=True)
        lines: dict[int, list[str]] = {}
        for size, line in connection.execute("SELECT size, line FROM evidence.cosignatures"):
            lines.setdefault(size, []).append(line)
        return cls(dict(notes), lines, dict(stamps.fetchall()))


def check(connection: Connection, folder: Folder, outlets: Outlets) -> Iterator[Finding]:
    """Everything in the folder that isn't what the database holds, or isn't signed as it should be, and what
    the folder lacks. Whether a root is that of the log's events is not looked at here."""
    inner = Inner.read(connection)
    if not inner.notes and not folder.path.exists():
        return
    try:
        yield from _check(inner, folder, outlets)
    except (OSError, UnicodeDecodeError) as error:
        yield Finding(None, "checkpoint", f"the folder {folder.path} can't be read: {error}")


def _check(inner: Inner, folder: Folder, outlets: Outlets) -> Iterator[Finding]:
    outer: dict[int, Outer] = {}
    for size, content in folder.notes():
        try:
            outer[size] = Outer(*divided(content.decode()), content.decode())
        except (BadNote, UnicodeDecodeError) as error:
            yield Finding(size, "checkpoint", f"{size}.checkpoint is no signed note: {error}")
    vkeys = outlets.known_keys.read_text("utf-8").split() if outlets.known_keys else []
    keys, wrong = in_force(
        folder.vkeys(), vkeys, {size: (each.text, each.lines) for size, each in outer.items()}
    )
    yield from wrong
    witnesses: list[WitnessKey] = []
    try:
        witnesses = (
            [key for _, key in read_witnesses(outlets.witnesses)] if outlets.witnesses else []
        )
    except Refused as error:
        yield Finding(None, "cosignature", str(error))
    for size, each in outer.items():
        yield from _checkpoint(size, each, inner)
        yield from _signatures(size, each, keys)
        yield from _cosignatures(size, each, inner, witnesses)
    yield from _stamps(inner, folder, outlets)
    there = {size for size, _ in folder.notes()}  # Once more: one may have been made meanwhile.
    for size in sorted(set(inner.notes) - there):
        yield Finding(size, "checkpoint", f"{size}.checkpoint is missing from the folder")


def _checkpoint(size: int, outer: Outer, inner: Inner) -> Iterator[Finding]:
    try:
        told = Checkpoint.parse(outer.text).size
    except BadNote as error:
        yield Finding(size, "checkpoint", f"{size}.checkpoint is no checkpoint: {error}")
        return
    if told != size:
        yield Finding(size, "checkpoint", f"{size}.checkpoint is one of {told} positions")
    elif size not in inner.notes:
        says = f"{size}.checkpoint was signed, and the database holds no checkpoint of that size:"
        yield Finding(size, "checkpoint", f"{says} it was restored from a backup, or cut off")
    elif not inner.notes[size].startswith(f"{outer.text}\n"):
        yield Finding(size, "checkpoint", f"{size}.checkpoint is not what the database holds")
    elif not outer.content.startswith(inner.notes[size]):
        says = "isn't signed as the database's copy of it is: one of them was changed"
        yield Finding(size, "checkpoint", f"{size}.checkpoint {says}")


def _signatures(size: int, outer: Outer, keys: list[InForce]) -> Iterator[Finding]:
    signed = []
    for each in keys:
        try:
            if any(each.key.signed(outer.text, line) for line in outer.lines):
                signed.append(each)
        except BadNote as error:
            yield Finding(size, "checkpoint", f"{size}.checkpoint was changed: {error}")
            return
    origin = outer.text.partition("\n")[0]
    if not any(each.may_sign(size) and each.key.name == origin for each in signed):
        names = ", ".join(each.key.vkey for each in signed)
        says = (
            f"only by {names}, which was retired or is of another log"
            if names
            else "by no key of the log"
        )
        yield Finding(size, "checkpoint", f"{size}.checkpoint is signed {says}")


def _cosignatures(
    size: int, outer: Outer, inner: Inner, witnesses: list[WitnessKey]
) -> Iterator[Finding]:
    for witness in witnesses:
        for line in outer.lines:
            try:
                witness.cosigned(outer.text, line)
            except BadNote as error:
                yield Finding(size, "cosignature", f"{size}.checkpoint: {error}")
    written = {str(line) for line in outer.lines}
    for kept in inner.lines.get(size, []):
        if kept not in written:
            name = kept.split(" ")[1:2]
            says = f"{size}.checkpoint lacks a signature of {''.join(name)} that the database holds"
            yield Finding(size, "cosignature", says)


def _stamps(inner: Inner, folder: Folder, outlets: Outlets) -> Iterator[Finding]:
    files = dict(folder.stamps())
    for size, stamp in sorted(inner.stamps.items()):
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
        note = inner.notes.get(size, "")
        try:
            stamped_at(stamp, note, trusted) if trusted else of_this_note(stamp, note)
        except BadStamp as error:
            yield Finding(size, "stamp", f"{size}.tsr: {error}")
