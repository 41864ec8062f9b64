"""Data of an embedded server that lie outside their home are known to be nobody's once it is gone."""

import os
import shutil
from pathlib import Path

import pytest

from service.postgres import LeftBehind, embedded, left_behind
from tests.service.test_postgres import folder_for_homes


@pytest.mark.skipif(os.geteuid() != 0, reason="An ordinary user's data lie in the home.")
def test_data_whose_home_is_gone_are_named_and_those_of_a_home_that_is_there_are_not() -> None:
    with folder_for_homes() as base:
        base.chmod(0o700)
        named_until_removed(base / "home", base / "moved")


def named_until_removed(home: Path, moved: Path) -> None:
    with embedded(home):
        data = (home / "postgres").resolve()

    def named() -> list[LeftBehind]:
        return [each for each in left_behind() if each.folder == data]

    try:
        assert named() == []
        home.rename(moved)
        assert named() == [LeftBehind(data, home)]
        with embedded(moved):
            assert named() == []
        shutil.rmtree(moved)
        assert named() == [LeftBehind(data, moved)]
        assert (data / "data").exists()
    finally:
        shutil.rmtree(data)
