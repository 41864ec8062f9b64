"""The follower: wakes who waits, tells what is in its way, and goes on when that has passed."""

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
from fastapi.testclient import TestClient

from projections.projection import Projection
from projections.registry import PROJECTIONS
from service import doctor
from service.api import create_app
from service.app import Teten
from service.followers import Follower
from service.rows import ProjectionsBehind, Rows
from tests import examples
from tests.service.conftest import signed_in
from tests.service.stored import UNKNOWN
from tests.service.test_log import fresh
from tests.service.test_rows import broken_at, complete, register, wait_until


@contextmanager
def following(teten: Teten, rows: Rows | None = None) -> Iterator[Follower]:
    follower = Follower(teten.url, rows or teten.rows, died=lambda: None)
    follower.start()
    try:
        yield follower
    finally:
        follower.stop()
    assert not follower.alive


def with_rows(teten: Teten, *projections: Projection[Any]) -> Teten:
    """The same parts, with these projections beside the others."""
    rows = Rows(teten.log, [*PROJECTIONS, *projections])
    return Teten(**{**vars(teten), "rows": rows})


def test_a_follower_folds_what_is_written_while_it_runs(teten: Teten) -> None:
    with following(teten):
        teten.log.handle(fresh(examples.establish()))
        teten.log.handle(fresh(examples.register()))
        wait_until(lambda: complete(teten))


def test_who_waits_for_its_own_write_is_woken_when_it_is_folded(
    teten: Teten, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without the poll that makes up for lost notifications, which would come too late anyhow."""
    monkeypatch.setattr("service.followers.WOKEN_AT_LEAST_EVERY", 60)
    teten.log.handle(fresh(examples.establish()))
    with following(teten) as follower:
        for number in range(20):
            position = register(teten.log, f"A-{number}")
            teten.rows.wait_until_seen(position)
            assert {at for at, _ in teten.rows.progress().values()} == {position}
        follower._stop.set()
        register(teten.log, "Z-1")


def test_who_waits_from_asyncio_is_woken_too(teten: Teten) -> None:
    teten.log.handle(fresh(examples.establish()))

    async def ask() -> None:
        for number in range(5):
            position = await asyncio.to_thread(register, teten.log, f"A-{number}")
            await asyncio.gather(*(teten.rows.seen(position) for _ in range(10)))
            assert {at for at, _ in teten.rows.progress().values()} == {position}

    with following(teten):
        asyncio.run(ask())


def test_who_waits_is_woken_also_when_the_follower_of_another_process_did_the_folding(
    teten: Teten,
) -> None:
    teten.log.handle(fresh(examples.establish()))
    other = Rows(teten.log, PROJECTIONS)
    with following(teten), following(teten, other), ThreadPoolExecutor(8) as threads:
        for number in range(20):
            position = register(teten.log, f"A-{number}")
            waiting = [
                threads.submit(rows.wait_until_seen, position)
                for rows in (teten.rows, other)
                for _ in range(4)
            ]
            assert [each.result() for each in waiting] == [None] * 8
    assert complete(teten)


def test_who_waits_for_what_never_comes_is_told_so(teten: Teten) -> None:
    teten.log.handle(fresh(examples.establish()))
    with following(teten):
        with pytest.raises(ProjectionsBehind):
            teten.rows.wait_until_seen(teten.log.head() + 1, patience=0.1)
        with pytest.raises(ProjectionsBehind):
            asyncio.run(teten.rows.seen(teten.log.head() + 1, patience=0.1))


def test_a_projection_that_fails_is_named_wherever_one_asks(teten: Teten) -> None:
    """The others go on; reports need all of them, and say so at once."""
    broken = with_rows(teten, broken_at(3))
    with following(broken, broken.rows) as follower:
        client = signed_in(TestClient(create_app(broken, follower)), broken)
        teten.log.handle(fresh(examples.establish()))
        register(teten.log, "A-1")
        wait_until(lambda: complete(teten))

        ready = client.get("/readyz")
        assert ready.status_code == 503
        assert ready.json()["late"] == {"broken-1": "RuntimeError at position 4"}
        assert ready.json()["behind"] == teten.log.head() - 3
        report = client.get("/v1/report")
        assert report.status_code == 503
        assert report.json()["title"] == "projections_behind"
        assert "broken-1: RuntimeError at position 4" in report.json()["detail"]
        assert "broken-1" in report.json()["detail_da"]
        figures = client.get("/metrics").text
        assert 'teten_projection_failing{projection="broken-1"} 1\n' in figures
        assert 'teten_projection_failing{projection="ledger-1"} 0\n' in figures
        assert 'teten_projection_position{projection="broken-1"} 3\n' in figures
        told = {check.name: check for check in doctor.examine(broken)}
        assert not told["projection broken-1"].ok
        assert "fails: RuntimeError at position 4" in told["projection broken-1"].says
        assert told["projection ledger-1"].ok
        assert client.get("/healthz").status_code == 200
        assert "Anna" not in figures + report.text + ready.text


def test_figures_of_the_running_are_told_to_prometheus(teten: Teten) -> None:
    with following(teten) as follower:
        client = signed_in(TestClient(create_app(teten, follower)), teten)
        teten.log.handle(fresh(examples.establish()))
        wait_until(lambda: complete(teten))
        answer = client.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    head = teten.log.head()
    assert f"\nteten_log_position {head}\n" in answer.text
    assert "\nteten_follower_up 1\n" in answer.text
    for line in (
        f'position{{projection="ledger-1"}} {head}',
        f'events_total{{projection="ledger-1"}} {head}',
        'lag_events{projection="ledger-1"} 0',
        'lag_seconds{projection="ledger-1"} 0',
        'rebuilds_total{projection="ledger-1"} 0',
    ):
        assert f"\nteten_projection_{line}\n" in answer.text


def test_lag_is_told_in_events_and_in_seconds(teten: Teten) -> None:
    teten.log.handle(fresh(examples.establish()))
    [told] = {(each.behind, each.seconds is not None) for each in teten.rows.standings()}
    assert told == (teten.log.head(), True)
    teten.rows.catch_up()
    assert {(each.behind, each.seconds) for each in teten.rows.standings()} == {(0, 0.0)}


def test_an_event_that_is_unknown_stops_nothing_but_the_figures_and_is_told(teten: Teten) -> None:
    with following(teten) as follower, psycopg.connect(teten.url) as connection:
        client = TestClient(create_app(teten, follower), raise_server_exceptions=False)
        signed_in(client, teten)
        connection.execute(UNKNOWN)
        connection.execute("NOTIFY log_events")
        connection.commit()
        wait_until(lambda: follower.trouble == "UnknownEvent")
        assert follower.alive
        ready = client.get("/readyz")
        assert (ready.status_code, ready.json()["waits"]) == (503, "UnknownEvent")


def test_a_follower_goes_on_when_the_database_is_back(teten: Teten) -> None:
    name = teten.url.rpartition("/")[2].partition("?")[0]
    server = teten.url.replace(f"/{name}", "/postgres")
    with following(teten) as follower, psycopg.connect(server, autocommit=True) as connection:
        wait_until(lambda: teten.rows.progress() != {})
        connection.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false')
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", (name,)
        )
        wait_until(lambda: follower.trouble is not None)
        connection.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS true')
        wait_until(lambda: follower.trouble is None)
        teten.log.pool.check()
        teten.log.handle(fresh(examples.establish()))
        wait_until(lambda: complete(teten))


def test_a_follower_with_a_defect_of_its_own_says_so_and_ends(teten: Teten) -> None:
    """The tables are gone: no waiting brings them back."""
    told = []
    follower = Follower(teten.url, teten.rows, died=lambda: told.append("died"))
    with teten.log.pool.connection() as connection:
        connection.execute("DROP TABLE projections.progress")
    follower.start()
    wait_until(lambda: not follower.alive)
    assert told == ["died"]
    assert type(follower.error).__name__ == "UndefinedTable"
