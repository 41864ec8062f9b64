"""Every new checkpoint to every place outside, once; a place that fails is tried again, and stops nobody."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import psycopg
import structlog
from psycopg_pool import ConnectionPool

from service.beside import Beside
from service.evidence.checkpoints import Checkpoints
from service.evidence.findings import Finding
from service.evidence.outside.checking import check
from service.evidence.outside.configuration import Outlets
from service.evidence.outside.folder import Folder
from service.evidence.outside.mail import Mail
from service.evidence.outside.places import (
    ByMail,
    Connection,
    InFolder,
    Place,
    Stamped,
    Unusable,
    Witnessed,
)
from service.evidence.outside.posting import Refused
from service.evidence.outside.stamps import Authority
from service.evidence.outside.witnesses import Witness, read_witnesses
from service.evidence.tree import consistency_proof
from service.log import Log
from service.mail import said

FIRST_RETRY, LAST_RETRY = timedelta(seconds=5), timedelta(minutes=10)
PATIENCE = timedelta(hours=1)  # A place that lacks a checkpoint of before that lags.
LOCK = 0x7465_7465  # Of a place's turn: one process at a time sends to it.

logger = structlog.get_logger()

TROUBLE = """
INSERT INTO evidence.troubles AS known (place, says) VALUES (%s, %s)
ON CONFLICT (place) DO UPDATE SET tried_at = now(), tries = known.tries + 1, says = excluded.says
RETURNING tries
"""


class Standing(NamedTuple):
    """How a place stands."""

    place: str
    size: int | None  # Of the latest checkpoint that it has.
    waits_since: datetime | None  # When the oldest checkpoint was made that it lacks.
    seconds: float  # For how long it has waited.
    failing: str | None
    tries: int

    @property
    def lags(self) -> bool:
        return self.seconds > PATIENCE.total_seconds()


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
        for number, to in enumerate(outlets.mail_to, 1):
            mail = Mail(to, outlets.mail_from or to, outlets.smtp)
            found.append(ByMail(mail, outlets.mail_every, f"mail {number}"))
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
            found = connection.execute(
                "SELECT pg_try_advisory_lock(%s, hashtext(%s))", (LOCK, place.name)
            )
            if not (found.fetchone() or [False])[0]:
                yield None
                return
            try:
                yield connection
            finally:
                if not connection.broken:
                    connection.execute(
                        "SELECT pg_advisory_unlock(%s, hashtext(%s))", (LOCK, place.name)
                    )

    def _deliver(self, connection: Connection, place: Place) -> None:
        for made in place.owed(connection):
            try:
                place.take(connection, made)
            except psycopg.Error:
                raise
            except Exception as error:  # noqa: BLE001 - whatever it is, the other places go on
                says = said(error)
                tries = (connection.execute(TROUBLE, (place.name, says)).fetchone() or [0])[0]
                logger.warning(
                    "not delivered", place=place.name, size=made.size, error=says, tries=tries
                )
                return
            connection.execute(
                "INSERT INTO evidence.deliveries (place, size) VALUES (%s, %s)"
                " ON CONFLICT DO NOTHING",
                (place.name, made.size),
            )
            connection.execute("DELETE FROM evidence.troubles WHERE place = %s", (place.name,))
            logger.info("delivered", place=place.name, size=made.size)

    def check(self, connection: Connection) -> Iterator[Finding]:
        """What is outside and isn't as it should be, read in the connection's own transaction."""
        return check(connection, self.folder, self._outlets)

    def age(self) -> float | None:
        """Seconds since the latest checkpoint was made."""
        with self._pool.connection() as connection:
            found = connection.execute(
                "SELECT extract(epoch FROM now() - max(made_at)) FROM evidence.checkpoints"
            ).fetchone()
        return float(found[0]) if found and found[0] is not None else None

    def standings(self) -> list[Standing]:
        with self._pool.connection() as connection:
            return [_standing(connection, place) for place in self.places()]


def _standing(connection: Connection, place: Place) -> Standing:
    owed = place.owed(connection)
    since = owed[0].made_at if owed else None
    size, seconds = connection.execute(
        "SELECT max(size), coalesce(extract(epoch FROM now() - %s::timestamptz), 0)"
        " FROM evidence.deliveries WHERE place = %s",
        (since, place.name),
    ).fetchone() or (None, 0)
    trouble = connection.execute(
        "SELECT says, tries FROM evidence.troubles WHERE place = %s", (place.name,)
    ).fetchone()
    failing, tries = trouble if trouble and owed else (None, 0)
    return Standing(place.name, size, since, float(seconds), failing, tries)


def _rests(connection: Connection, place: Place) -> bool:
    found = connection.execute(
        "SELECT tries, now() - tried_at FROM evidence.troubles WHERE place = %s", (place.name,)
    ).fetchone()
    if not found:
        return False
    tries, rested = found
    return bool(rested < min(FIRST_RETRY * 2 ** min(tries - 1, 10), LAST_RETRY))


class Courier(Beside):
    """What a place doesn't take is tried again, later and later."""

    name = "courier"
    lock = 0x7465_7465_636F  # "teteco"
    every = 5.0
    listens = False
    stops_within = 1.0  # A request that a place sits on is given up.

    def __init__(self, log: Log, outside: Outside) -> None:
        super().__init__(log)
        self._outside = outside

    def work(self, _: Connection) -> dict[str, str]:
        self._outside.deliver(patient=True)
        return {}
