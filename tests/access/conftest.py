"""An installation at which people sign in: a programme, two cases, and providers of identities."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path
from urllib.parse import urlsplit

import httpx2
import pytest
from fastapi.testclient import TestClient

from service import logging
from service.access.configuration import Registration, SignInSettings
from service.app import Teten, opened
from service.settings import Settings
from tests.access.providers import CLIENT, SECRET, OwnProvider, own_provider
from tests.conftest import fresh_database, log_quietly
from tests.examples import decline_offer, establish, offer, register
from tests.service.conftest import served
from tests.service.test_log import fresh

HERE = "http://testserver"
AT_PROVIDER = httpx2.Client()  # The same browser, there.
CPR, BORN = "610190-1001", "1990-01-01"
OTHER = "620290-1002"
DECLINED = "640490-1004"
CLAIMS = """\
[person]
claim = "employee"
[person.accounts]
"E-1" = "kons-1"
"E-1-extra" = "kons-1"
"E-2" = "fin-1"
[roles]
claim = ["realm", "groups"]
[roles.groups]
jobcenter = ["caseworker"]
leaders = ["caseworker", "controller"]
"""


class Clock:
    """Time that passes when a test says so."""

    def __init__(self) -> None:
        self.moment = datetime(2026, 11, 22, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.moment

    def passes(self, **time: float) -> None:
        self.moment += timedelta(**time)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def logged() -> Iterator[Callable[[], str]]:
    """What the service logs meanwhile."""
    stream = StringIO()
    with redirect_stderr(stream):
        logging.configure()
    yield stream.getvalue
    log_quietly()


@pytest.fixture(scope="module")
def provider() -> Iterator[OwnProvider]:
    with own_provider() as running:
        yield running


@pytest.fixture(scope="module")
def installation(server: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Teten]:
    """Case A-1 is of kons-1's citizen, B-1 of kons-2's; both are open; B-2 is closed."""
    home = tmp_path_factory.mktemp("access")
    with fresh_database(server) as url, opened(Settings(home, url, home / "master.key")) as teten:
        anna = teten.vault.citizen(CPR, {"name": "Anna Ærlig"})
        bent = teten.vault.citizen(OTHER, {"name": "Bent Birk"})
        teten.log.handle(fresh(establish()))
        teten.log.handle(fresh(register(case_no="A-1", caseworker="kons-1", citizen=anna)))
        teten.log.handle(fresh(offer(case_no="A-1")))
        teten.log.handle(fresh(register(case_no="B-1", caseworker="kons-2", citizen=bent)))
        clara = teten.vault.citizen(DECLINED, {"name": "Clara Ø. Krogh"})
        teten.log.handle(fresh(register(case_no="B-2", caseworker="kons-2", citizen=clara)))
        for command in (offer, decline_offer):
            teten.log.handle(fresh(command(case_no="B-2")))
        yield teten


def set_up(teten: Teten, claims: Path, issuer: str, public_url: str = HERE) -> Teten:
    """With a provider for staff, and the same one for citizens."""
    claims.write_text(CLAIMS, "utf-8")
    known = Registration(issuer, CLIENT, SECRET)
    asked = SignInSettings(staff=known, claims=claims, citizens=known)
    return replace(teten, settings=replace(teten.settings, sign_in=asked, public_url=public_url))


@pytest.fixture(scope="module")
def shared(installation: Teten, provider: OwnProvider) -> Iterator[TestClient]:
    claims = installation.settings.home / "claims.toml"
    with browsing(set_up(installation, claims, provider.issuer)) as client:
        yield client


@pytest.fixture
def browser(shared: TestClient, provider: OwnProvider) -> TestClient:
    """Nobody is signed in. The provider is as it was at first."""
    shared.cookies.clear()
    provider.claims = {"employee": "E-1", "realm": {"groups": ["jobcenter"]}}
    provider.sign, provider.published = OwnProvider.sign, [provider.key]
    return shared


@contextmanager
def browsing(teten: Teten) -> Iterator[TestClient]:
    with served(teten, None) as client:
        client.follow_redirects = False
        yield client


def to_provider(browser: TestClient, path: str = "/sign-in/oidc") -> str:
    """The address at the provider that the browser is sent to."""
    answer = browser.get(path)
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


def returning(address: str) -> str:
    """The address here that the provider sends the browser back to, with a code."""
    answer = AT_PROVIDER.get(address)
    assert answer.status_code == 303
    back = urlsplit(answer.headers["location"])
    return f"{back.path}?{back.query}"


def sign_in(browser: TestClient, path: str = "/sign-in/oidc") -> httpx2.Response:
    return browser.get(returning(to_provider(browser, path)))
