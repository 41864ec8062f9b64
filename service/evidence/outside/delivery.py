"""Every new checkpoint to every place outside, once; a place that fails is tried again, and stops nobody."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Event, Thread
from typing import Any, NamedTuple, Protocol

import psycopg
import structlog
from psycopg_pool import ConnectionPool, PoolTimeout

from service.evidence.checkpoints import Checkpoints, Made
from service.evidence.outside.configuration import Outlets
from service.evidence.outside.folder import Folder
from service.evidence.outside.mail import Mail, said
from service.evidence.outside.posting import Refused
from service.evidence.outside.stamps import Authority
from service.evidence.outside.witnesses import Witness, read_witnesses
from service.evidence.tree import consistency_proof

EVERY = 5.0  # Seconds between two looks at what is owed.
FIRST_RETRY, LAST_RETRY = timedelta(seconds=5), timedelta(minutes=10)
PATIENCE = timedelta(hours=1)  # A place that lacks a checkpoint of before that lags.
LOCK = 0x7465_7465  # Of a place's turn: one process at a time sends to it.

Connection = psycopg.Connection[Any]
logger = structlog.get_logger()

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
TROUBLE = """
INSERT INTO evidence.troubles AS known (place, says) VALUES (%s, %s)
ON CONFLICT (place) DO UPDATE SET tried_at = now(), tries = known.tries + 1, says = excluded.says
RETURNING tries
"""


class Place(Protocol):
    """Where checkpoints are sent."""

    @property
    def name(self) -> str: ...

    def owed(self, connection: Connection) -> list[Made]:
        """What it has still to get, the oldest first."""

    def take(self, connection: Connection, made: Made) -> None:
        """Send it, and keep what comes back. OSError; Refused."""


class Standing(NamedTuple):
    """How a place stands: the latest checkpoint that it has, since when it waits for another, and why."""

    place: str
    size: int | None
    delivered_at: datetime | None
    waits_since: datetime | None
    failing: str | None
    tries: int
    lags: bool


class Outside:
    """All places, as they are configured."""

    def __init__(
        self,
        pool: ConnectionPool[psycopg.Connection[Any]],
        checkpoints: Checkpoints,
        outlets: Outlets,
    ) -> None:
        self._pool, self._checkpoints, self._outlets = pool, checkpoints, outlets
        self.folder = Folder(checkpoints.folder)

    def places(self) -> list[Place]:
        outlets = self._outlets
        found: list[Place] = [InFolder(self.folder)]
        if outlets.witnesses:
            found += self._witnesses()
        if outlets.mail_to:
            sender = outlets.mail_from or outlets.mail_to[0]
            found.append(ByMail(Mail(outlets.mail_to, sender, outlets.smtp), outlets.mail_every))
        if outlets.time_stamp and outlets.time_stamp_ca:
            authority = Authority(outlets.time_stamp, outlets.time_stamp_ca)
            found.append(Stamped(authority, self.folder))
        elif outlets.time_stamp:
            found.append(Unusable("time stamp", "TETEN_TIME_STAMP_CA names no certificates"))
        return found

    def _witnesses(self) -> Iterator[Place]:
        assert self._outlets.witnesses
        try:
            for url, key in read_witnesses(self._outlets.witnesses):
                yield Witnessed(Witness(url, key, self._prove), self.folder)
        except Refused as error:
            yield Unusable("witnesses", str(error))

    def _prove(self, first: int, second: int) -> list[bytes]:
        with self._checkpoints.tiles.reading() as nodes:
            return consistency_proof(first, second, nodes)

    def deliver(self, *, patient: bool = False) -> None:
        """Send what is owed. `patient`: a place that failed lately is left alone for a while. Whatever
        fails is told by `standings` and in the log. psycopg.Error: the database is away."""
        for place in self.places():
            with self._turn(place) as connection:
                if connection and not (patient and _rests(connection, place)):
                    self._deliver(connection, place)

    @contextmanager
    def _turn(self, place: Place) -> Iterator[Connection | None]:
        """None: another process is sending there."""
        with self._pool.connection() as connection:
            lock = "(%s, hashtext(%s))"
            found = connection.execute(f"SELECT pg_try_advisory_lock{lock}", (LOCK, place.name))
            if not (found.fetchone() or [False])[0]:
                yield None
                return
            try:
                yield connection
            finally:
                if not connection.broken:
                    connection.execute(f"SELECT pg_advisory_unlock{lock}", (LOCK, place.name))

    def _deliver(self, connection: Connection, place: Place) -> None:
        for made in place.owed(connection):
            try:
                place.take(connection, made)
            except (OSError, Refused) as error:
                says = said(error) if isinstance(error, OSError) else str(error)
                tries = (connection.execute(TROUBLE, (place.name, says)).fetchone() or [0])[0]
                logger.warning("not delivered", place=place.name, size=made.size, error=says, tries=tries)
                return
            connection.execute(
                "INSERT INTO evidence.deliveries (place, size) VALUES (%s, %s)"
                " ON CONFLICT DO NOTHING",
                (place.name, made.size),
            )
            connection.execute("DELETE FROM evidence.troubles WHERE place = %s", (place.name,))
            logger.info("delivered", place=place.name, size=made.size)

    def standings(self) -> list[Standing]:
        with self._pool.connection() as connection:
            return [_standing(connection, place) for place in self.places()]


def _standing(connection: Connection, place: Place) -> Standing:
    owed = place.owed(connection)
    size, at, now = connection.execute(
        "SELECT max(size), max(delivered_at), now() FROM evidence.deliveries WHERE place = %s",
        (place.name,),
    ).fetchone() or (None, None, None)
    trouble = connection.execute(
        "SELECT says, tries FROM evidence.troubles WHERE place = %s", (place.name,)
    ).fetchone()
    since = owed[0].made_at if owed else None
    failing, tries = trouble if trouble and owed else (None, 0)
    lags = bool(since and now and now - since > PATIENCE)
    return Standing(place.name, size, at, since, failing, tries, lags)


def _rests(connection: Connection, place: Place) -> bool:
    found = connection.execute(
        "SELECT tries, now() - tried_at FROM evidence.troubles WHERE place = %s", (place.name,)
    ).fetchone()
    if not found:
        return False
    tries, rested = found
    return bool(rested < min(FIRST_RETRY * 2 ** min(tries - 1, 10), LAST_RETRY))


# The places ------------------------------------------------------------------------------------------


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
        del connection
        self.folder.keep(made)


@dataclass(frozen=True)
class ByMail:
    mail: Mail
    every: timedelta
    name: str = "mail"

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
        self.folder.sign(made, line)
        connection.execute(
            "INSERT INTO evidence.cosignatures VALUES (%s, %s) ON CONFLICT DO NOTHING",
            (made.size, line),
        )


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
        stamp = self.authority.stamp(made)
        self.folder.stamp(made.size, stamp)
        connection.execute(
            "INSERT INTO evidence.stamps VALUES (%s, %s) ON CONFLICT DO NOTHING", (made.size, stamp)
        )


@dataclass(frozen=True)
class Unusable:
    """A place that is set up so that it can't be used."""

    name: str
    says: str

    def owed(self, connection: Connection) -> list[Made]:
        return _latest(connection, self.name)

    def take(self, connection: Connection, made: Made) -> None:
        raise Refused(self.says)


# While the service runs ------------------------------------------------------------------------------


class Courier:
    """One thread. What a place doesn't take is tried again, later and later."""

    def __init__(self, outside: Outside) -> None:
        self._outside = outside
        self._stop = Event()
        self._thread = Thread(target=self._run, name="courier", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stop.wait(EVERY):
            try:
                self._outside.deliver(patient=True)
            except (psycopg.Error, PoolTimeout) as error:
                logger.warning("nothing is delivered", error=type(error).__name__)
