"""Somebody who tails the log, and writes down what was seen. Two ways: asking over and over, or when told."""

import signal
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from logging import CRITICAL
from pathlib import Path
from typing import Literal

import psycopg
from eventsourcing.persistence import PersistenceError

from domain.words import Event, Recorded
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
    stop, journal = threading.Event(), Journal(witness.journal)
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
                        while batch := log.after(position, BATCH):
                            position = _write(journal, batch)
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


def _write(journal: Journal, batch: Sequence[Recorded[Event]]) -> int:
    """What was seen. The last position."""
    journal.write("seen", events=[(each.position, each.stream, each.version) for each in batch])
    return batch[-1].position


def testimony(path: Path) -> list[Seen]:
    """All that was seen, in the order of seeing it."""
    return [tuple(event) for line in lines(path) for event in line["events"]]
