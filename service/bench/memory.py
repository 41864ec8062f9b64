"""What processes have in memory, seen from outside, while they work."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Event, Thread
from typing import NamedTuple

import psycopg

LOOKS_EVERY = 0.5  # Seconds.


class Memory(NamedTuple):
    """Bytes; what several processes share is shared out among them (PSS)."""

    service: int
    readers: int  # Its children, and theirs.
    postgres: int  # Its shared buffers, too.

    @property
    def ours(self) -> int:
        return self.service + self.readers

    def megabytes(self) -> dict[str, int]:
        return {f"{name}_mb": each // 1_000_000 for name, each in self._asdict().items()}

    def most(self, other: "Memory") -> "Memory":
        """Each at its most, though perhaps not at one time."""
        return Memory(*map(max, self, other))


class Peaks:
    """The most seen since it was last asked."""

    def __init__(self, look: Callable[[], Memory]) -> None:
        self._look, self._done = look, Event()
        self.ours, self.each = 0, Memory(0, 0, 0)

    def look(self) -> Memory:
        """As it is now."""
        found = self._look()
        self.ours, self.each = max(self.ours, found.ours), self.each.most(found)
        return found

    def taken(self) -> dict[str, int]:
        """What was seen, together and each for itself; it begins anew."""
        self.look()
        found = {"peak_memory_mb": self.ours // 1_000_000} | {
            f"peak_{name}": each for name, each in self.each.megabytes().items()
        }
        self.ours, self.each = 0, Memory(0, 0, 0)
        return found


@contextmanager
def watched(service: int, url: str) -> Iterator[Peaks]:
    """The process of a service and the server of its database, looked at all the while."""
    server, done = _server(url), Event()
    peaks = Peaks(lambda: _memory(service, server))

    def watch() -> None:
        while not done.wait(LOOKS_EVERY):
            peaks.look()

    watcher = Thread(target=watch)
    watcher.start()
    try:
        yield peaks
    finally:
        done.set()
        watcher.join()


def _memory(service: int, server: int) -> Memory:
    readers = sum(map(_filled, _below(service)))
    return Memory(_filled(service), readers, sum(map(_filled, [server, *_below(server)])))


def _server(url: str) -> int:
    """Of which the connection's own process is a child. 0: it is on another machine."""
    with psycopg.connect(url) as connection:
        found = connection.execute("SELECT pg_backend_pid()").fetchone()
        with suppress(OSError):
            told = Path(f"/proc/{found[0] if found else 0}/stat").read_text("ascii")
            return int(told.rpartition(")")[2].split()[1])
    return 0


def children(pid: int) -> list[int]:
    """Its own, whichever of its threads started them."""
    found = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        with suppress(OSError):
            found += [int(each) for each in task.read_text("ascii").split()]
    return found


def _below(pid: int) -> list[int]:
    found = children(pid)
    return found + [each for child in found for each in _below(child)]


def _filled(pid: int) -> int:
    try:
        told = Path(f"/proc/{pid}/smaps_rollup").read_text("ascii")
    except OSError:
        return 0
    return next((int(row.split()[1]) * 1_024 for row in told.splitlines() if "Pss:" in row), 0)
