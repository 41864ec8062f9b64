"""The postman: takes the day's steps once a day, and sends letters, while the service runs."""

from datetime import date, datetime

import structlog

from service.beside import LAST_WAIT, Beside, Connection, Wait
from service.clerk import DANISH_TIME
from service.log import Log
from service.reminding.sending import Letters
from service.reminding.steps import Reminders

STEPS = "the day's steps"

logger = structlog.get_logger()


class Postman(Beside):
    """A mail server that sits on a letter is left when the service stops. The next one says so."""

    name = "postman"
    lock = 0x7465_7465_6C  # "tetel"
    every = 5.0

    def __init__(self, log: Log, reminders: Reminders, letters: Letters) -> None:
        super().__init__(log)
        self._reminders, self._letters = reminders, letters
        self._taken_on: date | None = None
        self._again = Wait(LAST_WAIT)
        self._failing: dict[str, str] = {}

    def work(self, _: Connection) -> dict[str, str]:
        """Letters of steps that were taken don't wait for those that can't be."""
        today = datetime.now(DANISH_TIME).date()
        if self._again.over if self._failing else today != self._taken_on:
            self._take(today)
        self._letters.deliver(self._stop)
        failing = self._letters.failing()
        return self._failing | {f"letter {position}": says for position, says in failing.items()}

    def _take(self, today: date) -> None:
        try:
            taken = self._reminders.take(today)
        except Exception as error:  # noqa: BLE001 - told, and tried again
            self._failing = {STEPS: self.failed_alone(STEPS, error)}
            self._again.longer()
            return
        self._failing, self._taken_on = {}, today
        self._again.none()
        refused = sum(each.refused is not None for each in taken)
        logger.info("steps taken", steps=len(taken) - refused, refused=refused)
