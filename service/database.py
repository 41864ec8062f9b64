"""Which PostgreSQL is used, and that its tables are there."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg_pool import ConnectionPool

from service.migrations import migrate
from service.postgres import DatabaseUnavailable, embedded
from service.settings import Settings


@contextmanager
def database(
    settings: Settings, *, leave_running: bool = False, owner: bool = False
) -> Iterator[str]:
    """The URL of a database with our tables in it, all of this version's."""
    if settings.unfinished_restore.exists():
        raise DatabaseUnavailable(
            f"A restore into {settings.home} was not finished. Run `teten restore` with the same "
            "file again; it goes on from where it was."
        )
    with server(settings, leave_running=leave_running, owner=owner) as url:
        with connected(url) as connection:
            migrate(connection)
        yield url


@contextmanager
def server(
    settings: Settings, *, leave_running: bool = False, owner: bool = False
) -> Iterator[str]:
    """The URL of the configured database, or of our own (see `embedded`), whatever is in it."""
    if settings.database_url:
        yield settings.database_url
        return
    with embedded(settings.home, leave_running=leave_running, owner=owner) as url:
        yield url


def pool(url: str) -> "ConnectionPool[psycopg.Connection[Any]]":
    return ConnectionPool(
        url,
        min_size=1,
        max_size=8,
        open=True,
        timeout=5,  # Seconds to wait for a connection before saying that the database is away.
        check=ConnectionPool.check_connection,  # One that the server dropped is nobody's trouble.
        kwargs={"autocommit": True},
    )


@contextmanager
def connected(url: str, setting: str = "TETEN_DATABASE_URL") -> Iterator[psycopg.Connection[Any]]:
    """A connection for work on the tables themselves, which says so when the database is away."""
    try:
        with psycopg.connect(url, connect_timeout=10, autocommit=True) as connection:
            yield connection
    except (psycopg.OperationalError, psycopg.ProgrammingError) as error:
        raise DatabaseUnavailable(
            f"The database can't be used: {str(error).strip()}\n"
            f"Check {setting} and that the server runs; unset it to use the embedded server."
        ) from error
