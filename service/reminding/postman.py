"""The postman: takes the day's steps once a day and sends letters while the service runs. Of several
services on a database, one does."""

from datetime import date, datetime
from threading import Event, Thread
from typing import Any

import psycopg
import structlog
from psycopg_pool import PoolTimeout

from service.answers import Busy, Unanswered
from service.clerk import DANISH_TIME
from service.people.sealing import VaultClosed
from service.reminding.sending import Letters
from service.reminding.steps import NobodyToAsk, Reminders
from service.rows import ProjectionsBehind

EVERY = 5.0  # Seconds: a notification that was lost costs this much.
RETRY = 30.0  # Seconds until it tries again.
STOPS_WITHIN = 3.0  # Seconds: a server that sits on a letter is left. The next service says so.
LOCK = 0x7465_7465_6C  # "tetel": whoever holds it sends.
# What passes, or is put right from outside.
PASSES = (
    *(psycopg.Error, PoolTimeout, OSError, Busy, Unanswered),
    *(NobodyToAsk, ProjectionsBehind, VaultClosed),
)

Connection = psycopg.Connection[Any]
logger = structlog.get_logger()


class Postman:
    """One thread, woken by the log's notifications."""

    def __init__(self, url: str, reminders: Reminders, letters: Letters) -> None:
        self._url, self._reminders, self._letters = url, reminders, letters
        self._stop = Event()
        self._thread = Thread(target=self._run, name="postman", daemon=True)
        self._taken_on: date | None = None
        self.trouble: str | None = None

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
                    logger.error("letters wait", error=self.trouble)  # noqa: TRY400
                self._stop.wait(RETRY)

    def _go_on(self) -> None:
        """As long as the connection lasts, which holds the lock."""
        with psycopg.connect(self._url, autocommit=True, connect_timeout=10) as connection:
            connection.execute("LISTEN log_events")
            alone = False
            while not self._stop.is_set():
                alone = alone or self._alone(connection)
                if alone:
                    self._work()
                    self.trouble = None
                for _ in connection.notifies(timeout=EVERY, stop_after=1):
                    pass

    def _work(self) -> None:
        today = datetime.now(DANISH_TIME).date()
        try:
            if today != self._taken_on:
                taken = self._reminders.take(today)
                self._taken_on = today
                refused = sum(each.refused is not None for each in taken)
                logger.info("steps taken", steps=len(taken) - refused, refused=refused)
        finally:  # Letters of steps that were taken don't wait for those that can't be.
            self._letters.deliver(self._stop)

    def _alone(self, connection: Connection) -> bool:
        found = connection.execute("SELECT pg_try_advisory_lock(%s)", (LOCK,)).fetchone()
        return bool(found and found[0])
