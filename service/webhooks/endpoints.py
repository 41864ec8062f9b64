"""The webhooks that there are: who is told of what, how far, with which secrets, and who set it up."""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any, NamedTuple

import psycopg
from psycopg.rows import class_row
from psycopg_pool import ConnectionPool

from domain.programme import programmes
from domain.words import EVENTS
from service.people.vault import Vault
from service.webhooks import refusing
from service.webhooks.addresses import Network, destination, resolved
from service.webhooks.signing import Secrets

NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
HEAD = "SELECT coalesce(max(notification_id), 0) FROM log_events"
LISTED = """
SELECT name, url, types, programme, made_by, made_at, position, disabled, failing_since, tries,
  next_try_at, says, (SELECT count(*) FROM webhooks.secrets WHERE endpoint = name) AS secrets
FROM webhooks.endpoints WHERE name = coalesce(%s, name) ORDER BY name
"""
PASSED = """
UPDATE webhooks.endpoints SET position = %(to)s,
  failing_since = NULL, tries = 0, next_try_at = NULL, says = NULL
WHERE name = %(name)s AND position = %(position)s
"""
Connection = psycopg.Connection[Any]


class Endpoint(NamedTuple):
    """`types`: the events wanted; none: all. `position`: up to here everything was delivered or isn't
    wanted. `disabled`: by_hand, gone (it answered 410), failing (for days), restored (from a backup)."""

    name: str
    url: str
    types: list[str]
    programme: str | None
    made_by: str
    made_at: datetime
    position: int
    disabled: str | None
    failing_since: datetime | None
    tries: int
    next_try_at: datetime | None
    says: str | None
    secrets: int


class Delivery(NamedTuple):
    """What was tried of one message. `position`: null of a ping."""

    id: str
    position: int | None
    type: str
    tries: int
    first_tried_at: datetime
    tried_at: datetime
    delivered_at: datetime | None
    status: int | None
    says: str | None
    next_try_at: datetime | None


class Act(NamedTuple):
    at: datetime
    person: str
    act: str


class Endpoints:
    """Each change is written down with who made it. WebhookRefused, throughout."""

    def __init__(
        self,
        pool: ConnectionPool[psycopg.Connection[Any]],
        vault: Vault,
        allowed: Sequence[Network],
    ) -> None:
        self._pool, self._allowed = pool, allowed
        self.secrets = Secrets(vault)

    def all(self) -> list[Endpoint]:
        with self._pool.connection() as connection:
            curs = connection.cursor(row_factory=class_row(Endpoint))
            return curs.execute(LISTED, (None,)).fetchall()

    def get(self, name: str) -> Endpoint:
        with self._pool.connection() as connection:
            return found(connection, name)

    def acts(self, name: str) -> list[Act]:
        with self._pool.connection() as connection:
            curs = connection.cursor(row_factory=class_row(Act))
            return curs.execute(
                "SELECT at, person, act FROM webhooks.acts WHERE endpoint = %s ORDER BY at", (name,)
            ).fetchall()

    def deliveries(self, name: str, before: datetime | None, limit: int) -> list[Delivery]:
        """The latest first."""
        with self._pool.connection() as connection:
            found(connection, name)
            curs = connection.cursor(row_factory=class_row(Delivery))
            return curs.execute(
                "SELECT d.id, d.position, type, d.tries, first_tried_at, tried_at, delivered_at, status,"
                " d.says, CASE WHEN delivered_at IS NULL AND disabled IS NULL"
                " AND d.position > e.position THEN e.next_try_at END AS next_try_at"
                " FROM webhooks.deliveries d JOIN webhooks.endpoints e ON e.name = d.endpoint"
                " WHERE endpoint = %s AND (%s::timestamptz IS NULL OR tried_at < %s)"
                " ORDER BY tried_at DESC, d.id LIMIT %s",
                (name, before, before, limit),
            ).fetchall()

    # Change --------------------------------------------------------------------------------------

    def add(
        self,
        name: str,
        url: str,
        *,
        by: str,
        types: Sequence[str] = (),
        programme: str | None = None,
        after: int | None = None,
    ) -> str:
        """Its secret, which is told now and never again. `after`: begin after that position, 0 with the
        first event of all; else with what comes from now on."""
        if not NAME.fullmatch(name):
            raise refusing.bad_name()
        for each in types:
            if each not in EVENTS:
                raise refusing.unknown_type(each)
        resolved(destination(url), self._allowed)
        with self._pool.connection() as connection, connection.transaction():
            if programme and not _established(connection, programme):
                raise refusing.unknown_programme(programme)
            (head,) = connection.execute(HEAD).fetchone() or (0,)
            if after is not None and after > head:
                raise refusing.not_reached_yet(after, head)
            position = head if after is None else after
            made = connection.execute(
                "INSERT INTO webhooks.endpoints (name, url, types, programme, made_by, position)"
                " VALUES (%s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING",
                (name, url, sorted(set(types)), programme, by, position),
            )
            if not made.rowcount:
                raise refusing.already_there(name)
            write_down(connection, name, by, f"added, after position {position}")
            return self.secrets.add(connection, name, 1)

    def rotate(self, name: str, *, by: str) -> str:
        """A new secret, told now and never again. Both sign from now on."""
        with self._changing(name, by, "rotated") as (connection, endpoint):
            if endpoint.secrets > 1:
                raise refusing.rotation_unfinished(name)
            (number,) = connection.execute(
                "SELECT max(number) + 1 FROM webhooks.secrets WHERE endpoint = %s", (name,)
            ).fetchone() or (1,)
            return self.secrets.add(connection, name, number)

    def retire(self, name: str, *, by: str) -> None:
        """The older secret is destroyed, and signs nothing more."""
        with self._changing(name, by, "retired the old secret") as (connection, endpoint):
            if endpoint.secrets == 1:
                raise refusing.one_secret(name)
            connection.execute(
                "DELETE FROM webhooks.secrets WHERE endpoint = %s AND number <"
                " (SELECT max(number) FROM webhooks.secrets WHERE endpoint = %s)",
                (name, name),
            )

    def disable(self, name: str, *, by: str) -> None:
        with self._changing(name, by, "disabled") as (connection, _):
            connection.execute(
                "UPDATE webhooks.endpoints SET disabled = 'by_hand' WHERE name = %s", (name,)
            )

    def enable(self, name: str, *, by: str) -> None:
        """It goes on where it was."""
        with self._changing(name, by, "enabled") as (connection, endpoint):
            connection.execute(
                "UPDATE webhooks.endpoints SET disabled = NULL WHERE name = %s", (name,)
            )
            passed(connection, endpoint, endpoint.position)

    def rewind(self, name: str, position: int, *, by: str) -> None:
        """Send again, from that position on, all that is wanted."""
        with self._changing(name, by, f"replays from {position}") as (connection, endpoint):
            if position > endpoint.position:
                raise refusing.not_reached_yet(position, endpoint.position)
            passed(connection, endpoint, position - 1)

    @contextmanager
    def _changing(self, name: str, by: str, act: str) -> Iterator[tuple[Connection, Endpoint]]:
        with self._pool.connection() as connection, connection.transaction():
            connection.execute("SELECT FROM webhooks.endpoints WHERE name = %s FOR UPDATE", (name,))
            yield connection, found(connection, name)
            write_down(connection, name, by, act)


def found(connection: Connection, name: str) -> Endpoint:
    """WebhookRefused: there is none of that name."""
    if not NAME.fullmatch(name):
        raise refusing.unknown(name)
    curs = connection.cursor(row_factory=class_row(Endpoint))
    endpoint = curs.execute(LISTED, (name,)).fetchone()
    if not endpoint:
        raise refusing.unknown(name)
    return endpoint


def _established(connection: Connection, programme: str) -> bool:
    found = connection.execute(
        "SELECT 1 FROM log_events WHERE originator_id = %s LIMIT 1", (programmes.stream(programme),)
    )
    return found.fetchone() is not None


def passed(connection: Connection, endpoint: Endpoint, position: int) -> None:
    """It is there now, and nothing fails. Not if somebody moved it elsewhere meanwhile."""
    there = {"name": endpoint.name, "position": endpoint.position, "to": position}
    connection.execute(PASSED, there)


def write_down(connection: Connection, name: str, by: str, act: str) -> None:
    connection.execute("INSERT INTO webhooks.acts VALUES (%s, now(), %s, %s)", (name, by, act))
