"""A server that may be killed, one for all tests of this folder, and a database of it for each test."""

from collections.abc import Iterator

import pytest

from service.app import opened
from service.settings import Settings
from tests.crashes.machine import Machine, machine


@pytest.fixture(scope="package")
def breakable() -> Iterator[Machine]:
    with machine() as made:
        yield made


@pytest.fixture
def settings(breakable: Machine) -> Settings:
    breakable.revive()
    made = breakable.database()
    with opened(made):
        return made
