"""Clients of a service, as many as one process holds: from threads and from asyncio.

    python -m tests.crashes.load URL HOME JOURNAL PROGRAMME

Runs until it is killed, or told to stop by SIGTERM.
"""

import asyncio
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from logging import CRITICAL
from pathlib import Path
from random import Random
from threading import Event, Thread

import psycopg
from eventsourcing.persistence import PersistenceError

from domain.words import Command, Refused
from service import logging
from service.answers import Answer, Busy, CommandIdReused, Unanswered
from service.app import Teten, opened
from service.followers import Follower
from service.settings import Settings
from tests.crashes.acknowledgements import Journal
from tests.crashes.wishes import Client, Progress, establish

CLEAR = (Busy, Unanswered, psycopg.OperationalError, PersistenceError)
"""What the service knows how to tell a client: ask again, the database doesn't answer."""


@dataclass(frozen=True)
class Load:
    url: str
    home: Path
    journal: Path
    programme: str = "NP"
    seed: int = 0
    threads: int = 6
    tasks: int = 6
    name: str = "s1"  # Of the service: two of them have clients of different names.


class Clients:
    """They ask until they are told to stop. Whoever meets an error asks the same thing again."""

    def __init__(self, teten: Teten, load: Load, journal: Journal, stop: Event) -> None:
        self._log, self._load, self._journal = teten.log, load, journal
        self._progress = Progress(load.programme)
        self._stop = stop

    @contextmanager
    def asking(self) -> Iterator[None]:
        numbers = range(self._load.threads)
        threads = [Thread(target=self._thread, args=(f"t{number}",)) for number in numbers]
        threads.append(Thread(target=lambda: asyncio.run(self._tasks())))
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            self._stop.set()
            for thread in threads:
                thread.join()

    def _client(self, name: str) -> Client:
        name = f"{self._load.seed}-{self._load.name}-{name}"
        return Client(name, Random(name), self._progress)

    def _thread(self, name: str) -> None:
        client = self._client(name)
        while not self._stop.is_set():
            wish = client.wish()
            while not self._stop.is_set() and not self.ask(wish):
                self._stop.wait(0.05)
            client.answered()
            self._stop.wait(pause(client))

    async def _tasks(self) -> None:
        names = (f"a{number}" for number in range(self._load.tasks))
        await asyncio.gather(*(self._task(name) for name in names))

    async def _task(self, name: str) -> None:
        client = self._client(name)
        while not self._stop.is_set():
            wish = client.wish()
            while not self._stop.is_set():
                if await self._ask(wish):
                    break
                await asyncio.sleep(0.05)
            client.answered()
            await asyncio.sleep(pause(client))

    def ask(self, wish: Command) -> bool:
        self._journal.asked(wish)
        try:
            outcome: Answer | Exception = self._log.handle(wish)
        except Exception as error:  # noqa: BLE001 - whatever a client meets is written down
            outcome = error
        return self._heard(wish, outcome)

    async def _ask(self, wish: Command) -> bool:
        self._journal.asked(wish)
        try:
            outcome: Answer | Exception = await self._log.ask(wish)
        except Exception as error:  # noqa: BLE001 - whatever a client meets is written down
            outcome = error
        return self._heard(wish, outcome)

    def _heard(self, wish: Command, outcome: Answer | Exception) -> bool:
        """Written down as the client got it. Whether it was an answer."""
        journal = self._journal
        match outcome:
            case Answer(first_position=first, last_position=last, again=again):
                journal.done(wish, first, last, again=again)
            case Refused():
                journal.refused(wish, outcome)
            case CommandIdReused():
                journal.write("reused", command=wish.id, digest=wish.digest())
            case error:
                what = "failed" if isinstance(error, CLEAR) else "unclear"
                journal.write(what, command=wish.id, error=type(error).__name__)
                return False
        return True


def pause(client: Client) -> float:
    """Seconds. Mostly none: clients come in bursts, and wait for each other at the log."""
    return client.dice.random() * 0.05 if client.dice.random() < 0.2 else 0


def run(load: Load) -> None:
    """One service under load, with its follower, as `teten serve` has it."""
    logging.configure(CRITICAL)
    stop, journal = Event(), Journal(load.journal)
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    settings = Settings(load.home, load.url, load.home / "master.key")
    with opened(settings) as teten:
        follower = Follower(teten.url, teten.rows, died=lambda: journal.write("follower died"))
        follower.start()
        clients = Clients(teten, load, journal, stop)
        while not stop.is_set() and not clients.ask(establish(load.programme)):
            stop.wait(0.05)
        with clients.asking():
            stop.wait()
        journal.write("stopped", follower=follower.alive)
        follower.stop()


if __name__ == "__main__":
    url, home, path, programme = sys.argv[1:]
    run(Load(url, Path(home), Path(path), programme))
