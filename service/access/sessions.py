"""Sessions, kept on the server: a browser's or a client's token is a random number, and says nothing."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

import psycopg
from psycopg_pool import ConnectionPool

from service.access.principal import Means, Principal

TOKEN_BYTES = 32
IDLE = timedelta(minutes=30)
ABSOLUTE = timedelta(hours=10)
# A row isn't written at every request.
SEEN_EVERY = timedelta(minutes=1)


def now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True)
class Session:
    principal: Principal
    csrf: str
    began: datetime


class Sessions:
    def __init__(
        self,
        pool: "ConnectionPool[psycopg.Connection[Any]]",
        clock: Callable[[], datetime] = now,
    ) -> None:
        self._pool, self._clock = pool, clock

    def begin(
        self, principal: Principal, *, idle: timedelta = IDLE, absolute: timedelta = ABSOLUTE
    ) -> str:
        """A new session's token. Those that ended are cleared away."""
        token, at = secrets.token_urlsafe(TOKEN_BYTES), self._clock()
        with self._pool.connection() as connection:
            connection.execute(
                "DELETE FROM access.sessions WHERE ends <= %s OR seen + idle <= %s", (at, at)
            )
            connection.execute(
                "INSERT INTO access.sessions VALUES (%s, %s, %s, %s, %s, %s, %s)",
                (
                    _hash(token),
                    principal.person,
                    principal.model_dump_json(),
                    at,
                    at,
                    idle,
                    at + absolute,
                ),
            )
        return token

    def find(self, token: str) -> Session | None:
        """Whose it is. `None`: nobody's, or ended, by itself or by somebody."""
        at = self._clock()
        with self._pool.connection() as connection:
            found = connection.execute(
                "SELECT principal, began, seen FROM access.sessions"
                " WHERE token_hash = %s AND ends > %s AND seen + idle > %s",
                (_hash(token), at, at),
            ).fetchone()
            if not found:
                return None
            principal, began, seen = found
            if at - seen >= SEEN_EVERY:
                connection.execute(
                    "UPDATE access.sessions SET seen = %s WHERE token_hash = %s AND seen < %s",
                    (at, _hash(token), at),
                )
        return Session(Principal.model_validate(principal), csrf_of(token), began)

    def end(self, token: str) -> None:
        with self._pool.connection() as connection:
            connection.execute("DELETE FROM access.sessions WHERE token_hash = %s", (_hash(token),))

    def end_of(self, person: str, means: Means | None = None) -> int:
        """End every session of a person, or those that began by one means. How many there were."""
        with self._pool.connection() as connection:
            return connection.execute(
                "DELETE FROM access.sessions WHERE person = %s"
                " AND coalesce(principal ->> 'means' = %s, true)",
                (person, means),
            ).rowcount


def csrf_of(token: str) -> str:
    """What a form of the session carries: only who was shown the page knows it."""
    return sha256(f"csrf {token}".encode()).hexdigest()


def _hash(token: str) -> bytes:
    return sha256(token.encode()).digest()
