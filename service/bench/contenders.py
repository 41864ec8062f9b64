"""Who is measured at appending: PostgreSQL itself, the stock library, and our log."""

import re
import subprocess
from collections import deque
from contextlib import ExitStack
from datetime import UTC, date, datetime
from hashlib import sha256
from itertools import count, islice
from pathlib import Path
from queue import SimpleQueue
from time import perf_counter, process_time
from typing import Any

import psycopg
from psycopg.sql import SQL, Identifier

from domain.case.payouts import CardUsed
from domain.money import kr
from domain.words import Command
from service.bench import scheme
from service.bench.clients import Timing, Work, from_tasks, from_threads, timing
from service.bench.library import TABLE as TABLE_OF_LIBRARY
from service.bench.library import Library
from service.bench.stamps import MAPPER
from service.bench.storing import copy_events, store
from service.bench.workloads import WORKLOADS, Supply
from service.database import connected
from service.entries import Entry
from service.log import Log
from service.migrations import migrate

STREAMS = 3_000
AT_FIRST, PATIENCE = 64, 60  # Clients, and seconds at most, until every case was asked something.
COPIED = 1_000  # Rows in a transaction.
ROWS_PER_SECOND = 20_000  # How many are thought out beforehand.

TABLE = """
    CREATE TABLE events (
        stream text NOT NULL, version bigint NOT NULL, topic text NOT NULL, state bytea NOT NULL,
        position bigserial NOT NULL, PRIMARY KEY (stream, version)
    );
    CREATE UNIQUE INDEX ON events (position)
"""
COPY = "COPY events (stream, version, topic, state) FROM STDIN (FORMAT BINARY)"
INSERT = "INSERT INTO events (stream, version, topic, state) VALUES (%b, %b, %b, %b)"
PGBENCH = """
\\set stream random(1, {streams})
\\set version random(1, 1000000000000)
INSERT INTO events (stream, version, topic, state)
VALUES ('case-' || :stream, :version, 'CardUsed', '\\x{state}'::bytea);
"""


def one_state() -> bytes:
    """An entry as the log stores it."""
    entry = Entry(
        originator_id="case-P0001-001",
        originator_version=1,
        event=CardUsed(case_no="P0001-001", merchant="Fagkurser Midt", mcc="8299", amount=kr(100)),
        actor=scheme.SYSTEM,
        command="P0001-001/use/1",
        digest=sha256(b"").hexdigest(),
        cause="card_transactions.csv",
        at=datetime.now(UTC),
        effective_on=date(2026, 1, 1),
        recorded_at=datetime.now(UTC),
    )
    return bytes(MAPPER.to_stored_event(entry).state)


class Raw:
    """Rows like those of the log, one a commit: what the server can do, seen from Python."""

    def __init__(self, url: str) -> None:
        self._url, self._numbers, self._state = url, count(), one_state()

    def prepare(self) -> None:
        with psycopg.connect(self._url) as connection:
            connection.execute(TABLE)

    def rows(self, clients: int, seconds: float) -> Timing:
        free: SimpleQueue[psycopg.Connection[Any]] = SimpleQueue()

        def insert(number: int) -> None:
            connection = free.get()
            connection.execute(INSERT, (*self._row(number), self._state))
            free.put(connection)

        wanted = int(ROWS_PER_SECOND * seconds) + clients
        work: Work[int] = deque([number] for number in islice(self._numbers, wanted))
        with ExitStack() as opened:
            for _ in range(clients):
                connection = psycopg.connect(self._url, autocommit=True, prepare_threshold=0)
                free.put(opened.enter_context(connection))
            return from_threads(insert, work, clients, seconds)

    def copied(self, seconds: float) -> Timing:
        """Many rows in a transaction, from one client."""
        took = []
        with psycopg.connect(self._url, autocommit=True) as connection:
            spent = process_time()
            began = now = perf_counter()
            while now < began + seconds:
                with connection.cursor() as curs, curs.copy(COPY) as copy:
                    copy.set_types(("text", "int8", "text", "bytea"))
                    for number in islice(self._numbers, COPIED):
                        copy.write_row((*self._row(number), self._state))
                took.append(-now + (now := perf_counter()))
        found = timing(took, now - began, process_time() - spent)
        return found._replace(done=found.done * COPIED)

    def close(self) -> None:
        """Nothing is kept open."""

    @staticmethod
    def _row(number: int) -> tuple[str, int, str]:
        return f"case-{number % STREAMS}", number // STREAMS, "CardUsed"


def pgbench_rows(program: Path, url: str, folder: Path, clients: int, seconds: float) -> Timing:
    """The same rows, sent by PostgreSQL's own benchmark: prepared, and without Python. It tells the average
    latency alone."""
    script = folder / "insert.sql"
    script.write_text(PGBENCH.format(streams=STREAMS, state=one_state().hex()), "utf-8")
    whole = max(1, round(seconds))
    options = ("-n", "-M", "prepared", "-f", script, "-c", str(clients), "-j", str(min(clients, 2)))
    told = subprocess.run(  # nosec B603 # noqa: S603 - the program is PostgreSQL's
        (program, *options, "-T", str(whole), url), capture_output=True, text=True, check=True
    ).stdout
    rate, latency = re.search(r"tps = ([0-9.]+)", told), re.search(r"average = ([0-9.]+)", told)
    assert rate and latency  # noqa: PT018 - it tells both or fails
    return Timing(round(float(rate[1]) * whole), whole, float(latency[1]), float(latency[1]))


class StockLibrary:
    """The same commands, decided by the same rules, through the stock library."""

    most_per_second = 5_000

    def __init__(self, url: str) -> None:
        self._url, self._application = url, Library(url)
        self._supplies: dict[str, Supply] = {}

    def prepare(self, workload: str, cases: int | None) -> None:
        """Its table, filled as our log is. Its own sequence goes on after that."""
        history = list(WORKLOADS[workload].history(cases))
        with psycopg.connect(self._url) as connection, connection.cursor() as curs:
            last = copy_events(curs, TABLE_OF_LIBRARY, history, 0)
            curs.execute(
                "SELECT setval(pg_get_serial_sequence(%s, 'notification_id'), %s)",
                (TABLE_OF_LIBRARY, last),
            )
            curs.execute(SQL("ANALYZE {}").format(Identifier(TABLE_OF_LIBRARY)))
        self._supplies[workload] = Supply(workload, self._url, TABLE_OF_LIBRARY)

    def from_threads(self, workload: str, clients: int, seconds: float) -> Timing:
        work = self._supplies[workload].of(int(self.most_per_second * seconds))
        return from_threads(self._application.handle, work, clients, seconds)

    def close(self) -> None:
        self._application.close()


class OurLog:
    """The whole way from a command to its durable answer."""

    most_per_second = 40_000

    def __init__(self, url: str) -> None:
        with connected(url) as connection:
            migrate(connection)
        self._url, self._log = url, Log(url)
        self._supplies: dict[str, Supply] = {}

    def prepare(self, workload: str, cases: int | None) -> Timing:
        """Its log, filled as the library's is. As in a service that has been running, every case has been
        asked something before: how fast that was, with nothing known beforehand."""
        store(self._url, WORKLOADS[workload].history(cases))
        self._supplies[workload] = supply = Supply(workload, self._url, "log_events")
        return from_tasks(self._log.ask, supply.one_of_each(), AT_FIRST, PATIENCE)

    def from_threads(self, workload: str, clients: int, seconds: float) -> Timing:
        return from_threads(self._log.handle, self._work(workload, seconds), clients, seconds)

    def from_tasks(self, workload: str, clients: int, seconds: float) -> Timing:
        return from_tasks(self._log.ask, self._work(workload, seconds), clients, seconds)

    def _work(self, workload: str, seconds: float) -> Work[Command]:
        return self._supplies[workload].of(int(self.most_per_second * seconds))

    def close(self) -> None:
        self._log.close()
