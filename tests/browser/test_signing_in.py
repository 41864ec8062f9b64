"""Everybody gets in, and out again."""

import pytest
from playwright.sync_api import expect

from tests.browser.installation import BORN, CASE, Installation
from tests.browser.visitor import Visitor

STAFF = {
    "kons-1": "sagsbehandler",
    "fin-1": "økonom",
    "rev-1": "revisor",
    "adm-1": "administrator",
}


@pytest.mark.parametrize("person", STAFF)
def test_who_chose_a_role_is_in_until_they_sign_out(visitor: Visitor, person: str) -> None:
    visitor.signs_in(person)
    visitor.sees(person)
    visitor.presses("Log ud")
    expect(visitor.page).to_have_url(f"{visitor.address}/sign-in")
    visitor.goes_to("/cases?programme=ZP")
    expect(visitor.page.get_by_role("heading", name="Log ind")).to_be_visible()


def test_a_citizen_comes_by_the_link_and_their_birth_date(
    visitor: Visitor, there: Installation
) -> None:
    visitor.comes_by(there.link, "1990-01-02")
    visitor.sees("Datoen passer ikke til linket.")
    visitor.comes_by(there.link, BORN)
    visitor.sees("Min sag", f"sag {CASE}")
    visitor.presses("Log ud")
    visitor.goes_to("/min-sag")
    expect(visitor.page.get_by_role("heading", name="Log ind")).to_be_visible()
