"""A workshop for all tests of a module: what one file does to it must not be felt by the next."""

from collections.abc import Iterator

import pytest

from service.pictures.workshop import Workshop


@pytest.fixture(scope="module")
def workshop() -> Iterator[Workshop]:
    with Workshop("tests.pictures.readers:Trapped", seconds=20, megabytes=500) as running:
        yield running
