"""Making a backup while the service runs and writes."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import IO, Any, LiteralString

import psycopg

from service import migrations
from service.app import Teten
from service.backup import manifest
from service.backup.archive import Writer, pieces_of
from service.backup.manifest import Manifest
from service.backup.programs import dump, fitting
from service.people.sealing import sync_folder
from service.rows import Snapshot

DATABASE = "database.dump"
FILES = "files"


class BackupRefused(Exception):
    """Nothing was written; the message says why."""


def back_up(teten: Teten, file: Path) -> Manifest:
    """Write a backup as of one moment. The file gets its name when it is whole and on disk; of one that
    fails nothing is left. BackupRefused, ProgramFailed, DatabaseUnavailable, or OSError (a full disk)."""
    with appearing(file) as out, teten.rows.snapshot() as snapshot:
        return _write(teten, snapshot, Writer(out, int(datetime.now(UTC).timestamp())))


def _write(teten: Teten, snapshot: Snapshot, writer: Writer) -> Manifest:
    """First the database, then the files: each was on disk before the database spoke of it."""
    connection, settings = snapshot.connection, teten.settings
    connection.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
    server = connection.info.server_version
    program, dumped_by = fitting(
        "pg_dump", server // 10_000, embedded=settings.database_url is None
    )
    with closing(dump(program, teten.url, _one(connection, "SELECT pg_export_snapshot()"))) as told:
        writer.add(DATABASE, told)
    head = _one(connection, "SELECT coalesce(max(notification_id), 0) FROM log_events")
    made = Manifest(
        made_at=datetime.now(UTC),
        teten=version("teten"),
        tables=max(migrations.applied(connection)),
        server=f"{server // 10_000}.{server % 10_000}",
        dumped_by=dumped_by,
        head=head,
        events=_one(connection, "SELECT count(*) FROM log_events"),
        files=_one(connection, "SELECT count(*) FROM people.files"),
        missing=_write_files(teten, connection, writer),
        totals=manifest.totals(teten, snapshot, head),
        master_key=teten.keys.master.name,
        keys=0,
    )
    writer.add(manifest.NAME, [f"{made.model_dump_json(indent=1)}\n".encode()])
    writer.finish()
    return made


def _write_files(teten: Teten, connection: psycopg.Connection[Any], writer: Writer) -> list[str]:
    """All that the database speaks of, still sealed. Those that are gone, by SHA-256."""
    missing = []
    with connection.cursor(name="files") as curs:
        curs.execute("SELECT sha256, subject FROM people.files ORDER BY sha256, subject")
        for sha256, subject in curs:
            place = teten.files.stored(sha256, subject)
            try:
                with (teten.settings.files / place).open("rb") as sealed:
                    writer.add(f"{FILES}/{place.as_posix()}", pieces_of(sealed))
            except FileNotFoundError:
                missing.append(sha256)
    return missing


@contextmanager
def appearing(file: Path) -> Iterator[IO[bytes]]:
    """A file that is there whole, or not at all. What a killed run left is written over by the next one
    of that name, whose lock tells it from one that is still being written."""
    part = file.with_name(f".{file.name}.part")
    opened = os.open(part, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    with os.fdopen(opened, "r+b") as out:
        try:
            fcntl.flock(out, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BackupRefused(f"{file} is being written by another backup.") from None
        try:
            if os.path.lexists(file):
                raise BackupRefused(f"{file} is there already. Choose another name.")
            out.truncate()
            yield out
            out.flush()
            os.fsync(out.fileno())
            part.rename(file)
            sync_folder(file.parent)
        finally:
            part.unlink(missing_ok=True)


def _one(connection: psycopg.Connection[Any], query: LiteralString) -> Any:
    return (connection.execute(query).fetchone() or (None,))[0]
