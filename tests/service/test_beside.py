"""The parts beside the web server: none ends unnoticed, and none stops another."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from threading import Event
from typing import Any

import psycopg
import pytest
from fastapi.testclient import TestClient

from service import beside, doctor
from service.api import create_app
from service.app import Teten
from service.beside import Beside
from service.evidence.keeping import Keeper
from service.evidence.outside.delivery import Courier
from service.flags.raiser import Raiser
from service.followers import Follower
from service.intake.worker import Worker
from service.reminding.postman import Postman
from service.webhooks.deliverer import Deliverer
from tests.intake.pictures import shared
from tests.service.test_serve import wait_until

PARTS: dict[str, Callable[[Teten], Beside]] = {
    "keeper": lambda teten: Keeper(teten.log, teten.checkpoints),
    "courier": lambda teten: Courier(teten.log, teten.outside),
    "deliverer": lambda teten: Deliverer(teten.log, teten.webhooks),
    "reader": lambda teten: Worker(teten, shared),
    "postman": lambda teten: Postman(teten.log, teten.reminders, teten.letters),
    "raiser": Raiser,
}
# Something that each of them asks for in every round.
ASKS = {
    "keeper": "service.evidence.checkpoints.Checkpoints.due",
    "courier": "service.evidence.outside.delivery.Outside.deliver",
    "deliverer": "service.webhooks.delivering.Webhooks.source",
    "reader": "service.intake.worker.waits_after",
    "postman": "service.reminding.sending.Letters.deliver",
    "raiser": "service.flags.raiser.Raiser.look",
}
each_part = pytest.mark.parametrize("name", PARTS)
HOLDER = """
SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND granted AND objsubid = 1
AND classid::bigint << 32 | objid::bigint = %s
AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("RETRY", "FIRST_WAIT"):
        monkeypatch.setattr(beside, name, 0.05)


@contextmanager
def running(*parts: Beside) -> Iterator[None]:
    with ExitStack() as until_over:
        for part in parts:
            part.start()
            until_over.callback(part.stop)
        yield


def broken(*_: Any, **__: Any) -> None:
    raise KeyError("Anna Ærlig")


def has_turn(teten: Teten, part: Beside) -> int | None:
    """The process of the server that holds the part's lock."""
    with teten.log.pool.connection() as connection:
        found = connection.execute(HOLDER, (part.lock,)).fetchone()
    return found[0] if found else None


def told_by_the_doctor(teten: Teten) -> dict[str, str]:
    """What is wrong."""
    checks = doctor.examine(teten, quickly=True)
    return {each.name: each.says for each in checks if not each.ok}


@each_part
def test_a_defect_is_told_wherever_one_asks_and_the_part_goes_on_when_it_is_mended(
    name: str, teten: Teten, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    part = PARTS[name](teten)
    follower = Follower(teten.url, teten.rows, died=lambda: None)
    follower.start()
    client = TestClient(create_app(teten, follower, [part]))
    with monkeypatch.context() as defect, running(part):
        defect.setattr(ASKS[name], broken)
        wait_until(lambda: f"part {name}" in told_by_the_doctor(teten))
        says = told_by_the_doctor(teten)[f"part {name}"]
        assert says.startswith("all of it fails since 20")
        assert ": KeyError (test_beside.py:" in says
        figures, ready = client.get("/metrics").text, client.get("/readyz")
        assert f'teten_part_up{{part="{name}"}} 1\n' in figures
        assert f'teten_part_troubles{{part="{name}"}} 1\n' in figures
        assert f'teten_part_trouble_seconds{{part="{name}"}} 0\n' not in figures
        assert (ready.status_code, ready.json()["troubled"].keys()) == (200, {name})

        defect.undo()
        wait_until(lambda: not part.troubles and told_by_the_doctor(teten) == {})
        assert f'teten_part_troubles{{part="{name}"}} 0\n' in client.get("/metrics").text
        assert client.get("/readyz").json()["troubled"] == {}
    follower.stop()
    assert "Anna" not in says + figures + ready.text + "".join(capfd.readouterr())


@each_part
def test_who_fails_again_is_told_of_since_the_first_time(
    name: str, teten: Teten, monkeypatch: pytest.MonkeyPatch
) -> None:
    part = PARTS[name](teten)
    tries: list[None] = []

    def breaks(*_: Any, **__: Any) -> None:
        tries.append(None)
        raise KeyError

    monkeypatch.setattr(ASKS[name], breaks)
    with running(part):
        wait_until(lambda: bool(part.troubles))
        since = part.troubles[""].since
        wait_until(lambda: len(tries) > 2)
        assert part.troubles[""].since == since


@each_part
def test_of_two_services_one_has_the_turn_and_the_other_takes_over_when_it_ends(
    name: str, teten: Teten
) -> None:
    first, second = PARTS[name](teten), PARTS[name](teten)
    with running(first):
        wait_until(lambda: has_turn(teten, first) is not None)
        holder = has_turn(teten, first)
        with running(second):
            first.stop()
            wait_until(lambda: has_turn(teten, second) not in (None, holder))
            assert not first.alive


@each_part
def test_a_service_that_fares_better_takes_over_from_one_that_fails(
    name: str, teten: Teten, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whose disk is gone, say. Nothing is told to be wrong any more: it is done."""
    first, second, done = PARTS[name](teten), PARTS[name](teten), Event()
    monkeypatch.setattr(beside, "FIRST_WAIT", 30)
    monkeypatch.setattr(first, "work", broken)
    works = second.work

    def does(connection: beside.Connection) -> Any:
        failing = works(connection)
        done.set()
        return failing

    monkeypatch.setattr(second, "work", does)
    with running(first):
        wait_until(lambda: f"part {name}" in told_by_the_doctor(teten))
        with running(second):
            assert done.wait(60)
            wait_until(lambda: told_by_the_doctor(teten) == {})
            assert first.trouble


def test_the_parts_wait_for_a_database_that_is_away_and_go_on_when_it_is_back(
    teten: Teten, server: str
) -> None:
    name = teten.url.rpartition("/")[2].partition("?")[0]
    parts = [make(teten) for make in PARTS.values()]
    with running(*parts), psycopg.connect(server, autocommit=True) as connection:
        wait_until(lambda: all(has_turn(teten, part) for part in parts))
        connection.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false'.encode())
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", (name,)
        )
        wait_until(lambda: all(part.trouble for part in parts))
        connection.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS true'.encode())
        wait_until(lambda: not any(part.trouble for part in parts))
        wait_until(lambda: all(has_turn(teten, part) for part in parts))
        assert told_by_the_doctor(teten) == {}


@each_part
def test_who_has_nothing_to_do_stops(name: str, teten: Teten) -> None:
    part = PARTS[name](teten)
    with running(part):
        wait_until(lambda: has_turn(teten, part) is not None)
    assert (part.alive, part.trouble) == (False, None)
    wait_until(lambda: has_turn(teten, part) is None)


@each_part
def test_who_is_in_the_middle_of_something_is_left_when_the_service_stops(
    name: str, teten: Teten, monkeypatch: pytest.MonkeyPatch
) -> None:
    part, at_it, over = PARTS[name](teten), Event(), Event()

    def sits(*_: Any, **__: Any) -> None:
        at_it.set()
        over.wait(60)
        raise KeyError

    monkeypatch.setattr(ASKS[name], sits)
    monkeypatch.setattr(part, "stops_within", 0.1)
    with running(part):
        assert at_it.wait(60)
    assert part.alive
    over.set()
    wait_until(lambda: not part.alive)
    assert part.trouble is None, "what fails while it is stopped is nobody's trouble"


def test_what_fails_alone_is_named_and_of_very_many_only_some_are(
    teten: Teten, monkeypatch: pytest.MonkeyPatch
) -> None:
    part = PARTS["postman"](teten)
    many = {f"letter {number}": "KeyError" for number in range(1000)}
    monkeypatch.setattr(part, "work", lambda _: many)
    with running(part):
        wait_until(lambda: "part postman" in told_by_the_doctor(teten))
        says = told_by_the_doctor(teten)["part postman"]
        assert "letter 1 fails since" in says
        assert says.count("letter") == beside.NAMED
        assert ": 980 more" in says
        monkeypatch.setattr(part, "work", lambda _: {"letter 7": "KeyError"})
        wait_until(lambda: told_by_the_doctor(teten)["part postman"].count("letter") == 1)
        assert "letter 7" in told_by_the_doctor(teten)["part postman"]


def test_what_fails_is_tried_again_later_and_later_and_soon_again_once_it_went_well(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = 0.0
    monkeypatch.setattr(beside, "FIRST_WAIT", 5.0)
    monkeypatch.setattr(beside, "monotonic", lambda: 1_000.0 + now)
    wait, waits = beside.Wait(60), []
    assert not wait.over
    for _ in range(6):
        waits.append(wait.longer())
        assert wait.longer() == waits[-1], "others that fail meanwhile make it no longer"
        assert not wait.over
        now += waits[-1]
        assert wait.over
    assert waits == [5, 10, 20, 40, 60, 60]
    wait.none()
    assert not wait.over
    assert wait.longer() == 5
