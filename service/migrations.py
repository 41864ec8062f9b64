"""The tables, made in numbered steps: each applied once, in order, in a transaction of its own."""

from hashlib import sha256
from pathlib import Path
from time import sleep
from typing import Any, NamedTuple

import psycopg

from service.postgres import DatabaseUnavailable

SCHEMA = Path(__file__).with_name("schema")
SCHEMA_LOCK = 0x7465_7465_6E  # "teten": one process at a time makes the tables.
OLDEST_SERVER = 15
# While a step waits for a table, everybody else waits behind it: it gives up, and comes back later.
WAITS_FOR_A_TABLE = "2s"
TRIES = 10
PAUSE = 1.0  # Seconds between two tries, in which those who waited get on.

Connection = psycopg.Connection[Any]


class Step(NamedTuple):
    """A file of `service/schema/`. What was applied once is never edited: a change is a new step."""

    version: int
    name: str
    sql: bytes

    @property
    def checksum(self) -> str:
        return sha256(self.sql).hexdigest()


def steps() -> list[Step]:
    """All that this version knows, in order."""
    files = sorted(SCHEMA.glob("*.sql"))
    return [Step(int(file.stem.partition("-")[0]), file.stem, file.read_bytes()) for file in files]


def newest() -> int:
    return steps()[-1].version


def applied(connection: Connection) -> dict[int, str | None]:
    """The versions of the steps that made these tables, and each one's checksum if it was kept. Only
    looks: a service that may not change tables can ask."""
    # Not by to_regclass: it remembers what it didn't find before we waited for the lock.
    tables = {
        name
        for (name,) in connection.execute(
            "SELECT tablename FROM pg_tables WHERE schemaname = ANY(current_schemas(false))"
            " AND tablename IN ('schema_versions', 'log_events')"
        )
    }
    first: dict[int, str | None] = (
        {1: None} if "log_events" in tables else {}
    )  # The first release didn't tell.
    if "schema_versions" not in tables:
        return first
    return first | dict(
        connection.execute(
            # The column is younger than the table.
            "SELECT version, to_jsonb(v) ->> 'checksum' FROM schema_versions v ORDER BY version"
        ).fetchall()
    )


def missing(connection: Connection) -> list[Step]:
    """What the tables lack. DatabaseUnavailable: they are of a newer version than this one."""
    there = applied(connection)
    latest = max(there, default=0)
    if latest > newest():
        raise DatabaseUnavailable(
            f"The tables are of a newer version of Teten (schema {latest}; this one knows "
            f"{newest()}). Run that version, or a newer one."
        )
    return [step for step in steps() if step.version not in there]


def changed(connection: Connection) -> list[str]:
    """The steps that are not what they were when they made the tables."""
    there = applied(connection)
    return [step.name for step in steps() if there.get(step.version) not in (None, step.checksum)]


def migrate(connection: Connection) -> list[str]:
    """Apply what is missing, and say what it was. Several processes may ask at once: each step is made
    by one of them. A step that fails leaves the tables as they were before it."""
    _check_server(connection)
    done: list[str] = []
    while waiting := missing(connection):
        step = waiting[0]
        try:
            if _apply(connection, step):
                done.append(step.name)
        except psycopg.errors.InsufficientPrivilege as error:
            raise DatabaseUnavailable(
                f"The tables lack {_names(waiting)}, and this role may not make it: "
                f"{_first_line(error)}.\nRun `teten migrate` as the owner of the tables."
            ) from error
        except (psycopg.errors.LockNotAvailable, psycopg.errors.DeadlockDetected) as error:
            raise DatabaseUnavailable(
                f"The tables lack {_names(waiting)}, and somebody holds the lock that it takes: "
                "nothing of it was made.\nSee pg_stat_activity for a long transaction, end it, and "
                "run `teten migrate`."
            ) from error
        except psycopg.OperationalError:
            raise
        except psycopg.Error as error:
            raise DatabaseUnavailable(
                f"{step.name} failed, and the tables are as they were before it: "
                f"{_first_line(error)}.\nThe former version of Teten still runs on them. Keep the "
                "database as it is, and report this."
            ) from error
    return done


def _apply(connection: Connection, step: Step, tries: int = TRIES) -> bool:
    """False: somebody else did, while we waited for our turn."""
    try:
        return _apply_now(connection, step)
    except psycopg.errors.LockNotAvailable:
        if tries == 1:
            raise
    sleep(PAUSE)
    return _apply(connection, step, tries - 1)


def _apply_now(connection: Connection, step: Step) -> bool:
    with connection.transaction():
        connection.execute("SELECT pg_advisory_xact_lock(%s)", (SCHEMA_LOCK,))
        if step.version in applied(connection):
            return False
        connection.execute("SELECT set_config('lock_timeout', %s, true)", (WAITS_FOR_A_TABLE,))
        _record_table(connection)
        connection.execute(step.sql)
        connection.execute(
            "INSERT INTO schema_versions (version, name, applied_at, checksum)"
            " VALUES (%s, %s, now(), %s)",
            (step.version, step.name, step.checksum),
        )
    return True


def _record_table(connection: Connection) -> None:
    connection.execute(
        "CREATE TABLE IF NOT EXISTS schema_versions"
        " (version int PRIMARY KEY, name text NOT NULL, applied_at timestamptz NOT NULL)"
    )
    connection.execute("ALTER TABLE schema_versions ADD COLUMN IF NOT EXISTS checksum text")


def _check_server(connection: Connection) -> None:
    version = connection.info.server_version // 10_000
    if version < OLDEST_SERVER:
        raise DatabaseUnavailable(
            f"The database is PostgreSQL {version}; Teten needs {OLDEST_SERVER} or newer."
        )


def _names(waiting: list[Step]) -> str:
    return ", ".join(step.name for step in waiting)


def _first_line(error: psycopg.Error) -> str:
    return str(error).partition("\n")[0]
