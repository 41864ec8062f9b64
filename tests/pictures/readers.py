"""Readers for a workshop's child: one that reads nothing, and some that do their worst."""

import ctypes
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
    signal.raise_signal(signal.SIGSEGV)


def grow() -> None:
    """To more than it may fill, and less than it may ask for."""
    held = [b"x" * 10_000_000 for _ in range(75)]
    signal.pause()
    held.clear()


def ask_for_too_much() -> None:
    bytearray(10_000_000_000)


def fail() -> None:
    raise RuntimeError


def stop() -> None:
    signal.raise_signal(signal.SIGSTOP)


def toil() -> None:
    while True:
        pass


def peep() -> None:
    """Into the memory of the service, where its keys are."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.process_vm_readv(os.getppid(), None, 0, None, 0, 0):
        raise OSError(ctypes.get_errno(), "process_vm_readv")


def reach_out() -> None:
    """Fails if there is any way out, or anything of ours to take along."""
    for way in (
        socket.socket,
        lambda: subprocess.run(["true"], check=False),
        lambda: os.execv("/bin/true", ["true"]),
        peep,
    ):
        try:
            way()
        except PermissionError:
            continue
        raise RuntimeError
    if any(name.startswith("TETEN") for name in os.environ):
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
