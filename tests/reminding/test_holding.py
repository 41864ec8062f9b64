"""Nothing is held before the citizen can have read that it would be."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from domain.case import cases
from domain.case.line import Step
from service.app import opened
from service.clerk import DANISH_TIME
from service.settings import Settings
from tests.conftest import fresh_database, import_into
from tests.data_sets import change
from tests.reminding.conftest import Reminding, with_a_ladder

TODAY = datetime.now(DANISH_TIME).date()


@pytest.fixture
def running(server: str, tmp_path: Path) -> Iterator[Reminding]:
    """The case goes on, and its citizen was reminded sixty and forty days ago."""
    data = with_a_ladder(tmp_path / "data")
    change(data / "journal.csv", "30;06-05-2019 09:30;kons-1;COMPLETE;T-1;;;;;\r\n", "")
    with (
        fresh_database(server) as url,
        opened(Settings(tmp_path, url, tmp_path / "master.key")) as teten,
    ):
        import_into(teten, data)
        teten.rows.catch_up()
        for days in (60, 40):
            [taken] = teten.reminders.take(TODAY - timedelta(days=days))
            assert (taken.due.step, taken.refused) == (Step.REMINDED, None)
        yield Reminding(teten, tmp_path / "post")


def held(reminding: Reminding) -> bool:
    reminding.teten.reminders.take()
    return reminding.teten.log.state(cases, "T-1").lines[1].tranches["R-1"].holds


def test_nothing_is_held_while_the_reminder_has_reached_nobody(running: Reminding) -> None:
    """Given a citizen with neither an address nor Digital Post; when the day of the hold has come, then it
    waits, until somebody says that they sent the letter, and for the ladder's days after that."""
    running.letters().deliver()
    assert [each.state for each in running.rows] == ["by_hand", "by_hand"]
    assert not held(running)
    running.teten.letters.sent_by_hand(running.rows[-1].position, "kons-1")
    assert not held(running)
    running.harm("UPDATE letters.letters SET ended_at = now() - interval '6 days'")
    assert not held(running)
    running.harm("UPDATE letters.letters SET ended_at = now() - interval '8 days'")
    assert held(running)


def test_a_mail_server_that_is_away_for_days_puts_off_the_hold(running: Reminding) -> None:
    running.knows()
    running.letters("127.0.0.1:1").deliver()
    assert {each.state for each in running.rows} == {"waiting"}
    assert not held(running)


def test_a_history_that_was_brought_in_is_taken_as_of_its_days(running: Reminding) -> None:
    [taken, *_] = running.teten.reminders.take(TODAY - timedelta(days=1))
    assert (taken.due.step, taken.refused) == (Step.HELD, None)
