"""Projections on a real PostgreSQL: every event is folded once, and none is passed over."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from dataclasses import replace
from time import monotonic, sleep
from typing import Any

import psycopg
import pytest
from psycopg_pool import PoolTimeout

from domain.programme import programmes
from domain.words import Refused
from projections.audit_trail import audit_trail
from projections.journeys import journeys
from projections.projection import Projection
from projections.registry import PROJECTIONS
from service import turns
from service.app import Teten
from service.log import Log
from service.rows import ProjectionsBehind, Rows
from tests import examples
from tests.everything import ALL
from tests.service.stored import INSERT, entry, live_rows, store
from tests.service.test_log import fresh

EVERY = [projection.name for projection in PROJECTIONS]


def wait_until(holds: Callable[[], bool], seconds: float = 30) -> None:
    deadline = monotonic() + seconds
    while not holds():
        assert monotonic() < deadline, "waited in vain"
        sleep(0.02)


@pytest.fixture
def busy(teten: Teten) -> Iterator[Teten]:
    """A log that eight threads write to: cases registered and offered, and many refusals between."""
    teten.log.handle(fresh(examples.establish()))
    with ThreadPoolExecutor(8) as threads:
        threads.map(lambda number: _write(teten.log, f"A-{number}"), range(60))
        yield teten


def _write(log: Log, case_no: str) -> None:
    register(log, case_no)
    for _ in range(3):
        with suppress(Refused):
            log.handle(fresh(examples.offer(case_no=case_no)))


def register(log: Log, case_no: str) -> int:
    """Its position in the log."""
    return log.handle(fresh(examples.register(case_no=case_no))).last_position


def all_rows(rows: Rows) -> dict[str, Any]:
    with rows.snapshot() as snapshot:
        return {each.name: snapshot.all(each) for each in PROJECTIONS}


def complete(teten: Teten) -> bool:
    """Every projection has read to the end, and has seen as many events as there are."""
    head = teten.log.head()
    events = sum(1 for _ in teten.log.everything())
    progress = teten.rows.progress()
    return set(progress) == set(EVERY) and set(progress.values()) == {(head, events)}


def broken_at(position: int, error: type[Exception] = RuntimeError) -> Projection[Any]:
    """An audit trail with a defect: it can't fold what comes after that position."""

    def failing(row: Any, key: str, news: Any) -> Any:
        if news.position > position:
            raise error("Anna Ærlig")
        return audit_trail.fold(row, key, news)

    return replace(audit_trail, name="broken-1", fold=failing)


# Once, and in order ------------------------------------------------------------------------------


def test_followers_that_race_with_writers_skip_and_double_nothing(busy: Teten) -> None:
    """Three of them fold at once, in the smallest steps, while the log grows."""
    others = [Rows(busy.log, PROJECTIONS) for _ in range(3)]
    with ThreadPoolExecutor(3) as threads:
        for _ in range(20):
            list(threads.map(lambda rows: rows.catch_up(), others))
    wait_until(lambda: len(busy.log.after(0, 10_000)) == 10 + 60 * 2)
    busy.rows.catch_up()
    assert complete(busy)
    assert len(all_rows(busy.rows)[journeys.name]) == 60
    raced = live_rows(busy.url)
    busy.rows.rebuild(EVERY)
    assert live_rows(busy.url) == raced


@pytest.mark.parametrize(("batch", "rows_max"), [(1, 2_000), (7, 3), (500, 0)])
def test_it_makes_no_difference_how_many_events_are_folded_at_a_time_and_how_many_rows_are_kept(
    teten: Teten, monkeypatch: pytest.MonkeyPatch, batch: int, rows_max: int
) -> None:
    monkeypatch.setattr(turns, "BATCH", batch)
    monkeypatch.setattr("service.folding.ROWS_MAX", rows_max)
    with teten.log.pool.connection() as connection:
        store(connection, ALL.log)
    teten.rows.catch_up()
    assert complete(teten)
    in_steps = live_rows(teten.url)
    teten.rows.rebuild(EVERY)
    assert live_rows(teten.url) == in_steps


def test_rows_that_are_kept_are_not_believed_once_another_process_has_folded(teten: Teten) -> None:
    """Two fold in turns, each with rows of its own from the turn before."""
    other = Rows(teten.log, PROJECTIONS)
    with teten.log.pool.connection() as connection:
        for number, news in enumerate(ALL.log[:60]):
            store(connection, [news])
            (other if number % 3 else teten.rows).catch_up()
    assert complete(teten)
    in_turns = live_rows(teten.url)
    teten.rows.rebuild(EVERY)
    assert live_rows(teten.url) == in_turns


def test_rows_that_are_kept_are_not_believed_once_the_tables_were_emptied(teten: Teten) -> None:
    with teten.log.pool.connection() as connection:
        store(connection, ALL.log)
        teten.rows.catch_up()
        before = live_rows(teten.url)
        connection.execute("TRUNCATE projections.rows, projections.progress")
    teten.rows.catch_up()
    assert live_rows(teten.url) == before


def test_slow_and_rolled_back_commits_are_neither_passed_over_nor_doubled(teten: Teten) -> None:
    with psycopg.connect(teten.url) as writing:
        for number, news in enumerate(ALL.log[:40]):
            writing.execute("LOCK TABLE log_events IN EXCLUSIVE MODE")
            writing.execute(INSERT, entry(news))
            teten.rows.catch_up()  # While the event is written, and not committed yet.
            if number % 2:
                writing.rollback()
                writing.execute("LOCK TABLE log_events IN EXCLUSIVE MODE")
                writing.execute(INSERT, entry(news))
            writing.commit()
            teten.rows.catch_up()
    assert [news.event for news in teten.log.everything()] == [n.event for n in ALL.log[:40]]
    assert complete(teten)


FOLDING = """
import sys
from projections.registry import PROJECTIONS
from service.log import Log
from service.rows import Rows
rows = Rows(Log(sys.argv[1]), PROJECTIONS)
print("up", flush=True)
while True:
    rows.catch_up()
"""


def test_a_follower_that_is_killed_in_the_middle_is_taken_over_from(
    teten: Teten, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed while it waits to write, with a batch folded and its transaction open."""
    script = FOLDING.replace("rows = ", "import service.turns; service.turns.BATCH = 9\nrows = ")
    with psycopg.connect(teten.url, autocommit=True) as connection:
        store(connection, ALL.log)
        for _ in range(3):
            with psycopg.connect(teten.url) as held:
                process = subprocess.Popen(
                    [sys.executable, "-c", script, teten.url], stdout=subprocess.PIPE
                )
                assert process.stdout
                process.stdout.readline()
                held.execute("LOCK TABLE projections.rows IN EXCLUSIVE MODE")
                wait_until(lambda: waits_to_write(connection) or complete(teten))
                process.kill()
                process.wait()
    teten.rows.catch_up()
    assert complete(teten)
    taken_over = live_rows(teten.url)
    teten.rows.rebuild(EVERY)
    assert live_rows(teten.url) == taken_over


def waits_to_write(connection: psycopg.Connection[Any]) -> bool:
    found = connection.execute(
        "SELECT count(*) FROM pg_locks WHERE relation = 'projections.rows'::regclass AND NOT granted"
    ).fetchone()
    return found != (0,)


# One that fails ----------------------------------------------------------------------------------


def test_one_that_fails_does_not_stop_the_others_and_keeps_what_it_could_fold(teten: Teten) -> None:
    rows = Rows(teten.log, [*PROJECTIONS, broken_at(3)])
    teten.log.handle(fresh(examples.establish()))
    for _ in range(2):
        with pytest.raises(ProjectionsBehind, match="broken-1: RuntimeError at position 4") as no:
            rows.wait_until_seen(teten.log.head())
        assert "Anna" not in str(no.value)
    assert complete(teten)
    assert rows.progress()["broken-1"] == (3, 3)
    told = {each.projection: each for each in rows.standings()}
    assert (told["broken-1"].failing, told["broken-1"].failures) == (
        "RuntimeError at position 4",
        2,
    )
    assert told["broken-1"].behind == teten.log.head() - 3
    assert told["ledger-1"].failing is None


def test_who_asks_for_a_report_is_told_which_projection_fails(teten: Teten) -> None:
    rows = Rows(teten.log, [*PROJECTIONS, broken_at(3)])
    teten.log.handle(fresh(examples.establish()))
    with pytest.raises(ProjectionsBehind, match="broken-1") as no, rows.snapshot():
        pass
    assert "broken-1" in no.value.danish


def test_one_that_failed_goes_on_when_it_is_put_right(teten: Teten) -> None:
    teten.log.handle(fresh(examples.establish()))
    Rows(teten.log, [*PROJECTIONS, broken_at(3)]).catch_up()
    mended = Rows(teten.log, [*PROJECTIONS, replace(audit_trail, name="broken-1")])
    mended.catch_up()
    [told] = [each for each in mended.standings() if each.projection == "broken-1"]
    assert (told.failing, told.behind, told.failures) == (None, 0, 1)


def test_one_that_failed_for_a_while_holds_up_no_report_any_more(teten: Teten) -> None:
    away = [True]

    def failing(row: Any, key: str, news: Any) -> Any:
        if away:
            raise RuntimeError
        return audit_trail.fold(row, key, news)

    rows = Rows(teten.log, [*PROJECTIONS, replace(audit_trail, name="broken-1", fold=failing)])
    teten.log.handle(fresh(examples.establish()))
    with pytest.raises(ProjectionsBehind):
        rows.wait_until_seen(teten.log.head())
    away.clear()
    with rows.snapshot() as snapshot:
        assert snapshot.all(audit_trail)


def test_rows_that_the_database_refuses_are_the_trouble_of_their_projection_alone(
    teten: Teten,
) -> None:
    def unstorable(row: Any, key: str, news: Any) -> Any:
        told = audit_trail.fold(row, key, news)
        told.events[-1].actor = "\0"
        return told

    rows = Rows(teten.log, [*PROJECTIONS, replace(audit_trail, name="nul-1", fold=unstorable)])
    teten.log.handle(fresh(examples.establish()))
    with pytest.raises(ProjectionsBehind, match="nul-1: UntranslatableCharacter after position 0"):
        rows.wait_until_seen(teten.log.head())
    assert complete(teten)
    assert rows.progress()["nul-1"] == (0, 0)


def test_one_that_is_slow_goes_on_apart_and_the_others_need_not_wait(
    teten: Teten, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each of its slices is one event long here, as if each took too long."""
    monkeypatch.setattr(turns, "SLICE", -1)
    slow = replace(audit_trail, name="slow-1")
    rows = Rows(teten.log, [slow])
    teten.log.handle(fresh(examples.establish()))
    with teten.log.pool.connection() as connection:
        rows.advance(connection)
        assert rows.progress()["slow-1"][0] < teten.log.head()
        monkeypatch.setattr(turns, "SLICE", 60)
        others = Rows(teten.log, [*PROJECTIONS, slow])
        others.advance(connection)
    head = teten.log.head()
    told = others.progress()
    assert {told[name] for name in EVERY} == {(head, head)}
    others.catch_up()
    assert others.progress()["slow-1"] == (head, head)


def test_readers_of_snapshots_leave_connections_for_what_is_read_beside_them(teten: Teten) -> None:
    teten.log.handle(fresh(examples.establish()))
    with ExitStack() as others:
        snapshots = []
        with pytest.raises(PoolTimeout):
            while True:
                snapshots.append(others.enter_context(teten.rows.snapshot(patience=0)))
        assert len(snapshots) > 4
        for snapshot in snapshots:
            assert snapshot.state(programmes, "NP").established
    with teten.rows.snapshot(patience=0) as snapshot:
        assert snapshot.position == teten.log.head()
