"""Sign-ins that were begun at a provider and have not come back: each by one browser, and good for one."""

import secrets
from collections.abc import Callable
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, NamedTuple

import psycopg
from psycopg_pool import ConnectionPool

from service.access.sessions import now

GOOD_FOR = timedelta(minutes=10)


class SignIn(NamedTuple):
    """What is to be known again when the browser comes back."""

    provider: str
    nonce: str
    verifier: str  # PKCE (RFC 7636): shown to the provider with the code, and to nobody before.
    next_path: str


class SignIns:
    def __init__(
        self,
        pool: "ConnectionPool[psycopg.Connection[Any]]",
        clock: Callable[[], datetime] = now,
    ) -> None:
        self._pool, self._clock = pool, clock

    def begin(self, provider: str, browser: str, next_path: str) -> tuple[str, SignIn]:
        """The state to send along, and what was begun. `browser`: the secret in its cookie."""
        state = secrets.token_urlsafe(32)
        begun = SignIn(provider, secrets.token_urlsafe(32), secrets.token_urlsafe(48), next_path)
        at = self._clock()
        with self._pool.connection() as connection, connection.transaction():
            connection.execute("DELETE FROM access.sign_ins WHERE until < %s", (at,))
            connection.execute(
                "INSERT INTO access.sign_ins (state_hash, browser_hash, provider, nonce, verifier,"
                " next_path, until) VALUES (%s, %s, %s, %s, %s, %s, %s)",
                (hashed(state), hashed(browser), *begun, at + GOOD_FOR),
            )
        return state, begun

    def finish(self, state: str, browser: str) -> SignIn | None:
        """What this browser began under that state; once."""
        with self._pool.connection() as connection:
            found = connection.execute(
                "DELETE FROM access.sign_ins"
                " WHERE state_hash = %s AND browser_hash = %s AND until > %s"
                " RETURNING provider, nonce, verifier, next_path",
                (hashed(state), hashed(browser), self._clock()),
            ).fetchone()
        return SignIn(*found) if found else None


def hashed(secret: str) -> bytes:
    """Of a secret that is random and long, so that nothing slower is needed. What is kept helps no thief."""
    return sha256(secret.encode()).digest()
