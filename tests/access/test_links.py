"""Citizens' links: a secret address and a birth date, for one case, for a while."""

import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date
from typing import Any

import httpx2
import pytest
from fastapi.testclient import TestClient

from domain.programme import Role
from service.access.links import TRIES, Links
from service.access.principal import Kind, Means, Principal
from service.app import Teten
from service.people.looking import Looker
from tests.access.conftest import BORN, CPR, HERE, Clock, browsing
from tests.service.conftest import signed_in

WRONG = "1990-01-02"
LINKS = "/v1/cases/A-1/links"


@pytest.fixture
def teten(installation: Teten, clock: Clock) -> Teten:
    links = Links(installation.log.pool, installation.vault, clock)
    settings = replace(installation.settings, public_url=HERE)
    return replace(installation, links=links, settings=settings)


@pytest.fixture(scope="module")
def shared_api(installation: Teten) -> Iterator[TestClient]:
    with browsing(installation) as client:
        yield client


@pytest.fixture
def citizen(teten: Teten, shared_api: TestClient) -> TestClient:
    """A browser in which nobody is signed in, at the test's own time."""
    app: Any = shared_api.app
    app.state.parts = replace(app.state.parts, teten=teten)
    shared_api.cookies.clear()
    return shared_api


def caseworker(teten: Teten, person: str = "kons-1") -> dict[str, str]:
    """The headers of a caseworker's own program."""
    roles = frozenset({Role.CASEWORKER, Role.CONTROLLER})
    principal = Principal(kind=Kind.CLIENT, means=Means.CLIENT, person=person, roles=roles)
    return {"authorization": f"Bearer {teten.sessions.begin(principal)}"}


@pytest.fixture
def link(teten: Teten, citizen: TestClient) -> str:
    """A new one, of case A-1."""
    answer = citizen.post(LINKS, headers=caseworker(teten))
    assert answer.status_code == 201
    address: str = answer.json()["address"]
    assert address.startswith(f"{HERE}/min-sag/")
    return address.removeprefix(HERE)


def state(teten: Teten, citizen: TestClient) -> str:
    found: str = citizen.get(LINKS, headers=caseworker(teten)).json()[-1]["state"]
    return found


def tries(citizen: TestClient, link: str, born: str) -> httpx2.Response:
    answer = citizen.post(link, data={"born": born})
    assert born not in answer.text
    assert CPR not in answer.text
    return answer


def out(citizen: TestClient) -> bool:
    return citizen.get("/v1/cases/A-1").status_code == 401


def test_a_citizen_comes_into_their_own_case_by_the_link_and_the_birth_date(
    citizen: TestClient, link: str
) -> None:
    assert "Fødselsdag" in citizen.get(link).text
    answer = tries(citizen, link, BORN)
    assert (answer.status_code, answer.headers["location"]) == (303, "/min-sag")
    page = citizen.get("/min-sag").text
    assert "sag A-1" in page
    assert "Fik tilbuddet" in page
    assert "Der er intet budget endnu." in page
    assert citizen.get("/v1/cases/A-1").status_code == 200


def test_a_foreign_case_is_like_one_that_is_not_there(citizen: TestClient, link: str) -> None:
    tries(citizen, link, BORN)
    foreign, missing = (citizen.get(f"/v1/cases/{each}") for each in ("B-1", "C-9"))
    assert foreign.status_code == missing.status_code == 404
    assert foreign.text == missing.text
    assert citizen.get("/v1/cases").status_code == 403


def test_after_five_wrong_dates_the_link_is_locked(
    citizen: TestClient, teten: Teten, link: str
) -> None:
    for _ in range(TRIES - 1):
        assert tries(citizen, link, WRONG).status_code == 403
    assert tries(citizen, link, BORN).status_code == 303  # A right one doesn't count,
    citizen.cookies.clear()
    assert tries(citizen, link, WRONG).status_code == 404  # and doesn't forgive.
    assert "for mange" in re.sub(r"\s+", " ", tries(citizen, link, BORN).text)
    assert citizen.get(link).status_code == 404
    assert out(citizen)
    assert state(teten, citizen) == "locked"


def test_many_wrong_dates_at_once_are_no_more_than_five(teten: Teten, link: str) -> None:
    token = link.removeprefix("/min-sag/")
    days = [date(1990, 1, day) for day in range(2, 22)]
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda day: teten.links.principal(token, day), days))
    assert found == [None] * len(days)
    assert teten.links.of("A-1")[-1].failures == TRIES


@pytest.mark.parametrize("born", ["", "soon", "1990-13-01"])
def test_what_is_no_day_is_no_try(citizen: TestClient, teten: Teten, link: str, born: str) -> None:
    for _ in range(TRIES + 1):
        assert citizen.post(link, data={"born": born}).status_code == 422
    assert state(teten, citizen) == "in_force"


def test_a_link_holds_for_thirty_days(
    citizen: TestClient, teten: Teten, link: str, clock: Clock
) -> None:
    clock.passes(days=30, minutes=-1)
    assert citizen.get(link).status_code == 200
    clock.passes(minutes=1)
    assert citizen.get(link).status_code == 404
    assert tries(citizen, link, BORN).status_code == 404
    assert out(citizen)


def test_a_link_that_is_taken_back_signs_out_who_came_in_by_it(
    citizen: TestClient, teten: Teten, link: str
) -> None:
    tries(citizen, link, BORN)
    assert not out(citizen)
    assert citizen.delete(LINKS, headers=caseworker(teten)).status_code == 204
    assert out(citizen)
    assert tries(citizen, link, BORN).status_code == 404
    assert state(teten, citizen) == "revoked"


def test_a_new_link_takes_the_place_of_the_one_before(
    citizen: TestClient, teten: Teten, link: str
) -> None:
    tries(citizen, link, BORN)
    newer = citizen.post(LINKS, headers=caseworker(teten)).json()["address"]
    assert out(citizen)
    assert tries(citizen, link, BORN).status_code == 404
    assert tries(citizen, newer.removeprefix(HERE), BORN).status_code == 303


def test_only_a_caseworker_of_the_case_makes_a_link(citizen: TestClient, teten: Teten) -> None:
    foreign, missing = (
        citizen.post(f"/v1/cases/{each}/links", headers=caseworker(teten))
        for each in ("B-1", "C-9")
    )
    assert foreign.status_code == missing.status_code == 404
    assert foreign.json() == missing.json()
    assert citizen.post(LINKS, headers=caseworker(teten, "fin-1")).status_code == 403
    assert citizen.post(LINKS).status_code == 401


def test_who_made_a_link_is_kept_and_the_secret_is_not(teten: Teten, link: str) -> None:
    made = teten.links.of("A-1")[-1]
    assert made.made_by == "kons-1"
    token = link.removeprefix("/min-sag/")
    with teten.log.pool.connection() as connection:
        stored = connection.execute("SELECT jsonb_agg(to_jsonb(l)) FROM access.links l").fetchone()
    assert token not in str(stored)
    assert token.encode().hex() not in str(stored)


def test_a_log_line_names_the_route_and_neither_link_nor_date(
    citizen: TestClient, link: str, logged: Callable[[], str]
) -> None:
    tries(citizen, link, WRONG)
    told = logged()
    assert "link refused" in told
    assert '"route": "/min-sag/{token}"' in told
    assert link.removeprefix("/min-sag/") not in told
    assert WRONG not in told


def test_a_citizen_whom_the_vault_does_not_know_any_more_does_not_get_in(teten: Teten) -> None:
    token = teten.links.make("A-1", "citizen-" + "f" * 16, "kons-1")
    assert teten.links.principal(token, date(1990, 1, 1)) is None


def test_another_sites_page_can_not_sign_a_citizen_in(citizen: TestClient, link: str) -> None:
    headers = {"origin": "https://evil.example"}
    assert citizen.post(link, data={"born": BORN}, headers=headers).status_code == 403
    assert out(citizen)


def test_citizens_see_who_looked_at_them(citizen: TestClient, teten: Teten, link: str) -> None:
    tries(citizen, link, BORN)
    assert "Ingen endnu." in citizen.get("/min-sag").text
    teten.people.look(Looker("fin-1", "controller", "oidc"), "A-1", "a question")
    page = citizen.get("/min-sag").text
    assert "fin-1 (Økonomikonsulent)" in page and "Ingen endnu." not in page


def test_staff_have_no_case_of_their_own(citizen: TestClient, teten: Teten) -> None:
    signed_in(citizen, teten, "kons-1")
    assert citizen.get("/min-sag").status_code == 404


def test_a_citizens_session_is_of_a_citizen(teten: Teten, link: str) -> None:
    principal = teten.links.principal(link.removeprefix("/min-sag/"), date.fromisoformat(BORN))
    assert principal
    assert (principal.kind, principal.means) == (Kind.CITIZEN, Means.LINK)
    assert principal.case_no == "A-1"
