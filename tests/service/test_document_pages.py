"""Reports, vouchers and checks over HTTP and on pages."""

from datetime import date
from typing import Any

import pytest
from fastapi.testclient import TestClient

from service.app import Teten
from service.documents.audit import Audit
from service.documents.filing import MEDIA_TYPES, Kind, filed
from tests.service.conftest import served
from tests.service.test_page import figures, page, table, text

DAY = date(2019, 4, 30)
PERIOD = {"from": "2019-01-01", "to": "2019-12-31"}


@pytest.fixture(scope="module")
def tiny_client(teten_tt: Teten) -> Any:
    with served(teten_tt) as client:
        yield client


@pytest.mark.parametrize("kind", Kind)
def test_a_report_is_handed_out_as_a_file_with_its_type_and_name(
    tiny_client: TestClient, teten_tt: Teten, kind: Kind
) -> None:
    answer = tiny_client.get(f"/v1/report.{kind}", params={"as_of": str(DAY)})
    assert answer.status_code == 200
    assert answer.headers["content-type"] == MEDIA_TYPES[kind]
    name = f"revisionsrapport-TT-{DAY}.{kind}"
    assert answer.headers["content-disposition"] == (
        f"attachment; filename=\"{name}\"; filename*=UTF-8''{name}"
    )
    assert answer.content == filed(Audit(teten_tt, "TT", DAY), kind)


def test_a_funders_statement_is_handed_out_and_what_is_not_there_is_told(
    tiny_client: TestClient,
) -> None:
    answer = tiny_client.get("/v1/funds/AARHUS/statement.json", params=PERIOD)
    assert (answer.status_code, answer.json()["reconciles"]) == (200, True)
    assert "regnskab-TT-AARHUS-2019-01-01-2019-12-31.json" in answer.headers["content-disposition"]
    for path, query, status in (
        ("/v1/funds/X/statement.pdf", PERIOD, 404),
        ("/v1/funds/AARHUS/statement.pdf", {"from": "2019-02-01", "to": "2019-01-01"}, 422),
        ("/v1/funds/AARHUS/statement.pdf", {}, 422),
        ("/v1/funds/AARHUS/statement.docx", PERIOD, 422),
        ("/v1/report.docx", {}, 422),
        ("/v1/report.pdf", {"programme": "X"}, 404),
    ):
        answer = tiny_client.get(path, params=query)
        assert answer.status_code == status
        assert answer.headers["content-type"] == "application/problem+json"


def test_completeness_is_told_as_data(tiny_client: TestClient) -> None:
    told = tiny_client.get("/v1/completeness", params={"as_of": "2019-05-31"}).json()
    assert told["gaps"] == []
    [waits] = told["open"]
    assert (waits["what"], waits["fate"], waits["day"]) == ("entry", "unreconciled", "2019-05-01")
    assert (waits["age"], waits["amount"]) == (30, "75.00")
    assert told["documented"] == {"receipt": "1000.00", "declaration": "250.00"}


def test_the_page_of_reports_leads_to_each_of_them(tiny_client: TestClient) -> None:
    found = page(tiny_client, "/documents?as_of=2019-04-30")
    links = [link.get("href") for link in found.findall(".//main//li/a")]
    assert links == [f"/v1/report.{kind}?programme=TT&as_of=2019-04-30" for kind in Kind]
    assert all(tiny_client.get(link).status_code == 200 for link in links)
    [form] = found.findall(".//main//form")
    fields = {each.get("name"): each.get("value") for each in form.findall("input")}
    assert fields == {"programme": "TT", "from": "2019-01-01", "to": "2019-04-30"}
    for button in form.findall("button"):
        assert tiny_client.get(button.get("formaction"), params=fields).status_code == 200


def test_the_page_of_vouchers_says_what_waits_and_what_is_documented(
    tiny_client: TestClient,
) -> None:
    found = page(tiny_client, "/vouchers?as_of=2019-05-31")
    assert [text(each) for each in found.findall(".//h2")][:2] == [
        "Ingen mangler",
        "1 bilag venter",
    ]
    waits = table(found, "Bilag, som nogen skal gøre noget ved")["Uafstemt"]
    assert waits == {
        "Hvad": "Bankpostering",
        "Forløb": "–",
        "Nummer": "2019-04-3",
        "Beløb": "75,00",
        "Siden": "01-05-2019",
        "Dage": "30",
    }
    assert table(found, "Bilag efter, hvad der blev af dem")["Kvittering"]["Afvist"] == "1"
    assert table(found, "Det dokumenterede, efter bilagets art, i kroner")["I alt"] == {
        "Beløb": "1.250,00"
    }


def test_the_page_of_the_log_shows_each_check_as_it_is_now(
    tiny_client: TestClient, teten_tt: Teten
) -> None:
    found = page(tiny_client, "/integrity")
    assert text(found.find(".//h2")).startswith("Alle ")
    assert "Intet er signeret endnu." in text(found)
    made = teten_tt.checkpoints.make()
    assert made
    assert made.note.split("\n")[2] in text(page(tiny_client, "/integrity"))
    with teten_tt.log.pool.connection() as connection:
        connection.execute("ALTER TABLE commands DISABLE TRIGGER append_only")
        try:
            found = page(tiny_client, "/integrity")
        finally:
            connection.execute("ALTER TABLE commands ENABLE ALWAYS TRIGGER append_only")
    assert text(found.find(".//h2")).startswith("1 af ")


def test_what_was_known_at_an_earlier_moment_is_kept_all_the_way_to_the_file(
    tiny_client: TestClient, teten_tt: Teten
) -> None:
    head = teten_tt.log.head()
    front = page(tiny_client, f"/?known={head - 1}")
    links = [link.get("href") for link in front.findall(".//nav/a")]
    assert {f"/{name}?programme=TT&known={head - 1}" for name in ("documents", "vouchers")} <= set(
        links
    )
    vouchers = page(tiny_client, f"/vouchers?programme=TT&known={head - 1}")
    assert f"til og med position {head - 1}" in text(vouchers)
    found = page(tiny_client, f"/documents?programme=TT&as_of=2019-04-30&known={head - 1}")
    link = next(
        each.get("href") for each in found.findall(".//main//li/a") if "json" in each.get("href")
    )
    assert tiny_client.get(link).json()["basis"]["position"] == head - 1
    [form] = found.findall(".//main//form")
    fields = {each.get("name"): each.get("value") for each in form.findall("input")}
    assert fields["known"] == str(head - 1)


@pytest.mark.parametrize("path", ["/documents", "/vouchers"])
def test_a_programme_or_a_day_that_is_none_is_told_on_the_page(
    tiny_client: TestClient, path: str
) -> None:
    for query, status, says in (
        ("programme=X", 404, "Programmet X findes ikke"),
        ("as_of=2019-02-30", 422, "er ikke en dato"),
        ("known=9999999", 422, "position"),
    ):
        assert says in text(page(tiny_client, f"{path}?{query}", status))


def test_the_front_page_leads_to_them(tiny_client: TestClient) -> None:
    found = page(tiny_client)
    assert figures(found)
    links = [link.get("href") for link in found.findall(".//nav/a")]
    assert {"/documents?programme=TT", "/vouchers?programme=TT", "/integrity"} <= set(links)
