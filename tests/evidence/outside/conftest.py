"""A log in a database of its own that grows a little at a time, and places outside it."""

from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from service.app import Teten
from service.evidence.checkpoints import Made
from service.evidence.findings import Finding
from service.evidence.outside.configuration import Outlets
from service.evidence.outside.delivery import Outside, Standing
from service.evidence.verifying import verify
from tests import examples
from tests.evidence.outside.servers import new_authority, serving_authority
from tests.service.together import fresh


class Growing:
    """A log that grows, and what was sent from it."""

    def __init__(self, teten: Teten) -> None:
        self.teten = teten
        self._cases = count(1)
        self.log = teten.log
        self.log.handle(fresh(examples.establish()))

    def checkpoint(self) -> Made:
        """Of a log that is longer than before."""
        self.log.handle(fresh(examples.register(case_no=f"A-{next(self._cases)}")))
        made = self.teten.checkpoints.make()
        assert made
        return made

    def outside(self, **outlets: Any) -> Outside:
        return Outside(self.log.pool, self.teten.checkpoints, Outlets(**outlets))

    def findings(self, outside: Outside) -> list[Finding]:
        return verify(self.teten.checkpoints, self.teten.files, outside).findings

    def file(self, made: Made, ending: str = "checkpoint") -> Path:
        return self.teten.checkpoints.folder / f"{made.size}.{ending}"

    def held(self, query: str) -> list[tuple[Any, ...]]:
        with self.log.pool.connection() as connection:
            return connection.execute(query, binary=True).fetchall()


def standing(outside: Outside, place: str) -> Standing:
    return next(each for each in outside.standings() if each.place == place)


@pytest.fixture
def growing(teten: Teten) -> Growing:
    return Growing(teten)


@pytest.fixture(scope="session")
def authority_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("authority")
    new_authority(folder)
    return folder


@pytest.fixture
def authority(authority_folder: Path) -> Iterator[dict[str, Any]]:
    """An authority that stamps, as it is configured."""
    with serving_authority(authority_folder) as url:
        yield {"time_stamp": url, "time_stamp_ca": authority_folder / "ca.pem"}
