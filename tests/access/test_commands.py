"""Who gets in, from the command line."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from domain.programme import Role
from service.access.clients import UnknownClient
from service.access.principal import Kind, Means, Principal
from service.app import Teten
from service.cli.terminal import app
from tests.conftest import environment

Line = Callable[..., Result]


@pytest.fixture(scope="module")
def line(installation: Teten) -> Line:
    """`teten`, without a process of its own."""
    known = environment(installation.settings)
    return lambda *arguments: CliRunner().invoke(app, arguments, env=known)


def data(result: Result) -> Any:
    assert (result.exit_code, result.stderr) == (0, "")
    return json.loads(result.stdout)


def test_a_client_is_added_listed_rotated_and_revoked(installation: Teten, line: Line) -> None:
    added = data(
        line(
            *("clients", "add", "Fagsystemet", "--person", "kons-1"),
            *("--role", "caseworker", "--role", "auditor", "--json"),
        )
    )
    clients, name = installation.clients, added["client_id"]
    principal = clients.principal(name, added["client_secret"])
    assert principal
    assert principal.roles == {Role.CASEWORKER, Role.AUDITOR}
    rotated = data(line("clients", "rotate", name, "--overlap", "0", "--json"))
    assert not clients.principal(name, added["client_secret"])
    assert clients.principal(name, rotated["client_secret"])
    token = installation.sessions.begin(principal)
    told = line("clients", "revoke", name)
    assert told.stdout == f"{name} is revoked; 1 tokens of kons-1's clients ended.\n"
    assert installation.sessions.find(token) is None
    assert f"{name}  Fagsystemet  as kons-1: revoked" in line("clients", "list").stdout
    assert isinstance(line("clients", "revoke", name).exception, UnknownClient)


def test_no_system_is_a_citizen(line: Line) -> None:
    told = line("clients", "add", "X", "--person", "kons-1", "--role", "citizen")
    assert (told.exit_code, told.stderr) == (2, "No system is a citizen.\n")


def test_a_link_is_made_by_a_caseworker_of_the_case_and_taken_back(
    installation: Teten, line: Line
) -> None:
    address = line("links", "add", "A-1", "--as", "kons-1").stdout.strip()
    token = address.removeprefix("/min-sag/")
    assert installation.links.opens(token)
    [made] = data(line("links", "list", "A-1", "--json"))
    assert (made["made_by"], made["state"]) == ("kons-1", "in_force")
    for case_no in ("B-1", "C-9"):
        foreign = line("links", "add", case_no, "--as", "kons-1")
        assert foreign.exit_code == 1
        assert foreign.stderr == f"There is no case {case_no}, or it isn't one of kons-1's team.\n"
    assert line("links", "revoke", "A-1", "--as", "kons-1").stdout == "Revoked.\n"
    assert not installation.links.opens(token)


def test_a_person_is_signed_out_everywhere(installation: Teten, line: Line) -> None:
    person = Principal(kind=Kind.STAFF, means=Means.OIDC, person="fin-1", roles=frozenset())
    tokens = [installation.sessions.begin(person) for _ in range(2)]
    assert data(line("sessions", "end", "fin-1", "--json")) == {"ended": 2}
    assert [installation.sessions.find(token) for token in tokens] == [None, None]
