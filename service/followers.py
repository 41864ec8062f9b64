"""The follower: keeps the projections at the head of the log while the service runs."""

from collections.abc import Callable
from threading import Event, Thread

import psycopg
import structlog

from service.rows import Rows

WOKEN_AT_LEAST_EVERY = 1.0  # Seconds: a notification that was lost costs this much, and no event.

logger = structlog.get_logger()


class Follower:
    """One thread, woken by the log's notifications. When it fails it says so, and `died` is called:
    a service whose figures stand still must not look alive."""

    def __init__(self, url: str, rows: Rows, died: Callable[[], None]) -> None:
        self._url, self._rows, self._died = url, rows, died
        self._stop = Event()
        self._thread = Thread(target=self._run, name="follower", daemon=True)
        self.error: BaseException | None = None

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        self._thread.join()

    @property
    def alive(self) -> bool:
        return self._thread.is_alive()

    def _run(self) -> None:
        try:
            with psycopg.connect(self._url, autocommit=True) as connection:
                connection.execute("LISTEN log_events")
                while not self._stop.is_set():
                    self._rows.catch_up()
                    for _ in connection.notifies(timeout=WOKEN_AT_LEAST_EVERY, stop_after=1):
                        pass
        except BaseException as error:  # noqa: BLE001 - told in full by `error`, not by a traceback
            self.error = error
            logger.critical("follower died", error=type(error).__name__)
            self._died()
