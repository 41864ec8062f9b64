"""A PostgreSQL of its own and processes of the service on it, any of which may be killed at any moment."""

import os
import shutil
import signal
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from itertools import count
from multiprocessing import get_context
from multiprocessing.process import BaseProcess
from pathlib import Path
from random import Random
from time import monotonic, sleep
from typing import Any
from urllib.parse import parse_qs, urlsplit, urlunsplit

import psycopg

from service.postgres import embedded, running
from service.settings import Settings

PATIENCE = 60.0  # Seconds, for whatever is waited for.
# A process starts as the copy of one that has imported everything, and not anew.
PROCESSES = get_context("forkserver")
PROCESSES.set_forkserver_preload(["tests.crashes.load", "tests.crashes.witness"])


def wait_until(holds: Callable[[], bool]) -> None:
    deadline = monotonic() + PATIENCE
    while not holds():
        assert monotonic() < deadline, "waited in vain"
        sleep(0.005)


class Machine:
    def __init__(self, home: Path) -> None:
        self.home = home
        self._numbers = count(1)
        self._stay = ExitStack()
        self.url = self._stay.enter_context(embedded(home))

    # The server ----------------------------------------------------------------------------------

    def database(self) -> Settings:
        """An empty one, and a home for the service's files."""
        name = f"crash_{next(self._numbers)}"
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{name}"')
        home = self.home / name
        home.mkdir(exist_ok=True)
        url = urlunsplit(urlsplit(self.url)._replace(path=f"/{name}"))
        return Settings(home, url, home / "master.key")

    def server_processes(self) -> list[int]:
        """All of PostgreSQL's work in the data's folder."""
        data, found = str((self.home / "postgres" / "data").resolve()), []
        for entry in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):  # Gone meanwhile, somebody else's, or a zombie.
                if str((entry / "cwd").readlink()) == data:
                    found.append(int(entry.name))
        return found

    def kill_server(self) -> None:
        """All of it at once, as when the power goes."""
        while running(self.home):
            for process in self.server_processes():
                with suppress(ProcessLookupError):
                    os.kill(process, signal.SIGKILL)

    def kill_a_backend(self, settings: Settings, dice: Random) -> None:
        """One of those that serve the database's clients: PostgreSQL then starts all of them anew."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            found = connection.execute(
                "SELECT pid FROM pg_stat_activity"
                " WHERE datname = %s AND pid <> pg_backend_pid() AND backend_type = 'client backend'",
                (urlsplit(settings.database_url or "").path.removeprefix("/"),),
            ).fetchall()
        if found:
            with suppress(ProcessLookupError):
                os.kill(dice.choice(found)[0], signal.SIGKILL)

    def revive(self) -> None:
        """Bring the server up, or wait until it has recovered."""
        before, self._stay = self._stay, ExitStack()
        self._stay.enter_context(embedded(self.home))
        before.close()

    def close(self) -> None:
        self._stay.close()


@contextmanager
def machine() -> Iterator[Machine]:
    """Its folder is open to all: as root, the server's account has to pass through."""
    with tempfile.TemporaryDirectory(prefix="teten-crash-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)
        made = Machine(Path(folder))
        try:
            yield made
        finally:
            made.kill_server()  # Nobody needs its data any more.
            made.close()
            shutil.rmtree(parse_qs(urlsplit(made.url).query)["host"][0], ignore_errors=True)


# Processes of the service ------------------------------------------------------------------------


@contextmanager
def process(run: Callable[[Any], None], of: Any) -> Iterator[BaseProcess]:
    """Killed at the end, if it still runs."""
    started = PROCESSES.Process(target=run, args=(of,), daemon=True)
    started.start()
    try:
        yield started
    finally:
        started.kill()
        started.join()


def ends(started: BaseProcess) -> int | None:
    """Told to stop: its exit code."""
    started.terminate()
    started.join(PATIENCE)
    return started.exitcode
