"""What a voucher may belong to is shown to whoever files it, with the reasons, and fills in nothing."""

import html
import re
from datetime import date

import pytest
from fastapi.testclient import TestClient

from domain.money import kr
from domain.reading import ReadDay, Reading, ReadMoney, ReadText
from domain.voucher import Channel
from service.app import Teten
from tests import examples
from tests.examples_intake import record_voucher_reading
from tests.intake.conftest import CITIZEN, Receive
from tests.intake.pictures import photo
from tests.intake.test_arriving import as_citizen, form, web
from tests.service.conftest import signed_in
from tests.service.test_overdocumented import enter

__all__ = ["web"]
# Line 1 of A-1 lacks receipts for just that much.
LACKING = Reading(
    readers=("plain 1",),
    pages=1,
    total=ReadMoney(amount=kr(5_000), confidence=60),
    purchased_on=ReadDay(day=date(2019, 3, 6), confidence=60),
    merchant=ReadText(text="Fagkurser Midt", confidence=60),
)


def was_read(teten: Teten, ref: str, case_no: str | None, reading: Reading = LACKING) -> None:
    enter(teten, record_voucher_reading(ref=ref, case_no=case_no, reading=reading))


@pytest.mark.parametrize("case_no", ["A-1", None], ids=["of its case", "of no case"])
def test_the_line_that_lacks_just_that_much_is_proposed_and_nothing_is_filled_in(
    cases: Teten, web: TestClient, arrives: Receive, case_no: str | None
) -> None:
    ref = arrives(photo(), case_no=case_no).ref
    was_read(cases, ref, case_no)
    told = web.get(f"/v1/vouchers/{ref}").json()["proposals"]
    assert (told[0]["case"], told[0]["line"], told[0]["amount"]) == ("A-1", 1, "5000.00")
    assert "5.000,00 kr. mangler bilag" in told[0]["because_da"]
    page = web.get(f"/intake/voucher/NP/{ref}").text
    proposed, _, filing = page.partition('<section aria-labelledby="filing">')
    assert told[0]["because_da"] in proposed
    assert 'name="amount" maxlength="20" required inputmode="decimal" value=""' in filing
    assert f'name="case_no" maxlength="64" required value="{case_no or ""}"' in filing
    assert "proposals" not in web.get("/v1/vouchers").json()[0]


def test_in_the_list_what_came_for_no_case_has_its_best_proposal_within_reach(
    cases: Teten, web: TestClient, arrives: Receive
) -> None:
    unread, own = arrives(photo("not read yet"), case_no=None).ref, arrives(photo("own")).ref
    ref = arrives(photo(), case_no=None).ref
    was_read(cases, ref, None)
    was_read(cases, own, "A-1")
    best = web.get(f"/v1/vouchers/{ref}").json()["proposals"][0]
    page = web.get("/intake").text
    assert unread in page and page.count("Måske") == 1
    assert f"Måske {best['case']}/{best['line']}: {best['because_da']}" in text(page)
    signed_in(web, cases, "kons-2")
    page = web.get("/intake").text
    assert ref in page and "A-1" not in page and "Måske" not in page


def text(page: str) -> str:
    return html.unescape(re.sub(r"<[^>]+>", "", page))


def test_only_cases_within_reach_are_proposed(
    cases: Teten, web: TestClient, arrives: Receive
) -> None:
    ref = arrives(photo(), case_no=None).ref
    was_read(cases, ref, None)
    signed_in(web, cases, "kons-2")
    assert web.get(f"/v1/vouchers/{ref}").json()["proposals"] == []
    assert "A-1" not in web.get(f"/intake/voucher/NP/{ref}").text


def test_a_citizen_is_told_of_the_voucher_and_decides_nothing(
    cases: Teten, web: TestClient, arrives: Receive
) -> None:
    ref = arrives(photo(), by=CITIZEN, channel=Channel.PHONE).ref
    was_read(cases, ref, "A-1")
    as_citizen(web, cases)
    assert web.get(f"/v1/vouchers/{ref}").json()["proposals"] == []


def test_what_is_not_read_or_is_dealt_with_has_no_proposals(
    cases: Teten, web: TestClient, arrives: Receive
) -> None:
    ref = arrives(photo()).ref
    assert web.get(f"/v1/vouchers/{ref}").json()["proposals"] == []
    was_read(cases, ref, "A-1")
    page = web.get(f"/intake/voucher/NP/{ref}").text
    web.post(f"/intake/voucher/NP/{ref}/aside", data=form(page) | {"reason": "not_a_receipt"})
    assert web.get(f"/v1/vouchers/{ref}").json()["proposals"] == []


def test_a_receipt_that_was_handed_in_has_its_proposals_until_it_is_judged(
    cases: Teten, web: TestClient
) -> None:
    enter(cases, examples.hand_in())
    address = "/intake/receipt/A-1/K-1"
    assert "Hvad det kan høre til" in web.get(address).text
    enter(cases, examples.accept_receipt())
    assert "Hvad det kan høre til" not in web.get(address).text
