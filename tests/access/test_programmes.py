"""Two programmes in one installation: who has a role in the one sees nothing of the other."""

from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient

from domain.programme import Role, StaffMember
from projections.programmes import programmes
from service.access.principal import Means
from service.app import Teten, opened
from service.settings import Settings
from tests.conftest import fresh_database
from tests.examples import establish, register
from tests.service.conftest import served, signed_in
from tests.service.test_log import fresh

THEIRS = [
    StaffMember(person="system", roles=(Role.SYSTEM,)),
    StaffMember(person="fin-2", roles=(Role.CONTROLLER,)),
    StaffMember(person="rev-2", roles=(Role.AUDITOR,)),
    StaffMember(person="kons-9", roles=(Role.CASEWORKER,)),
]
ONE_PROGRAMMES = (
    "/v1/report",
    "/v1/report.csv",
    "/v1/business-case",
    "/v1/statements",
    "/v1/payouts",
    "/v1/cases",
    "/v1/funds",
    "/v1/funds/AARHUS/statement.csv?from=2019-01-01&to=2019-12-31",
    "/v1/completeness",
    "/v1/difference?from=1",
    "/v1/samples",
    "/v1/samples/S-1",
    "/v1/misuse",
    "/v1/whatif?tranche_max=100.00",
    "/v1/attempts",
    "/",
    "/cases",
    "/documents",
    "/vouchers",
    "/difference?from_known=1",
    "/samples",
    "/samples/S-1",
    "/misuse",
    "/whatif?tranche_max=100",
    "/attempts",
)
WHOLE_LOG = ("/v1/events", "/v1/checkpoints", "/v1/checkpoints/latest", "/v1/events/1/proof")


@pytest.fixture(scope="module")
def teten(server: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Teten]:
    home = tmp_path_factory.mktemp("two")
    with fresh_database(server) as url, opened(Settings(home, url, home / "master.key")) as running:
        yield running


@pytest.fixture(scope="module")
def client(teten: Teten) -> Iterator[TestClient]:
    """NP was there first; what is known at its first position knows of no other."""
    teten.log.handle(fresh(establish()))
    teten.log.handle(fresh(register(case_no="A-1", caseworker="kons-1")))
    teten.log.handle(fresh(establish(programme="ZZ", staff=THEIRS)))
    with served(teten, None) as client:
        client.follow_redirects = False
        yield client


def asked(path: str, more: str) -> str:
    return f"{path}{'&' if '?' in path else '?'}{more}"


@pytest.mark.parametrize("path", ONE_PROGRAMMES)
def test_who_names_no_programme_is_shown_none_of_the_others(
    client: TestClient, teten: Teten, path: str
) -> None:
    for person in ("fin-2", "rev-2", "kons-9"):
        signed_in(client, teten, person)
        for more in ("", "programme=", "known=1", "known=1&programme=", "programme=NP"):
            answer = client.get(asked(path, more))
            assert answer.status_code in (403, 404), f"{person} {path} {more}"
            assert "NP" not in answer.text.replace("?programme=NP", "")


@pytest.mark.parametrize("path", WHOLE_LOG)
def test_the_whole_log_is_for_who_has_the_role_in_every_programme(
    client: TestClient, teten: Teten, path: str
) -> None:
    for person in ("fin-2", "rev-2", "fin-1", "rev-1"):
        signed_in(client, teten, person)
        for more in ("", "programme=ZZ", "programme=NP"):
            assert client.get(asked(path, more)).status_code == 403, f"{person} {path} {more}"


def test_what_shows_one_programme_offers_the_own_ones(client: TestClient, teten: Teten) -> None:
    signed_in(client, teten, "fin-2")
    assert client.get("/v1/report").json()["detail"] == (
        "There are several programmes (ZZ): choose one."
    )
    page = client.get("/samples")
    assert page.status_code == 404
    assert 'href="/samples?programme=ZZ"' in page.text
    assert client.get("/v1/report?programme=ZZ").status_code == 200
    assert "NP" not in client.get("/v1/report?programme=OTHER").text


def test_before_a_projection_has_read_the_log_no_role_holds_by_the_sign_in_alone(
    server: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    home = tmp_path_factory.mktemp("behind")
    with (
        fresh_database(server) as url,
        opened(Settings(home, url, home / "master.key")) as running,
        served(running, None) as client,
    ):
        running.log.handle(fresh(establish()))
        running.rows.catch_up()
        with running.log.pool.connection() as connection:
            connection.execute(
                "DELETE FROM projections.rows WHERE projection = %s", (programmes.name,)
            )
        signed_in(client, running, "kons-1")
        assert client.get("/v1/events").status_code == 403


def test_a_role_that_was_chosen_in_the_demo_ends_with_the_demo(
    client: TestClient, teten: Teten
) -> None:
    signed_in(client, teten, "rev-1", means=Means.DEMO)
    token = client.cookies.get("teten_session")
    assert client.get("/v1/report?programme=NP").status_code == 401
    client.cookies.clear()
    bearer = {"Authorization": f"Bearer {token}"}
    assert client.get("/v1/report?programme=NP", headers=bearer).status_code == 401
