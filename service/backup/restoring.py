"""Making everything anew from a backup, in an empty place, and showing that it agrees."""

import os
import re
from collections.abc import Iterable, Iterator
from hashlib import sha256
from pathlib import Path
from typing import IO, Any

import psycopg
from psycopg.sql import SQL, Identifier

from service import doctor, migrations
from service.app import Teten, assembled
from service.backup import archive, manifest
from service.backup.making import DATABASE, FILES
from service.backup.manifest import Manifest
from service.backup.programs import fitting, load
from service.database import connected, server
from service.people.masters import Master, master_of
from service.people.sealing import VaultClosed, sync_folder
from service.reminding import letters
from service.settings import Settings

SEALED = re.compile(rf"{FILES}/([0-9a-f]{{2}}/[0-9a-f]{{64}}\.[0-9a-f]{{16}})")
# Everything of ours, in an order in which each can be dropped; nothing of an extension.
OUR_OBJECTS = """
SELECT format('DROP SCHEMA IF EXISTS %I CASCADE', nspname) FROM pg_namespace
WHERE nspname IN ('access', 'beside', 'evidence', 'letters', 'people', 'projections',
    'webhooks')
UNION ALL SELECT format('DROP %s IF EXISTS %s CASCADE', kind, name) FROM (
    SELECT oid, pronamespace AS schema, 'ROUTINE' AS kind, oid::regprocedure::text AS name
    FROM pg_proc
    UNION ALL SELECT oid, relnamespace, CASE relkind WHEN 'c' THEN 'TYPE' ELSE 'TABLE' END,
        oid::regclass::text FROM pg_class WHERE relkind IN ('r', 'p', 'c')
) AS object
WHERE schema = 'public'::regnamespace
    AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = object.oid AND deptype = 'e')
ORDER BY 1
"""

# What the doctor says of what goes on around a log: it tells nothing of what was restored.
OF_NOW = ("part", "place ", "webhook ", "letters", "pictures", "tesseract")


class RestoreRefused(Exception):
    """Nothing was written; the message says why."""


class Disagrees(Exception):
    """What was restored is not what was backed up."""


def check(file: Path) -> Manifest:
    """Read the whole file and compare it with its checksums; change nothing. BackupBroken."""
    with file.open("rb") as backup:
        archive.verify(backup)
        return manifest.read(backup)


def restore(settings: Settings, file: Path) -> Manifest:
    """Make database and files of a backup, and compare. A restore that was killed is run again with the
    same file. BackupBroken, RestoreRefused, VaultClosed: nothing was written; Disagrees: it was."""
    with file.open("rb") as backup:
        told = manifest.read(backup)
        master = _right_key(settings, told)
        if told.tables > migrations.newest():
            raise RestoreRefused(
                f"The backup is of a newer version of Teten (schema {told.tables}; this one knows "
                f"{migrations.newest()}): restore it with that version, or a newer one."
            )
        archive.verify(backup)
        with server(settings) as url:
            begun = _refuse_unless_empty(settings, url, told, _identity(backup))
            _mark(settings.unfinished_restore, _identity(backup))
            if not begun:
                _restore_database(settings, url, backup)
            _restore_files(settings.files, backup)
            with connected(url) as connection:
                migrations.migrate(connection)
                # Until somebody says so: the place that it is a copy of may still be sending.
                connection.execute(
                    "UPDATE webhooks.endpoints SET disabled = 'restored' WHERE disabled IS NULL"
                )
                connection.execute(letters.STOP)
                connection.execute("ANALYZE")
            with assembled(settings, url, master) as teten:
                if wrong := list(_disagreements(teten, told)):
                    raise Disagrees(
                        "What was restored is not what was backed up:\n" + "\n".join(wrong)
                    )
            settings.unfinished_restore.unlink()
            sync_folder(settings.home)
    return told


def _right_key(settings: Settings, told: Manifest) -> Master:
    """Only where the backup holds keys: those that are apart may have been wrapped anew since."""
    file = settings.master_key_file
    if not (file.exists() or settings.master_key or settings.kms_command):
        raise VaultClosed(
            f"There is no master key at {file}, and the backup doesn't hold it. Put the one in place "
            "with which the keys are wrapped."
        )
    master = master_of(settings)
    if told.keys is None and settings.vault_url:
        raise RestoreRefused(
            "The backup holds the keys, as those of the first releases do: restore it without "
            "TETEN_VAULT_URL, then set that and run `teten people move-keys`."
        )
    if told.keys is None and master.name != told.master_key:
        raise VaultClosed(
            f"The master key at {file} is not the one with which the backup was made: put that one "
            "in its place. Nothing was written."
        )
    return master


def _identity(backup: IO[bytes]) -> str:
    return sha256(archive.part(backup, manifest.NAME).content()).hexdigest()


# An empty place ----------------------------------------------------------------------------------


def _refuse_unless_empty(settings: Settings, url: str, told: Manifest, identity: str) -> bool:
    """True: an earlier restore of the same backup has filled the database already."""
    mark = settings.unfinished_restore
    if mark.exists() and mark.read_text() != identity:
        raise RestoreRefused(
            f"{settings.home} holds an unfinished restore of another backup. Finish that one, or take "
            "a new TETEN_HOME and an empty database."
        )
    if not mark.exists() and any(each.is_file() for each in settings.files.rglob("*")):
        raise RestoreRefused(
            f"There are files in {settings.files}. A backup is restored into an empty place: take a "
            "new TETEN_HOME, with the master key in it."
        )
    with connected(url) as connection:
        if (here := connection.info.server_version // 10_000) < told.dumped_by:
            raise RestoreRefused(
                f"The backup is of PostgreSQL {told.dumped_by}, and the database here is of "
                f"PostgreSQL {here}: take a server that is as new."
            )
        filled = _table_with_rows(connection)
        if mark.exists() and filled and migrations.applied(connection):
            found = connection.execute("SELECT count(*), max(notification_id) FROM log_events")
            if found.fetchone() == (told.events, told.head or None):
                return True
    if filled:
        raise RestoreRefused(
            f"The database is not empty: there are rows in {filled}. A backup is restored into an "
            "empty place: take a new TETEN_HOME, or a new database for TETEN_DATABASE_URL."
        )
    return False


def _table_with_rows(connection: psycopg.Connection[Any]) -> str | None:
    """A table that holds something of value, if there is one."""
    tables = connection.execute(
        "SELECT schemaname, tablename FROM pg_tables"
        " WHERE schemaname NOT IN ('pg_catalog', 'information_schema', 'beside', 'projections')"
        " AND (schemaname, tablename) NOT IN"
        " (('public', 'schema_versions'), ('letters', 'followed')) ORDER BY 1, 2"
    ).fetchall()
    for table in tables:
        first = SQL("SELECT FROM {} LIMIT 1").format(Identifier(*table))
        if connection.execute(first).fetchone() is not None:
            return ".".join(table)
    return None


# Writing -----------------------------------------------------------------------------------------


def _mark(file: Path, identity: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    _put(file, [identity.encode()])
    sync_folder(file.parent)


def _restore_database(settings: Settings, url: str, backup: IO[bytes]) -> None:
    with connected(url) as connection, connection.transaction():
        for (statement,) in connection.execute(OUR_OBJECTS).fetchall():
            connection.execute(statement)
        here = connection.info.server_version // 10_000
    program, _ = fitting("pg_restore", here, embedded=settings.database_url is None)
    load(program, url, archive.part(backup, DATABASE).pieces)


def _restore_files(folder: Path, backup: IO[bytes]) -> None:
    touched = {folder}
    for part in archive.parts(backup):
        if found := SEALED.fullmatch(part.name):
            place = folder / found[1]
            place.parent.mkdir(parents=True, exist_ok=True)
            _put(place, part.pieces)
            touched.add(place.parent)
    folder.mkdir(exist_ok=True)
    for each in touched:
        sync_folder(each)


def _put(file: Path, pieces: Iterable[bytes]) -> None:
    """It gets its name when it is whole."""
    fresh = file.with_name(f".{file.name}.part")
    with fresh.open("wb") as out:
        out.writelines(pieces)
        out.flush()
        os.fsync(out.fileno())
    fresh.rename(file)


# Comparing ---------------------------------------------------------------------------------------


def _disagreements(teten: Teten, told: Manifest) -> Iterator[str]:
    teten.rows.catch_up()  # From the first event: a backup holds no rows.
    elsewhere = {"vault", "files", "keys"} if teten.vault.keys_wanted() else set()
    if told.missing:
        elsewhere.add("files")
    for each in doctor.examine(teten):
        if not each.ok and not each.name.startswith(OF_NOW) and each.name not in elsewhere:
            yield f"{each.name}: {each.says}"
    with teten.rows.snapshot() as snapshot:
        found = snapshot.connection.execute(
            "SELECT count(*), coalesce(max(notification_id), 0) FROM log_events"
        ).fetchone()
        if found != (told.events, told.head):
            yield f"events and head: {found}, backed up: {(told.events, told.head)}"
        balances = manifest.totals(teten, snapshot, told.head)
    for programme in sorted(told.totals.keys() | balances.keys()):
        if told.totals.get(programme) != balances.get(programme):
            yield f"the balances of {programme}"
