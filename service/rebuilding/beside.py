"""A rebuild: rows made anew beside the live ones, by all cores, and swapped in one short transaction."""

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

import psycopg
from psycopg import Connection, Cursor

from domain.words import Event, Recorded
from projections.projection import Projection
from service.entries import UnknownEvent, read_after
from service.folding import FoldFailed, Folding, load, write
from service.rebuilding.share import Answer, Order
from service.turns import BATCH

REBUILD_LOCK = 0x7265_6275  # "rebu": with the projection's name, one rebuild of it at a time.
PROCESSES_MAX = 8
WORTH_A_PROCESS = 5_000  # Events: starting one costs a second.


class RebuildRunning(Exception):
    """Another rebuild of the same projection is at work."""

    def __init__(self, name: str) -> None:
        super().__init__(f"{name} is being rebuilt already. Wait until that is done.")


class RebuildFailed(Exception):
    """What was live stays live."""

    def __init__(self, why: str) -> None:
        super().__init__(f"The rebuild failed, and the rows are what they were: {why}")


def rebuild(url: str, projections: Sequence[Projection[Any]]) -> int:
    """Make them anew from the first event. How many events there were. RebuildRunning, RebuildFailed."""
    names = {projection.name for projection in projections}
    with psycopg.connect(url, autocommit=True) as connection:
        _alone(connection, names)
        _sweep(connection, names)
        generations = {name: _next_generation(connection) for name in sorted(names)}
        position, seen = 0, 0
        while (head := _head(connection)) - position > (WORTH_A_PROCESS if position else 0):
            seen += _in_processes(url, generations, position, head)
            position = head
        last = Last(connection, projections, generations, position, seen)
        try:
            last.catch_up()
            with connection.transaction():
                last.swap()
        except FoldFailed as error:
            raise RebuildFailed(f"{error.projection}: {error}") from error
        _sweep(connection, names)
        return last.seen


def _alone(connection: Connection[Any], names: set[str]) -> None:
    """The lock is the connection's, and goes with it."""
    for name in sorted(names):
        found = connection.execute(
            "SELECT pg_try_advisory_lock(%s, hashtext(%s))", (REBUILD_LOCK, name)
        ).fetchone()
        if not found or not found[0]:
            raise RebuildRunning(name)


def _sweep(connection: Connection[Any], names: set[str]) -> None:
    """Rows that are not live: replaced just now, or left by a rebuild that was killed."""
    connection.execute(
        "DELETE FROM projections.rows AS r WHERE projection = ANY(%s) AND generation <> coalesce("
        "(SELECT generation FROM projections.progress AS p WHERE p.projection = r.projection), 0)",
        (list(names),),
    )


def _next_generation(connection: Connection[Any]) -> int:
    found = connection.execute("SELECT nextval('projections.generations')").fetchone()
    assert found
    return int(found[0])


def _head(connection: Connection[Any]) -> int:
    found = connection.execute(
        "SELECT coalesce(max(notification_id), 0) FROM log_events"
    ).fetchone()
    assert found
    return int(found[0])


def _in_processes(url: str, generations: dict[str, int], after: int, through: int) -> int:
    """Fold those events with all cores, each process its share of the rows. How many events there were."""
    cores = os.cpu_count() or 1
    shares = min(cores, PROCESSES_MAX, 1 + (through - after) // WORTH_A_PROCESS)
    orders = [
        Order(
            url=url,
            generations=generations,
            share=share,
            shares=shares,
            after=after,
            through=through,
        )
        for share in range(shares)
    ]
    with ExitStack() as running:
        processes = [running.enter_context(_process(order)) for order in orders]
        seen = {_answer(process) for process in processes}
    if len(seen) != 1:
        raise RebuildFailed(f"its processes counted {sorted(seen)} events")
    return seen.pop()


@contextmanager
def _process(order: Order) -> Iterator["subprocess.Popen[str]"]:
    command = (sys.executable, "-P", "-m", "service.rebuilding.share")
    with subprocess.Popen(  # nosec B603 # noqa: S603 - ourselves
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdin
            process.stdin.write(order.model_dump_json() + "\n")
            process.stdin.flush()
            yield process
        finally:
            process.kill()


def _answer(process: "subprocess.Popen[str]") -> int:
    assert process.stdout
    line = process.stdout.readline()
    if not line:
        raise RebuildFailed(f"one of its processes ended with exit code {process.wait()}")
    answer = Answer.model_validate_json(line)
    if answer.error == "unknown event":
        raise UnknownEvent(answer.says)
    if answer.error:
        raise RebuildFailed(answer.says)
    return answer.seen


class Last:
    """The last of the way, in this process: what was written meanwhile, and the swap."""

    def __init__(
        self,
        connection: Connection[Any],
        projections: Sequence[Projection[Any]],
        generations: dict[str, int],
        position: int,
        seen: int,
    ) -> None:
        self._connection, self._position, self.seen = connection, position, seen
        self._foldings = {each.name: Folding(each, generations[each.name]) for each in projections}

    def catch_up(self) -> None:
        while news := read_after(self._connection, self._position, BATCH):
            with self._connection.transaction():
                self._fold(news, set(self._foldings))
            self._position, self.seen = news[-1].position, self.seen + len(news)
            if len(news) < BATCH:
                return

    def swap(self) -> None:
        """With the live ones locked: up to where each of them has come, and in its place."""
        curs = self._connection.cursor()
        live = _locked(curs, list(self._foldings))
        foremost = max(live.values())
        news_of_all = read_after(
            self._connection, self._position, max(0, foremost - self._position)
        )
        for name, position in live.items():
            news = [each for each in news_of_all if each.position <= position]
            self._fold(news, {name})
            curs.execute(
                "UPDATE projections.progress SET generation = %s, position = %s, seen = %s,"
                " failing = NULL, rebuilds = rebuilds + 1 WHERE projection = %s",
                (
                    self._foldings[name].generation,
                    max(self._position, position),
                    self.seen + len(news),
                    name,
                ),
            )

    def _fold(self, news: Sequence[Recorded[Event]], names: set[str]) -> None:
        curs = self._connection.cursor()
        for name in names:
            folding = self._foldings[name]
            wanted = [(each, folding.keys(each)) for each in news]
            load(curs, {folding: folding.missing(key for _, keys in wanted for key in keys)})
            for each, keys in wanted:
                folding.fold(each, keys)
            write(curs, folding.changes())
            folding.let_go()


def _locked(curs: Cursor[Any], names: list[str]) -> dict[str, int]:
    """Where the live ones stand. Locked in the order of names, as everybody does."""
    curs.execute(
        "INSERT INTO projections.progress (projection, position, seen)"
        " SELECT name, 0, 0 FROM unnest(%s::text[]) AS name ORDER BY name ON CONFLICT DO NOTHING",
        (names,),
    )
    return dict(
        curs.execute(
            "SELECT projection, position FROM projections.progress WHERE projection = ANY(%s)"
            " ORDER BY projection FOR UPDATE",
            (names,),
        ).fetchall()
    )
