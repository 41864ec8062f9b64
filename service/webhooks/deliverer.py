"""The deliverer: sends what is due while the service runs."""

from threading import Thread
from time import monotonic

import structlog

from service.beside import AWAY, Beside, Connection
from service.log import Log
from service.webhooks.delivering import Webhooks, due

FORGETS_EVERY = 3600.0  # Seconds.
AT_ONCE = 8  # Webhooks.

logger = structlog.get_logger()


class Deliverer(Beside):
    """It has a thread for each webhook that is being sent to: a receiver that is slow keeps none of the
    others waiting. What a receiver sits on when the service stops is sent again by the next one. A webhook
    that fails is told of by its own row."""

    name = "deliverer"
    lock = 0x7465_7465_7768  # "tetewh"

    def __init__(self, log: Log, webhooks: Webhooks) -> None:
        super().__init__(log)
        self._webhooks = webhooks
        self._turns: dict[str, Thread] = {}
        self._forgot = -FORGETS_EVERY

    def stop(self) -> None:
        until = monotonic() + self.stops_within
        super().stop()
        for thread in self._turns.values():
            thread.join(max(until - monotonic(), 0.0))

    def work(self, connection: Connection) -> dict[str, str]:
        source = self._webhooks.source()
        self._turns = {name: turn for name, turn in self._turns.items() if turn.is_alive()}
        for name in due(connection):
            if name not in self._turns and len(self._turns) < AT_ONCE:
                self._turns[name] = Thread(target=self._turn, args=(name, source), daemon=True)
                self._turns[name].start()
        if monotonic() - self._forgot > FORGETS_EVERY:
            self._webhooks.forget_old()
            self._forgot = monotonic()
        return {}

    def _turn(self, name: str, source: str) -> None:
        try:
            try:
                self._webhooks.deliver(name, source, self._stop)
            except AWAY:
                raise
            except Exception as error:  # noqa: BLE001 - told by the webhook's row, and tried again
                self._webhooks.failed(name, self.failed_alone(f"webhook {name}", error))
        except AWAY as error:  # Nobody delivers.
            if not self._stop.is_set():
                logger.warning("webhook waits", webhook=name, error=type(error).__name__)
