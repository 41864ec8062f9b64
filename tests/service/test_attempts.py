"""Refused attempts, as the auditor is shown them."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient

from domain.words import Command, Refused
from service.app import Teten, opened
from service.attempts import FOR_WHO
from service.clerk import DANISH_TIME
from service.refusals import TEXTS
from service.settings import Settings
from tests.conftest import fresh_database
from tests.examples import (
    approve_line,
    approve_tranche,
    assess,
    assessing,
    establish,
    release_tranche,
    request_tranche,
)
from tests.examples_expenses import invoice
from tests.service.conftest import served, signed_in
from tests.service.test_log import fresh

CPR = "010190-1234"


def refused(teten: Teten, command: Command) -> None:
    with pytest.raises(Refused):
        teten.log.handle(fresh(command))


@pytest.fixture(scope="module")
def teten(server: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Teten]:
    home = tmp_path_factory.mktemp("attempts")
    with fresh_database(server) as url, opened(Settings(home, url, home / "master.key")) as running:
        yield running


@pytest.fixture(scope="module")
def shown(teten: Teten) -> Iterator[TestClient]:
    """Six attempts were refused, three of them for who made them."""
    steps = [establish(), *assessing(), approve_line(), request_tranche()]
    for command in (*steps, approve_tranche(by="both-1")):
        teten.log.handle(fresh(command))
    refused(teten, assess(by="kons-1"))
    refused(teten, release_tranche(by="both-1"))
    refused(teten, approve_tranche())
    refused(teten, release_tranche(by="adm-1"))
    refused(teten, request_tranche(ref="T-9", case_no="X-9", cause="journal.csv:34"))
    refused(teten, invoice(order_reference=f"Kursus for {CPR}"))
    with served(teten, "rev-1") as client:
        yield client


@pytest.fixture
def client(shown: TestClient, teten: Teten) -> TestClient:
    return signed_in(shown, teten, "rev-1")


def told(client: TestClient, **asked: Any) -> list[str]:
    answer = client.get("/v1/attempts", params=asked)
    assert answer.status_code == 200, answer.text
    return [each["code"] for each in answer.json()["attempts"]]


def test_those_refused_for_who_made_them_come_first_and_the_latest_of_them(
    client: TestClient,
) -> None:
    assert told(client) == [
        *("forbidden", "same_person", "own_assessment"),
        *("unknown_order", "not_found", "wrong_state"),
    ]
    answer = client.get("/v1/attempts").json()
    assert (answer["total"], answer["for_who"]) == (6, 3)
    assert [each["for_who"] for each in answer["attempts"]] == [True] * 3 + [False] * 3


def test_an_attempt_tells_who_what_when_and_why_not_in_both_languages(client: TestClient) -> None:
    [attempt] = client.get("/v1/attempts", params={"code": "same_person"}).json()["attempts"]
    assert (attempt["person"], attempt["command"]) == ("both-1", "ReleaseTranche")
    assert (attempt["detail_da"], attempt["detail"]) == TEXTS["same_person"]
    assert attempt["facts"] == {"requested_by": "kons-1", "approved_by": "both-1"}
    assert datetime.fromisoformat(attempt["recorded_at"]) <= datetime.now(DANISH_TIME)
    assert attempt["number"] is None


def test_they_are_found_by_code_person_and_period_and_page_by_page(client: TestClient) -> None:
    today = datetime.now(DANISH_TIME).date()
    day = timedelta(days=1)
    assert told(client, code="not_found") == ["not_found"]
    assert told(client, person="both-1") == ["same_person"]
    assert len(told(client, first_day=today - day, last_day=today)) == 6
    assert told(client, first_day=today + day) == told(client, last_day=today - day) == []
    assert [*told(client, limit=4), *told(client, limit=4, offset=4)] == told(client)
    assert client.get("/v1/attempts", params={"programme": "X"}).status_code == 404


def test_what_a_supplier_wrote_tells_nobodys_cpr_number(client: TestClient) -> None:
    for path in ("/v1/attempts", "/attempts"):
        shown = client.get(path).text
        assert "Kursus for xxxxxx-xxxx" in shown
        assert CPR not in shown


def test_the_page_tells_the_same_in_danish(client: TestClient) -> None:
    page = client.get("/attempts?programme=NP").text
    assert "3 blev afvist for, hvem der spurgte" in page
    assert "3 blev afvist for, hvad der blev spurgt om" in page
    assert page.index("ReleaseTranche") < page.index("RequestTranche")
    for code in ("same_person", "not_found"):
        assert TEXTS[code].danish in page
    assert "journal.csv:34" in page
    one = client.get("/attempts?code=own_assessment&person=kons-1").text
    assert "ReleaseTranche" not in one.partition("<main>")[2]
    assert client.get("/attempts?first_day=i+dag").status_code == 422
    assert client.get("/attempts?programme=X").status_code == 404


def test_the_front_page_leads_the_auditor_there_and_nobody_else(
    client: TestClient, teten: Teten
) -> None:
    link = 'href="/attempts?programme=NP"'
    assert link in client.get("/").text
    assert link not in signed_in(client, teten, "fin-1").get("/").text
    assert client.get("/attempts").status_code == 403


def test_the_codes_that_come_first_are_refusals() -> None:
    assert set(FOR_WHO) <= set(TEXTS)


def test_it_has_a_number_once_a_checkpoint_speaks_of_it(client: TestClient, teten: Teten) -> None:
    teten.checkpoints.make()
    found = client.get("/v1/attempts").json()["attempts"]
    assert {each["number"] for each in found} == set(range(6))
