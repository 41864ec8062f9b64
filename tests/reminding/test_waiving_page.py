"""A controller waives a tranche's receipts on a page: looked at first, then done."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.testclient import TestClient

from domain.case import cases
from service.access.sessions import csrf_of
from service.app import Teten
from tests.reminding.conftest import Reminding
from tests.service.conftest import served, signed_in
from tests.service.test_page import page, text

PAGE = "/cases/T-1/tranches/R-1/waive"


@pytest.fixture
def web(reminding: Reminding) -> Iterator[TestClient]:
    """Seen by a controller who took no part in the tranche."""
    with served(reminding.teten, "both-1") as client:
        client.follow_redirects = False
        yield client


def send(web: TestClient, **told: str) -> Any:
    known = {"csrf": csrf_of(web.cookies["teten_session"]), "key": "k-1", "step": "look"}
    return web.post(PAGE, data=known | told)


def waived(teten: Teten) -> bool:
    return teten.log.state(cases, "T-1").lines[1].tranches["R-1"].waived


def test_it_is_looked_at_first_and_then_done(reminding: Reminding, web: TestClient) -> None:
    # Given: the case's page leads to it.
    assert f'href="{PAGE}"' in web.get("/cases/T-1").text
    assert text(page(web, PAGE).find(".//h1")) == "Eftergiv bilag for rate R-1"

    # When, then
    looked = send(web, reason="Butikken er lukket")
    assert (looked.status_code, "intet er gemt endnu" in looked.text) == (200, True)
    assert "eftergivet af both-1" in looked.text
    assert not waived(reminding.teten)

    done = send(web, reason="Butikken er lukket", step="do")
    assert (done.status_code, done.headers["location"]) == (303, "/cases/T-1#ladder")
    assert waived(reminding.teten)
    twice = send(web, reason="Butikken er lukket", step="do")  # A double click shows its answer.
    assert (twice.status_code, twice.headers["location"]) == (303, "/cases/T-1#ladder")
    again = send(web, reason="Butikken er lukket", step="do", key="k-2")
    assert (again.status_code, "eller de er eftergivet" in again.text) == (409, True)
    assert PAGE not in web.get("/cases/T-1").text


def test_without_a_reason_nothing_is_waived_and_the_field_says_so(
    reminding: Reminding, web: TestClient
) -> None:
    answer = send(web, reason="  ", step="do")
    assert (answer.status_code, 'id="reason-wrong">Skriv hvorfor.' in answer.text) == (422, True)
    assert not waived(reminding.teten)


def test_who_paid_the_tranche_is_refused_and_a_caseworker_never_comes_so_far(
    reminding: Reminding, web: TestClient
) -> None:
    tranche = reminding.teten.log.state(cases, "T-1").lines[1].tranches["R-1"]
    assert tranche.released_by
    signed_in(web, reminding.teten, tranche.released_by)
    answer = send(web, reason="Butikken er lukket", step="do")
    assert (answer.status_code, "anden person" in answer.text) == (409, True)
    fresh = re.findall(r'name="key" value="([^"]+)"', answer.text)
    assert fresh != ["k-1"]  # Or what is put right would be taken for the refused wish.
    signed_in(web, reminding.teten, "kons-1")
    assert web.get(PAGE).status_code == 403
    assert PAGE not in web.get("/cases/T-1").text
    assert not waived(reminding.teten)


def test_of_a_tranche_that_is_none_it_is_said_where_to_look(web: TestClient) -> None:
    for none, status in ((PAGE.replace("R-1", "R-9"), 409), (PAGE.replace("T-1", "T-99"), 404)):
        answer = web.get(none)
        assert (answer.status_code, "Forløbets side viser" in answer.text) == (status, True)
