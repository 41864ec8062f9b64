"""The log folded anew in memory tells what the rows in the database tell, on every day."""

import json
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest

from projections.audit_trail import audit_trail
from projections.balances import balances
from projections.registry import PROJECTIONS
from service.app import Teten
from service.replay import Replayed, attempts
from service.report import Reports
from tests.service.test_pilot import DAYS, EXPECTED, LATER, in_any_order

DATA_SETS = {"LTT": "pilot", "NP": "practice"}


@pytest.fixture(scope="module")
def replayed(request: pytest.FixtureRequest) -> dict[str, tuple[Teten, Replayed]]:
    found = {}
    for programme, fixture in DATA_SETS.items():
        teten: Teten = request.getfixturevalue(fixture)
        with teten.log.pool.connection() as connection:
            refused = attempts(connection, teten.log.head())
        found[programme] = teten, Replayed(list(teten.log.everything()), refused)
    return found


@pytest.mark.parametrize(("programme", "day"), DAYS, ids=str)
def test_the_report_of_a_replay_is_what_a_correct_system_answers(
    replayed: dict[str, tuple[Teten, Replayed]], programme: str, day: str | None
) -> None:
    teten, replay = replayed[programme]
    answers = EXPECTED[programme]
    expected = answers["as_of"][day] if day else answers["end"]
    report = Reports(replay, teten.vault, programme).report(_day(day), LATER)
    assert {part: in_any_order(report[part]) for part in expected} == {
        part: in_any_order(expected[part]) for part in expected
    }
    with teten.reports(programme) as reports:
        assert json.dumps(report) == json.dumps(reports.report(_day(day), LATER))


def _day(day: str | None) -> date | None:
    return date.fromisoformat(day) if day else None


@pytest.mark.parametrize("programme", DATA_SETS)
def test_every_row_of_every_projection_is_the_same(
    replayed: dict[str, tuple[Teten, Replayed]], programme: str
) -> None:
    teten, replay = replayed[programme]
    with teten.rows.snapshot() as snapshot:
        for projection in PROJECTIONS:
            live, anew = snapshot.all(projection), replay.all(projection)
            assert list(anew) == list(live)
            assert anew == live
            for some in list(live)[:1]:  # There are no samples in these.
                assert replay.get(projection, some) == live[some]
                assert replay.all(projection, some[:5]) == snapshot.all(projection, some[:5])
        assert replay.get(balances, "nobody") is None
        assert replay.history("case-LTT-001") == snapshot.history("case-LTT-001")


def test_a_history_that_can_be_read_only_once_is_kept(pilot: Teten) -> None:
    def once() -> Iterator[Any]:
        yield from pilot.log.after(0, 500)

    replay = Replayed(once())
    assert replay.all(balances) == Replayed(pilot.log.after(0, 500)).all(balances)
    assert len(replay.all(audit_trail)) > 100
    assert replay.history("programme-LTT")
