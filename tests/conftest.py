"""Servers, databases and imported data sets for the tests that need the real thing."""

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr
from itertools import count
from logging import WARNING
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import hypothesis
import psycopg
import pytest

from service import logging
from service.app import Teten, opened
from service.database import connected
from service.importing import reading
from service.importing.run import Import, Imported
from service.migrations import migrate
from service.postgres import embedded
from service.settings import Settings
from tests import remains
from tests.copies import folder_of_the_run, imported_or_copied

ROOT = Path(__file__).parents[1]
PILOT = ROOT / "pilot" / "as-it-was"
PRACTICE = ROOT / "pilot" / "new-practice"
SHARED = ROOT.parent / "shared"
numbers = count(1)
# How long a test takes says nothing of whether it holds.
hypothesis.settings.register_profile("untimed", deadline=None)
hypothesis.settings.load_profile("untimed")


@pytest.fixture(scope="session", autouse=True)
def quiet() -> None:
    """Thousands of log lines of commands that were done as they should be help nobody."""
    log_quietly()


def log_quietly() -> None:
    """On what stays open: a test's own standard error is closed when it ends."""
    with redirect_stderr(sys.__stderr__ or sys.stderr):
        logging.configure(WARNING)


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a PostgreSQL of the test run's own. It answers before a commit is on the disk: tests of
    what outlasts a crash have servers of their own."""
    with embedded(tmp_path_factory.mktemp("server")) as url:
        with psycopg.connect(url, autocommit=True) as connection:
            for setting in ("synchronous_commit", "full_page_writes"):
                connection.execute(f"ALTER SYSTEM SET {setting} = off")
            connection.execute("SELECT pg_reload_conf()")
        yield url


@pytest.fixture(scope="session")
def tables(server: str) -> Iterator[str]:
    """The name of a database with our tables and nothing in them, to be copied: making them takes longer."""
    with fresh_database(server) as url:
        with connected(url) as connection:
            migrate(connection)
        yield urlsplit(url).path.removeprefix("/")


@contextmanager
def fresh_database(server: str, of: str = "template1") -> Iterator[str]:
    name = f"test_{next(numbers)}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{of}"')
    yield urlunsplit(urlsplit(server)._replace(path=f"/{name}"))
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture
def settings(request: pytest.FixtureRequest, server: str, tmp_path: Path) -> Iterator[Settings]:
    """An empty database, or at most with tables when Teten runs on it anyway, and an empty home."""
    runs = "teten" in request.fixturenames
    with fresh_database(server, *([request.getfixturevalue("tables")] if runs else [])) as url:
        yield Settings(tmp_path, url, tmp_path / "master.key")


@pytest.fixture
def teten(settings: Settings) -> Iterator[Teten]:
    with opened(settings) as running:
        yield running


@pytest.fixture(scope="session")
def pilot(server: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Teten]:
    """The pilot, imported once for the whole run: look at it, don't add to it."""
    with imported(server, tmp_path_factory, PILOT) as running:
        yield running


@pytest.fixture(scope="session")
def practice(server: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Teten]:
    """The new practice, imported once for the whole run: look at it, don't add to it."""
    with imported(server, tmp_path_factory, PRACTICE) as running:
        yield running


@contextmanager
def imported(server: str, made: pytest.TempPathFactory, data: Path) -> Iterator[Teten]:
    home = made.mktemp(data.name)
    with fresh_database(server) as url:
        settings = Settings(home, url, home / "master.key")
        imported_or_copied(settings, data, folder_of_the_run(made))
        with opened(settings) as running:
            yield running


def import_into(teten: Teten, folder: Path) -> Imported:
    data = reading.read(folder)
    return Import(data, teten.log, teten.vault, teten.clerk).run()


def environment(settings: Settings) -> dict[str, str]:
    """What a command of its own process needs to use the same database and home."""
    ours = {"TETEN_HOME": str(settings.home), "TETEN_DATABASE_URL": settings.database_url or ""}
    return {**os.environ, **ours, "TETEN_MASTER_KEY_FILE": str(settings.master_key_file)}


def pytest_sessionstart() -> None:
    if "PYTEST_XDIST_WORKER" not in os.environ:
        remains.remove_those_of_the_dead()
        # Told to end, by `timeout` for one, the tests still stop their servers.
        signal.signal(signal.SIGTERM, signal.default_int_handler)


@pytest.hookimpl(wrapper=True, trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> Iterator[None]:
    """In CI a skipped test is a tool that is missing."""
    try:
        yield  # An interrupted run still needs its servers until here, and may fail to take them down.
    finally:
        made: pytest.TempPathFactory = session.config._tmp_path_factory  # type: ignore[attr-defined]
        remains.remove_those_of(made.getbasetemp())
    reporter: Any = session.config.pluginmanager.get_plugin("terminalreporter")
    if os.environ.get("CI") and reporter and reporter.stats.get("skipped"):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
        reporter.write_line("Skipped tests fail in CI.", red=True)
