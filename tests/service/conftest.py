"""What several tests of the service look at: the app over HTTP, and a small data set behind a shell."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from fastapi.testclient import TestClient

from domain.programme import Role
from service.access.guard import COOKIE
from service.access.principal import Kind, Means, Principal
from service.api import create_app
from service.app import Teten, opened
from service.followers import Follower
from service.settings import Settings
from tests.conftest import fresh_database, import_into
from tests.data_sets import tiny
from tests.shell import Shell


@contextmanager
def served(
    teten: Teten, person: str | None = "fin-1", *, demo: bool = False
) -> Iterator[TestClient]:
    """The whole app over these parts, with the follower running, and nothing left to be folded: a busy
    machine may take longer over an imported data set than a reader waits. Seen by a controller of the small
    data, unless by another, or by nobody."""
    teten.rows.catch_up()
    follower = Follower(teten.url, teten.rows, died=lambda: None)
    follower.start()
    try:
        client = TestClient(create_app(teten, follower, demo=demo))
        yield signed_in(client, teten, person) if person else client
    finally:
        follower.stop()


def signed_in(
    client: TestClient,
    teten: Teten,
    person: str = "fin-1",
    roles: Iterable[Role] = frozenset(Role) - {Role.CITIZEN},
    **known: Any,
) -> TestClient:
    """The client with a session of that person. The sign-in grants every role: what holds is what the
    programme's log says."""
    told = {"kind": Kind.STAFF, "means": Means.OIDC, **known}
    principal = Principal(person=person, roles=frozenset(roles), **told)
    client.cookies.set(COOKIE, teten.sessions.begin(principal))
    return client


@pytest.fixture(scope="module")
def client(pilot: Teten) -> Iterator[TestClient]:
    with served(pilot, "rev-01") as client:
        yield client


@pytest.fixture
def own(teten: Teten) -> Iterator[TestClient]:
    """Over an empty database of the test's own."""
    with served(teten) as client:
        yield client


@pytest.fixture(scope="module")
def teten_tt(server: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Teten]:
    """The tiny data set, imported once for a file's tests: each adds to it what it needs."""
    home = tmp_path_factory.mktemp("tt")
    with fresh_database(server) as url, opened(Settings(home, url, home / "master.key")) as running:
        import_into(running, tiny(home / "data"))
        running.rows.catch_up()
        yield running


@pytest.fixture(scope="module")
def shell(teten_tt: Teten) -> Shell:
    return Shell(teten_tt.settings)
