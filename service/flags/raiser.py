"""The raiser: has flags raised while the service runs. Of several services on a database, one does."""

from datetime import date, datetime
from threading import Event, Thread
from time import monotonic
from typing import Any

import psycopg
import structlog
from psycopg_pool import PoolTimeout

from projections.programmes import programmes as established
from service.answers import Busy, Unanswered
from service.app import Teten
from service.clerk import DANISH_TIME
from service.flags.raising import raise_due
from service.rows import ProjectionsBehind

EVERY = 1.0  # Seconds: a notification that was lost costs this much.
RETRY = 5.0  # Seconds until it tries again.
REST = 19  # Times as long as it looked: at most a twentieth of a core, however large the log.
STOPS_WITHIN = 5.0  # Seconds: what isn't raised by then is raised by the next service.
LOCK = 0x7465_7465_666C  # "tetefl": whoever holds it raises.
# What passes, or is put right from outside.
PASSES = (psycopg.Error, PoolTimeout, OSError, Busy, Unanswered, ProjectionsBehind)
# A flag and its answers are nothing that a rule looks at; a changed rule is.
NEWS = (
    "SELECT max(notification_id) FROM log_events"
    " WHERE notification_id > %s AND NOT starts_with(originator_id, 'flags-')"
)

Connection = psycopg.Connection[Any]
logger = structlog.get_logger()


class Raiser:
    """One thread, woken by the log's notifications, and by each new day: some facts come of waiting."""

    def __init__(self, teten: Teten) -> None:
        self._teten = teten
        self._stop = Event()
        self._thread = Thread(target=self._run, name="raiser", daemon=True)
        self.looked: tuple[int, date] | None = None  # Up to which position, and on which day.
        self._rests_until = 0.0
        self.trouble: str | None = None
        self.failing: dict[str, str] = {}  # Rules that fail, with the kind of their error.

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        self._thread.join(STOPS_WITHIN)

    @property
    def alive(self) -> bool:
        return self._thread.is_alive()

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                self._go_on()
            except PASSES as error:
                if self.trouble != type(error).__name__:
                    self.trouble = type(error).__name__
                    logger.error("flags wait", error=self.trouble)  # noqa: TRY400
                self._stop.wait(RETRY)

    def _go_on(self) -> None:
        """As long as the connection lasts, which holds the lock."""
        url = self._teten.url
        with psycopg.connect(url, autocommit=True, connect_timeout=10) as connection:
            connection.execute("LISTEN log_events")
            raises = False
            while not self._stop.is_set():
                raises = raises or _alone(connection)
                if raises and monotonic() >= self._rests_until:
                    self.look(connection, datetime.now(DANISH_TIME).date())
                for _ in connection.notifies(timeout=EVERY, stop_after=1):
                    pass

    def look(self, connection: Connection, today: date) -> None:
        """Raise what is due, if there is anything new to look at."""
        position, day = self.looked or (0, None)
        found = connection.execute(NEWS, (position,)).fetchone()
        newest = found[0] if found else None
        if newest is None and day == today:
            return
        began = monotonic()
        failing: dict[str, str] = {}
        for programme in self._programmes():
            if self._stop.is_set():
                return
            failing |= raise_due(self._teten, programme, today).failing
        self.looked = newest or position, today
        self._rests_until = monotonic() + REST * (monotonic() - began)
        self.failing, self.trouble = failing, None

    def _programmes(self) -> list[str]:
        with self._teten.rows.snapshot() as snapshot:
            return list(snapshot.all(established))


def _alone(connection: Connection) -> bool:
    found = connection.execute("SELECT pg_try_advisory_lock(%s)", (LOCK,)).fetchone()
    return bool(found and found[0])
