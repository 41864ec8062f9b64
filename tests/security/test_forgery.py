"""Another site's page can send a signed-in browser here. It can't make it change anything."""

from dataclasses import replace
from typing import Any

import pytest
from fastapi.testclient import TestClient

from service.access.guard import COOKIE, SAFE, SECURE_COOKIE, Open
from service.access.principal import Kind, Means, Principal
from service.access.sessions import csrf_of
from service.app import Teten
from tests.security.conftest import address, routes
from tests.service.conftest import served, signed_in

HERE, ELSEWHERE = "http://testserver", "https://evil.example"
FORGED: dict[str, dict[str, str]] = {
    "no token": {},
    "a made-up token": {"x-csrf-token": "0" * 64},
    "an empty token": {"x-csrf-token": ""},
    "the token of another session": {"x-csrf-token": "another's"},
    "the right token from another site": {"origin": ELSEWHERE, "x-csrf-token": "right"},
    "the right token from a page without a site": {"origin": "null", "x-csrf-token": "right"},
    "the right token, as browsers tell of another site": {
        "sec-fetch-site": "cross-site",
        "x-csrf-token": "right",
    },
    "a sign-in that browsers send by themselves": {"authorization": "Basic a29uczE6eA=="},
}

NOT_OURS = "Det kom ikke fra en af vores egne sider."  # To people on a page, to programs as data.


def sent(told: dict[str, str], own: str, other: str) -> dict[str, str]:
    tokens = {"right": csrf_of(own), "another's": csrf_of(other)}
    return {name: tokens.get(value, value) for name, value in told.items()}


@pytest.mark.parametrize("told", FORGED.values(), ids=FORGED)
def test_what_changes_something_is_refused_whoever_forges_it(
    client: TestClient, teten_tt: Teten, told: dict[str, str]
) -> None:
    other = signed_in(client, teten_tt, "fin-1").cookies[COOKIE]
    own = signed_in(client, teten_tt, "kons-1").cookies[COOKIE]
    changing = [
        (method, route)
        for method, route in routes(client)
        if method not in SAFE and not any(isinstance(d.dependency, Open) for d in route.dependencies)
    ]
    assert changing
    for method, route in changing:
        answer = client.request(method, address(route), headers=sent(told, own, other))
        assert (answer.status_code, NOT_OURS in answer.text) == (403, True), route.path
    assert teten_tt.sessions.find(own), "signed out by somebody else"


def test_the_right_token_from_our_own_page_does(client: TestClient, teten_tt: Teten) -> None:
    own = signed_in(client, teten_tt, "kons-1").cookies[COOKIE]
    told = {"origin": HERE, "sec-fetch-site": "same-origin"}
    answer = client.post("/sign-out", data={"csrf": csrf_of(own)}, headers=told)
    assert answer.status_code == 303
    assert teten_tt.sessions.find(own) is None


def test_nobody_is_signed_in_by_another_site(client: TestClient, teten_tt: Teten) -> None:
    client.cookies.clear()
    for method, route in routes(client):
        if method not in SAFE and any(isinstance(d.dependency, Open) for d in route.dependencies):
            answer = client.request(method, address(route), headers={"origin": ELSEWHERE})
            assert answer.status_code == 403, route.path


def test_asking_changes_nothing(client: TestClient, teten_tt: Teten) -> None:
    before = kept(teten_tt)
    for person in ("kons-1", "fin-1", "both-1"):
        signed_in(client, teten_tt, person)
        for method, route in routes(client):
            if method in SAFE:
                assert client.request(method, address(route)).status_code < 500, route.path
    assert kept(teten_tt) == before


def kept(teten: Teten) -> dict[str, Any]:
    """Everything in the database but sessions, who looked at whom, and what is made of the log anew."""
    with teten.log.pool.connection() as connection:
        tables = connection.execute(
            "SELECT schemaname, tablename FROM pg_tables"
            " WHERE schemaname NOT IN ('pg_catalog', 'information_schema', 'projections')"
            " AND tablename NOT IN ('sessions', 'looks')"
        ).fetchall()
        assert ("public", "log_events") in tables
        return {
            f"{schema}.{table}": connection.execute(
                f'SELECT count(*), md5(string_agg(t::text, chr(10) ORDER BY t::text))'
                f' FROM "{schema}"."{table}" AS t'.encode()
            ).fetchone()
            for schema, table in tables
        }


def test_behind_tls_a_cookie_that_a_neighbour_could_have_set_opens_nothing(
    teten_tt: Teten,
) -> None:
    """A page at evil.example.dk sets a cookie for example.dk: its own session, so that what is typed here
    lands there. The name that begins with __Host- can't be set so."""
    secure = replace(teten_tt.settings, public_url="https://teten.example.dk")
    told = Principal(kind=Kind.STAFF, means=Means.OIDC, person="fin-1", roles=frozenset())
    token = teten_tt.sessions.begin(told)
    with served(replace(teten_tt, settings=secure), None) as client:
        assert client.get("/v1/report", headers={"cookie": f"{COOKIE}={token}"}).status_code == 401
        known = client.get("/v1/report", headers={"cookie": f"{SECURE_COOKIE}={token}"})
        assert known.status_code == 403  # Signed in, without a role.
