"""A part of a measurement in a process of its own: its memory is its own, and nobody else's lock is held."""

import os
import sys
from collections.abc import Callable
from contextlib import closing
from logging import WARNING
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from resource import RUSAGE_CHILDREN, RUSAGE_SELF, getrusage
from types import TracebackType
from typing import Any, Self

from service import logging

PATIENCE = 10  # Seconds for a process to end when it is told to.


class Apart:
    """What `kind(url)` makes, in another process. Its methods are asked by name; it is closed in the end."""

    def __init__(self, kind: Callable[[str], Any], url: str) -> None:
        context = get_context("forkserver")
        context.set_forkserver_preload(["service.bench.everything"])
        self._ours, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs, kind, url), daemon=True)
        self._process.start()
        theirs.close()
        self.peak_memory_mb = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the process."""
        self._ours.close()
        self._process.join(PATIENCE)
        self._process.kill()
        self._process.join()

    def ask(self, method: str, *args: Any) -> Any:
        """Its answer, or its error raised here."""
        self.begin(method, *args)
        return self.answer()

    def begin(self, method: str, *args: Any) -> None:
        self._ours.send((method, args))

    def answer(self) -> Any:
        """Of what was begun."""
        answer, error, self.peak_memory_mb = self._ours.recv()
        if error:
            raise RuntimeError(error)
        return answer


def _serve(theirs: Connection, kind: Callable[[str], Any], url: str) -> None:
    logging.configure(WARNING)
    with closing(kind(url)) as served:
        while True:
            try:
                method, args = theirs.recv()
            except EOFError:
                return
            try:
                answer, error = getattr(served, method)(*args), ""
            except Exception as failed:  # noqa: BLE001 - told where it was asked for
                answer, error = None, f"{type(failed).__name__}: {failed}"
            theirs.send((answer, error, peak_memory_mb()))


def memory_mb(pid: int) -> int:
    """The most that a process has had in memory; 0 where the system doesn't tell."""
    try:
        told = Path(f"/proc/{pid}/status").read_text("utf-8")
    except OSError:
        return 0
    return next((int(row.split()[1]) // 1_024 for row in told.splitlines() if "VmHWM" in row), 0)


def peak_memory_mb() -> int:
    """Of this process or the largest of those that it had at work for it, whichever had more."""
    unit = 1_048_576 if sys.platform == "darwin" else 1_024
    # What getrusage tells of a process begins with the memory of the one that it was started from.
    mine = memory_mb(os.getpid()) or getrusage(RUSAGE_SELF).ru_maxrss // unit
    return max(mine, getrusage(RUSAGE_CHILDREN).ru_maxrss // unit)
