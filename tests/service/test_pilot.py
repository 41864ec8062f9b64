"""The pilot's history goes in, and its published figures come out: from events alone."""

import json
from datetime import date
from typing import Any

import pytest

from projections.registry import PROJECTIONS
from service import doctor
from service.app import Teten
from tests.conftest import PILOT, import_into

EXPECTED: dict[str, Any] = json.loads((PILOT / "expected.json").read_text("utf-8"))
DAYS = [None, *EXPECTED["as_of"]]
LATER = date(2026, 11, 22)


def report(teten: Teten, as_of: str | None = None) -> dict[str, Any]:
    with teten.reports("LTT") as reports:
        return reports.report(date.fromisoformat(as_of) if as_of else None, LATER)


def expected(as_of: str | None) -> dict[str, Any]:
    found: dict[str, Any] = EXPECTED["as_of"][as_of] if as_of else EXPECTED["end"]
    return found


@pytest.mark.parametrize("as_of", DAYS, ids=str)
@pytest.mark.parametrize("part", EXPECTED["end"])
def test_the_report_says_what_a_correct_system_answers(
    pilot: Teten, part: str, as_of: str | None
) -> None:
    assert in_any_order(report(pilot, as_of)[part]) == in_any_order(expected(as_of)[part])


def test_the_report_has_those_parts_and_no_others(pilot: Teten) -> None:
    assert set(report(pilot)) == set(EXPECTED["end"])


def in_any_order(part: Any) -> Any:
    return sorted(part, key=json.dumps) if isinstance(part, list) else part


def test_the_published_figures(pilot: Teten) -> None:
    figures = report(pilot)
    assert figures["counts"]["offered"]["total"] == 206
    assert figures["counts"]["participants"]["total"] == 97
    assert figures["counts"]["left_benefits"]["total"] == 32
    assert figures["programme"]["granted"] == "4083685.00"
    assert figures["misuse"] == {"cases": 7, "amount": "150000.00", "percent_of_paid": "3.7"}


def test_the_business_case_is_the_reports(pilot: Teten) -> None:
    with pilot.reports("LTT") as reports:
        case = reports.business_case()
    assert case
    assert case.model_dump(mode="json") == EXPECTED["business_case"]


def test_every_statement_is_there_and_explained(pilot: Teten) -> None:
    with pilot.reports("LTT") as reports:
        assert reports.statements() == EXPECTED["statements"]


def test_every_check_of_the_doctor_holds(pilot: Teten) -> None:
    assert [check for check in doctor.examine(pilot) if not check.ok] == []


def test_importing_again_changes_nothing(pilot: Teten) -> None:
    head, before = pilot.log.head(), json.dumps(report(pilot))
    again = import_into(pilot, PILOT)
    assert (again.applied, again.again, again.refused) == (0, 3760, [])
    assert pilot.log.head() == head
    assert json.dumps(report(pilot)) == before


def test_projections_made_anew_give_the_same_reports_to_the_byte(pilot: Teten) -> None:
    before = [json.dumps(report(pilot, day)) for day in DAYS]
    with pilot.log.pool.connection() as connection:
        connection.execute("TRUNCATE projections.rows, projections.progress")
    pilot.rows.rebuild([projection.name for projection in PROJECTIONS])
    assert [json.dumps(report(pilot, day)) for day in DAYS] == before
