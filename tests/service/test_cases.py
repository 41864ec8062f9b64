"""One case over HTTP: what is left of it on any day, and every payment that was ordered."""

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from fastapi.testclient import TestClient

from domain.money import ZERO, Money, total
from service.app import Teten
from service.report import Reports
from tests import examples
from tests.examples_expenses import approve_shared, attest_shared, claim_shared_outlay, in_a_group
from tests.examples_rules import change_rules, freeze
from tests.service.conftest import served
from tests.service.test_api import problem
from tests.service.test_overdocumented import enter

DAYS = ["2019-03-01", "2019-06-30", "2020-02-15", "2020-06-30"]
EVERY_FIFTH = [f"NP-{number:03}" for number in range(1, 61, 5)]


@pytest.fixture(scope="module")
def client(practice: Teten) -> Iterator[TestClient]:
    """Over the new practice."""
    with served(practice, "rev-01") as client:
        yield client


def told(client: TestClient, case_no: str, **asked: str) -> Any:
    answer = client.get(f"/v1/cases/{case_no}", params=asked)
    assert answer.status_code == 200
    return answer.json()


def amounts(found: list[Any], name: str) -> Money:
    return total(Money.parse(each[name]) for each in found)


# What is left ------------------------------------------------------------------------------------


@pytest.mark.parametrize("day", DAYS)
def test_on_a_day_a_cases_figures_are_those_of_the_report(client: TestClient, day: str) -> None:
    report = client.get("/v1/report", params={"as_of": day}).json()
    late = report["receipts_overdue"]
    for case_no in {*EVERY_FIFTH, *(each["case"] for each in late)}:
        case = told(client, case_no, as_of=day)
        if case_no in report["case"]:
            assert case["balance"] == report["case"][case_no]
        of_case = [each for each in late if each["case"] == case_no]
        assert case["receipts_overdue"] == of_case
        assert Money.parse(case["overdue"]) == amounts(of_case, "undocumented")
        for line in case["lines"]:
            of_line = [each for each in of_case if each["line"] == str(line["line_no"])]
            assert Money.parse(line["overdue"]) == amounts(of_line, "undocumented")
            assert Money.parse(line["overdue"]) <= max(
                ZERO, Money.parse(line["balance"]["undocumented"])
            )


@pytest.mark.parametrize("day", [*DAYS, None])
def test_what_is_left_is_never_more_than_what_is_granted_and_not_paid(
    client: TestClient, day: str | None
) -> None:
    asked = {"as_of": day} if day else {}
    cases = [told(client, case_no, **asked) for case_no in EVERY_FIFTH]
    for case in cases:
        assert Money.parse(case["left"]) == amounts(case["lines"], "left")
        for line in case["lines"]:
            assert ZERO <= Money.parse(line["left"]) <= Money.parse(line["balance"]["committed"])
    assert any(Money.parse(case["left"]) for case in cases) or day == DAYS[-1]


def test_without_a_day_a_case_is_as_it_stands_now(client: TestClient) -> None:
    """Receipts are missing, and the programme is over: they are counted on its last day."""
    assert told(client, "NP-055") == told(client, "NP-055", as_of="2020-06-30")
    assert told(client, "NP-055")["overdue"] == "164.60"


def test_a_deadline_is_that_of_the_rules_in_force_on_the_day(own: TestClient, teten: Teten) -> None:
    enter(teten, examples.establish(), *examples.assessing(), examples.approve_line())
    enter(teten, *examples.payment())
    # Paid on 2019-03-04: late from 2019-04-04 on, until the rules of 2019-04-10 give 60 days.
    longer = examples.rules(receipt_deadline_days=60)
    enter(teten, change_rules(rules=longer, effective_on=date(2019, 4, 10)))
    found = {
        day: told(own, "A-1", as_of=f"2019-{day}")["overdue"]
        for day in ("04-03", "04-04", "04-09", "04-10", "05-03", "05-04")
    }
    late = [day for day, overdue in found.items() if overdue == "5000.00"]
    assert late == ["04-04", "04-09", "05-04"]
    assert {overdue for day, overdue in found.items() if day not in late} == {"0.00"}


def test_on_a_day_that_is_none_there_is_a_problem(client: TestClient) -> None:
    problem(client.get("/v1/cases/NP-055?as_of=soon"), 422, "malformed")


def test_a_case_says_what_stops_its_payouts(own: TestClient, teten: Teten) -> None:
    enter(teten, examples.establish(), *examples.assessing(), examples.register(case_no="B-1"))
    assert told(own, "A-1")["frozen"] == []
    enter(teten, freeze(), freeze(scope="fund", key="VELUX"))
    enter(teten, freeze(scope="programme", key="NP", ground="audit"))
    assert [tuple(each.values()) for each in told(own, "A-1")["frozen"]] == [
        ("case", "A-1", "doubt"),
        ("fund", "VELUX", "doubt"),
        ("programme", "NP", "audit"),
    ]
    assert [each["scope"] for each in told(own, "B-1")["frozen"]] == ["programme"]


# Payouts -----------------------------------------------------------------------------------------


def payouts(client: TestClient, **asked: str) -> list[Any]:
    answer = client.get("/v1/payouts", params=asked)
    assert answer.status_code == 200
    found: list[Any] = answer.json()
    return found


@pytest.mark.parametrize("day", [*DAYS, None])
def test_the_payouts_are_what_the_report_says_is_paid_and_waits(
    client: TestClient, day: str | None
) -> None:
    asked = {"as_of": day} if day else {}
    report = client.get("/v1/report", params=asked).json()
    found = payouts(client, **asked)
    unpaid = sorted(each["end_to_end_id"] for each in report["released_unpaid"])
    assert sorted(p["end_to_end_id"] for p in found if p["status"] == "ordered") == unpaid
    advances = [p for p in found if (p["kind"], p["status"]) == ("tranche", "settled")]
    assert amounts(advances, "amount") == Money.parse(report["programme"]["advance_paid"])
    days = [p["ordered_on"] for p in found]
    assert days == sorted(days)
    assert not day or all(each <= day for each in days)


def test_a_cases_payouts_are_those_of_the_list(client: TestClient) -> None:
    of_cases = [each for no in EVERY_FIFTH for each in payouts(client, case_no=no)]
    assert of_cases == [each for no in EVERY_FIFTH for each in told(client, no)["payouts"]]
    assert len(of_cases) > 20
    listed = [each for each in payouts(client) if each["case_no"] in EVERY_FIFTH]
    assert sorted(map(str, of_cases)) == sorted(map(str, listed))


def test_a_payment_that_several_share_is_told_once_for_each_line(
    own: TestClient, teten: Teten
) -> None:
    sharing = (claim_shared_outlay(amount=Money(10_000)), attest_shared(), approve_shared())
    enter(teten, examples.establish(), *in_a_group("A-1", "B-1", "C-1"), *sharing)
    found = payouts(own)
    assert [(p["end_to_end_id"], p["case_no"], p["kind"]) for p in found] == [
        ("U-1", case_no, "expense") for case_no in ("A-1", "B-1", "C-1")
    ]
    assert amounts(found, "amount") == Money(10_000)
    [mine] = payouts(own, case_no="B-1")
    [part] = told(own, "B-1")["lines"][0]["expenses"]
    assert (part["ref"], part["due"], part["paid"]) == ("U-1", mine["amount"], "0.00")
    assert (part["stage"], part["group"]) == ("approved", "HOLD-1")


@pytest.mark.parametrize("asked", ["case_no=NP-999", "programme=XX", "case_no=NP-001%00"])
def test_payouts_of_what_there_is_none_of_are_a_problem(client: TestClient, asked: str) -> None:
    problem(client.get(f"/v1/payouts?{asked}"), 404, "not_found")


def test_payouts_on_a_day_that_is_none_are_a_problem(client: TestClient) -> None:
    problem(client.get("/v1/payouts?as_of=soon"), 422, "malformed")


# One moment --------------------------------------------------------------------------------------


def test_a_case_and_its_figures_are_of_the_same_moment(practice: Teten) -> None:
    """What is decided while the answer is made is in none of it."""
    with practice.rows.snapshot() as snapshot:
        reports = Reports(snapshot, practice.vault, None)
        seen = practice.log.head()
        entries = [e for each in reports.cases() for e in snapshot.history(f"case-{each.case_no}")]
        assert max(entry.position for entry in entries) <= seen
        whole = [e for e in practice.log.after(0, 10_000) if e.stream.startswith("case-")]
        assert sorted(entries, key=lambda entry: entry.position) == whole


def test_an_event_that_the_rows_have_not_read_is_not_in_the_history(teten: Teten) -> None:
    enter(teten, examples.establish(), examples.register())
    with teten.rows.snapshot() as snapshot:
        enter(teten, examples.offer())
        assert [entry.version for entry in snapshot.history("case-A-1")] == [1]
    with teten.rows.snapshot() as snapshot:
        assert [entry.version for entry in snapshot.history("case-A-1")] == [1, 2]
