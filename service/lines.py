"""Connections of the log's own: each says how long it waits, and none waits for a server that is dead."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Event, RLock, Thread
from time import monotonic
from typing import Any

import psycopg

LOCK_PATIENCE = 5  # Seconds that others may hold the log, before who waits is told that it is busy.
STATEMENT_PATIENCE = 20
PATIENCE = 30  # Seconds that a command waits for a database that went away.
SESSION = {
    "lock_timeout": f"{LOCK_PATIENCE}s",
    "statement_timeout": f"{STATEMENT_PATIENCE}s",
    # The few statements here go by the primary keys, however small the planner takes a growing log to be;
    # and to plan them anew each time would cost more than they do.
    "plan_cache_mode": "force_generic_plan",
    "enable_seqscan": "off",
    "enable_hashjoin": "off",
    "enable_mergejoin": "off",
}


class Lines:
    """Opens them, and hangs up on a server that neither answers nor closes."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._busy_since: dict[psycopg.Connection[Any], float] = {}
        self._closed = Event()
        self._watch = Thread(target=self._hang_up_on_the_dead, name="lines-watch", daemon=True)
        self._watch.start()

    def open(self) -> psycopg.Connection[Any]:
        connection = psycopg.connect(self._url, autocommit=True, connect_timeout=5)
        with self.working(connection):
            for setting, value in SESSION.items():
                connection.execute("SELECT set_config(%s, %s, false)", (setting, value))
        return connection

    @contextmanager
    def working(self, connection: psycopg.Connection[Any]) -> Iterator[None]:
        before = self._busy_since.get(connection)
        self._busy_since[connection] = monotonic()
        try:
            yield
        finally:
            if before is None:
                del self._busy_since[connection]
            else:
                self._busy_since[connection] = before

    def close(self) -> None:
        self._closed.set()
        self._watch.join()

    def _hang_up_on_the_dead(self) -> None:
        while not self._closed.wait(1):
            for connection, since in list(self._busy_since.items()):
                if monotonic() - since > PATIENCE:
                    with (
                        suppress(OSError, psycopg.Error),
                        socket.fromfd(
                            connection.fileno(), socket.AF_UNIX, socket.SOCK_STREAM
                        ) as line,
                    ):
                        line.shutdown(socket.SHUT_RDWR)


class Line:
    """One of them, opened when it is needed."""

    def __init__(self, lines: Lines) -> None:
        self._lines, self._lock = lines, RLock()
        self._connection: psycopg.Connection[Any] | None = None

    @property
    def up(self) -> bool:
        return self._connection is not None and not self._connection.closed

    @contextmanager
    def working(self) -> Iterator[psycopg.Connection[Any]]:
        """The connection; whoever takes too long there is cut off."""
        with self._lock:
            connection = self.opened()
            with self._lines.working(connection):
                yield connection

    def opened(self) -> psycopg.Connection[Any]:
        with self._lock:
            if self._connection is None or self._connection.closed:
                self._connection = self._lines.open()
            return self._connection

    def hang_up(self) -> None:
        """Where another thread is at work, it only is forgotten: what libpq works on must not be freed."""
        connection, self._connection = self._connection, None
        if connection and self._lock.acquire(blocking=False):
            try:
                with suppress(psycopg.Error):
                    connection.close()
            finally:
                self._lock.release()
