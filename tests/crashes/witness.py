"""Somebody who tails the log, and writes down what was seen. Two ways: asking over and over, or when told."""

import signal
from dataclasses import dataclass
from logging import CRITICAL
from pathlib import Path
from threading import Event
from typing import Literal

import psycopg
from eventsourcing.persistence import PersistenceError

from service import logging
from service.log import Log
from tests.crashes.acknowledgements import Journal, lines

AWAY = (psycopg.Error, PersistenceError)
BATCH = 200

Seen = tuple[int, str, int]
"""A position, the stream that was found there, and the version in it."""


@dataclass(frozen=True)
class Witness:
    url: str
    journal: Path
    woken: Literal["by asking", "by notifications"]


def run(witness: Witness) -> None:
    """Until told to stop, and then to the log's end. The database may come and go meanwhile."""
    logging.configure(CRITICAL)
    stop, journal = Event(), Journal(witness.journal)
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    position, ended = 0, False
    while not ended:
        try:
            log = Log(witness.url)
            try:
                with psycopg.connect(witness.url, autocommit=True) as listening:
                    listening.execute("LISTEN log_events")
                    while not ended:
                        ended = stop.is_set()  # Asked before reading: what came until then is read.
                        position = _read_on(log, position, journal)
                        if witness.woken == "by notifications":
                            for _ in listening.notifies(timeout=0.2, stop_after=1):
                                pass
                        else:
                            stop.wait(0.01)
            finally:
                log.close()
        except AWAY:
            ended = False
            stop.wait(0.02)


def _read_on(log: Log, position: int, journal: Journal) -> int:
    while batch := log.after(position, BATCH):
        seen = [(each.position, each.stream, each.version) for each in batch]
        journal.write("seen", events=seen)
        position = seen[-1][0]
    return position


def testimony(path: Path) -> list[Seen]:
    """All that was seen, in the order of seeing it."""
    return [tuple(event) for line in lines(path) for event in line["events"]]
