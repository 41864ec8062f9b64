"""A key for each person, wrapped, and by which keyed hash a CPR number finds its pseudonym.

They may live in a database of their own (`TETEN_VAULT_URL`), and in no case in the backup of the log:
whoever is forgotten here is forgotten in every copy of the log that there is.
"""

import hmac
import secrets
from typing import Any, LiteralString, NamedTuple

import psycopg
from psycopg.sql import SQL, Identifier
from psycopg_pool import ConnectionPool

from service.people.masters import Master
from service.people.sealing import KEY_BYTES, VaultClosed

Pool = ConnectionPool[psycopg.Connection[Any]]
LOOK_UP = "look-up"  # The subject of the key of the hashes.
TABLES = tuple(Identifier("people", name) for name in ("keys", "citizens", "destroyed"))
# In the log's own database, the numbered steps of service/schema/ make them.
MAKE_TABLES = """
CREATE SCHEMA IF NOT EXISTS people;
CREATE TABLE IF NOT EXISTS people.keys (subject text PRIMARY KEY, wrapped bytea NOT NULL);
CREATE TABLE IF NOT EXISTS people.citizens (
    cpr_hash bytea PRIMARY KEY,
    pseudonym text NOT NULL UNIQUE REFERENCES people.keys (subject)
);
CREATE TABLE IF NOT EXISTS people.destroyed (
    subject text PRIMARY KEY,
    destroyed_at timestamptz NOT NULL DEFAULT now()
);
"""
WRAPPED = "SELECT wrapped FROM people.keys WHERE subject = %s"
MAKING = 0x7465_7465_6F  # Of several who make the tables at once, one does.


class Forgotten(Exception):
    """The subject's key was destroyed: there is nothing to read any more, and nothing can be added."""


class Rows(NamedTuple):
    """All that is kept of keys: wrapped, by subject; pseudonyms, by hash; and whose were destroyed."""

    keys: dict[str, bytes]
    citizens: dict[bytes, str]
    destroyed: set[str] | frozenset[str]


class Keys:
    def __init__(self, pool: Pool, master: Master) -> None:
        self.pool, self.master = pool, master
        self._known: dict[str, bytes] = {}
        self._hashing: bytes | None = None

    # Keys ----------------------------------------------------------------------------------------

    def of(self, subject: str) -> bytes:
        """The subject's key, to seal with; made at first sight, before anything that is sealed with it is
        stored. Forgotten."""
        if subject not in self._known:
            with self.pool.connection() as connection:
                self._known[subject] = self._made(connection, subject)
        return self._known[subject]

    def find(self, subject: str) -> bytes | None:
        """The subject's key, to read with. `None`: there is none any more, whoever may remember it."""
        with self.pool.connection() as connection:
            found = connection.execute(WRAPPED, (subject,)).fetchone()
        return self.master.unwrap(subject, found[0]) if found else None

    def destroy(self, subject: str) -> None:
        """For good: the key, and the way from the CPR number to the subject. It may be asked again."""
        self._known.pop(subject, None)
        with self.pool.connection() as connection, connection.transaction():
            connection.execute("LOCK TABLE people.keys IN EXCLUSIVE MODE")
            connection.execute(
                "INSERT INTO people.destroyed VALUES (%s) ON CONFLICT DO NOTHING", (subject,)
            )
            connection.execute("DELETE FROM people.citizens WHERE pseudonym = %s", (subject,))
            connection.execute(
                "DELETE FROM people.keys WHERE subject = %(subject)s"
                " OR starts_with(subject, 'account-') AND split_part(subject, '/', 2) = %(subject)s",
                {"subject": subject},
            )

    def destroyed(self) -> set[str]:
        """Whose keys were destroyed."""
        return self._subjects("SELECT subject FROM people.destroyed")

    def subjects(self) -> set[str]:
        """Whose keys are here."""
        return self._subjects("SELECT subject FROM people.keys")

    def _subjects(self, query: LiteralString) -> set[str]:
        with self.pool.connection() as connection:
            return {subject for (subject,) in connection.execute(query)}

    def check(self) -> bool:
        """Whether there is a key at all. VaultClosed: it was wrapped by another master."""
        with self.pool.connection() as connection:
            return self._check(connection)

    def rewrap(self, new: Master) -> int:
        """Wrap every key with another master, all of them or none; how many there are. Who still runs with
        the old one can read nothing, and add nothing."""
        with self.pool.connection() as connection:
            self._hashing_key(connection)  # It is kept before its master goes.
            with connection.transaction():
                connection.execute("LOCK TABLE people.keys IN EXCLUSIVE MODE")
                found = connection.execute("SELECT subject, wrapped FROM people.keys").fetchall()
                again = [
                    (new.wrap(subject, self.master.unwrap(subject, wrapped)), subject)
                    for subject, wrapped in found
                ]
                connection.cursor().executemany(
                    "UPDATE people.keys SET wrapped = %s WHERE subject = %s", again
                )
        self.master = new
        return len(again)

    def rows(self) -> Rows:
        """As of one moment."""
        with self.pool.connection() as connection, connection.transaction():
            connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            keys, citizens, destroyed = (
                connection.execute(query).fetchall()
                for query in (
                    "SELECT subject, wrapped FROM people.keys",
                    "SELECT cpr_hash, pseudonym FROM people.citizens",
                    "SELECT subject FROM people.destroyed",
                )
            )
        return Rows(dict(keys), dict(citizens), {subject for (subject,) in destroyed})

    def add(self, rows: Rows) -> int:
        """All of it or nothing; how many keys there weren't before. VaultClosed: somebody has another key
        here, with which something may be sealed by now."""
        with self.pool.connection() as connection, connection.transaction():
            connection.execute("LOCK TABLE people.keys IN EXCLUSIVE MODE")
            here = dict(connection.execute("SELECT subject, wrapped FROM people.keys").fetchall())
            for subject in here.keys() & rows.keys.keys():
                unwrapped = (
                    self.master.unwrap(subject, each[subject]) for each in (here, rows.keys)
                )
                if len(set(unwrapped)) > 1:
                    raise VaultClosed(
                        f"There are keys here already, and that of {subject} is another one than in the "
                        "backup. Nothing was written: take the backup that belongs to this vault."
                    )
            new = [each for each in rows.keys.items() if each[0] not in here]
            for query, values in (
                ("INSERT INTO people.keys VALUES (%s, %s)", new),
                (
                    "INSERT INTO people.citizens VALUES (%s, %s) ON CONFLICT DO NOTHING",
                    list(rows.citizens.items()),
                ),
                (
                    "INSERT INTO people.destroyed VALUES (%s) ON CONFLICT DO NOTHING",
                    [(subject,) for subject in rows.destroyed],
                ),
            ):
                connection.cursor().executemany(query.encode(), values)
        self._hashing = None
        return len(new)

    def _made(
        self, connection: psycopg.Connection[Any], subject: str, key: bytes | None = None
    ) -> bytes:
        """Nothing is added while keys are wrapped anew or destroyed, nor by who has another master."""
        with connection.transaction():
            connection.execute("LOCK TABLE people.keys IN ROW EXCLUSIVE MODE")
            self._check(connection)
            if found := connection.execute(WRAPPED, (subject,)).fetchone():
                return self.master.unwrap(subject, found[0])
            made = key or secrets.token_bytes(KEY_BYTES)
            found = connection.execute(
                "INSERT INTO people.keys SELECT %(subject)s, %(wrapped)s WHERE NOT EXISTS"
                " (SELECT FROM people.destroyed WHERE subject = %(subject)s)"
                " ON CONFLICT (subject) DO NOTHING RETURNING wrapped",
                {"subject": subject, "wrapped": self.master.wrap(subject, made)},
            ).fetchone()
            # Somebody else may have made it at the same time.
            found = found or connection.execute(WRAPPED, (subject,)).fetchone()
        if not found:
            raise Forgotten(f"{subject} was forgotten: nothing can be kept of them any more.")
        return self.master.unwrap(subject, found[0])

    def _check(self, connection: psycopg.Connection[Any]) -> bool:
        found = connection.execute("SELECT subject, wrapped FROM people.keys LIMIT 1").fetchone()
        if found:
            self.master.unwrap(*found)
        return bool(found)

    # Citizens ------------------------------------------------------------------------------------

    def citizen(self, cpr: str) -> str:
        """The pseudonym of the person with this CPR number, given one at first sight."""
        with self.pool.connection() as connection, connection.transaction():
            connection.execute("SELECT pg_advisory_xact_lock(hashtext('people.citizens'))")
            if found := self._pseudonym(connection, cpr):
                return found
            pseudonym = f"citizen-{secrets.token_hex(8)}"
            self._made(connection, pseudonym)
            connection.execute(
                "INSERT INTO people.citizens VALUES (%s, %s)",
                (self._hash(connection, cpr), pseudonym),
            )
        return pseudonym

    def pseudonym(self, cpr: str) -> str | None:
        """The pseudonym of the person with this CPR number, if there is one yet."""
        with self.pool.connection() as connection:
            return self._pseudonym(connection, cpr)

    def _pseudonym(self, connection: psycopg.Connection[Any], cpr: str) -> str | None:
        found = connection.execute(
            "SELECT pseudonym FROM people.citizens WHERE cpr_hash = %s",
            (self._hash(connection, cpr),),
        ).fetchone()
        return str(found[0]) if found else None

    def account(self, citizen: str, account: str) -> str:
        """The mark of an account that the citizen is paid to: given at first sight, and the same for whoever
        is paid to it. It is made of dice, kept once for each of them, and goes with their own key: once
        all of them are forgotten, nothing leads from the account to its mark any more. Forgotten."""
        with self.pool.connection() as connection, connection.transaction():
            connection.execute("SELECT pg_advisory_xact_lock(hashtext('people.accounts'))")
            self._made(connection, citizen)
            of_account = f"account-{self._hash(connection, f'account {account}').hex()}/"
            found = connection.execute(
                "SELECT subject, wrapped FROM people.keys WHERE starts_with(subject, %s) LIMIT 1",
                (of_account,),
            ).fetchone()
            known = self.master.unwrap(*found) if found else None
            dice = self._made(connection, of_account + citizen, known)
        return f"account-{dice.hex()[:32]}"

    def _hash(self, connection: psycopg.Connection[Any], number: str) -> bytes:
        return hmac.digest(self._hashing_key(connection), number.encode(), "sha256")

    def _hashing_key(self, connection: psycopg.Connection[Any]) -> bytes:
        if self._hashing is None:
            self._hashing = self._made(connection, LOOK_UP, self.master.look_up_key())
        return self._hashing


def make_tables(connection: psycopg.Connection[Any]) -> None:
    """In a database of the keys' own."""
    with connection.transaction():
        connection.execute("SELECT pg_advisory_xact_lock(%s)", (MAKING,))
        connection.execute(MAKE_TABLES)


def left_behind(log: psycopg.Connection[Any]) -> bool:
    """Whether keys are in the log's own database."""
    return log.execute("SELECT FROM people.keys LIMIT 1").fetchone() is not None


def move(log: psycopg.Connection[Any], vault: psycopg.Connection[Any]) -> int:
    """Everything of the keys from the log's own database to theirs; how many keys. They are deleted where
    they were when they are there: a run that is killed between is run again. VaultClosed: others are
    there already."""
    with log.transaction():
        log.execute("LOCK TABLE people.keys IN EXCLUSIVE MODE")
        with vault.transaction():
            counts = [_copy(table, log, vault) for table in TABLES]
        for table in reversed(TABLES):
            log.execute(SQL("DELETE FROM {}").format(table))
    return counts[0]


def _copy(table: Identifier, log: psycopg.Connection[Any], vault: psycopg.Connection[Any]) -> int:
    rows = log.execute(SQL("SELECT * FROM {}").format(table)).fetchall()
    there = vault.execute(SQL("SELECT * FROM {}").format(table)).fetchall()
    if not set(there) <= set(rows):
        raise VaultClosed("The vault's database holds other keys: it is another vault's.")
    vault.cursor().executemany(
        SQL("INSERT INTO {} VALUES (%s, %s) ON CONFLICT DO NOTHING").format(table), rows
    )
    return len(rows)
