"""Is everything as it should be? Each check says what it found."""

from collections.abc import Callable, Iterator
from typing import NamedTuple

from domain.words import EVENTS
from service.app import Teten
from service.entries import UnknownEvent
from service.migrations import applied, changed
from service.people.files import FileLost
from service.people.vault import VaultClosed


class Check(NamedTuple):
    name: str
    ok: bool
    says: str


def examine(teten: Teten) -> list[Check]:
    checks: tuple[Callable[[Teten], Iterator[Check]], ...] = (
        _database,
        _archive,
        _tables,
        _append_only,
        _events,
        _projections,
        _vault,
        _files,
    )
    return [check for examine_part in checks for check in examine_part(teten)]


def _database(teten: Teten) -> Iterator[Check]:
    with teten.log.pool.connection() as connection:
        version = connection.info.server_version
        fsync = (connection.execute("SHOW fsync").fetchone() or ("?",))[0]
    yield Check("database", ok=True, says=f"PostgreSQL {version // 10_000}.{version % 10_000}")
    yield Check(
        "fsync",
        ok=fsync == "on",
        says=f"{fsync}: a commit {'is' if fsync == 'on' else 'is NOT'} on disk",
    )


def _archive(teten: Teten) -> Iterator[Check]:
    """If the server archives its log for a recovery to a point in time, it has to succeed in it."""
    with teten.log.pool.connection() as connection:
        found = connection.execute(
            "SELECT last_archived_wal, last_failed_time > coalesce(last_archived_time, '-infinity')"
            " FROM pg_stat_archiver WHERE current_setting('archive_mode') <> 'off'"
        ).fetchone()
    if found:
        last, failing = found
        says = f"last archived: {last or 'nothing yet'}"
        yield Check("archive", ok=not failing, says=f"{says}{'; fails since' if failing else ''}")


def _tables(teten: Teten) -> Iterator[Check]:
    with teten.log.pool.connection() as connection:
        latest, edited = max(applied(connection)), changed(connection)
    says = f"schema {latest}, each step as it was applied"
    if edited:
        says = f"made by other steps than this version's: {', '.join(edited)}"
    yield Check("tables", ok=not edited, says=says)


def _append_only(teten: Teten) -> Iterator[Check]:
    with teten.log.pool.connection() as connection:
        found = connection.execute(
            "SELECT c.relname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid"
            " WHERE t.tgname = 'append_only' AND t.tgenabled = 'A'"
        ).fetchall()
    guarded = {name for (name,) in found}
    for table in ("log_events", "commands"):
        ok = table in guarded
        yield Check(
            f"append-only {table}",
            ok,
            "changes are refused" if ok else "its trigger is off or missing",
        )


def _events(teten: Teten) -> Iterator[Check]:
    with teten.log.pool.connection() as connection:
        found = connection.execute(
            "SELECT topic, count(*) FROM log_events GROUP BY topic"
        ).fetchall()
    unknown = {topic: count for topic, count in found if topic not in EVENTS}
    total = sum(count for _, count in found)
    says = f"{total} events of {len(found)} kinds"
    if unknown:
        says += f"; written by a newer version: {', '.join(unknown)}"
    yield Check("log", ok=not unknown, says=says)


def _projections(teten: Teten) -> Iterator[Check]:
    """Each projection counts the events that it has seen: the log must hold as many up to there."""
    try:
        teten.rows.catch_up()
    except UnknownEvent as error:
        yield Check("projections", ok=False, says=str(error))
    for name, (position, seen) in teten.rows.progress().items():
        with teten.log.pool.connection() as connection:
            row = connection.execute(
                "SELECT count(*) FROM log_events WHERE notification_id <= %s", (position,)
            ).fetchone()
        there = row[0] if row else 0
        says = f"has seen {seen} of {there} events up to position {position}"
        yield Check(f"projection {name}", ok=seen == there, says=says)


def _vault(teten: Teten) -> Iterator[Check]:
    with teten.log.pool.connection() as connection:
        found = connection.execute("SELECT ref FROM people.words LIMIT 1").fetchone()
    try:
        if found:
            teten.vault.read(found[0])
    except VaultClosed as error:
        yield Check("vault", ok=False, says=str(error))
    else:
        yield Check("vault", ok=True, says="opens with the master key" if found else "is empty")


def _files(teten: Teten) -> Iterator[Check]:
    """Every file is read and compared with the SHA-256 under which the log speaks of it."""
    with teten.log.pool.connection() as connection:
        found = connection.execute("SELECT sha256, subject FROM people.files").fetchall()
    lost = []
    for sha256, subject in found:
        try:
            teten.files.read(sha256, subject)
        except FileLost:
            lost.append(sha256)
        except VaultClosed:
            yield Check("files", ok=False, says="can't be opened: see the vault")
            return
    says = f"{len(found)} kept" + (f"; missing or changed: {', '.join(lost)}" if lost else "")
    yield Check("files", ok=not lost, says=says)
