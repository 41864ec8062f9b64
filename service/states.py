"""States of streams, kept in memory."""

from collections import OrderedDict
from threading import Lock
from typing import Any

Standing = dict[str, tuple[int, Any]]
"""Streams, with their versions and states."""

# Some 200 MB of cases; the numbers that may be taken only once are streams, too.
STATES_MAX = 20_000


class States:
    """The latest known state of each stream, the least recently used ones forgotten.

    Others may have written since: whoever decides on a state says at which version, and the log refuses
    what was decided on an older one.
    """

    def __init__(self, most: int = STATES_MAX) -> None:
        self._most = most
        self._lock = Lock()
        self._states: OrderedDict[str, tuple[int, Any]] = OrderedDict()

    def get(self, stream: str) -> tuple[int, Any] | None:
        with self._lock:
            found = self._states.get(stream)
            if found:
                self._states.move_to_end(stream)
            return found

    def put(self, stream: str, version: int, state: Any) -> None:
        with self._lock:
            known = self._states.get(stream)
            if known is None or known[0] < version:
                self._states[stream] = version, state
            self._states.move_to_end(stream)
            if len(self._states) > self._most:
                self._states.popitem(last=False)

    def learn(self, standing: Standing) -> None:
        for stream, (version, state) in standing.items():
            self.put(stream, version, state)
