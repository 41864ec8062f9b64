"""The follower: keeps the projections at the head of the log while the service runs."""

from collections.abc import Callable
from threading import Event, Thread
from time import monotonic

import psycopg
import structlog

from service.entries import UnknownEvent
from service.rows import Rows

WOKEN_AT_LEAST_EVERY = 1.0  # Seconds: a notification that was lost costs this much, and no event.
RETRIES = (0.5, 5.0)  # Seconds until it tries again without a database: at first, and at most.
# What passes, or is put right from outside; everything else is a defect of the follower itself.
PASSES = (psycopg.OperationalError, psycopg.InterfaceError, UnknownEvent)

logger = structlog.get_logger()


class Follower:
    """One thread, woken by the log's notifications. What is in its way is told by `trouble` and tried
    again. Only a defect of its own ends it, and `died` is called: a service whose figures stand still
    for good must not look alive."""

    def __init__(self, url: str, rows: Rows, died: Callable[[], None]) -> None:
        self._url, self._rows, self._died = url, rows, died
        self._stop = Event()
        self._thread = Thread(target=self._run, name="follower", daemon=True)
        self.error: BaseException | None = None
        self.trouble: str | None = None  # Why it folds nothing at all just now: the kind of error.

    def start(self) -> None:
        self._rows.followed = True
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        self._thread.join()

    @property
    def alive(self) -> bool:
        return self._thread.is_alive()

    def _run(self) -> None:
        try:
            self._go_on()
        except BaseException as error:  # noqa: BLE001 - told in full by `error`, not by a traceback
            self.error = error
            logger.critical("follower died", error=type(error).__name__)
            self._died()
        finally:
            self._rows.followed = False

    def _go_on(self) -> None:
        delay = 0.0
        while not self._stop.is_set():
            began = monotonic()
            try:
                self._follow()
            except PASSES as error:
                self.trouble = type(error).__name__
                if monotonic() - began > RETRIES[1]:
                    delay = 0.0  # It had gone well for a while.
                delay = min(max(RETRIES[0], delay * 2), RETRIES[1])
                logger.error("follower waits", error=self.trouble, retry_in=delay)  # noqa: TRY400
                self._stop.wait(delay)

    def _follow(self) -> None:
        with (
            psycopg.connect(self._url, autocommit=True, connect_timeout=10) as listening,
            psycopg.connect(self._url, autocommit=True, connect_timeout=10) as folding,
        ):
            listening.execute("LISTEN log_events")
            while not self._stop.is_set():
                while self._rows.advance(folding) and not self._stop.is_set():
                    pass
                if self.trouble:
                    logger.info("follower goes on")
                    self.trouble = None
                for _ in listening.notifies(timeout=WOKEN_AT_LEAST_EVERY, stop_after=1):
                    pass
