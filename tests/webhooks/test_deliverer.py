"""While the service runs, whoever is to be told is told, whatever becomes of the service."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event
from typing import Any

import psycopg
import pytest

from service.app import Teten, opened
from service.settings import Settings
from service.webhooks.deliverer import Deliverer
from tests.conftest import import_into
from tests.data_sets import tiny
from tests.service.test_serve import serving, wait_until
from tests.shell import Shell
from tests.webhooks.conftest import Told
from tests.webhooks.receiving import PATIENCE, Answer, Received, Receiver, receiving


@contextmanager
def delivering(teten: Teten) -> Iterator[Deliverer]:
    deliverer = Deliverer(teten.log, teten.webhooks)
    deliverer.start()
    try:
        yield deliverer
    finally:
        deliverer.stop()


def test_what_happens_is_told_without_anybody_asking(told: Told) -> None:
    told.add(after=None)
    with delivering(told.teten):
        positions = [told.happen() for _ in range(3)]
        told.receiver.wait(lambda: len(told.receiver.received) == 3)
        wait_until(lambda: told.standing.behind == 0)
    assert told.receiver.positions == positions


def test_a_receiver_that_sits_on_its_answer_keeps_no_other_waiting(told: Told) -> None:
    told.add(after=None)
    over = Event()

    def sits(_: Received) -> Answer:
        over.wait(PATIENCE)
        return 204, {}

    told.receiver.answers = sits
    with receiving() as quick:
        other = Told(told.teten, quick)
        other.add(after=None)
        with delivering(told.teten):
            first = told.happen()
            told.receiver.wait(lambda: told.receiver.received)
            second = told.happen()
            quick.wait(lambda: len(quick.received) == 2)
            assert (quick.positions, told.receiver.positions) == ([first, second], [first])
            over.set()
            told.receiver.wait(lambda: told.receiver.positions == [first, second])
            wait_until(lambda: told.standing.behind == 0)


def test_of_two_services_one_delivers_and_the_other_takes_over(told: Told) -> None:
    told.add(after=None)
    answers = Event()

    def waits(_: Received) -> Answer:
        answers.wait(PATIENCE)
        return 204, {}

    told.receiver.answers = waits
    with delivering(told.teten) as one:
        first = told.happen()
        told.receiver.wait(lambda: told.receiver.received)
        with delivering(told.teten):
            wait_until(lambda: _turned_away(told.teten))
            answers.set()
            wait_until(lambda: told.standing.behind == 0)
            assert told.receiver.positions == [first]
            one.stop()
            second = told.happen()
            told.receiver.wait(lambda: len(told.receiver.received) == 2)
            wait_until(lambda: told.standing.behind == 0)
    assert told.receiver.positions == [first, second]


def _turned_away(teten: Teten) -> bool:
    """Somebody asked for the lock and looks for nothing that is due, but asks again."""
    with teten.log.pool.connection() as connection:
        found = connection.execute(
            "SELECT FROM pg_stat_activity WHERE datname = current_database()"
            " AND query = 'SELECT pg_try_advisory_lock($1)' AND state = 'idle'"
        )
        return found.rowcount == 1


def test_a_deliverer_whose_connection_is_cut_goes_on(
    told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("service.beside.RETRY", 0.05)
    told.add(after=None)
    with delivering(told.teten) as deliverer:
        first = told.happen()
        told.receiver.wait(lambda: told.receiver.received)
        with told.teten.log.pool.connection() as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND database ="
                " (SELECT oid FROM pg_database WHERE datname = current_database())"
            )
        wait_until(lambda: deliverer.trouble is not None)
        second = told.happen()
        told.receiver.wait(lambda: second in told.receiver.positions)
        wait_until(lambda: told.standing.behind == 0 and deliverer.trouble is None)
    assert sorted(set(told.receiver.positions)) == [first, second]


def test_a_log_without_its_key_tells_nobody_anything_and_goes_on_when_it_is_back(
    told: Told,
) -> None:
    """Its name is the key's: without it nobody could tell whose events they are."""
    told.teten.checkpoints.make()
    key = told.teten.settings.checkpoint_key_file
    away = key.rename(key.with_name("away"))
    told.add(after=None)
    with delivering(told.teten) as deliverer:
        position = told.happen()
        wait_until(lambda: deliverer.trouble == "KeyLost")
        assert told.receiver.received == []
        away.rename(key)
        told.receiver.wait(lambda: told.receiver.positions == [position])


def test_a_webhook_that_fails_by_a_defect_of_ours_keeps_no_other_waiting(
    told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    told.add(after=None)
    get_secrets = told.endpoints.secrets.all

    def breaks_for_one(connection: psycopg.Connection[Any], webhook: str) -> list[str]:
        if webhook == told.name:
            raise KeyError
        return get_secrets(connection, webhook)

    with receiving() as quick:
        other = Told(told.teten, quick)
        other.add(after=None)
        with monkeypatch.context() as defect, delivering(told.teten) as deliverer:
            defect.setattr(told.endpoints.secrets, "all", breaks_for_one)
            position = told.happen()
            quick.wait(lambda: quick.positions == [position])
            wait_until(lambda: told.standing.in_trouble)
            assert (told.standing.says or "").startswith("KeyError (test_deliverer.py:")
            assert (told.standing.tries, told.standing.next_try_at is None) == (1, False)
            assert deliverer.trouble is None
            defect.undo()
            told.later()
            told.receiver.wait(lambda: told.receiver.positions == [position])
            wait_until(lambda: not told.standing.in_trouble)


def test_a_webhook_whose_key_is_missing_keeps_no_other_waiting(told: Told) -> None:
    told.add(after=None)
    told.teten.keys.destroy(f"webhook-{told.name}")
    with receiving() as quick:
        other = Told(told.teten, quick)
        other.add(after=None)
        with delivering(told.teten):
            position = told.happen()
            quick.wait(lambda: quick.positions == [position])
            wait_until(lambda: told.standing.in_trouble)
    assert told.standing.says == "its secret can't be opened: rotate it"


def test_a_service_that_is_killed_while_it_sends_loses_nothing(
    allowed: Settings, receiver: Receiver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TETEN_WEBHOOKS_ALLOW", "127.0.0.0/8")
    with opened(allowed) as teten:
        import_into(teten, tiny(tmp_path / "data"))
        told = Told(teten, receiver)
        secret = told.add()
        head, shell = teten.log.head(), Shell(allowed)
        killed = Event()

        def sits_on_the_tenth(received: Received) -> Answer:
            if received.position == 10:
                killed.wait(PATIENCE)
            return 204, {}

        receiver.answers = sits_on_the_tenth
        with serving(shell, tmp_path / "first") as service:
            receiver.wait(lambda: 10 in receiver.positions)
            service.process.kill()
            service.process.wait()
        killed.set()
        with serving(shell, tmp_path / "second"):
            receiver.wait(lambda: head in receiver.positions)
            wait_until(lambda: told.standing.behind == 0)
    # What the service itself adds, of pictures that it reads and of flags, comes after.
    before = [each for each in receiver.received if each.position <= head]
    assert [each.position for each in before] == [*range(1, 11), *range(10, head + 1)]
    assert len({(each.position, each.id) for each in before}) == head
    assert all(each.verified(secret) for each in receiver.received)
