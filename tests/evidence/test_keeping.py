"""While the service runs, the tree follows the log and checkpoints are made in time."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from threading import Thread
from time import monotonic, sleep
from typing import Any

import pytest
from psycopg import Connection

from service.app import Teten, opened
from service.evidence.keeping import Keeper
from service.evidence.tiles import LOCK
from service.settings import Settings
from tests.conftest import import_into
from tests.data_sets import tiny


@contextmanager
def kept(teten: Teten) -> Iterator[Keeper]:
    keeper = Keeper(teten.log, teten.checkpoints)
    keeper.start()
    try:
        yield keeper
    finally:
        keeper.stop()


def eventually(holds: Callable[[], object]) -> None:
    deadline = monotonic() + 30
    while not holds():
        assert monotonic() < deadline
        sleep(0.05)


@pytest.fixture
def often(settings: Settings) -> Iterator[Teten]:
    with opened(replace(settings, checkpoint_events=5)) as running:
        yield running


def test_after_so_many_events_a_checkpoint_is_made(often: Teten, tmp_path: Path) -> None:
    with kept(often) as keeper:
        import_into(often, tiny(tmp_path / "data"))
        head = often.log.head()
        eventually(lambda: (often.checkpoints.latest() or [0])[0] == head)
        assert keeper.trouble is None


def test_fewer_events_than_that_wait_for_their_time(often: Teten, tmp_path: Path) -> None:
    import_into(often, tiny(tmp_path / "data"))
    signed = often.checkpoints.make()
    assert signed
    with often.log.pool.connection() as connection:
        connection.execute("INSERT INTO log_events VALUES ('fund-A/B', 1, 'X', '{}')")
    assert not often.checkpoints.due()
    with often.log.pool.connection() as connection:
        connection.execute("ALTER TABLE evidence.checkpoints DISABLE TRIGGER append_only")
        connection.execute(
            "UPDATE evidence.checkpoints SET made_at = made_at - interval '10 minutes'"
        )
    assert often.checkpoints.due()


def test_nothing_is_due_while_nothing_comes(often: Teten, tmp_path: Path) -> None:
    assert not often.checkpoints.due()
    import_into(often, tiny(tmp_path / "data"))
    assert often.checkpoints.due()
    often.checkpoints.make()
    assert not often.checkpoints.due()


def test_a_keeper_that_cannot_sign_says_so_and_tries_again(often: Teten, tmp_path: Path) -> None:
    key = often.settings.checkpoint_key_file
    key.write_text("no key", "utf-8")
    import_into(often, tiny(tmp_path / "data"))
    with kept(often) as keeper:
        eventually(lambda: keeper.trouble == "BadKey")
        key.unlink()
        eventually(lambda: often.checkpoints.latest() and keeper.trouble is None)
        assert keeper.alive


def test_a_keeper_outlives_a_checkpoint_that_was_changed(often: Teten, tmp_path: Path) -> None:
    import_into(often, tiny(tmp_path / "data"))
    assert often.checkpoints.make()
    with often.log.pool.connection() as connection:
        connection.execute("ALTER TABLE evidence.checkpoints DISABLE TRIGGER append_only")
        connection.execute("UPDATE evidence.checkpoints SET note = 'nothing'")
    import_into(often, tiny(tmp_path / "more", programme="UU", cases="U"))
    with kept(often) as keeper:
        eventually(lambda: keeper.trouble or not keeper.alive)
        assert keeper.alive


def test_a_keeper_that_is_kept_waiting_stops_nevertheless(often: Teten, tmp_path: Path) -> None:
    import_into(often, tiny(tmp_path / "data"))
    keeper = Keeper(often.log, often.checkpoints)
    with often.log.pool.connection() as connection, connection.transaction():
        connection.execute("SELECT pg_advisory_xact_lock(%s)", (LOCK,))
        keeper.start()
        eventually(lambda: waits_for_the_lock(connection))
        stopping = Thread(target=keeper.stop, daemon=True)
        stopping.start()
        stopping.join(30)
        assert not stopping.is_alive()
    eventually(lambda: not keeper.alive)


def waits_for_the_lock(connection: Connection[Any]) -> bool:
    found = connection.execute(
        "SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND database ="
        " (SELECT oid FROM pg_database WHERE datname = current_database())"
    )
    return bool(found.fetchall())
