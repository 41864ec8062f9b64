"""A balance as of a past day in logs of several sizes, and how much room the log takes."""

from datetime import date, timedelta
from random import Random
from statistics import median
from time import perf_counter
from typing import Any, LiteralString

import psycopg
from psycopg.sql import SQL

from projections.balances import balances
from projections.registry import PROJECTIONS
from service.bench.clients import percentile
from service.bench.extent import Extent
from service.bench.place import Place
from service.bench.processes import Apart
from service.log import Log
from service.rows import Rows

TURNS = 3
SIZE_OF: dict[str, LiteralString] = {
    "events": "pg_table_size('log_events')",
    "indexes of events": "pg_indexes_size('log_events')",
    "commands": "pg_table_size('commands')",
    "indexes of commands": "pg_indexes_size('commands')",
}


class Looking:
    """Whoever asks for balances, as the API does."""

    def __init__(self, url: str) -> None:
        self._log = Log(url)
        self._rows = Rows(self._log, PROJECTIONS)

    def project(self) -> None:
        """Whatever wasn't yet."""
        if not self._rows.progress():
            self._rows.rebuild([projection.name for projection in PROJECTIONS])

    def past_balances(self, times: int) -> list[float]:
        """Seconds for the figures of a programme, on days of its first two years."""
        dice = Random(times)  # nosec B311 # noqa: S311 - the same days every time
        took = []
        for _ in range(times):
            since = date(2001, 1, 1) + timedelta(days=dice.randrange(730))
            began = perf_counter()
            with self._rows.snapshot() as snapshot:
                row = snapshot.get(balances, "programme/P0001")
                assert row
                row.figures(since)
            took.append(perf_counter() - began)
        return took

    def close(self) -> None:
        self._log.close()


def as_of(place: Place, much: Extent) -> dict[str, Any]:
    """Milliseconds by the number of events. Every log has the same first programme. In turns."""
    looking = {size: Apart(Looking, place.made_up(size)) for size in much.looked_at}
    took: dict[int, list[float]] = {size: [] for size in much.looked_at}
    try:
        for each in looking.values():
            each.ask("project")
        for _ in range(TURNS):
            for size, each in looking.items():
                took[size] += each.ask("past_balances", much.looks // TURNS)
        memory = {size: each.peak_memory_mb for size, each in looking.items()}
    finally:
        for each in looking.values():
            each.close()
    return {
        str(size): {
            "p50_ms": round(median(found) * 1_000, 3),
            "p99_ms": round(percentile(found, 99) * 1_000, 3),
            "peak_memory_mb": memory[size],
        }
        for size, found in took.items()
    }


def disk(place: Place, much: Extent) -> dict[str, Any]:
    """Bytes for each event of a made-up log: the table, its indexes, and what is kept beside them."""
    events = much.rebuilt[-1]
    with psycopg.connect(place.made_up(events)) as connection:
        found = {
            what: int(
                (connection.execute(SQL("SELECT {}").format(SQL(size))).fetchone() or (0,))[0]
            )
            for what, size in SIZE_OF.items()
        }
        state = connection.execute(
            "SELECT avg(octet_length(state))::int FROM log_events"
        ).fetchone()
    told = {what: round(size / events) for what, size in found.items()}
    return {
        "events": events,
        "bytes_per_event": told | {"all": round(sum(found.values()) / events)},
        "bytes_of_json": state[0] if state else None,
    }
