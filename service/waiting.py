"""Who waits for an event to be folded is woken when it was, from threads and from asyncio alike."""

from concurrent.futures import Future
from threading import Lock


class Waiting:
    """How far all projections have come in this process's eyes, and who waits for more."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._seen = 0
        self._waiters: list[tuple[int, Future[None]]] = []

    def until(self, position: int) -> Future[None]:
        """Done as soon as every projection has seen that position, or can't just now."""
        future: Future[None] = Future()
        with self._lock:
            if position <= self._seen:
                future.set_result(None)
            else:
                self._waiters.append((position, future))
        return future

    def forget(self) -> None:
        """What was announced is not so any more: whoever waits now waits for the next announcement."""
        with self._lock:
            self._seen = 0

    def announce(self, seen: int, trouble: Exception | None) -> None:
        """All have come so far; `trouble`: some will not come further until something is done about it."""
        with self._lock:
            self._seen = seen
            woken = [each for each in self._waiters if trouble or each[0] <= seen]
            self._waiters = [each for each in self._waiters if each not in woken]
        for position, future in woken:
            if not future.set_running_or_notify_cancel():
                continue  # It waits no longer.
            if position <= seen:
                future.set_result(None)
            else:
                future.set_exception(trouble)
