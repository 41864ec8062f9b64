"""What several tests of the service look at: the app over HTTP, and a small data set behind a shell."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from fastapi.testclient import TestClient

from service.api import create_app
from service.app import Teten, opened
from service.followers import Follower
from service.settings import Settings
from tests.conftest import fresh_database, import_into
from tests.data_sets import tiny
from tests.shell import Shell


@contextmanager
def served(teten: Teten) -> Iterator[TestClient]:
    """The whole app over these parts, with the follower running, and nothing left to be folded: a busy
    machine may take longer over an imported data set than a reader waits."""
    teten.rows.catch_up()
    follower = Follower(teten.url, teten.rows, died=lambda: None)
    follower.start()
    try:
        yield TestClient(create_app(teten, follower))
    finally:
        follower.stop()


@pytest.fixture(scope="module")
def client(pilot: Teten) -> Iterator[TestClient]:
    with served(pilot) as client:
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
