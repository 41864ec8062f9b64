"""Checkpoints (C2SP tlog-checkpoint): how long the log is and what its tree's root is, signed, and
written where the database's owner can't reach."""

import base64
import os
import re
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import psycopg
import structlog
from psycopg_pool import ConnectionPool

from service.evidence import attempts
from service.evidence.notes import BadKey, BadNote, Signer, Verifier, opened, signed
from service.evidence.tiles import Rewritten, Tiles
from service.evidence.tree import HASH_SIZE
from service.people.sealing import sync_folder
from service.settings import Settings

KEYS = "keys.txt"
LOCK = 0x7465_7465_6E_03  # One process at a time makes one.

logger = structlog.get_logger()


class KeyLost(Exception):
    """The log was signed with a key that is no longer where it was."""


class Checkpoint(NamedTuple):
    """`origin` names the log, `size` is the position of its last event."""

    origin: str
    size: int
    root: bytes

    @property
    def text(self) -> str:
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n"

    @classmethod
    def parse(cls, text: str) -> "Checkpoint":
        """BadNote."""
        origin, size, root, *_ = [*text.split("\n"), "", "", ""]
        if not re.fullmatch("0|[1-9][0-9]{0,18}", size):
            raise BadNote("no checkpoint: its second line is no size")
        try:
            found = cls(origin, int(size), base64.b64decode(root, validate=True))
        except ValueError as error:
            raise BadNote("no checkpoint: its third line is no hash") from error
        if not origin or len(found.root) != HASH_SIZE or not text.startswith(found.text):
            raise BadNote("no checkpoint: not of the form origin, size, root")
        return found


class Made(NamedTuple):
    """A checkpoint as it was signed by the log, and when."""

    size: int
    note: str
    made_at: datetime

    @property
    def checkpoint(self) -> Checkpoint:
        return Checkpoint.parse(self.note)


class Checkpoints:
    """Signs what the log holds, and keeps what was signed."""

    def __init__(self, pool: ConnectionPool[psycopg.Connection[Any]], settings: Settings) -> None:
        self.pool, self._settings = pool, settings
        self.tiles = Tiles(pool)
        self.folder = settings.checkpoints

    # Make ----------------------------------------------------------------------------------------

    def make(self) -> Made | None:
        """A checkpoint of all that the log holds: a new one, or the latest when nothing came since. None:
        the log is empty. KeyLost, Rewritten."""
        size = self.tiles.extend()
        if not size:
            return None
        with self.pool.connection() as connection, alone(connection):
            with connection.transaction():
                signer = self.signer()  # Under the lock: keys are rotated under it, too.
                made = latest(connection)
                if not made or made.size < size:
                    made = self._sign(connection, signer, made, size)
            self.write(made.size, made.note)
        return made

    def _sign(
        self,
        connection: psycopg.Connection[Any],
        signer: Signer,
        last: Made | None,
        size: int,
    ) -> Made:
        if unknown := [each for each in self.outside() if each > (last.size if last else 0)]:
            raise Rewritten(
                f"{self.folder} holds checkpoints that the database doesn't know, from {unknown[0]} to "
                f"{unknown[-1]}. If the database was restored to an earlier moment: keep these files, but "
                "elsewhere; the log goes on without what they speak of. Otherwise run `teten verify`."
            )
        with self.tiles.reading() as nodes:
            if last and nodes.root(last.size) != last.checkpoint.root:
                raise Rewritten(
                    f"The log was changed before position {last.size}: it isn't what was signed. Nothing "
                    "is signed any more. Run `teten verify`: it says where."
                )
            checkpoint = Checkpoint(signer.name, size, nodes.root(size))
        note = signed(checkpoint.text + attempts.line(connection), [signer])
        found = connection.execute(
            "INSERT INTO evidence.checkpoints VALUES (%s, %s, now()) RETURNING made_at",
            (size, note),
        ).fetchone()
        assert found
        logger.info("checkpoint", size=size)
        return Made(size, note, found[0])

    def due(self) -> bool:
        """Whether enough events came since the latest one, or any and enough time went by."""
        with self.pool.connection() as connection:
            last = latest(connection)
            head, now = connection.execute(
                "SELECT coalesce(max(notification_id), 0), now() FROM log_events"
            ).fetchone() or (0, None)
        came = head - (last.size if last else 0)
        if not came or not last or not now:
            return bool(came)
        waited = now - last.made_at
        return bool(
            came >= self._settings.checkpoint_events
            or waited >= timedelta(minutes=self._settings.checkpoint_minutes)
        )

    def write(self, size: int, note: str) -> None:
        """Into the folder, if it isn't there yet: whole, or not at all."""
        path = self.path(size)
        if path.exists():
            return
        self.folder.mkdir(parents=True, exist_ok=True)
        _write(path, note)

    # Read ----------------------------------------------------------------------------------------

    def path(self, size: int) -> Path:
        return self.folder / f"{size}.checkpoint"

    def outside(self) -> list[int]:
        """The sizes that the folder speaks of, in order."""
        stems = [path.stem for path in self.folder.glob("*.checkpoint")]
        return sorted(int(stem) for stem in stems if re.fullmatch("[1-9][0-9]{0,18}", stem))

    def latest(self) -> Made | None:
        with self.pool.connection() as connection:
            return latest(connection)

    def all(self) -> list[Made]:
        """In order of their sizes."""
        with self.pool.connection() as connection:
            found = connection.execute(
                "SELECT size, note, made_at FROM evidence.checkpoints ORDER BY size"
            )
            return [Made(*row) for row in found]

    def first_from(self, position: int) -> Made | None:
        """The first that speaks of that position."""
        with self.pool.connection() as connection:
            found = connection.execute(
                "SELECT size, note, made_at FROM evidence.checkpoints WHERE size >= %s"
                " ORDER BY size LIMIT 1",
                (position,),
            ).fetchone()
        return Made(*found) if found else None

    # Keys ----------------------------------------------------------------------------------------

    def signer(self) -> Signer:
        """The log's key, made when it is needed for the first time. KeyLost."""
        path = self._settings.checkpoint_key_file
        names = self.folder / KEYS
        # Asked again in the end: another process may have made both meanwhile.
        if not path.exists() and (names.exists() or self.latest()) and not path.exists():
            raise KeyLost(
                f"The log was signed with a key that should be in {path}, and it isn't there. Put it back "
                "there, from where you keep it; nothing is signed meanwhile."
            )
        if not path.exists():
            name = self._settings.log_name or f"teten.local/{secrets.token_hex(4)}"
            with suppress(FileExistsError):  # Somebody else was faster.
                Signer.new(name).write(path)
            sync_folder(path.parent)
        signer = Signer.read(path)
        if not names.exists() and not self.latest():
            self.folder.mkdir(parents=True, exist_ok=True)
            _write(names, f"{signer.vkey}\n")
        return signer

    def own_key(self) -> Verifier | None:
        """That of what is signed here; None where nothing can be: on an auditor's machine, say."""
        try:
            return Signer.read(self._settings.checkpoint_key_file).verifier
        except (OSError, ValueError):
            return None

    def verifiers(self) -> Sequence[Verifier]:
        """The log's keys, the first one first, and one at least. BadKey, FileNotFoundError."""
        lines = (self.folder / KEYS).read_text("utf-8").splitlines()
        if not lines:
            raise BadKey(f"{KEYS} names no key.")
        return [Verifier.parse(line) for line in lines]

    def opened(self, made: Made) -> Checkpoint:
        """What was signed. BadNote: not by one of the log's keys."""
        return Checkpoint.parse(opened(made.note, self.verifiers()).text)


def latest(connection: psycopg.Connection[Any]) -> Made | None:
    found = connection.execute(
        "SELECT size, note, made_at FROM evidence.checkpoints ORDER BY size DESC LIMIT 1"
    ).fetchone()
    return Made(*found) if found else None


@contextmanager
def alone(connection: psycopg.Connection[Any]) -> Iterator[None]:
    """Whoever writes what was signed, first into the database and then into the folder: no other process
    does meanwhile, and nobody compares the two."""
    connection.execute("SELECT pg_advisory_lock(%s)", (LOCK,))
    try:
        yield
    finally:
        if not connection.broken:
            connection.execute("SELECT pg_advisory_unlock(%s)", (LOCK,))


def _write(path: Path, text: str) -> None:
    """Under its name when it is whole, and on disk then."""
    part = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    with part.open("w", encoding="utf-8", newline="\n") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)
    sync_folder(path.parent)
