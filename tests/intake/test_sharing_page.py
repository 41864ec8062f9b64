"""What arrived is shared over several lines on a page: looked at first, then done, once."""

from typing import Any

import pytest
from fastapi.testclient import TestClient

from domain import case as domain_case
from service.access.sessions import csrf_of
from service.app import Teten
from tests.intake.conftest import Receive
from tests.intake.pictures import photo
from tests.intake.test_arriving import web
from tests.service.conftest import signed_in
from tests.service.test_page import page, text

__all__ = ["web"]
FILLED: dict[str, Any] = {
    "case_no": "A-1",
    "number": "K-1",
    "amount": "1.250,00",
    "merchant": "Fagkurser Midt",
    "purchased_on": "2019-03-06",
    "lines": ["1", "2", "3"],
    "amounts": ["1.000,00", "250,00", ""],
}


def send(web: TestClient, ref: str, **but: Any) -> Any:
    told = {"csrf": csrf_of(web.cookies["teten_session"]), "key": "k-1", "step": "look"}
    return web.post(f"/intake/voucher/NP/{ref}/share", data=FILLED | told | but)


def handed_in(teten: Teten) -> dict[int, list[str]]:
    lines = teten.log.state(domain_case.cases, "A-1").lines
    return {no: [str(each.amount) for each in line.receipts.values()] for no, line in lines.items()}


def test_it_is_looked_at_first_and_then_done_once(
    cases: Teten, web: TestClient, arrives: Receive
) -> None:
    ref = arrives(photo()).ref
    assert f"/intake/voucher/NP/{ref}/share" in web.get(f"/intake/voucher/NP/{ref}").text

    looked = send(web, ref)
    assert looked.status_code == 200
    assert "intet er gemt endnu" in looked.text
    assert "1.000,00 kr." in looked.text
    assert handed_in(cases) == {1: [], 2: [], 3: []}

    web.follow_redirects = False
    for _ in ("sent", "sent again by an impatient finger"):
        done = send(web, ref, step="do")
        assert (done.status_code, done.headers["location"]) == (303, "/cases/A-1#lines")
    late = send(web, ref, step="do", key="k-2")
    assert (late.status_code, "allerede afleveret" in late.text) == (409, True)
    assert handed_in(cases) == {1: ["1000.00"], 2: ["250.00"], 3: []}


@pytest.mark.parametrize(
    ("but", "field", "says"),
    [
        ({"amount": "tusind"}, "amount", "Skriv beløbet i kroner, som 1.250,00."),
        ({"amounts": ["1000", "?", ""]}, "line-2", "Skriv beløbet i kroner, som 1.250,00."),
        ({"amounts": ["1000", "", ""]}, "amounts", "Skriv et beløb ved mindst to poster."),
        ({"purchased_on": "i går"}, "purchased_on", "Vælg den dag, der står på kvitteringen."),
        ({"merchant": " "}, "merchant", "Skriv butikkens navn"),
        ({"number": "K/1 <b>"}, "number", "Skriv et nummer uden mellemrum."),
    ],
)
def test_what_is_wrong_is_told_at_its_field_and_the_rest_stays_as_typed(
    cases: Teten, web: TestClient, arrives: Receive, but: dict[str, Any], field: str, says: str
) -> None:
    answer = send(web, arrives(photo()).ref, step="do", **but)
    assert answer.status_code == 422
    assert f'id="{field}-wrong">{says}' in answer.text
    assert 'value="2019-03-06"' in answer.text or field == "purchased_on"
    assert handed_in(cases) == {1: [], 2: [], 3: []}


def test_shares_above_the_receipt_are_refused_in_words(
    cases: Teten, web: TestClient, arrives: Receive
) -> None:
    answer = send(web, arrives(photo()).ref, amounts=["1.000,00", "250,01", ""])
    assert answer.status_code == 409
    assert "Intet er gemt." in answer.text


def test_of_no_case_the_case_is_asked_first_and_none_out_of_reach_is_told_of(
    cases: Teten, web: TestClient, arrives: Receive
) -> None:
    ref = arrives(photo(), case_no=None).ref
    address = f"/intake/voucher/NP/{ref}/share"
    assert text(page(web, address).find(".//h2")) == "Hvilken sag?"
    assert "line-3" in web.get(f"{address}?case_no=A-1").text
    for unknown in ("B-1", "X-9"):
        answer = web.get(f"{address}?case_no={unknown}")
        assert "Der er intet forløb med det nummer." in answer.text
        assert "line-1" not in answer.text
    signed_in(web, cases, "fin-1")
    assert web.get(address).status_code == 403
