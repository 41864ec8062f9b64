"""Every route and every command, for every role, with own and foreign cases, signed in or not."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.routing import APIRoute, RouteContext, iter_route_contexts
from fastapi.testclient import TestClient

from domain.permissions import COMMANDS, PERMISSIONS, VIEWS, Reach
from domain.programme import Role, RolesAssigned, programmes
from domain.words import COMMANDS as KINDS
from domain.words import Command, Refused, decide
from service.access.guard import Access, Open, Published, SignedIn, Somewhere
from service.access.principal import Kind, Means, Principal
from service.access.sessions import csrf_of
from service.api.commands import path_of, within_reach
from service.app import Teten, opened
from service.settings import Settings
from tests import examples
from tests.access import table
from tests.conftest import fresh_database
from tests.examples import ASKED, establish, register
from tests.scenario import Story
from tests.service.conftest import served, signed_in
from tests.service.test_log import fresh

PERMISSION = (Somewhere, SignedIn, Open, Published)
STAFF = frozenset(Role) - {Role.CITIZEN}
OWN, FOREIGN = "A-1", "B-1"  # Of the caseworker who asks, and of one in no team of theirs.
PEOPLE = {
    Role.CASEWORKER: "kons-1",
    Role.CONTROLLER: "fin-1",
    Role.AUDITOR: "rev-1",
    Role.ADMINISTRATOR: "adm-1",
    Role.SYSTEM: "system",
}
# What is in an address beside a case's number.
PLACES = {"position": "1", "kind": "csv", "fund": "AARHUS", "sample": "S-1"}
PAGE = Path(__file__).parents[2] / "docs/reference/permissions.md"


@pytest.fixture(scope="module")
def teten(server: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Teten]:
    home = tmp_path_factory.mktemp("matrix")
    with fresh_database(server) as url, opened(Settings(home, url, home / "master.key")) as running:
        yield running


@pytest.fixture(scope="module")
def client(teten: Teten) -> Iterator[TestClient]:
    log = teten.log
    log.handle(fresh(establish()))
    log.handle(fresh(register(case_no=OWN, caseworker="kons-1")))
    log.handle(fresh(register(case_no=FOREIGN, caseworker="kons-2", citizen="citizen-" + "b" * 16)))
    with served(teten, None) as client:
        client.follow_redirects = False
        yield client


def routes(client: TestClient) -> list[tuple[str, RouteContext]]:
    """Also of the routers that are included, which FastAPI keeps apart."""
    app: Any = client.app
    found = [
        (method, route)
        for route in iter_route_contexts(app.routes)
        if isinstance(route.original_route, APIRoute)
        for method in sorted(route.methods or ())
    ]
    assert found
    return found


def permission(route: RouteContext) -> Any:
    found = [each.dependency for each in route.dependencies]
    named = [each for each in found if isinstance(each, PERMISSION)]
    assert len(named) == 1, f"{route.path} names {len(named)} permissions"
    return named[0]


def status(client: TestClient, method: str, route: RouteContext, case_no: str) -> int:
    """What is answered, with the token that a page would carry."""
    known = PLACES | {"case_no": case_no}
    path = str(route.path)
    for name in route.param_convertors:
        path = path.replace(f"{{{name}}}", known.get(name, "x"))
    token = client.cookies.get("teten_session")
    headers = {"x-csrf-token": csrf_of(token)} if token and method != "GET" else {}
    return client.request(method, path, headers=headers).status_code


def test_every_route_names_one_permission(client: TestClient) -> None:
    assert {"/v1/report", "/cases/{case_no}"} <= {route.path for _, route in routes(client)}
    for _, route in routes(client):
        named = permission(route)
        assert getattr(named, "action", "read_report") in PERMISSIONS


def test_every_view_has_a_route_and_every_command_a_decision(client: TestClient) -> None:
    named = {getattr(permission(route), "action", "") for _, route in routes(client)}
    assert named & set(VIEWS) == set(VIEWS)
    assert set(COMMANDS) == set(KINDS)
    assert not set(COMMANDS) & set(VIEWS)


def test_who_is_not_signed_in_gets_nowhere(client: TestClient) -> None:
    client.cookies.clear()
    for method, route in routes(client):
        found = status(client, method, route, OWN)
        if isinstance(permission(route), Open):
            assert found not in (401, 403), route.path
        else:
            assert found == (401 if str(route.path).startswith("/v1/") else 303), route.path


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("case_no", [OWN, FOREIGN])
def test_a_route_answers_exactly_those_that_the_table_names(
    client: TestClient, teten: Teten, role: Role, case_no: str
) -> None:
    for method, route in routes(client):
        _enter(client, teten, role)
        named = permission(route)
        found = status(client, method, route, case_no)
        reach = _reach(named, role)
        within = reach is Reach.ALL or case_no == OWN or "case_no" not in route.param_convertors
        told = f"{method} {route.path} {role} {case_no}: {found}"
        if reach is None:
            assert found == 403, told
        elif not within:
            assert found == 404, told
        else:
            assert found not in (401, 403) and found < 500, told
            assert "case_no" not in route.param_convertors or found != 404, told


def test_a_role_that_the_sign_in_does_not_grant_does_not_hold(
    client: TestClient, teten: Teten
) -> None:
    signed_in(client, teten, "rev-1", roles=[Role.CASEWORKER])
    assert client.get("/v1/report").status_code == 403


def test_a_role_that_the_log_does_not_give_does_not_hold(client: TestClient, teten: Teten) -> None:
    signed_in(client, teten, "kons-1", roles=Role)
    assert client.get("/v1/report").status_code == 403
    assert client.get("/v1/report?programme=NP").status_code == 403


def test_a_list_holds_the_cases_within_reach_and_counts_no_other(
    client: TestClient, teten: Teten
) -> None:
    signed_in(client, teten, "kons-1")
    assert [each["case_no"] for each in client.get("/v1/cases").json()] == [OWN]
    page = client.get("/cases").text
    assert "1 forløb" in page and FOREIGN not in page
    signed_in(client, teten, "fin-1")
    assert [each["case_no"] for each in client.get("/v1/cases").json()] == [OWN, FOREIGN]


@pytest.mark.parametrize(
    "path", ["/cases/{}", "/cases/{}/steps", "/v1/cases/{}", "/v1/cases/{}/steps"]
)
def test_a_case_out_of_reach_is_answered_like_one_that_is_not_there(
    client: TestClient, teten: Teten, path: str
) -> None:
    signed_in(client, teten, "kons-1")
    foreign, missing = (client.get(path.format(each)) for each in (FOREIGN, "C-9"))
    assert foreign.status_code == missing.status_code == 404
    assert foreign.text.replace(FOREIGN, "C-9") == missing.text


@pytest.mark.parametrize("programme", ["OTHER", "a/b", "%ED%A0%80"])
def test_a_programme_that_there_is_none_of_is_not_found_and_opens_nothing(
    client: TestClient, teten: Teten, programme: str
) -> None:
    signed_in(client, teten, "rev-1")
    assert client.get(f"/v1/report?programme={programme}").status_code == 404
    signed_in(client, teten, "kons-1")
    assert client.get(f"/v1/report?programme={programme}").status_code == 403


@pytest.mark.parametrize(
    ("taken_by", "told"), [(f"{OWN}/1", True), (f"{FOREIGN}/1", False), ("HOLD-1", True)]
)
def test_a_refusal_names_no_case_out_of_reach(teten: Teten, taken_by: str, *, told: bool) -> None:
    principal = Principal(
        kind=Kind.STAFF, means=Means.OIDC, person="kons-1", roles={Role.CASEWORKER}
    )
    no = Refused("duplicate_receipt", reference="ab" * 32, taken_by=taken_by)
    found = within_reach(no, Access(teten, principal, ""), "HandInReceipt")
    assert found.code == no.code and found.facts["reference"] == no.facts["reference"]
    assert ("taken_by" in found.facts) == told


def _enter(client: TestClient, teten: Teten, role: Role) -> None:
    if role is Role.CITIZEN:
        signed_in(
            client,
            teten,
            "citizen-0123456789abcdef",
            roles=[Role.CITIZEN],
            kind=Kind.CITIZEN,
            means=Means.LINK,
            case_no=OWN,
        )
    else:
        signed_in(client, teten, PEOPLE[role], roles=[role])


def _reach(named: Any, role: Role) -> Reach | None:
    if isinstance(named, Open | SignedIn):
        return Reach.ALL
    return PERMISSIONS[named.action].get(role)


@pytest.mark.parametrize("role", sorted(STAFF))
@pytest.mark.parametrize("name", sorted(set(COMMANDS) - {"EstablishProgramme"}))
def test_a_command_is_refused_exactly_those_that_the_table_does_not_name(
    name: str, role: Role
) -> None:
    told = {**ASKED, "id": "1", "by": "somebody"}
    story = examples.ESTABLISHED.tells(
        programmes.news(RolesAssigned(programme="NP", person="somebody", roles=(role,)), "NP")
    )
    command = KINDS[name].model_construct(**told)
    assert (_code(command, story) == "forbidden") == (role not in COMMANDS[name])


def _code(command: Command, story: Story) -> str | None:
    """The refusal of a command that says nothing but who asks: roles come first."""
    try:
        decide(command, story)
    except Refused as no:
        return no.code
    except AttributeError:
        return None
    return None


def test_the_docs_have_the_table_with_every_route(client: TestClient) -> None:
    """A route that names another row than before is seen here: elsewhere its own word is taken."""
    assert PAGE.read_text("utf-8") == table.page()
    found = {f"{method} {route.path}": permission(route) for method, route in routes(client)}
    commands = {f"POST /v1/commands/{path_of(name)}": name for name in COMMANDS}
    assert set(found) == set(table.routes()) | set(commands)
    assert {route: found[route].action for route in commands} == commands
