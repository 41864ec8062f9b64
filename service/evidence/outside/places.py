"""The places, and which checkpoints each of them is to get."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Protocol

import psycopg

from service.evidence.checkpoints import Made, alone
from service.evidence.outside.folder import Folder
from service.evidence.outside.mail import Mail
from service.evidence.outside.posting import Refused
from service.evidence.outside.stamps import Authority
from service.evidence.outside.witnesses import Witness

Connection = psycopg.Connection[Any]

LATEST = "SELECT size, note, made_at FROM evidence.checkpoints ORDER BY size DESC LIMIT 1"
OWED = """
SELECT size, note, made_at FROM evidence.checkpoints AS checkpoint
WHERE NOT EXISTS (SELECT FROM evidence.deliveries WHERE place = %s AND size = checkpoint.size)
ORDER BY size
"""
FIRST_OF_THE_DAY = """
SELECT size, note, made_at FROM evidence.checkpoints
WHERE (made_at AT TIME ZONE 'Europe/Copenhagen')::date
    = (SELECT max((made_at AT TIME ZONE 'Europe/Copenhagen')::date) FROM evidence.checkpoints)
ORDER BY size LIMIT 1
"""


class Place(Protocol):
    """Where checkpoints are sent."""

    @property
    def name(self) -> str: ...

    def owed(self, connection: Connection) -> list[Made]:
        """What it has still to get, the oldest first."""

    def take(self, connection: Connection, made: Made) -> None:
        """Send it, and keep what comes back. OSError; Refused."""


def _keep_signature(connection: Connection, folder: Folder, made: Made, line: str) -> None:
    """Below the checkpoint: in the database, and then in the folder, together with what it lacks of those
    before, since a former run may have been killed in between."""
    with alone(connection):
        connection.execute(
            "INSERT INTO evidence.cosignatures VALUES (%s, %s) ON CONFLICT DO NOTHING",
            (made.size, line),
        )
        kept = connection.execute(
            "SELECT line FROM evidence.cosignatures WHERE size = %s ORDER BY line", (made.size,)
        )
        folder.sign(made, [each for (each,) in kept])


def _latest(connection: Connection, place: str) -> list[Made]:
    """The latest checkpoint, if the place lacks it: it speaks for those before it."""
    found = connection.execute(LATEST).fetchone()
    return [Made(*found)] if found and _delivered(connection, place) < found[0] else []


def _delivered(connection: Connection, place: str) -> int:
    """The size of the latest checkpoint that the place has."""
    found = connection.execute(
        "SELECT coalesce(max(size), 0) FROM evidence.deliveries WHERE place = %s", (place,)
    ).fetchone()
    return int(found[0]) if found else 0


@dataclass(frozen=True)
class InFolder:
    """Each checkpoint has its file."""

    folder: Folder
    name: str = "folder"

    def owed(self, connection: Connection) -> list[Made]:
        return [Made(*row) for row in connection.execute(OWED, (self.name,))]

    def take(self, connection: Connection, made: Made) -> None:
        with alone(connection):
            self.folder.keep(made)


@dataclass(frozen=True)
class ByMail:
    """To one recipient, so that one who is refused is told, and tried again, without the others."""

    mail: Mail
    every: timedelta
    name: str

    def owed(self, connection: Connection) -> list[Made]:
        waits = connection.execute(
            "SELECT max(delivered_at) > now() - %s FROM evidence.deliveries WHERE place = %s",
            (self.every, self.name),
        ).fetchone()
        return [] if waits and waits[0] else _latest(connection, self.name)

    def take(self, connection: Connection, made: Made) -> None:
        del connection
        self.mail.send(made)


@dataclass(frozen=True)
class Witnessed:
    witness: Witness
    folder: Folder

    @property
    def name(self) -> str:
        return self.witness.name

    def owed(self, connection: Connection) -> list[Made]:
        return _latest(connection, self.name)

    def take(self, connection: Connection, made: Made) -> None:
        line = self.witness.cosignature(made, _delivered(connection, self.name))
        _keep_signature(connection, self.folder, made, line)


@dataclass(frozen=True)
class Stamped:
    """The first checkpoint of each day."""

    authority: Authority
    folder: Folder

    @property
    def name(self) -> str:
        return self.authority.name

    def owed(self, connection: Connection) -> list[Made]:
        found = connection.execute(FIRST_OF_THE_DAY).fetchone()
        return [Made(*found)] if found and _delivered(connection, self.name) < found[0] else []

    def take(self, connection: Connection, made: Made) -> None:
        found = connection.execute(
            "SELECT stamp FROM evidence.stamps WHERE size = %s", (made.size,), binary=True
        ).fetchone()
        stamp = found[0] if found else self.authority.stamp(made)
        with alone(connection):
            connection.execute(
                "INSERT INTO evidence.stamps VALUES (%s, %s) ON CONFLICT DO NOTHING",
                (made.size, stamp),
            )
            self.folder.stamp(made.size, stamp)


@dataclass(frozen=True)
class Unusable:
    """A place that is set up so that it can't be used."""

    name: str
    says: str

    def owed(self, connection: Connection) -> list[Made]:
        return _latest(connection, self.name)

    def take(self, connection: Connection, made: Made) -> None:
        del connection, made
        raise Refused(self.says)
