"""What a provider's claims mean here, and a file about it that can't be meant."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from domain.programme import Role
from service.access.claims import ClaimsMap, read_claims_map
from service.access.configuration import Registration, SignInSettings
from service.access.oidc import SignInRefused
from service.access.principal import Kind, Means
from service.access.providers import ways
from service.app import Teten
from service.settings import Settings, UnusableSetting

ROLES = """\
[roles]
claim = "groups"
groups = { jobcenter = ["caseworker"], finance = ["controller"] }
"""


def read(folder: Path, text: str) -> ClaimsMap:
    file = folder / "claims.toml"
    file.write_text(text, "utf-8")
    return read_claims_map(file)


def test_the_subject_is_the_person_unless_another_claim_is_named(tmp_path: Path) -> None:
    found = read(tmp_path, ROLES).principal({"sub": "kons-1", "groups": "jobcenter"})
    assert (found.person, set(found.roles)) == ("kons-1", {Role.CASEWORKER})
    assert (found.kind, found.means, found.teams) == (Kind.STAFF, Means.OIDC, None)
    named = read(tmp_path, f'[person]\nclaim = "no"\n{ROLES}')
    assert named.principal({"no": "kons-2", "groups": ["finance"]}).person == "kons-2"


def test_several_groups_give_all_their_roles(tmp_path: Path) -> None:
    found = read(tmp_path, ROLES).principal(
        {"sub": "kons-1", "groups": ["finance", "jobcenter", 7, None, "canteen"]}
    )
    assert found.roles == {Role.CASEWORKER, Role.CONTROLLER}


@pytest.mark.parametrize(
    ("teams", "found"),
    [
        ('[teams]\nclaim = "groups"\ngroups = { north = "Nord" }\n', frozenset({"Nord"})),
        ('[teams]\nclaim = "department"\n', frozenset({"Syd"})),
        ('[teams]\nclaim = ["nothing", "there"]\n', frozenset()),
    ],
)
def test_teams_are_those_of_the_claims_where_the_file_says_so(
    tmp_path: Path, teams: str, found: frozenset[str]
) -> None:
    claims = {"sub": "kons-1", "groups": ["jobcenter", "north"], "department": "Syd"}
    assert read(tmp_path, ROLES + teams).principal(claims).teams == found


@pytest.mark.parametrize("sub", ["", "Anna Ærlig", "610190-1001", "anna@kommune.example", 7, None])
def test_a_claim_that_can_not_be_a_key_is_nobody(tmp_path: Path, sub: Any) -> None:
    with pytest.raises(SignInRefused, match="no person"):
        read(tmp_path, ROLES).principal({"sub": sub, "groups": "jobcenter"})


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "roles: Field required"),
        ("[roles", "claims.toml"),
        (ROLES + "[person]\nclaims = 'x'\n", "person.claims"),
        (ROLES.replace("controller", "director"), "roles.groups.finance"),
        (ROLES.replace("controller", "citizen"), "no group of staff is citizen"),
        (ROLES.replace("controller", "system"), "no group of staff is system"),
        (ROLES + "[person.accounts]\nx = '610190-1001'\n", "person.accounts.x"),
    ],
)
def test_a_file_that_can_not_be_meant_stops_the_service(
    tmp_path: Path, text: str, why: str
) -> None:
    with pytest.raises(UnusableSetting, match="TETEN_OIDC_CLAIMS") as told:
        read(tmp_path, text)
    assert why in str(told.value)
    assert "610190" not in str(told.value)


def test_a_file_that_is_not_there_stops_the_service(tmp_path: Path) -> None:
    with pytest.raises(UnusableSetting, match="No such file"):
        read_claims_map(tmp_path / "claims.toml")


@pytest.mark.parametrize(
    ("public_url", "client_id", "claims", "lacks"),
    [
        (None, "teten", "claims.toml", "TETEN_PUBLIC_URL"),
        ("https://teten.example", "", "claims.toml", "TETEN_OIDC_CLIENT_ID"),
        ("https://teten.example", "teten", "", "TETEN_OIDC_CLAIMS"),
    ],
)
def test_half_a_provider_stops_the_service_and_says_what_it_lacks(
    installation: Teten,
    tmp_path: Path,
    public_url: str | None,
    client_id: str,
    claims: str,
    lacks: str,
) -> None:
    read(tmp_path, ROLES)
    asked = SignInSettings(
        staff=Registration("https://login.example", client_id),
        claims=tmp_path / claims if claims else None,
    )
    settings = replace(installation.settings, sign_in=asked, public_url=public_url)
    with pytest.raises(UnusableSetting, match=lacks):
        ways(replace(installation, settings=settings))


def test_the_environment_names_both_providers(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "secret").write_text("from a file\n")
    told = {
        "TETEN_OIDC_ISSUER": "https://login.example",
        "TETEN_OIDC_CLIENT_ID": "teten",
        "TETEN_OIDC_CLIENT_SECRET_FILE": str(tmp_path / "secret"),
        "TETEN_OIDC_CLAIMS": str(tmp_path / "claims.toml"),
        "TETEN_CITIZEN_OIDC_ISSUER": "https://mitid.example",
        "TETEN_CITIZEN_OIDC_CLIENT_ID": "borger",
        "TETEN_CITIZEN_OIDC_CLIENT_SECRET": "from a variable",
        "TETEN_CITIZEN_OIDC_SCOPES": "openid ssn",
        "TETEN_CITIZEN_OIDC_CPR_CLAIM": "dk.cpr",
        "TETEN_SESSION_MINUTES": "5",
        "TETEN_SESSION_HOURS": "1",
    }
    for name, value in told.items():
        monkeypatch.setenv(name, value)
    found = Settings.read().sign_in
    assert found.staff == Registration("https://login.example", "teten", "from a file")
    mitid = Registration("https://mitid.example", "borger", "from a variable", "openid ssn")
    assert (found.citizens, found.cpr_claim) == (mitid, "dk.cpr")
    assert (found.idle.total_seconds(), found.absolute.total_seconds()) == (300, 3600)
    assert "from a" not in repr(found)
