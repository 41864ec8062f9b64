"""Projections on a real PostgreSQL: every event is folded once, and none is passed over."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from time import monotonic, sleep
from typing import Any

import pytest

from domain.words import Refused
from projections.audit_trail import audit_trail
from projections.journeys import journeys
from projections.projection import Projection
from projections.registry import PROJECTIONS
from service import rows as rows_module
from service.app import Teten
from service.followers import Follower
from service.log import Log
from service.rows import Rows
from tests import examples
from tests.service.test_log import fresh


@pytest.fixture
def busy(teten: Teten) -> Iterator[Teten]:
    """A log that eight threads write to: cases registered and offered, and many refusals between."""
    teten.log.handle(fresh(examples.establish()))
    with ThreadPoolExecutor(8) as threads:
        threads.map(lambda number: _write(teten.log, f"A-{number}"), range(60))
        yield teten


def _write(log: Log, case_no: str) -> None:
    log.handle(fresh(examples.register(case_no=case_no)))
    for _ in range(3):
        with suppress(Refused):
            log.handle(fresh(examples.offer(case_no=case_no)))


def all_rows(rows: Rows) -> dict[str, Any]:
    with rows.snapshot() as snapshot:
        return {each.name: snapshot.all(each) for each in PROJECTIONS}


def complete(teten: Teten) -> bool:
    """Every projection has read to the end, and has seen as many events as there are."""
    head = teten.log.head()
    events = len(teten.log.after(0, 10_000))
    return set(teten.rows.progress().values()) == {(head, events)}


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


def test_it_makes_no_difference_how_many_events_are_folded_at_a_time(
    pilot: Teten, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = all_rows(pilot.rows)
    monkeypatch.setattr(rows_module, "BATCH", 501)
    pilot.rows.rebuild([projection.name for projection in PROJECTIONS])
    assert all_rows(pilot.rows) == before
    assert complete(pilot)


def test_rebuilding_one_projection_leaves_the_others(pilot: Teten) -> None:
    before = all_rows(pilot.rows)
    pilot.rows.rebuild([audit_trail.name])
    assert all_rows(pilot.rows) == before
    assert complete(pilot)


def test_a_fold_that_fails_stores_nothing_of_its_batch(teten: Teten) -> None:
    def failing(row: Any, key: str, news: Any) -> Any:
        if news.position > 3:
            raise RuntimeError("a defect")
        return audit_trail.fold(row, key, news)

    broken = Projection("broken-1", audit_trail.row, audit_trail.keys, failing)
    rows = Rows(teten.log, [broken])
    teten.log.handle(fresh(examples.establish()))
    with pytest.raises(RuntimeError):
        rows.catch_up()
    assert rows.progress() == {}
    with rows._pool.connection() as connection:
        found = connection.execute("SELECT FROM projections.rows WHERE projection = 'broken-1'")
        assert found.fetchall() == []


def test_a_follower_folds_what_is_written_while_it_runs(teten: Teten) -> None:
    follower = Follower(teten.url, teten.rows, died=lambda: None)
    follower.start()
    try:
        teten.log.handle(fresh(examples.establish()))
        teten.log.handle(fresh(examples.register()))
        wait_until(lambda: bool(teten.rows.progress()) and complete(teten))
    finally:
        follower.stop()
    assert not follower.alive


def test_a_follower_that_fails_says_so(teten: Teten) -> None:
    told = []
    follower = Follower(teten.url, teten.rows, died=lambda: told.append("died"))
    with teten.log.pool.connection() as connection:
        connection.execute(
            "INSERT INTO log_events VALUES ('case-A', 1, 'FutureEvent', '{}'::bytea)"
        )
    follower._thread._target = _quietly(follower)  # type: ignore[attr-defined]
    follower.start()
    wait_until(lambda: not follower.alive)
    assert told == ["died"]
    assert type(follower.error).__name__ == "UnknownEvent"


def _quietly(follower: Follower) -> Any:
    """Run it without the interpreter's own report of a thread that died."""

    def run() -> None:
        with suppress(Exception):
            follower._run()

    return run


def wait_until(holds: Any, seconds: float = 20) -> None:
    deadline = monotonic() + seconds
    while not holds():
        assert monotonic() < deadline, "waited in vain"
        sleep(0.02)
