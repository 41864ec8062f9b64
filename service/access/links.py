"""A citizen's own link to the case: a secret address, and the birth date as the second factor."""

import secrets
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

import psycopg
from psycopg_pool import ConnectionPool

from domain.identity import born
from domain.programme import Role
from service.access.principal import Kind, Means, Principal
from service.access.sessions import now
from service.access.sign_ins import hashed
from service.people.vault import Vault

GOOD_FOR = timedelta(days=30)
TRIES = 5  # Wrong dates, in the whole life of a link.


class Link(NamedTuple):
    """A link that was made. The secret itself is kept nowhere."""

    case_no: str
    made_by: str
    made_at: datetime
    until: datetime
    failures: int
    revoked_at: datetime | None

    def state(self, at: datetime) -> str:
        if self.revoked_at:
            return "revoked"
        if self.failures >= TRIES:
            return "locked"
        return "expired" if self.until <= at else "in_force"


class Links:
    def __init__(
        self,
        pool: "ConnectionPool[psycopg.Connection[Any]]",
        vault: Vault,
        clock: Callable[[], datetime] = now,
    ) -> None:
        self._pool, self._vault, self._clock = pool, vault, clock

    def make(self, case_no: str, citizen: str, made_by: str) -> str:
        """The secret of a new link, in place of the one before. `citizen`: a pseudonym."""
        token, at = secrets.token_urlsafe(32), self._clock()
        with self._pool.connection() as connection, connection.transaction():
            connection.execute("SELECT pg_advisory_xact_lock(hashtext('access.links'))")
            _revoke(connection, case_no, at)
            connection.execute(
                "INSERT INTO access.links (token_hash, case_no, citizen, made_by, made_at, until)"
                " VALUES (%s, %s, %s, %s, %s, %s)",
                (hashed(token), case_no, citizen, made_by, at, at + GOOD_FOR),
            )
        return token

    def revoke(self, case_no: str) -> bool:
        """False: there was none."""
        with self._pool.connection() as connection:
            return _revoke(connection, case_no, self._clock())

    def of(self, case_no: str) -> list[Link]:
        """All that were ever made for the case, in order."""
        with self._pool.connection() as connection:
            found = connection.execute(
                "SELECT case_no, made_by, made_at, until, failures, revoked_at FROM access.links"
                " WHERE case_no = %s ORDER BY made_at",
                (case_no,),
            ).fetchall()
        return [Link(*row) for row in found]

    def opens(self, token: str) -> bool:
        """Whether it is worth asking for the birth date."""
        with self._pool.connection() as connection:
            found = connection.execute(
                "SELECT FROM access.links WHERE token_hash = %s AND revoked_at IS NULL"
                " AND until > %s AND failures < %s",
                (hashed(token), self._clock(), TRIES),
            ).fetchone()
        return found is not None

    def principal(self, token: str, birth_date: date) -> Principal | None:
        """Whose link it is, if the date is right. A try is counted before it is looked at, so that many
        at once are no more than many in turn."""
        with self._pool.connection() as connection:
            found = connection.execute(
                "UPDATE access.links SET failures = failures + 1 WHERE token_hash = %s"
                " AND revoked_at IS NULL AND until > %s AND failures < %s"
                " RETURNING case_no, citizen",
                (hashed(token), self._clock(), TRIES),
            ).fetchone()
            if not found:
                return None
            case_no, citizen = found
            cpr = self._vault.record(citizen).get("cpr")
            if not cpr or born(cpr) != birth_date:
                return None
            connection.execute(
                "UPDATE access.links SET failures = failures - 1 WHERE token_hash = %s",
                (hashed(token),),
            )
        return Principal(
            kind=Kind.CITIZEN,
            means=Means.LINK,
            person=citizen,
            roles=frozenset({Role.CITIZEN}),
            case_no=case_no,
        )


def _revoke(connection: psycopg.Connection[Any], case_no: str, at: datetime) -> bool:
    done = connection.execute(
        "UPDATE access.links SET revoked_at = %s WHERE case_no = %s AND revoked_at IS NULL",
        (at, case_no),
    )
    return done.rowcount > 0
