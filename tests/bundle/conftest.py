"""One log and one open bundle of it for all tests: look at them, and work on copies."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from service.app import Teten
from service.bundle.sealing import People
from tests.bundle.bundles import bundled, town


@pytest.fixture(scope="session")
def municipality(server: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Teten]:
    with town(server, tmp_path_factory.mktemp("town")) as running:
        yield running


@pytest.fixture(scope="session")
def vkey(municipality: Teten) -> str:
    return municipality.checkpoints.signer().vkey


@pytest.fixture(scope="session")
def open_bundle(municipality: Teten, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("bundles") / "open"
    bundled(municipality, folder, people=People.OPEN)
    return folder


@pytest.fixture
def copy(open_bundle: Path, tmp_path: Path) -> Path:
    """A bundle to do something to."""
    shutil.copytree(open_bundle, tmp_path / "bundle")
    return tmp_path / "bundle"
