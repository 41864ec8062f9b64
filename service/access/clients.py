"""Clients of the API: other systems, each acting as one person of the programme (RFC 6749, 4.4)."""

import secrets
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import psycopg
from psycopg_pool import ConnectionPool

from domain.programme import Role
from service.access.principal import Kind, Means, Principal
from service.access.sessions import now
from service.access.sign_ins import hashed

STAFF = (Role.CASEWORKER, Role.CONTROLLER, Role.AUDITOR, Role.ADMINISTRATOR, Role.SYSTEM)


class UnknownClient(Exception):
    """There is no such client, or it was revoked."""

    def __init__(self, client: str) -> None:
        super().__init__(
            f"There is no client {client}, or it was revoked: see `teten clients list`."
        )


class Client(NamedTuple):
    id: str
    name: str
    person: str
    roles: tuple[str, ...]
    made_at: datetime
    revoked_at: datetime | None


class Clients:
    def __init__(
        self,
        pool: "ConnectionPool[psycopg.Connection[Any]]",
        clock: Callable[[], datetime] = now,
    ) -> None:
        self._pool, self._clock = pool, clock

    def add(self, name: str, person: str, roles: Iterable[Role]) -> tuple[str, str]:
        """The client's id and its secret, which nobody is told again."""
        client, at = f"client-{secrets.token_hex(8)}", self._clock()
        with self._pool.connection() as connection, connection.transaction():
            connection.execute(
                "INSERT INTO access.clients (id, name, person, roles, made_at)"
                " VALUES (%s, %s, %s, %s, %s)",
                (client, name, person, sorted(role.value for role in set(roles)), at),
            )
            return client, _new_secret(connection, client, at)

    def rotate(self, client: str, overlap: timedelta) -> str:
        """A new secret. Those before it are good for the overlap, or for less if they were before.
        UnknownClient."""
        at = self._clock()
        with self._pool.connection() as connection, connection.transaction():
            known = connection.execute(
                "SELECT id FROM access.clients WHERE id = %s AND revoked_at IS NULL FOR UPDATE",
                (client,),
            ).fetchone()
            if not known:
                raise UnknownClient(client)
            connection.execute(
                "UPDATE access.client_secrets SET until = least(until, %s) WHERE client = %s",
                (at + overlap, client),
            )
            return _new_secret(connection, client, at)

    def revoke(self, client: str) -> str:
        """From now on it gets no tokens. Whose it was: the sessions that it has are still to be ended.
        UnknownClient."""
        with self._pool.connection() as connection:
            found = connection.execute(
                "UPDATE access.clients SET revoked_at = %s WHERE id = %s AND revoked_at IS NULL"
                " RETURNING person",
                (self._clock(), client),
            ).fetchone()
        if not found:
            raise UnknownClient(client)
        return str(found[0])

    def all(self) -> list[Client]:
        with self._pool.connection() as connection:
            found = connection.execute(
                "SELECT id, name, person, roles, made_at, revoked_at FROM access.clients"
                " ORDER BY made_at, id"
            ).fetchall()
        return [Client(*row)._replace(roles=tuple(row[3])) for row in found]

    def principal(self, client: str, secret: str) -> Principal | None:
        """Whom the client acts as, if the secret is one of its own that is still good."""
        with self._pool.connection() as connection:
            found = connection.execute(
                "SELECT person, roles, array_agg(secret_hash) FROM access.clients"
                " JOIN access.client_secrets ON client = id"
                " WHERE id = %s AND revoked_at IS NULL AND (until IS NULL OR until > %s)"
                " GROUP BY id",
                (client, self._clock()),
            ).fetchone()
        if not found or hashed(secret) not in found[2]:
            return None
        return Principal(
            kind=Kind.CLIENT,
            means=Means.CLIENT,
            person=found[0],
            roles=frozenset(Role(role) for role in found[1]),
        )


def _new_secret(connection: psycopg.Connection[Any], client: str, at: datetime) -> str:
    secret = secrets.token_urlsafe(32)
    connection.execute(
        "INSERT INTO access.client_secrets (client, secret_hash, made_at) VALUES (%s, %s, %s)",
        (client, hashed(secret), at),
    )
    return secret
