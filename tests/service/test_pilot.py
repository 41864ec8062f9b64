"""The pilot and the new practice go in, and the right figures come out: from events alone."""

import json
from datetime import date
from typing import Any, NamedTuple

import pytest

from projections.registry import PROJECTIONS
from service import doctor
from service.app import Teten
from tests.conftest import PILOT, PRACTICE, import_into

FOLDERS = {"LTT": PILOT, "NP": PRACTICE}
EXPECTED: dict[str, dict[str, Any]] = {
    programme: json.loads((folder / "expected.json").read_text("utf-8"))
    for programme, folder in FOLDERS.items()
}
DAYS = [(programme, day) for programme in FOLDERS for day in (None, *EXPECTED[programme]["as_of"])]
LATER = date(2026, 11, 22)


class History(NamedTuple):
    """A data set that was imported, each in a place of its own."""

    programme: str
    teten: Teten

    def report(self, as_of: str | None = None) -> dict[str, Any]:
        with self.teten.reports(self.programme) as reports:
            return reports.report(date.fromisoformat(as_of) if as_of else None, LATER)

    def days(self) -> list[str | None]:
        return [day for programme, day in DAYS if programme == self.programme]


@pytest.fixture(params=FOLDERS)
def history(request: pytest.FixtureRequest) -> History:
    fixture = {"LTT": "pilot", "NP": "practice"}[request.param]
    return History(request.param, request.getfixturevalue(fixture))


@pytest.mark.parametrize(("history", "as_of"), DAYS, ids=str, indirect=["history"])
@pytest.mark.parametrize("part", EXPECTED["NP"]["end"])
def test_the_report_says_what_a_correct_system_answers(
    history: History, part: str, as_of: str | None
) -> None:
    answers = EXPECTED[history.programme]
    expected = answers["as_of"][as_of] if as_of else answers["end"]
    assert in_any_order(history.report(as_of)[part]) == in_any_order(expected[part])


def test_the_report_has_those_parts_and_no_others(history: History) -> None:
    assert set(history.report()) == set(EXPECTED[history.programme]["end"])


def in_any_order(part: Any) -> Any:
    return sorted(part, key=json.dumps) if isinstance(part, list) else part


def test_the_rows_that_must_be_refused_are_refused_and_importing_again_changes_nothing(
    history: History,
) -> None:
    folder, log = FOLDERS[history.programme], history.teten.log
    head, before = log.head(), json.dumps(history.report())
    again = import_into(history.teten, folder)
    told = [f"{seq};{code}" for seq, code in again.refused]
    assert ["seq;code", *told] == (folder / "expected_refusals.csv").read_text("utf-8-sig").split()
    assert (again.applied, again.again) == (0, {"LTT": 3760, "NP": 2174}[history.programme])
    assert log.head() == head
    assert json.dumps(history.report()) == before


def test_the_published_figures(pilot: Teten) -> None:
    figures = History("LTT", pilot).report()
    assert figures["counts"]["offered"]["total"] == 206
    assert figures["counts"]["participants"]["total"] == 97
    assert figures["counts"]["left_benefits"]["total"] == 32
    assert figures["programme"]["granted"] == "4083685.00"
    assert figures["misuse"] == {"cases": 7, "amount": "150000.00", "percent_of_paid": "3.7"}


def test_the_business_case_is_the_reports(pilot: Teten) -> None:
    with pilot.reports("LTT") as reports:
        case = reports.business_case()
    assert case
    assert case.model_dump(mode="json") == EXPECTED["LTT"]["business_case"]


def test_every_statement_is_there_and_what_nobody_explained_is_counted(history: History) -> None:
    with history.teten.reports(history.programme) as reports:
        assert reports.statements() == EXPECTED[history.programme]["statements"]


def test_every_check_of_the_doctor_holds(history: History) -> None:
    assert [check for check in doctor.examine(history.teten) if not check.ok] == []


def test_projections_made_anew_give_the_same_reports_to_the_byte(history: History) -> None:
    before = [json.dumps(history.report(day)) for day in history.days()]
    with history.teten.log.pool.connection() as connection:
        connection.execute("TRUNCATE projections.rows, projections.progress")
    history.teten.rows.rebuild([projection.name for projection in PROJECTIONS])
    assert [json.dumps(history.report(day)) for day in history.days()] == before
