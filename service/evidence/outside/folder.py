"""The folder of the checkpoints: a file for each with everything that was signed below it, its time stamp
beside it, and the log's keys in order."""

import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from service.evidence.checkpoints import KEYS, Made
from service.evidence.notes import Verifier
from service.people.sealing import sync_folder

SIZE = re.compile("0|[1-9][0-9]{0,18}")


class Folder:
    """Anybody's: it may be on another machine, and others may have written in it."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def keep(self, made: Made) -> None:
        """The checkpoint, if it isn't there yet."""
        if not (path := self._checkpoint(made.size)).exists():
            _write(path, made.note.encode())

    def sign(self, made: Made, lines: Iterable[str]) -> None:
        """Those signature lines below a checkpoint that aren't there yet. What is there stays."""
        path = self._checkpoint(made.size)
        note = path.read_text("utf-8") if path.exists() else made.note
        written = note.splitlines()
        _write(path, (note + "".join(f"{e}\n" for e in lines if e not in written)).encode())

    def stamp(self, size: int, stamp: bytes) -> None:
        _write(self.path / f"{size}.tsr", stamp)

    def introduce(self, key: Verifier, note: str) -> None:
        """A new key, and the note that introduces it, in this order: a key without a note is found."""
        vkeys = self.vkeys()
        if key.vkey not in vkeys:
            vkeys.append(key.vkey)
            _write(self.path / KEYS, "".join(f"{each}\n" for each in vkeys).encode())
        _write(self.path / f"introduction-{vkeys.index(key.vkey) + 1}.note", note.encode())

    def introductions(self) -> dict[int, str]:
        """By the number of the key. OSError; UnicodeDecodeError."""
        found = {
            number: self.path / f"introduction-{number}.note"
            for number in range(2, len(self.vkeys()) + 1)
        }
        return {number: path.read_text("utf-8") for number, path in found.items() if path.exists()}

    def vkeys(self) -> list[str]:
        """As they are written there, the first one first. OSError; UnicodeDecodeError."""
        return (self.path / KEYS).read_text("utf-8").splitlines()

    def notes(self) -> Iterator[tuple[int, bytes]]:
        """What each checkpoint's file holds, in order of the sizes in their names."""
        return self._held("checkpoint")

    def stamps(self) -> Iterator[tuple[int, bytes]]:
        return self._held("tsr")

    def _held(self, ending: str) -> Iterator[tuple[int, bytes]]:
        names = (SIZE.fullmatch(path.stem) for path in self.path.glob(f"*.{ending}"))
        for size in sorted(int(name[0]) for name in names if name):
            yield size, (self.path / f"{size}.{ending}").read_bytes()

    def _checkpoint(self, size: int) -> Path:
        return self.path / f"{size}.checkpoint"


def _write(path: Path, content: bytes) -> None:
    """Under its name when it is whole, and on disk then."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{os.getpid()}")
    with part.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)
    sync_folder(path.parent)
