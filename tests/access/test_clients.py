"""Other systems: how they are let in, what they may do, and how they are shut out."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx2
import pytest
from fastapi.testclient import TestClient

from domain.programme import Role
from service.access.clients import Clients, UnknownClient
from service.access.principal import Kind, Means
from service.access.sessions import Sessions
from service.app import Teten
from tests.access.conftest import Clock, browsing

GRANT = {"grant_type": "client_credentials"}
Ask = Callable[..., httpx2.Response]


@pytest.fixture
def teten(installation: Teten, clock: Clock) -> Teten:
    pool = installation.log.pool
    return replace(installation, clients=Clients(pool, clock), sessions=Sessions(pool, clock))


@pytest.fixture(scope="module")
def api(installation: Teten) -> Iterator[TestClient]:
    with browsing(installation) as client:
        yield client


@pytest.fixture
def client(teten: Teten, api: TestClient) -> TestClient:
    """The API, at the test's own time."""
    app: Any = api.app
    app.state.parts = replace(app.state.parts, teten=teten)
    return api


@pytest.fixture
def known(teten: Teten) -> tuple[str, str]:
    return teten.clients.add("Fagsystemet", "kons-1", [Role.CASEWORKER, Role.CONTROLLER])


def bearer(token: str) -> dict[str, str]:
    return {"authorization": f"Bearer {token}"}


def test_a_client_gets_a_token_for_an_hour_and_acts_as_its_person(
    client: TestClient, teten: Teten, known: tuple[str, str], clock: Clock
) -> None:
    answer = client.post("/v1/token", data=GRANT, auth=known)
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    token = answer.json()["access_token"]
    assert answer.json() == {
        "access_token": token,
        "token_type": "Bearer",
        "expires_in": 3600,
        "scope": "caseworker controller",
    }
    cases = client.get("/v1/cases", headers=bearer(token))
    assert [each["case_no"] for each in cases.json()] == ["A-1"]
    session = teten.sessions.find(token)
    assert session
    assert (session.principal.kind, session.principal.means) == (Kind.CLIENT, Means.CLIENT)
    assert session.principal.person == "kons-1"
    # The sign-in grants it; the programme's log doesn't.
    assert client.get("/v1/report", headers=bearer(token)).status_code == 403
    clock.passes(minutes=59)
    assert client.get("/v1/cases", headers=bearer(token)).status_code == 200
    clock.passes(minutes=1)
    assert client.get("/v1/cases", headers=bearer(token)).status_code == 401


def test_the_secret_may_stand_in_the_form_and_a_scope_makes_less_of_the_token(
    client: TestClient, known: tuple[str, str]
) -> None:
    form = {**GRANT, "client_id": known[0], "client_secret": known[1], "scope": "controller"}
    answer = client.post("/v1/token", data=form)
    assert answer.json()["scope"] == "controller"
    token = answer.json()["access_token"]
    assert client.get("/v1/cases", headers=bearer(token)).status_code == 403


def test_a_secret_is_kept_nowhere(teten: Teten, known: tuple[str, str]) -> None:
    with teten.log.pool.connection() as connection:
        stored = connection.execute(
            "SELECT jsonb_agg(to_jsonb(s)) || jsonb_agg(to_jsonb(c))"
            " FROM access.client_secrets s, access.clients c"
        ).fetchone()
    assert known[1] not in str(stored)
    assert known[1].encode().hex() not in str(stored)


@pytest.mark.parametrize(
    ("change", "status", "error"),
    [
        ({"client_secret": "wrong"}, 401, "invalid_client"),
        ({"client_secret": ""}, 401, "invalid_client"),
        ({"client_id": "client-0000000000000000"}, 401, "invalid_client"),
        ({"client_id": "nul\0"}, 401, "invalid_client"),
        ({"grant_type": ""}, 400, "invalid_request"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
        ({"scope": "auditor"}, 400, "invalid_scope"),
        ({"scope": "everything"}, 400, "invalid_scope"),
        ({"grant_type": ["client_credentials"] * 2}, 400, "invalid_request"),
        ({"scope": "x" * 5000}, 400, "invalid_request"),
    ],
)
def test_a_token_is_refused_with_the_error_that_the_standard_has(
    client: TestClient, known: tuple[str, str], change: Any, status: int, error: str
) -> None:
    form = {**GRANT, "client_id": known[0], "client_secret": known[1], **change}
    answer = client.post("/v1/token", data=form)
    assert (answer.status_code, answer.json()["error"]) == (status, error)
    assert ("www-authenticate" in answer.headers) == (status == 401)
    assert known[1] not in answer.text


def test_a_client_says_who_it_is_in_one_way_and_in_a_form(
    client: TestClient, known: tuple[str, str]
) -> None:
    both = client.post("/v1/token", data={**GRANT, "client_secret": known[1]}, auth=known)
    assert both.json()["error"] == "invalid_request"
    as_json = client.post("/v1/token", json=GRANT, auth=known)
    assert as_json.json()["error"] == "invalid_request"
    unreadable = client.post(
        "/v1/token",
        content=b"grant_type=\xff",
        headers={"content-type": "application/x-www-form-urlencoded"},
    )
    assert unreadable.json()["error"] == "invalid_request"
    for told in ("Basic !", "Basic /w==", "Digest x", "Basic"):
        answer = client.post("/v1/token", data=GRANT, headers={"authorization": told})
        assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")


def test_after_a_rotation_both_secrets_hold_for_a_while(
    teten: Teten, known: tuple[str, str], clock: Clock
) -> None:
    name, first = known
    second = teten.clients.rotate(name, timedelta(hours=24))
    clock.passes(hours=23)
    assert teten.clients.principal(name, first)
    assert teten.clients.principal(name, second)
    third = teten.clients.rotate(name, timedelta(hours=24))
    clock.passes(hours=1)
    assert not teten.clients.principal(name, first)
    assert teten.clients.principal(name, second)
    clock.passes(hours=23)
    assert not teten.clients.principal(name, second)
    assert teten.clients.principal(name, third)


def test_a_revoked_client_is_out_at_once(
    client: TestClient, teten: Teten, known: tuple[str, str]
) -> None:
    token = client.post("/v1/token", data=GRANT, auth=known).json()["access_token"]
    teten.sessions.end_of(teten.clients.revoke(known[0]), Means.CLIENT)
    assert client.get("/v1/cases", headers=bearer(token)).status_code == 401
    answer = client.post("/v1/token", data=GRANT, auth=known)
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")
    for change in (teten.clients.revoke, lambda each: teten.clients.rotate(each, timedelta())):
        with pytest.raises(UnknownClient):
            change(known[0])


def test_shutting_a_client_out_leaves_its_person_signed_in(teten: Teten) -> None:
    name, secret = teten.clients.add("Fagsystemet", "kons-1", [Role.CASEWORKER])
    principal = teten.clients.principal(name, secret)
    assert principal
    token = teten.sessions.begin(principal)
    own = teten.sessions.begin(
        principal.model_copy(update={"kind": Kind.STAFF, "means": Means.OIDC})
    )
    teten.sessions.end_of(teten.clients.revoke(name), Means.CLIENT)
    assert teten.sessions.find(token) is None
    assert teten.sessions.find(own)


def test_a_session_ends_when_nobody_asks_anything_and_in_any_case_after_a_day_of_work(
    teten: Teten, known: tuple[str, str], clock: Clock
) -> None:
    principal = teten.clients.principal(*known)
    assert principal
    limits = teten.settings.sign_in
    token = teten.sessions.begin(principal, idle=limits.idle, absolute=limits.absolute)
    for _ in range(20):
        clock.passes(minutes=29)
        assert teten.sessions.find(token)
    clock.passes(minutes=20)
    assert teten.sessions.find(token) is None  # Ten hours.
    token = teten.sessions.begin(principal, idle=limits.idle, absolute=limits.absolute)
    clock.passes(minutes=30)
    assert teten.sessions.find(token) is None
