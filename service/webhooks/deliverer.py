"""The deliverer: sends what is due while the service runs. Of several services on a database, one does."""

from threading import Event, Thread
from time import monotonic
from typing import Any

import psycopg
import structlog
from psycopg_pool import PoolTimeout

from service.evidence.checkpoints import KeyLost
from service.webhooks.delivering import Webhooks, due

EVERY = 1.0  # Seconds: a notification that was lost costs this much.
RETRY = 5.0  # Seconds until it tries again without a database.
FORGETS_EVERY = 3600.0  # Seconds.
AT_ONCE = 8  # Webhooks.
STOPS_WITHIN = 3.0  # Seconds: what a receiver sits on is left, and sent again by the next service.
LOCK = 0x7465_7465_7768  # "tetewh": whoever holds it delivers.
# What passes, or is put right from outside.
PASSES = (psycopg.Error, PoolTimeout, OSError, KeyLost, ValueError)

Connection = psycopg.Connection[Any]
logger = structlog.get_logger()


class Deliverer:
    """One thread that looks for what is due, woken by the log's notifications, and one for each webhook
    that is being sent to: a receiver that is slow keeps none of the others waiting."""

    def __init__(self, url: str, webhooks: Webhooks) -> None:
        self._url, self._webhooks = url, webhooks
        self._stop = Event()
        self._thread = Thread(target=self._run, name="deliverer", daemon=True)
        self._turns: dict[str, Thread] = {}
        self.trouble: str | None = None

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        until = monotonic() + STOPS_WITHIN
        for thread in (self._thread, *self._turns.values()):
            thread.join(max(until - monotonic(), 0.0))

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                self._go_on()
            except PASSES as error:
                if self.trouble != type(error).__name__:
                    self.trouble = type(error).__name__
                    logger.error("webhooks wait", error=self.trouble)  # noqa: TRY400
                self._stop.wait(RETRY)

    def _go_on(self) -> None:
        """As long as the connection lasts, which holds the lock."""
        with psycopg.connect(self._url, autocommit=True, connect_timeout=10) as connection:
            connection.execute("LISTEN log_events")
            delivers, forgot = False, -FORGETS_EVERY
            while not self._stop.is_set():
                delivers = delivers or _alone(connection)
                if delivers:
                    self._deliver(connection)
                    if monotonic() - forgot > FORGETS_EVERY:
                        self._webhooks.forget_old()
                        forgot = monotonic()
                for _ in connection.notifies(timeout=EVERY, stop_after=1):
                    pass

    def _deliver(self, connection: Connection) -> None:
        source = self._webhooks.source()
        self._turns = {name: turn for name, turn in self._turns.items() if turn.is_alive()}
        for name in due(connection):
            if name not in self._turns and len(self._turns) < AT_ONCE:
                self._turns[name] = Thread(target=self._turn, args=(name, source), daemon=True)
                self._turns[name].start()
        self.trouble = None

    def _turn(self, name: str, source: str) -> None:
        try:
            self._webhooks.deliver(name, source, self._stop)
        except (psycopg.Error, PoolTimeout) as error:  # The database is away: nobody delivers.
            if not self._stop.is_set():
                logger.warning("webhook waits", webhook=name, error=type(error).__name__)


def _alone(connection: Connection) -> bool:
    found = connection.execute("SELECT pg_try_advisory_lock(%s)", (LOCK,)).fetchone()
    return bool(found and found[0])
