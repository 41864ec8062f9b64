"""`teten flags`: what is due is raised first unless told otherwise, and every flag is listed."""

from pathlib import Path
from typing import Any

import pytest

from service.app import Teten
from tests.conftest import import_into
from tests.data_sets import change, tiny
from tests.shell import Shell

FIELDS = {"case", "line", "rule", "version", "amount", "sentence", "sentence_en", "evidence"}
LATER = ("--as-of", "2019-06-01")


@pytest.fixture
def shell(teten: Teten, tmp_path: Path) -> Shell:
    with_flags(teten, tmp_path / "data")
    return Shell(teten.settings)


def with_flags(teten: Teten, folder: Path) -> None:
    """The small data set, with a receipt from where nothing of its line is bought."""
    data = tiny(folder)
    change(data / "journal.csv", "Kiosken; 21-03-2019", "Bet365; 21-03-2019")
    import_into(teten, data)
    teten.rows.catch_up()


def test_flags_are_raised_once_and_listed_with_what_they_rest_on(shell: Shell) -> None:
    assert shell.data("flags", "--no-raise", *LATER) == []
    raised = shell.data("flags", *LATER)
    assert raised
    for each in raised:
        assert {*FIELDS, "raised_on", "status", "reason"} <= each.keys()
        assert each["evidence"] and each["status"] == "open"
    assert shell.data("flags", *LATER) == raised
    assert shell.data("flags", "--no-raise", *LATER) == raised


def test_the_list_is_narrowed_by_case_status_and_day(shell: Shell) -> None:
    raised = shell.data("flags", *LATER)
    asked: Any = ("flags", "--no-raise", *LATER)
    of_case = [each for each in raised if each["case"] == "T-1"]
    assert of_case and shell.data(*asked, "--case", "T-1") == of_case
    assert shell.data(*asked, "--case", "T-3") == []
    assert shell.data(*asked, "--status", "open") == raised
    assert shell.data(*asked, "--status", "dismissed") == []
    day = min(each["raised_on"] for each in raised)
    first = shell.data("flags", "--no-raise", "--as-of", day)
    assert {each["raised_on"] for each in first} == {day}
    assert shell.data("flags", "--no-raise", "--as-of", "2019-01-31") == []
    assert shell(*asked, "--status", "nonsense").returncode == 2


def test_people_read_a_table_and_how_many_there_are(shell: Shell) -> None:
    raised = shell.data("flags", *LATER)
    told = shell("flags", "--no-raise", *LATER)
    assert (told.returncode, told.stderr) == (0, "")
    assert f"{len(raised)} flags" in told.stdout
