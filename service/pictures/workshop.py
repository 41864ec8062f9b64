"""The workshop: files of strangers are opened, copied and read in a child process, one at a time.

The parent decodes nothing. A child that dies, hangs or outgrows its memory is ended and another one is
started for the next file: that file gets its reason, and the workshop lives on.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from multiprocessing import Pipe
from pathlib import Path
from threading import Event, Lock, Thread
from types import TracebackType
from typing import NamedTuple, Self

import structlog

from domain.reading import Reading
from service.pictures import deriving
from service.pictures.child import COPY, READ, Told
from service.pictures.deriving import Derived
from service.pictures.sizes import MAX_BYTES
from service.pictures.unreadable import Reason, Unreadable

logger = structlog.get_logger()

READER = "service.reading.reader:Reader"
WITHOUT_ENGINES = "service.pictures.child:nothing_to_read_with"  # Copies alone.
SECONDS = 60
MEGABYTES = (
    1_500  # The engines hold some hundreds, and a page of an A4 scanner takes some hundreds more.
)
TO_START = 300  # Seconds for engines to be loaded, on a machine that has much else to do.
# Seconds by the clock for each of its own: it gives way to everybody else.
STALLS = 6
A_LOOK = 0.05  # Seconds between two looks at a child that works.
# It may ask for more at once than it may fill: whatever isn't seen in time is refused.
ROOM = 2
TOLD = 100_000  # Bytes of JSON.
A_MOMENT = 2  # Seconds for a process that closed its pipe to be gone.
# By the kernel, which stops what is late and kills what it has no memory for.
ENDS: dict[int | None, Reason] = {
    -signal.SIGALRM: "too_slow",
    -signal.SIGKILL: "too_much_memory",
}
# Nothing else of our environment, where keys and passwords may be.
PASSED_ON = ("PATH", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "TESSDATA_PREFIX", "TZ")

# What a picture took goes back to the system when it is done with: glibc keeps it otherwise.
MEMORY_BACK = {
    "MALLOC_ARENA_MAX": "1",
    "MALLOC_MMAP_THRESHOLD_": "4000000",
    "MALLOC_TRIM_THRESHOLD_": "4000000",
}


class WorkshopClosed(Exception):
    """No child can be started: an engine or its data are missing."""


class Worked(NamedTuple):
    media_type: str
    pages: int
    derived: Derived
    reading: Reading | None


class _Ended(Exception):
    """The child is gone, or is to go."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason)
        self.reason = reason


class Workshop:
    """One file at a time, whoever asks. `reader`: `module:name` of what the child makes to read with;
    `seconds` (of a processor, so that no file is blamed for what else the machine does) and `megabytes`:
    what a file may take."""

    def __init__(
        self, reader: str = READER, *, seconds: float = SECONDS, megabytes: int = MEGABYTES
    ) -> None:
        self._reader, self._seconds, self._megabytes = reader, seconds, megabytes
        self._one_at_a_time = Lock()
        self._child: _Child | None = None

    def __enter__(self) -> Self:
        """WorkshopClosed."""
        with self._one_at_a_time:
            self._child = self._started()
        return self

    @property
    def confined(self) -> bool:
        """Whether the kernel keeps the child from files, network and other processes. WorkshopClosed."""
        with self._one_at_a_time:
            self._child = self._child or self._started()
            return self._child.confined

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        with self._one_at_a_time:
            self._end()

    def work(self, content: bytes) -> Worked:
        """Open, copy and read. Unreadable; WorkshopClosed."""
        return self._done(READ, content)

    def copy(self, content: bytes) -> Derived:
        """Open and copy alone. Unreadable; WorkshopClosed."""
        return self._done(COPY, content).derived

    def _done(self, wanted: bytes, content: bytes) -> Worked:
        if not content:
            raise Unreadable("empty")
        if len(content) > MAX_BYTES:
            raise Unreadable("too_large")
        with self._one_at_a_time:
            # What came before may have worn the child out, or somebody else ended it. What is slow is
            # slow again.
            with suppress(_Ended):
                return self._asked(wanted, content)
            try:
                return self._asked(wanted, content)
            except _Ended as ended:
                raise Unreadable(ended.reason) from None

    def _asked(self, wanted: bytes, content: bytes) -> Worked:
        self._child = self._child or self._started()
        try:
            return self._child.work(wanted + content)
        except _Ended as ended:
            logger.warning("a file ended the workshop's child", kind=ended.reason)
            self._end()
            if ended.reason == "too_slow":
                raise Unreadable(ended.reason) from None
            raise

    def _started(self) -> "_Child":
        child = _Child(self._reader, self._seconds, self._megabytes)
        try:
            child.wait_until_ready()
        except (WorkshopClosed, _Ended):
            child.end()
            raise
        return child

    def _end(self) -> None:
        if self._child:
            self._child.end()
        self._child = None


class _Child:
    def __init__(self, reader: str, seconds: float, megabytes: int) -> None:
        self._reader, self._seconds, self._megabytes = reader, seconds, megabytes
        self.confined = False
        self._pipe, theirs = Pipe()
        with theirs:
            told = (str(theirs.fileno()), reader, str(megabytes * ROOM), str(seconds * STALLS))
            self._process = subprocess.Popen(  # nosec B603 # noqa: S603 - our own Python
                [sys.executable, "-P", "-m", "service.pictures.child", *told],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,  # Libraries quote what they stumble over.
                env=_environment(),
                pass_fds=[theirs.fileno()],
            )

    def wait_until_ready(self) -> None:
        """WorkshopClosed."""
        try:
            with self._watched(TO_START, TO_START):
                told = self._told()
        except _Ended:
            told = Told(failed="it ended without a word")
        if told.failed:
            raise WorkshopClosed(f"{self._reader} can't be started: {told.failed}.")
        self.confined = told.confined
        if not told.confined:
            logger.warning(
                "the workshop's child reaches files and the network: the kernel doesn't refuse it"
            )

    def work(self, asked: bytes) -> Worked:
        """Unreadable, as the child tells; _Ended: it is to be ended."""
        with self._watched(self._seconds, self._seconds * STALLS):
            self._pipe.send_bytes(asked)
            told = self._told()
            if told.reason:
                raise _Ended(told.reason) if told.worn else Unreadable(told.reason)
            upright, thumbnail = (self._pipe.recv_bytes(deriving.MAX_BYTES) for _ in range(2))
        return Worked(told.media_type, told.pages, Derived(upright, thumbnail), told.reading)

    def _told(self) -> Told:
        return Told.model_validate_json(self._pipe.recv_bytes(TOLD))

    @contextmanager
    def _watched(self, seconds: float, by_the_clock: float) -> Iterator[None]:
        """While it works, it is ended if it takes too long or too much memory; then no waiting lasts."""
        done, why = Event(), list[Reason]()
        limits = self._worked() + seconds, time.monotonic() + by_the_clock
        watcher = Thread(target=self._watch, args=(done, why, *limits))
        watcher.start()
        try:
            yield
        except (OSError, EOFError, ValueError):  # Gone, or it tells what none of ours tells.
            raise _Ended(why[0] if why else self._how_it_ended()) from None
        finally:
            done.set()
            watcher.join()

    def _watch(self, done: Event, why: list[Reason], worked: float, until: float) -> None:
        while not done.wait(A_LOOK):
            if self._worked() > worked or time.monotonic() > until:
                why.append("too_slow")
            elif self._memory() > self._megabytes * 1_000_000:
                why.append("too_much_memory")
            if why:
                self._process.kill()
                return

    def _memory(self) -> int:
        """Bytes that it fills, where the kernel tells."""
        try:
            told = Path(f"/proc/{self._process.pid}/statm").read_text("ascii")
        except OSError:
            return 0
        return int(told.split()[1]) * os.sysconf("SC_PAGE_SIZE")

    def _worked(self) -> float:
        """Seconds of a processor that it has had, where the kernel tells."""
        try:
            told = Path(f"/proc/{self._process.pid}/stat").read_text("ascii")
        except OSError:
            return 0
        spent = told.rpartition(")")[2].split()[11:13]  # In and for the process: proc_pid_stat(5).
        return sum(map(int, spent)) / os.sysconf("SC_CLK_TCK")

    def _how_it_ended(self) -> Reason:
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(A_MOMENT)
        return ENDS.get(self._process.returncode, "reader_failed")

    def end(self) -> None:
        self._pipe.close()
        self._process.kill()
        self._process.wait()


def _environment() -> dict[str, str]:
    passed_on = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
    paths = os.pathsep.join(each for each in sys.path if each)
    return {**passed_on, **MEMORY_BACK, "PYTHONPATH": paths, "OMP_THREAD_LIMIT": "1"}
