"""The worker: reads what is in the queue while the service runs. Of several services on a database, one
does, and `teten read` leaves it to that one."""

import os
from threading import Event, Thread
from time import monotonic
from typing import Any

import psycopg
import structlog
from psycopg_pool import PoolTimeout

from service.answers import Busy, Unanswered
from service.app import Teten
from service.intake.queue import in_turn, waits_after
from service.intake.working import Came, Made, Outcome, read_all, take_turn
from service.people.sealing import VaultClosed
from service.pictures.workshop import Workshop, WorkshopClosed
from service.rows import ProjectionsBehind

MOMENT = 0.2  # Seconds.
EVERY = 1.0  # Seconds: a notification that was lost costs this much.
RETRY = 5.0  # Seconds until it tries again without a database.
IDLE = 60.0  # Seconds for which readers are kept at hand when nothing waits.
STOPS_WITHIN = 3.0  # Seconds: what is being read then is read again by the next service.
# What passes, or is put right from outside.
PASSES = (
    *(psycopg.Error, PoolTimeout, OSError, Busy, Unanswered, VaultClosed, ProjectionsBehind),
    WorkshopClosed,
)

logger = structlog.get_logger()


def cores() -> int:
    return len(os.sched_getaffinity(0))


class Worker:
    """One thread, woken by the log's notifications, and one for each picture that is being read."""

    def __init__(self, teten: Teten, made: Made = Workshop) -> None:
        self._teten, self._made = teten, made
        self._stop = Event()
        self._through = (
            0  # What began up to this position was read, or can't be until the next start.
        )
        self._thread = Thread(target=self._run, name="reader", daemon=True)
        self.trouble: str | None = None  # Why nothing is read just now: the kind of error.

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        self._thread.join(STOPS_WITHIN)

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                self._go_on()
            except PASSES as error:
                if self.trouble != type(error).__name__:
                    self.trouble = type(error).__name__
                    logger.error("pictures wait", error=self.trouble)  # noqa: TRY400
                self._stop.wait(RETRY)

    def _go_on(self) -> None:
        """As long as the connection lasts, which holds the lock."""
        with psycopg.connect(self._teten.url, autocommit=True, connect_timeout=10) as connection:
            connection.execute("LISTEN log_events")
            reads = False
            while not self._stop.is_set():
                reads = reads or take_turn(connection)
                if reads and waits_after(connection, self._through):
                    self._read(connection)
                self.trouble = None
                self._rest(connection)

    def _read(self, connection: "psycopg.Connection[Any]") -> None:
        """Until nothing has come for a while: readers take long to be fetched."""
        # One, whatever the cores: with a large photograph it fills more than half a gigabyte.
        with self._made() as workshop:
            read_at = monotonic()
            while not self._stop.is_set() and monotonic() - read_at < IDLE:
                if waits_after(connection, self._through):
                    self._through = self._read_all(workshop)
                    read_at = monotonic()
                self._rest(connection)

    def _read_all(self, workshop: Workshop) -> int:
        """How far in the queue that went."""
        through = [self._through]

        def told(outcome: Outcome) -> None:
            through.append(outcome.picture.position)
            _log(outcome)

        read_all(
            self._teten, [workshop], in_turn(self._teten, after=self._through), told, self._stop
        )
        return max(through)

    def _rest(self, connection: "psycopg.Connection[Any]") -> None:
        """Until something happens, and a moment more: of much that happens at once, one look is enough."""
        for _ in connection.notifies(timeout=EVERY, stop_after=1):
            self._stop.wait(MOMENT)


def _log(outcome: Outcome) -> None:
    if outcome.came is not Came.READ:
        logger.info(
            "picture not read",
            kind=outcome.picture.kind,
            ref=outcome.picture.ref,
            came=outcome.came,
            code=outcome.reason,
        )
