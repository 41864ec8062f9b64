"""What a witness remembers: every checkpoint that it cosigned, and what it refused to."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from threading import Lock
from typing import NamedTuple

from service.evidence.checkpoints import Checkpoint

TABLES = """
CREATE TABLE IF NOT EXISTS cosigned (
    origin TEXT, size INTEGER, note TEXT NOT NULL, at TEXT NOT NULL, PRIMARY KEY (origin, size)
);
CREATE TABLE IF NOT EXISTS contradictions (
    origin TEXT, note TEXT, says TEXT NOT NULL, at TEXT NOT NULL, PRIMARY KEY (origin, note)
);
"""
PATIENCE = 10.0  # Seconds for another process that writes.


class Kept(NamedTuple):
    """A checkpoint as the log signed it. `says`: why it was refused."""

    origin: str
    note: str
    at: str
    says: str | None = None

    @property
    def checkpoint(self) -> Checkpoint:
        return Checkpoint.parse(self.note)


class Memory:
    """One SQLite file. What was remembered is on disk before anybody is answered."""

    def __init__(self, file: Path) -> None:
        self._lock = Lock()
        self._database = sqlite3.connect(
            file, timeout=PATIENCE, isolation_level=None, check_same_thread=False
        )
        self._database.execute("PRAGMA synchronous = EXTRA")
        self._database.executescript(TABLES)

    def close(self) -> None:
        self._database.close()

    @contextmanager
    def turn(self) -> Iterator[None]:
        """To look and to remember as one step, also beside other processes."""
        with self._lock:
            self._database.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                self._database.execute("ROLLBACK")
                raise
            self._database.execute("COMMIT")

    def latest(self, origin: str) -> Checkpoint | None:
        found = self._database.execute(
            "SELECT note FROM cosigned WHERE origin = ? ORDER BY size DESC LIMIT 1", (origin,)
        ).fetchone()
        return Checkpoint.parse(found[0]) if found else None

    def remember(self, checkpoint: Checkpoint, note: str, at: datetime) -> None:
        self._database.execute(
            "INSERT OR IGNORE INTO cosigned VALUES (?, ?, ?, ?)",
            (checkpoint.origin, checkpoint.size, note, at.isoformat(timespec="seconds")),
        )

    def contradiction(self, origin: str, note: str, says: str, at: datetime) -> None:
        """The log signed it, and who brought it didn't show that it goes on from what it signed before."""
        self._database.execute(
            "INSERT OR IGNORE INTO contradictions VALUES (?, ?, ?, ?)",
            (origin, note, says, at.isoformat(timespec="seconds")),
        )

    def cosigned(self) -> list[Kept]:
        found = self._database.execute(
            "SELECT origin, note, at FROM cosigned ORDER BY origin, size"
        )
        return [Kept(*row) for row in found]

    def contradictions(self) -> list[Kept]:
        """Without those that were shown to go on later: a stranger may have brought them first."""
        """Without those that were shown to go on later: who brought them first may have been anybody."""
        found = self._database.execute(
            "SELECT origin, note, at, says FROM contradictions ORDER BY origin, at"
        )
        kept = [Kept(*row) for row in found]
        return [each for each in kept if not self._cosigned(each.checkpoint)]

    def _cosigned(self, checkpoint: Checkpoint) -> bool:
        found = self._database.execute(
            "SELECT note FROM cosigned WHERE (origin, size) = (?, ?)",
            (checkpoint.origin, checkpoint.size),
        ).fetchone()
        return bool(found) and Checkpoint.parse(found[0]) == checkpoint
