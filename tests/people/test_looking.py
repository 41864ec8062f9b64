"""Whoever reads who a citizen is has been written down before: the auditor sees it, and the citizen."""

import io
import json
import zipfile
from collections.abc import Iterator

import psycopg
import pytest
from fastapi.testclient import TestClient

from domain.programme import Role
from service.access.principal import Kind, Means
from service.app import Teten
from service.people.vault import Vault
from service.settings import Settings
from tests.conftest import fresh_database
from tests.people.conftest import forget, town
from tests.service.conftest import served, signed_in

PERSON = "/v1/cases/T-1/person"


@pytest.fixture(scope="module")
def teten(server: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Teten]:
    home = tmp_path_factory.mktemp("looked-at")
    with fresh_database(server) as url, town(Settings(home / "home", url, home / "m.key")) as it:
        yield it


@pytest.fixture(scope="module")
def browser(teten: Teten) -> Iterator[TestClient]:
    with served(teten, None) as client:
        yield client


def anna(client: TestClient, teten: Teten) -> TestClient:
    citizen = teten.vault.pseudonym("610190-1001") or ""
    known = {"kind": Kind.CITIZEN, "means": Means.LINK, "case_no": "T-1"}
    return signed_in(client, teten, citizen, [Role.CITIZEN], **known)


def looks(teten: Teten) -> list[tuple[str, str, str]]:
    return [(each.who, each.case_no, each.what) for each in teten.people.looks.of_programme("TT")]


def test_who_reads_a_person_is_shown_to_the_auditor_and_to_the_citizen(
    browser: TestClient, teten: Teten
) -> None:
    before = len(looks(teten))
    signed_in(browser, teten, "kons-1")
    told = browser.get(PERSON).json()
    assert (told["name"], told["cpr"]) == ("Anna Ærlig", "610190-1001")
    assert told["account"] == "9999-0000000011"
    assert "Pungen blev stjålet" in {each["text"] for each in told["texts"]}
    page = browser.get("/cases/T-1/person").text
    assert "Anna Ærlig" in page and "Købt på afbetaling" in page
    assert looks(teten)[: len(looks(teten)) - before] == [("kons-1", "T-1", "person")] * 2

    signed_in(browser, teten, "rev-1")
    found = browser.get("/v1/looks").json()
    assert [each["why"] for each in found[:2]] == [
        "GET /cases/{case_no}/person",
        "GET /v1/cases/{case_no}/person",
    ]
    assert "Anna" not in browser.get("/looks").text
    assert "kons-1" in anna(browser, teten).get("/looks").text


def test_a_citizen_sees_who_looked_at_them_and_at_nobody_else(
    browser: TestClient, teten: Teten
) -> None:
    signed_in(browser, teten, "fin-1").get("/v1/cases/T-2/person")
    seen = anna(browser, teten).get("/v1/looks").json()
    assert {each["case_no"] for each in seen} <= {"T-1"}
    assert browser.get("/v1/cases/T-2/person").status_code == 404


def test_a_case_out_of_reach_is_not_looked_at(browser: TestClient, teten: Teten) -> None:
    before = looks(teten)
    signed_in(browser, teten, "kons-2")
    assert browser.get(PERSON).status_code == 404
    assert browser.get("/v1/cases/T-9/person").status_code == 404
    assert signed_in(browser, teten, "adm-1").get(PERSON).status_code == 403
    assert looks(teten) == before


def test_a_look_is_written_whatever_comes_of_it(
    browser: TestClient, teten: Teten, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = len(looks(teten))
    signed_in(browser, teten, "rev-1")
    monkeypatch.setattr(Vault, "record", lambda *_: 1 // 0)
    assert browser.get(PERSON).status_code == 500
    assert len(looks(teten)) == before + 1


def test_nobody_takes_back_a_look(teten: Teten) -> None:
    with psycopg.connect(teten.url) as connection:
        for harm in ("DELETE FROM people.looks", "UPDATE people.looks SET who = 'nobody'"):
            with pytest.raises(psycopg.errors.RaiseException), connection.transaction():
                connection.execute(harm.encode())


def test_a_citizen_takes_along_everything_that_is_held_of_them(
    browser: TestClient, teten: Teten
) -> None:
    answer = anna(browser, teten).get("/v1/cases/T-1/extract")
    assert answer.headers["content-type"] == "application/zip"
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        told = json.loads(archive.read("extract.json"))
        files = {archive.read(each) for each in archive.namelist() if each.startswith("files/")}
    assert told["record"]["cpr"] == "610190-1001"
    assert [each["case_no"] for each in told["cases"]] == ["T-1"]
    assert "Brækkede benet" in json.dumps(told, ensure_ascii=False)
    assert told["looks"][0]["what"] == "extract"
    assert files == {
        b"\x89PNG\r\n\x1a\n the first receipt",
        b"\x89PNG\r\n\x1a\n the second receipt",
    }
    events = told["cases"][0]["events"]
    assert events[0]["event"] == "CaseRegistered"
    assert all(each["danish"] and each["english"] for each in events)
    assert signed_in(browser, teten, "rev-1").get("/v1/cases/T-1/extract").status_code == 403


def test_of_who_was_forgotten_there_is_nothing_to_see(browser: TestClient, past: Teten) -> None:
    forget(past)
    with served(past, "rev-1") as client:
        told = client.get(PERSON).json()
        assert told["forgotten"] and told["name"] is None and told["texts"] == []
        assert "Borgeren er glemt" in client.get("/cases/T-1/person").text
