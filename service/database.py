"""Which PostgreSQL is used, and that its tables are there."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from service.postgres import DatabaseUnavailable, embedded
from service.settings import Settings

OLDEST_SERVER = 15
SCHEMA = Path(__file__).with_name("schema")
SCHEMA_LOCK = 0x7465_7465_6E  # "teten": one process at a time makes the tables.


@contextmanager
def database(
    settings: Settings, *, leave_running: bool = False, owner: bool = False
) -> Iterator[str]:
    """The URL of a database with our tables in it: the configured one, or our own (see `embedded`)."""
    if settings.database_url:
        prepare(settings.database_url)
        yield settings.database_url
        return
    with embedded(settings.home, leave_running=leave_running, owner=owner) as url:
        prepare(url)
        yield url


def prepare(url: str) -> None:
    """Bring the tables to the newest version. Several processes may ask at once."""
    try:
        with psycopg.connect(url, connect_timeout=10) as connection:
            _check_version(connection)
            connection.execute("SELECT pg_advisory_xact_lock(%s)", (SCHEMA_LOCK,))
            for version, file in sorted(_versions().items()):
                if version > _version(connection):
                    connection.execute(file.read_bytes())
                    connection.execute(
                        "INSERT INTO schema_versions VALUES (%s, %s, now())", (version, file.stem)
                    )
    except (psycopg.OperationalError, psycopg.ProgrammingError) as error:
        raise DatabaseUnavailable(
            f"The database can't be used: {str(error).strip()}\n"
            "Check TETEN_DATABASE_URL and that the server runs; unset it to use the embedded server."
        ) from error


def _versions() -> dict[int, Path]:
    return {int(file.stem.partition("-")[0]): file for file in SCHEMA.glob("*.sql")}


def _version(connection: psycopg.Connection) -> int:
    """How far the tables have come. Those of the first release don't say it."""
    connection.execute(
        "CREATE TABLE IF NOT EXISTS schema_versions"
        " (version int PRIMARY KEY, name text NOT NULL, applied_at timestamptz NOT NULL)"
    )
    found = connection.execute(
        "SELECT greatest(max(version), (to_regclass('log_events') IS NOT NULL)::int)"
        " FROM schema_versions"
    ).fetchone()
    assert found
    return int(found[0] or 0)


def _check_version(connection: psycopg.Connection) -> None:
    version = connection.info.server_version // 10_000
    if version < OLDEST_SERVER:
        raise DatabaseUnavailable(
            f"The database is PostgreSQL {version}; Teten needs {OLDEST_SERVER} or newer."
        )
