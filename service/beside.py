"""What runs beside the web server: a thread for each part, of several services on a database in one of them.

A part never ends but by being stopped. Whatever it raises is told (the service's log, `/metrics`, `/readyz`,
`teten doctor`), and it is tried again: soon where the database is away, later and later otherwise. What
fails alone, one rule of many, is named the same way while the rest goes on.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from threading import Event, Thread
from time import monotonic
from typing import Any, ClassVar, NamedTuple

import psycopg
import structlog
from psycopg_pool import ConnectionPool, PoolTimeout

from service.answers import Busy, Unanswered
from service.log import Log
from service.logging import defect
from service.rows import ProjectionsBehind

RETRY = 5.0  # Seconds until a part is tried again when what all of it needs is away.
FIRST_WAIT, LAST_WAIT = 5.0, 60.0  # Seconds until it is tried again after anything else.
LAST_WAIT_OF_ITEMS = 3600.0  # Seconds: what fails alone may cost much, each time.
LOOKS = 0.5  # Seconds: so soon it hears that it is to stop.
NAMED, OTHERS = 20, "others"  # So many of what fails alone are named.
# What all of a part's work needs. Everything else is of the one thing that it was about.
AWAY = (
    *(psycopg.OperationalError, psycopg.InterfaceError, PoolTimeout),
    *(Busy, Unanswered, ProjectionsBehind),
)

Connection = psycopg.Connection[Any]
Pool = ConnectionPool[Connection]
logger = structlog.get_logger()

GONE = "DELETE FROM beside.troubles WHERE part = %s AND item <> ALL(%s)"
TOLD = """
INSERT INTO beside.troubles (part, item, says) VALUES (%s, %s, %s)
ON CONFLICT (part, item) DO UPDATE SET says = excluded.says
"""
KNOWN = "SELECT part, item, says, since FROM beside.troubles ORDER BY part, item"


class Trouble(NamedTuple):
    """In the way of a part, or of one thing that it works on."""

    says: str
    since: datetime


class Known(NamedTuple):
    """A trouble as the database was told of it."""

    part: str
    item: str
    says: str
    since: datetime

    def __str__(self) -> str:
        since = self.since.isoformat(timespec="seconds")
        return f"{self.item or 'all of it'} fails since {since}: {self.says}"


def known(connection: Connection) -> list[Known]:
    return [Known(*row) for row in connection.execute(KNOWN)]


def told(error: BaseException) -> str:
    """Its kind and, of one that nobody foresaw, the innermost place: its text could quote a person."""
    kind, where = type(error).__name__, defect(error)["where"]
    foreseen = type(error).__module__.startswith("service.")
    return kind if foreseen or not where else f"{kind} ({where[0]})"


class Wait:
    """Until what failed is tried again: twice as long each time."""

    def __init__(self, last: float) -> None:
        self._last, self._seconds, self._until = last, 0.0, 0.0

    def longer(self) -> float:
        """It failed. Seconds until it is tried again: whoever waits already waits no longer for that."""
        if monotonic() >= self._until:
            self._seconds = min(max(FIRST_WAIT, self._seconds * 2), self._last)
            self._until = monotonic() + self._seconds
        return max(self._until - monotonic(), 0.0)

    def none(self) -> None:
        """It went well."""
        self._seconds = self._until = 0.0

    @property
    def over(self) -> bool:
        """Whether something failed, and it is time to try again."""
        return 0 < self._until <= monotonic()


class Beside(ABC):
    """A part: what it does is `work`. The turn is its own while its connection lasts, which is given up
    whenever it fails: another service may fare better."""

    name: ClassVar[str]
    lock: ClassVar[int]  # Whoever holds it has the turn.
    every: ClassVar[float] = 1.0  # Seconds: a notification that was lost costs this much.
    pause: ClassVar[float] = 0.0  # Seconds: of much that happens at once, one look is enough.
    listens: ClassVar[bool] = True  # To the log; else it looks each so many seconds.
    stops_within: ClassVar[float] = 3.0  # Seconds: what it is at then is left to the next service.

    def __init__(self, log: Log) -> None:
        self._url, self._told_in = log.url, log.pool
        self._stop = Event()
        self._thread = Thread(target=self._run, name=self.name, daemon=True)
        self._wait = Wait(LAST_WAIT)
        self.troubles: dict[str, Trouble] = {}  # By what fails alone; under "" its own.
        self._stored: Mapping[str, str] = {}  # What the database was told of, by this connection.

    @abstractmethod
    def work(self, connection: Connection) -> Mapping[str, str]:
        """All that there is to do, by whoever has the turn. What failed alone, by name, and how."""

    def start(self) -> None:
        self._thread.start()

    def ask_to_stop(self) -> None:
        self._stop.set()

    def stop(self) -> None:
        self._stop.set()
        self._thread.join(self.stops_within)

    @property
    def alive(self) -> bool:
        return self._thread.is_alive()

    @property
    def trouble(self) -> str | None:
        """One that it is in, if any."""
        return next((each.says for each in self.troubles.values()), None)

    @property
    def troubled_for(self) -> float:
        """Seconds that its oldest trouble has lasted; 0: it is in none."""
        now = datetime.now(UTC)
        return max(
            ((now - each.since).total_seconds() for each in self.troubles.values()), default=0
        )

    def tell(self, connection: Connection, failing: Mapping[str, str]) -> None:
        """The work was done but for these."""
        if len(failing) > NAMED:
            more = f"{len(failing) - NAMED} more"
            failing = dict(list(failing.items())[:NAMED]) | {OTHERS: more}
        self._remember(failing)
        connection.execute(GONE, (self.name, list(failing)))
        if failing != self._stored:
            _store(connection, self.name, failing)
        self._stored = failing

    def failed_alone(self, item: str, error: Exception) -> str:
        """What to tell of it."""
        logger.error("item failing", part=self.name, item=item, **defect(error))
        return told(error)

    # The loop ------------------------------------------------------------------------------------

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                self._go_on()
            except BaseException as error:  # noqa: BLE001 - whatever it is, it is told and tried again
                if not self._stop.is_set():
                    self._stop.wait(self._failed(error))

    def _go_on(self) -> None:
        with psycopg.connect(self._url, autocommit=True, connect_timeout=10) as connection:
            if self.listens:
                connection.execute("LISTEN log_events")
            has_turn, self._stored = False, {}
            while not self._stop.is_set():
                has_turn = has_turn or takes_turn(connection, self.lock)
                if has_turn:
                    self.tell(connection, self.work(connection))
                else:
                    self._remember({})
                self._wait.none()
                self.rest(connection)

    def rest(self, connection: Connection) -> None:
        """Until something happens, and a pause more."""
        until = monotonic() + self.every
        while not self._stop.is_set() and (left := until - monotonic()) > 0:
            if not self.listens:
                self._stop.wait(left)
            elif list(connection.notifies(timeout=min(left, LOOKS), stop_after=1)):
                self._stop.wait(self.pause)
                return

    # What is in the way --------------------------------------------------------------------------

    def _failed(self, error: BaseException) -> float:
        """Seconds until it is tried again."""
        away = isinstance(error, AWAY)
        says = type(error).__name__ if away else told(error)
        was = {item: each.says for item, each in self.troubles.items()}
        if was.get("") != says:
            if away:
                logger.error("part waits", part=self.name, **defect(error))
            else:
                logger.error("part failing", part=self.name, **defect(error))
        self._remember(was | {"": says})
        with suppress(psycopg.Error, PoolTimeout), self._told_in.connection() as connection:
            _store(connection, self.name, {"": says})
        return RETRY if away else self._wait.longer()

    def _remember(self, failing: Mapping[str, str]) -> None:
        """How long each has lasted is told of what fails, whatever is told of it by now."""
        if self.troubles and not failing:
            logger.info("part goes on", part=self.name)
        was, now = self.troubles, datetime.now(UTC)
        self.troubles = {
            item: Trouble(says, was[item].since if item in was else now)
            for item, says in failing.items()
        }


def takes_turn(connection: Connection, lock: int) -> bool:
    """Whether nobody else had it."""
    found = connection.execute("SELECT pg_try_advisory_lock(%s)", (lock,)).fetchone()
    return bool(found and found[0])


def _store(connection: Connection, part: str, failing: Mapping[str, str]) -> None:
    for item, says in failing.items():
        connection.execute(TOLD, (part, item, says))
