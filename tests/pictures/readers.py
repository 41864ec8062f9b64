"""Readers for a workshop's child: one that reads nothing, and some that do their worst."""

import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Never, Self

from PIL import Image

from domain.reading import Reading

# The width of the first page tells what happens at it.
HANGS, CRASHES, GROWS, ASKS_FOR_TOO_MUCH, FAILS, STOPS, TOILS, REACHES_OUT = range(11, 19)


class Silent:
    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing was loaded."""

    def read(self, pages: Sequence[Image.Image]) -> Reading:
        return Reading(readers=("silent 1",), pages=len(pages))


class Trapped(Silent):
    def read(self, pages: Sequence[Image.Image]) -> Reading:
        if happens := TRAPS.get(pages[0].width):
            happens()
        return super().read(pages)


def hang() -> None:
    while True:
        time.sleep(1)


def crash() -> None:
    os.kill(os.getpid(), signal.SIGSEGV)


def grow() -> None:
    held = []
    while True:
        held.append(b"x" * 10_000_000)


def ask_for_too_much() -> None:
    bytearray(10_000_000_000)


def fail() -> None:
    raise RuntimeError


def stop() -> None:
    os.kill(os.getpid(), signal.SIGSTOP)


def toil() -> None:
    while True:
        pass


def reach_out() -> None:
    """An error, if it is kept from everything."""
    for way in (
        lambda: socket.create_connection(("127.0.0.1", 9)),
        lambda: subprocess.run(["true"], check=False),
        lambda: os.execv("/bin/true", ["true"]),
    ):
        try:
            way()
        except PermissionError:
            continue
        return
    names = {name.partition("_")[0] for name in os.environ}
    if not names & {"TETEN", "PGPASSWORD"}:
        raise RuntimeError


TRAPS: dict[int, Callable[[], None]] = {
    HANGS: hang,
    CRASHES: crash,
    GROWS: grow,
    ASKS_FOR_TOO_MUCH: ask_for_too_much,
    FAILS: fail,
    STOPS: stop,
    TOILS: toil,
    REACHES_OUT: reach_out,
}


@contextmanager
def not_installed() -> Iterator[Never]:
    raise FileNotFoundError("dan.traineddata")
    yield
