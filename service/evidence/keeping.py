"""The keeper: lets the tree follow the log while the service runs, and has checkpoints made in time."""

from threading import Event, Thread

import psycopg
import structlog
from psycopg_pool import PoolTimeout

from service.evidence.checkpoints import Checkpoints, KeyLost
from service.evidence.tiles import Rewritten

EVERY = 1.0  # Seconds.
STOPS_WITHIN = (
    5.0  # Seconds: a folder that hangs, or a log that is yet without a tree, is left as it is.
)
# What passes, or is put right from outside. The log itself goes on meanwhile.
PASSES = (psycopg.Error, PoolTimeout, OSError, KeyLost, Rewritten, ValueError)

logger = structlog.get_logger()


class Keeper:
    """One thread. What is in its way is told by `trouble`, and tried again."""

    def __init__(self, checkpoints: Checkpoints) -> None:
        self._checkpoints = checkpoints
        self._stop = Event()
        self._thread = Thread(target=self._run, name="keeper", daemon=True)
        self.trouble: str | None = None

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        self._thread.join(STOPS_WITHIN)

    @property
    def alive(self) -> bool:
        return self._thread.is_alive()

    def _run(self) -> None:
        while not self._stop.wait(EVERY):
            try:
                self._checkpoints.tiles.extend()
                if self._checkpoints.due():
                    self._checkpoints.make()
            except PASSES as error:
                if self.trouble != type(error).__name__:
                    self.trouble = type(error).__name__
                    logger.error("no checkpoints are made", error=self.trouble)  # noqa: TRY400
            else:
                self.trouble = None
