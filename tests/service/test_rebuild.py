"""A rebuild on a real PostgreSQL: beside the live rows, the same to the byte, and swapped as a whole."""

import json
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psycopg
import pytest

from projections.audit_trail import audit_trail
from projections.registry import PROJECTIONS
from service import migrations
from service.app import Teten, opened
from service.database import connected
from service.rebuilding.beside import RebuildFailed, RebuildRunning
from service.rebuilding.share import Order, fold_share
from service.rebuilding.unvalidated import believe_rows
from service.settings import Settings
from tests import examples
from tests.conftest import environment
from tests.everything import ALL
from tests.service.stored import UNKNOWN, generations, live_rows, store
from tests.service.test_log import fresh
from tests.service.test_rows import complete, register, wait_until

EVERY = [projection.name for projection in PROJECTIONS]


@pytest.fixture
def everything(teten: Teten) -> Teten:
    """Everything that can happen has happened, and is folded."""
    with teten.log.pool.connection() as connection:
        store(connection, ALL.log)
    teten.rows.catch_up()
    return teten


@pytest.fixture(params=["pilot", "practice", "everything"])
def history(request: pytest.FixtureRequest) -> Iterator[Teten]:
    running: Teten = request.getfixturevalue(request.param)
    running.rows.catch_up()
    yield running


def test_a_rebuild_makes_the_live_rows_again_to_the_byte(history: Teten) -> None:
    """Its own processes don't validate what folds make; the live rows were validated at each step."""
    before = live_rows(history.url)
    with psycopg.connect(history.url, autocommit=True) as connection:
        connection.execute("UPDATE projections.rows SET body = body || '{\"old\": true}'")
    history.rows.rebuild(EVERY)
    assert live_rows(history.url) == before
    assert complete(history)
    assert set(generations(history.url).values()) == {1}


def test_rebuilding_one_projection_leaves_the_others(everything: Teten) -> None:
    before = live_rows(everything.url)
    with psycopg.connect(everything.url, autocommit=True) as connection:
        connection.execute("UPDATE projections.rows SET body = '{}'")
    everything.rows.rebuild([audit_trail.name])
    after = live_rows(everything.url)
    assert after.keys() == before.keys()
    for (projection, key), body in after.items():
        assert body == (before[projection, key] if projection == audit_trail.name else "{}")


@pytest.mark.parametrize("shares", [1, 3])
def test_a_memory_of_a_few_rows_makes_the_same_rows(
    everything: Teten, monkeypatch: pytest.MonkeyPatch, shares: int
) -> None:
    """What doesn't fit is written, and read again when it is needed."""
    monkeypatch.setattr("service.rebuilding.share.BATCH", 3)
    apart = dict.fromkeys(EVERY, -1)
    seen = {
        fold_share(
            Order(
                url=everything.url,
                generations=apart,
                share=share,
                shares=shares,
                after=0,
                through=everything.log.head(),
                rows_max=2,
            )
        )
        for share in range(shares)
    }
    assert seen == {len(ALL.log)}
    with psycopg.connect(everything.url) as connection:
        found = connection.execute(
            "SELECT projection, key, body::text FROM projections.rows WHERE generation = -1"
        ).fetchall()
    assert {(projection, key): body for projection, key, body in found} == live_rows(everything.url)


def test_rows_are_believed_in_the_processes_of_a_rebuild_alone() -> None:
    script = (
        "from projections.balances import Balance; import service.rebuilding.share as share\n"
        "try: Balance(since='soon')\n"
        "except ValueError: share.believe_rows(); print(Balance(since='soon').since)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout == "soon\n"
    assert believe_rows.__module__ == "service.rebuilding.unvalidated"


def test_a_rebuild_while_others_write_and_the_follower_folds_ends_with_the_live_rows(
    everything: Teten,
) -> None:
    """Readers see whole reports all the while."""
    with ThreadPoolExecutor(2) as threads:
        rebuilt = threads.submit(everything.rows.rebuild, EVERY)
        number = 0
        while not rebuilt.done():
            register(everything.log, f"N-{number}")
            number += 1
            with everything.rows.snapshot() as snapshot:
                assert len(snapshot.all(audit_trail, "case-N-")) == number
        assert rebuilt.result() > len(ALL.log)
    everything.rows.catch_up()
    assert complete(everything)
    after = live_rows(everything.url)
    everything.rows.rebuild(EVERY)
    assert live_rows(everything.url) == after


def test_a_rebuild_that_is_killed_leaves_the_live_rows_and_the_next_one_cleans_up(
    everything: Teten,
) -> None:
    before = live_rows(everything.url)
    script = "import sys; from service.rebuilding.beside import rebuild; from projections.registry"
    script += " import PROJECTIONS; rebuild(sys.argv[1], PROJECTIONS)"
    with psycopg.connect(everything.url) as held:
        # The swap needs this lock, so that the rebuild can't end before it is killed.
        held.execute("SELECT FROM projections.progress FOR UPDATE")
        process = subprocess.Popen([sys.executable, "-c", script, everything.url])
        wait_until(lambda: set(generations(everything.url).values()) == {2})
        with pytest.raises(RebuildRunning, match="audit-trail"):
            everything.rows.rebuild([audit_trail.name])
        process.kill()
        process.wait()
    assert live_rows(everything.url) == before
    wait_until(lambda: no_others(everything.url))
    everything.rows.rebuild(EVERY)
    assert live_rows(everything.url) == before
    assert set(generations(everything.url).values()) == {1}


def no_others(url: str) -> bool:
    """Nobody holds a rebuild's lock any more: the database has noticed that its client is gone."""
    with psycopg.connect(url) as connection:
        found = connection.execute(
            "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND database ="
            " (SELECT oid FROM pg_database WHERE datname = current_database())"
        ).fetchone()
    return found == (0,)


def test_a_rebuild_that_fails_says_why_and_leaves_the_live_rows(everything: Teten) -> None:
    """A payment that nobody ordered: no command leads to it, and no fold is prepared for it."""
    [settled] = [each for each in ALL.log if type(each.event).__name__ == "TrancheSettled"][:1]
    stray = settled.event.model_copy(update={"ref": "T-99"})
    with everything.log.pool.connection() as connection:
        store(connection, [settled.__class__(**{**vars(settled), "event": stray, "version": 999})])
    before = live_rows(everything.url)
    with pytest.raises(RebuildFailed, match=r"worklists-2: ValueError at position \d+$"):
        everything.rows.rebuild(EVERY)
    assert live_rows(everything.url) == before


def test_a_rebuild_tells_of_an_event_that_this_version_does_not_know(
    everything: Teten, settings: Settings
) -> None:
    with psycopg.connect(everything.url, autocommit=True) as connection:
        connection.execute(UNKNOWN)
    command = (str(Path(sys.executable).with_name("teten")), "rebuild")
    done = subprocess.run(
        command, env=environment(settings), capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert "holds a FutureEvent" in done.stderr


def test_rows_of_a_database_without_generations_are_carried_over(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is brought to where it was before this version, used as it was then, and opened by this one."""
    older = [step for step in migrations.steps() if step.version < 3]
    monkeypatch.setattr(migrations, "steps", lambda: older)
    with connected(settings.database_url or "") as connection:
        migrations.migrate(connection)
    monkeypatch.undo()
    trail = json.dumps({"events": []})
    with psycopg.connect(settings.database_url or "") as connection:
        store(connection, ALL.log[:1])
        connection.execute(
            "INSERT INTO projections.rows VALUES (%s, 'case-OLD', %s)", (audit_trail.name, trail)
        )
        connection.execute(
            "INSERT INTO projections.progress VALUES (%s, 1, 1)", (audit_trail.name,)
        )
    with opened(settings) as running, running.rows.snapshot() as snapshot:
        assert snapshot.get(audit_trail, "case-OLD") == audit_trail.row()
        assert running.rows.progress()[audit_trail.name] == (1, 1)


def test_what_is_asked_of_a_rebuild_is_told_by_its_figures(everything: Teten) -> None:
    everything.log.handle(fresh(examples.register(case_no="X-1")))
    everything.rows.rebuild([audit_trail.name])
    told: dict[str, Any] = {each.projection: each for each in everything.rows.standings()}
    assert (told[audit_trail.name].rebuilds, told["ledger-1"].rebuilds) == (1, 0)
    assert (told[audit_trail.name].behind, told["ledger-1"].behind) == (0, 1)
