"""The backup's form: a plain tar file whose last part, SHA256SUMS, tells of all others.

`tar -x` and `sha256sum -c SHA256SUMS` read it as well as we do. It is written and read in one pass,
piece by piece, however large it is.
"""

import os
import tarfile
from collections.abc import Iterable, Iterator
from hashlib import sha256
from itertools import zip_longest
from tempfile import TemporaryFile
from typing import IO, NamedTuple

BLOCK = 512
PIECE = 1 << 20  # Bytes that are in memory at once.
SUMS = "SHA256SUMS"
END = bytes(2 * BLOCK)


class BackupBroken(Exception):
    """The file is not what was written. The message names the part."""


class Part(NamedTuple):
    """A part as it is met on reading. What is not read of `pieces` is passed over unchecked."""

    name: str
    size: int
    pieces: Iterator[bytes]

    def content(self) -> bytes:
        return b"".join(self.pieces)


class Writer:
    """Writes parts one after the other, and their checksums at the end."""

    def __init__(self, file: IO[bytes], made_at: int) -> None:
        self._file, self._made_at = file, made_at
        self._sums: IO[bytes] = TemporaryFile()  # noqa: SIM115 - closed with the last part

    def add(self, name: str, pieces: Iterable[bytes]) -> int:
        """Write a part whose size is known only when it is written. How many bytes it has."""
        size, digest = self._write(name, pieces)
        self._sums.write(_line(digest, name))
        return size

    def finish(self) -> None:
        with self._sums as sums:
            sums.seek(0)
            self._write(SUMS, pieces_of(sums))
        self._file.write(END)

    def _write(self, name: str, pieces: Iterable[bytes]) -> tuple[int, str]:
        start, size, digest = self._file.tell(), 0, sha256()
        self._file.write(bytes(BLOCK))
        for piece in pieces:
            self._file.write(piece)
            digest.update(piece)
            size += len(piece)
        self._file.write(bytes(-size % BLOCK))
        self._file.seek(start)
        self._file.write(_header(name, size, self._made_at))
        self._file.seek(0, os.SEEK_END)
        return size, digest.hexdigest()


def parts(file: IO[bytes]) -> Iterator[Part]:
    """Every part in order, without a look at the checksums. BackupBroken: this is no whole backup."""
    file.seek(0)
    last = "its beginning"
    while True:
        block = file.read(BLOCK)
        if block == bytes(BLOCK):
            break
        try:
            told = tarfile.TarInfo.frombuf(block, "utf-8", "strict")
        except (tarfile.HeaderError, UnicodeDecodeError):
            raise BackupBroken(f"The backup is damaged or cut off after {last}.") from None
        if _header(told.name, told.size, int(told.mtime)) != block:
            raise BackupBroken(f"The backup is damaged: the header of {told.name}.")
        after = file.tell() + told.size
        yield Part(told.name, told.size, _pieces(file, told.name, told.size))
        file.seek(after)
        if any(file.read(-told.size % BLOCK)):
            raise BackupBroken(f"The backup is damaged: what follows {told.name}.")
        last = told.name
    if last != SUMS or block + file.read(2 * BLOCK) != END:
        raise BackupBroken(f"The backup is damaged or cut off after {last}.")


def part(file: IO[bytes], name: str) -> Part:
    """The part of that name."""
    for each in parts(file):
        if each.name == name:
            return each
    raise BackupBroken(f"The backup has no {name}: it was made by something else.")


def verify(file: IO[bytes]) -> None:
    """Read it whole, and compare every part with its checksum."""
    with TemporaryFile() as told, TemporaryFile() as found:
        for name, _, pieces in parts(file):
            digest = sha256()
            for piece in pieces:
                digest.update(piece)
                if name == SUMS:
                    told.write(piece)
            if name != SUMS:
                found.write(_line(digest.hexdigest(), name))
        told.seek(0)
        found.seek(0)
        for ours, theirs in zip_longest(found, told, fillvalue=b""):
            if ours != theirs:
                name = (ours or theirs)[66:].decode(errors="replace").strip()
                raise BackupBroken(f"The backup is damaged: {name} doesn't fit its line in {SUMS}.")


def pieces_of(file: IO[bytes]) -> Iterator[bytes]:
    """What is left of a file, without holding it all in memory."""
    while piece := file.read(PIECE):
        yield piece


def _line(digest: str, name: str) -> bytes:
    return f"{digest}  {name}\n".encode()


def _header(name: str, size: int, made_at: int) -> bytes:
    told = tarfile.TarInfo(name)
    told.size, told.mtime, told.mode = size, made_at, 0o600
    return told.tobuf(tarfile.GNU_FORMAT, "utf-8", "strict")


def _pieces(file: IO[bytes], name: str, size: int) -> Iterator[bytes]:
    while size:
        piece = file.read(min(size, PIECE))
        if not piece:
            raise BackupBroken(f"The backup is cut off in {name}.")
        size -= len(piece)
        yield piece
