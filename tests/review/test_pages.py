"""A flag as people meet it: listed, looked at, answered on its page, and told to its citizen."""

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from fastapi.testclient import TestClient

from service.access.sessions import csrf_of
from service.app import Teten
from service.flags.raising import raise_due
from tests.service.conftest import served, signed_in
from tests.service.test_page import page, table, text

TODAY = date(2026, 11, 22)
REASON = "Prisen er rund hos den forhandler"


@pytest.fixture(scope="module")
def client(paid: Teten) -> Iterator[TestClient]:
    with served(paid, "kons-2") as client:
        client.follow_redirects = False
        yield client


@pytest.fixture
def flags(paid: Teten, client: TestClient) -> list[dict[str, Any]]:
    """Both flags, as the economy sees them."""
    raise_due(paid, "NP", TODAY)
    signed_in(client, paid, "fin-1")
    found: list[dict[str, Any]] = client.get("/v1/flags").json()
    return found


def send(client: TestClient, flag: str, act: str, **fields: str) -> Any:
    token = csrf_of(client.cookies.get("teten_session") or "")
    told = {"csrf": token, "case_no": "A-1", **fields}
    return client.post(f"/flags/{flag}/{act}?programme=NP", data=told)


def test_a_list_has_what_waits_and_is_filtered(
    client: TestClient, flags: list[dict[str, Any]]
) -> None:
    assert [each["evidence"][0]["ref"] for each in flags] == ["K-1", "K-2"]
    assert client.get("/v1/flags?status=upheld").json() == []
    assert client.get("/v1/flags?as_of=2019-01-01").json() == []
    assert len(table(page(client, "/flags"), "Spørgsmål efter den dag, de opstod, i kroner")) == 2
    assert client.get(f"/v1/flags?known={flags[0]['position']}").json() == flags[:1]


def test_a_flag_out_of_reach_is_not_there(
    client: TestClient, paid: Teten, flags: list[dict[str, Any]]
) -> None:
    signed_in(client, paid, "kons-2")  # Of another team.
    assert client.get("/v1/flags").json() == []
    name = flags[0]["flag"]
    assert client.get(f"/v1/flags/{name}").status_code == 404
    assert client.get(f"/flags/{name}").status_code == 404
    answer = send(client, name, "dismiss", reason=REASON, key="k-0")
    assert answer.status_code in (404, 409)
    signed_in(client, paid, "fin-1")
    assert client.get(f"/v1/flags/{name}").json()["status"] == "open"


def test_it_is_answered_on_its_page_by_somebody_who_took_no_part(
    client: TestClient, paid: Teten, flags: list[dict[str, Any]]
) -> None:
    name = flags[0]["flag"]
    refused = send(client, name, "dismiss", reason=REASON, key="k-1")  # Released the payment.
    assert refused.status_code == 409
    assert "anden person" in refused.text
    signed_in(client, paid, "both-1")
    assert send(client, name, "dismiss", key="k-2").status_code == 422
    done = send(client, name, "uphold", amount="1.500,00", reason=REASON, key="k-3")
    assert (done.status_code, done.headers["location"]) == (303, f"/flags/{name}?programme=NP")
    again = send(client, name, "uphold", amount="1.500,00", reason=REASON, key="k-3")
    assert again.status_code == 303
    told = client.get(f"/v1/flags/{name}").json()
    assert (told["status"], told["upheld"], told["answered_by"]) == ("upheld", "1500.00", "both-1")
    shown = page(client, f"/flags/{name}")
    assert text(shown.find(".//h1")) == "Et spørgsmål at se på"
    assert REASON not in client.get(f"/flags/{name}").text  # It is with the citizen's other texts.


def test_without_the_token_of_the_page_nothing_is_answered(
    client: TestClient, flags: list[dict[str, Any]]
) -> None:
    assert send(client, flags[1]["flag"], "dismiss", reason=REASON, csrf="").status_code == 403


def test_a_case_shows_its_flags_and_the_rules_how_often_they_were_right(
    client: TestClient, flags: list[dict[str, Any]]
) -> None:
    for path in ("/cases/A-1", "/cases/A-1/steps"):
        assert flags[1]["sentence"] in client.get(path).text
    [large, small] = client.get("/v1/flag-rules").json()
    assert (large["rule"], large["stage"], small["stage"]) == ("large_receipt", "live", "draft")
    [precision] = large["precision"]
    assert (precision["raised"], precision["upheld"], precision["per_mille"]) == (2, 1, None)
    assert "for få svar" in client.get("/flag-rules").text
