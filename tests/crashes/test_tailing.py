"""Those who follow the log: killed in the middle, beside slow writers, beside writers that fail."""

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random
from threading import Event, Thread
from typing import Any

import psycopg
import pytest

from domain.words import Recorded
from projections.audit_trail import audit_trail
from projections.projection import Projection
from projections.registry import PROJECTIONS
from service.app import Teten, opened
from service.log import Log
from service.rows import Rows
from service.settings import Settings
from tests import examples
from tests.crashes import load, witness
from tests.crashes.acknowledgements import Journal, count
from tests.crashes.checking import Checker
from tests.crashes.load import Load
from tests.crashes.machine import ends, process, wait_until
from tests.crashes.wishes import Client, Progress, cases, establish
from tests.scenario import DAY


def loaded(settings: Settings, name: str = "load") -> Load:
    return Load(settings.database_url or "", settings.home, settings.home / f"{name}.jsonl")


def filled(settings: Settings, events: int) -> Path:
    """A log in which so much has happened, and the journal of it."""
    asked = loaded(settings, "filling")
    with opened(settings) as teten:
        journal = Journal(asked.journal)
        clients = load.Clients(teten, asked, journal, Event())
        clients.ask(establish("NP"))
        client = Client("filler", Random(1), Progress("NP"))
        while teten.log.head() < events:
            clients.ask(client.wish())
            client.answered()
        journal.close()
    return asked.journal


# Killed in the middle ----------------------------------------------------------------------------


@dataclass(frozen=True)
class Follow:
    """A follower that dies at that event, in its last projection; those before it have folded the batch."""

    url: str
    dies_at: int


def follow(follow: Follow) -> None:
    log = Log(follow.url)
    others = [each for each in PROJECTIONS if each is not audit_trail]

    def fold(row: Any, key: str, each: Recorded[Any]) -> Any:
        if each.position == follow.dies_at:
            os._exit(9)
        return audit_trail.fold(row, key, each)

    # It folds every event.
    deadly: Projection[Any] = replace(audit_trail, fold=fold)
    Rows(log, [*others, deadly]).catch_up()
    log.close()


def test_a_follower_that_dies_at_an_event_is_taken_over_from_there(settings: Settings) -> None:
    journal = filled(settings, 120)
    for dies_at in (1, 119):
        with process(follow, Follow(settings.database_url or "", dies_at)) as dying:
            dying.join()
            assert dying.exitcode == 9
    checker = Checker()
    with opened(settings) as teten:
        checker.check(teten, [journal])
        checker.check_all(teten)
        checker.rebuild(teten)
    assert checker.troubles == []


def test_a_follower_that_is_killed_from_outside_again_and_again_skips_nothing(
    settings: Settings,
) -> None:
    journal = filled(settings, 400)
    dice = Random(3)
    for _ in range(6):
        with process(follow, Follow(settings.database_url or "", dies_at=0)) as following:
            following.join(dice.uniform(0, 0.3))
    checker = Checker()
    with opened(settings) as teten:
        checker.check(teten, [journal])
        checker.check_all(teten)
    assert checker.troubles == []


@pytest.mark.parametrize("table", ["rows", "progress"])
def test_rows_and_how_far_they_have_come_are_stored_together_or_not_at_all(
    settings: Settings, table: str
) -> None:
    """The one can't be written just when the other was."""
    journal = filled(settings, 60)
    with opened(settings) as teten:
        with teten.log.pool.connection() as connection:
            connection.execute(
                "CREATE FUNCTION break() RETURNS trigger LANGUAGE plpgsql AS"
                " $$ BEGIN RAISE EXCEPTION 'broken' USING ERRCODE = 'connection_failure'; END $$"
            )
            event = "UPDATE OF position" if table == "progress" else "INSERT OR UPDATE OF body"
            connection.execute(
                f"CREATE TRIGGER break AFTER {event} ON projections.{table}"
                " FOR EACH ROW EXECUTE FUNCTION break()"
            )
        with suppress(Exception):  # What follows the log says so in its own way.
            teten.rows.catch_up()
        with teten.log.pool.connection() as connection:
            found = connection.execute(
                "SELECT (SELECT count(*) FROM projections.rows),"
                " (SELECT coalesce(max(position), 0) FROM projections.progress)"
            ).fetchone()
            connection.execute(f"DROP TRIGGER break ON projections.{table}")
        assert found == (0, 0)
        checker = Checker()
        checker.check(teten, [journal])
        checker.check_all(teten)
    assert checker.troubles == []


# Beside writers that are slow or fail --------------------------------------------------------------


class Dropped(Exception):
    """A writer changes its mind after its events were stored, and before they were committed."""


def slow(curs: psycopg.Cursor[Any]) -> None:
    curs.execute("SELECT pg_sleep(0.1)")


def dropped(_: psycopg.Cursor[Any]) -> None:
    raise Dropped


def failing(curs: psycopg.Cursor[Any]) -> None:
    curs.execute("SELECT 1 / 0")


@contextmanager
def disturbing(teten: Teten, journal: Journal) -> Iterator[list[str]]:
    """Another writer, as slow and as unreliable as one can be. What became of its commands."""
    became: list[str] = []
    stop = Event()
    where = {"programme": "NP", "case_no": cases("NP")[0], "effective_on": DAY}

    def disturb() -> None:
        number = 0
        while not stop.is_set():
            keep = (slow, dropped, failing)[number % 3]
            command = examples.use_card(id=f"disturbing-{number}", **where)
            journal.asked(command)
            number += 1
            try:
                answer = teten.log.handle(command, keep)
            except (Dropped, psycopg.errors.DivisionByZero) as error:
                became.append(type(error).__name__)
            except Exception as error:  # noqa: BLE001 - whatever it is, it is told
                became.append(f"{type(error).__name__}: not its own")
            else:
                journal.done(command, answer.first_position, answer.last_position, again=False)
                became.append("done")
            with psycopg.connect(teten.url) as foreign:
                foreign.execute("LOCK TABLE log_events IN EXCLUSIVE MODE")
                foreign.execute(
                    "INSERT INTO log_events (originator_id, originator_version, topic, state)"
                    " VALUES ('case-foreign', 1, 'CardUsed', '{}')"
                )
                foreign.execute("SELECT pg_sleep(0.05)")
                foreign.rollback()

    thread = Thread(target=disturb)
    thread.start()
    try:
        yield became
    finally:
        stop.set()
        thread.join()


def test_who_tails_the_log_beside_slow_and_rolled_back_commits_skips_nothing(
    settings: Settings,
) -> None:
    service = loaded(settings)
    witnesses = [
        witness.Witness(service.url, settings.home / "asking.jsonl", "by asking"),
        witness.Witness(service.url, settings.home / "notified.jsonl", "by notifications"),
    ]
    foreign = settings.home / "foreign.jsonl"
    with opened(settings) as teten, ExitStack() as stay:
        tailing = [stay.enter_context(process(witness.run, each)) for each in witnesses]
        running = stay.enter_context(process(load.run, service))
        wait_until(lambda: count(service.journal, "answered") > 20)
        with disturbing(teten, Journal(foreign)) as became:
            wait_until(lambda: len(became) >= 9)
        assert ends(running) == 0
        assert [ends(each) for each in tailing] == [0, 0]
        checker = Checker()
        checker.check(teten, [service.journal, foreign])
        checker.check_all(teten, [each.journal for each in witnesses])
    assert checker.troubles == []
    assert set(became) == {"done", "Dropped", "DivisionByZero"}
    assert witness.testimony(witnesses[0].journal) == witness.testimony(witnesses[1].journal)
