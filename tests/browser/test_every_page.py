"""Every page, for everybody who may see it, wide by day and on a telephone by night: whole, self-contained,
and usable by all."""

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe

from domain.voucher import Channel
from service.app import Teten
from service.intake.receiving import Arrival, receive
from tests.access.table import routes
from tests.browser.installation import BORN, CASE, EVERYTHING_IN, WORKED_IN, Installation
from tests.browser.visitor import Visitor
from tests.intake.pictures import photo

STAFF = ("kons-1", "both-1", "rev-1", "adm-1")
NO_PAGES = {
    *("GET /healthz", "GET /readyz", "GET /metrics", "GET /style.css", "GET /icon.svg"),
    "GET /intake/{what}/{place}/{ref}/{shape}",  # A picture.
    *(
        "GET /sign-in/callback",
        "GET /sign-in/citizen",
        "GET /sign-in/oidc",
    ),  # A provider's, elsewhere.
    "GET /min-sag/{token}",  # Of which a citizen's test tells.
}
OF_CITIZENS = {"GET /min-sag"}
RULES: dict[str, Any] = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"],
    "resultTypes": ["violations"],
}
AXE = Axe()


@pytest.fixture(scope="package")
def pages(there: Installation, installed_teten: Teten) -> dict[str, list[str]]:
    """Where each route's page is found, as a link of the pages has it."""
    sent = Arrival(WORKED_IN, "system", Channel.FOLDER, photo("every page"), CASE)
    ref = receive(installed_teten, sent, "test/every-page", "a test").ref
    known = {
        "/cases/{case_no}": ["/cases/A-1", f"/cases/{CASE}"],
        "/cases/{case_no}/person": [f"/cases/{CASE}/person"],
        "/cases/{case_no}/steps": ["/cases/A-1/steps"],
        "/cases/{case_no}/tranches/{tranche}/waive": [f"/cases/{CASE}/tranches/Z-T1/waive"],
        "/flags/{flag}": [f"/flags/{there.flag('for looks')}?programme={WORKED_IN}"],
        "/intake/{what}/{place}/{ref}": [f"/intake/voucher/{WORKED_IN}/{ref}"],
        "/intake/voucher/{place}/{ref}/share": [f"/intake/voucher/{WORKED_IN}/{ref}/share"],
        "/samples/{sample}": [f"/samples/R-1?programme={EVERYTHING_IN}"],
        "/problems/{code}": ["/problems/forbidden"],
        "/signed-out/{way}": ["/signed-out/staff"],
        "/difference": [f"/difference?programme={EVERYTHING_IN}&from_known=1&to_known=20"],
    }
    found = {}
    for route in routes():
        method, path = route.split()
        if method == "GET" and not path.startswith("/v1/") and route not in NO_PAGES:
            found[route] = known.get(path, [f"{path}?programme={EVERYTHING_IN}"])
    assert not [each for every in found.values() for each in every if "{" in each]
    return found


def hard_to_use(visitor: Visitor) -> list[str]:
    """What keeps somebody out of this page, as far as a program can tell (WCAG 2.1 A and AA)."""
    found = AXE.run(visitor.page, options=RULES).response["violations"]
    return [
        f"{each['id']} at {visitor.page.url}: {node['target']} {node['html'][:120]}"
        for each in found
        if each["impact"] in {"serious", "critical"}
        for node in each["nodes"]
    ]


def looked_at(visitor: Visitor, paths: list[str]) -> tuple[int, list[str]]:
    """How many of them are shown to this one, and what is wrong with those."""
    shown, wrong = 0, list[str]()
    for path in paths:
        status = visitor.goes_to(path).status
        assert status < 500, path
        if status == 200:
            shown += 1
            wrong += hard_to_use(visitor)
            width = visitor.page.evaluate("document.documentElement.scrollWidth - innerWidth")
            wrong += [f"{path} is too wide, by {width}"] if width > 0 else []
    return shown, wrong


@pytest.mark.parametrize(
    ("by", "person"), [*(("visitor", person) for person in STAFF), ("phone", "both-1")]
)
def test_every_page_of_staff_is_whole_and_usable_by_all(
    request: pytest.FixtureRequest, pages: dict[str, list[str]], by: str, person: str
) -> None:
    anybody: Visitor = request.getfixturevalue(by)
    anybody.signs_in(person)
    own = [each for route, every in pages.items() if route not in OF_CITIZENS for each in every]
    shown, wrong = looked_at(anybody, own)
    assert shown >= 5
    assert wrong == []


def test_every_page_of_a_citizen_is_whole_and_usable_by_all(
    phone: Visitor, there: Installation
) -> None:
    anybody = phone
    anybody.goes_to(there.link)
    wrong = hard_to_use(anybody)
    anybody.comes_by(there.link, BORN)
    shown, more = looked_at(anybody, ["/min-sag", f"/cases/{CASE}", "/looks"])
    assert shown == 3
    assert wrong + more == []


def test_somebody_or_other_sees_every_page(visitor: Visitor, pages: dict[str, list[str]]) -> None:
    """Else the tests above would look at none of it."""
    unseen = {each for route, every in pages.items() if route not in OF_CITIZENS for each in every}
    for person in STAFF:
        visitor.signs_in(person)
        unseen = {each for each in unseen if visitor.goes_to(each).status != 200}
    assert unseen == set()
