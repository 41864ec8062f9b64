"""What lies in a folder is taken once, however often it is looked at and wherever it is killed."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from domain.voucher import VoucherReceived, vouchers
from service.app import Teten
from service.intake import taking
from service.intake.queue import of_case
from service.intake.taking import Counter, Taken, content_of
from tests import examples
from tests.conftest import environment
from tests.intake.conftest import CITIZEN
from tests.intake.pictures import photo
from tests.intake.test_arriving import MB, events, mail
from tests.intake.test_hostile_arrivals import lies
from tests.service.test_overdocumented import enter

KILLER = Path(__file__).with_name("killed.py")


def taken(teten: Teten, folder: Path) -> dict[str, Taken]:
    return {each.name: each for each in Counter(teten, "NP", settled=0).folder(folder)}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "scans"  # Beside what the tests' installation keeps.
    made.mkdir()
    return made


def received(teten: Teten) -> list[str | None]:
    return [each.case_no for each in events(teten, VoucherReceived)]


def test_what_lay_there_before_its_case_was_known_is_not_taken_again(
    cases: Teten, folder: Path
) -> None:
    lies(folder, "C-1_taxa.jpg", photo("taxa"))
    lies(folder, "C-1/kursus.jpg", photo("kursus"))
    assert len(taken(cases, folder)) == 2
    enter(cases, examples.register(case_no="C-1", citizen="citizen-" + "c" * 16))
    assert [each.again for each in taken(cases, folder).values()] == [1, 1]
    assert received(cases) == [None, None]


def test_what_lies_there_of_a_citizen_who_was_forgotten_does_not_come_back(
    cases: Teten, folder: Path
) -> None:
    lies(folder, "B-1_taxa.jpg", photo("taxa"))
    taken(cases, folder)
    enter(cases, examples.offer(case_no="B-1"), examples.decline_offer(case_no="B-1"))
    cases.clerk.in_plain("ForgetCitizen", {"programme": "NP", "by": "adm-1", "case_no": "B-1"})
    assert taken(cases, folder)["B-1_taxa.jpg"].again == 1
    lies(folder, "B-1_bog.jpg", photo("found behind the scanner"))
    told = taken(cases, folder)["B-1_bog.jpg"]
    assert (told.refs, told.left_out) == ([], (taking.FORGOTTEN,))
    assert received(cases) == ["B-1"]


def test_the_same_picture_in_the_folders_of_two_cases_is_two_vouchers(
    cases: Teten, folder: Path
) -> None:
    for name in ("A-1/1.jpg", "B-1/1.jpg"):
        lies(folder, name, photo("shared"))
    taken(cases, folder)
    taken(cases, folder)
    assert received(cases) == ["A-1", "B-1"]


def test_a_file_that_is_still_written_is_left_for_the_next_time(cases: Teten, folder: Path) -> None:
    """Whatever time it says it is of: a copy has that of its original."""
    lies(folder, "copied.jpg", photo("an hour old"))
    assert list(Counter(cases, "NP").folder(folder)) == []
    lies(folder, "begun.jpg", b"")
    assert taken(cases, folder)["begun.jpg"].left_out == (taking.EMPTY,)
    lies(folder, "begun.jpg", photo("done"))
    assert len(taken(cases, folder)["begun.jpg"].refs) == 1


@pytest.mark.parametrize("how", ["grown", "replaced", "renamed"])
def test_a_file_that_changes_while_it_is_read_is_left_for_the_next_time(
    cases: Teten, folder: Path, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    file = lies(folder, "A-1_1_taxa.jpg", photo("half"))
    opens = os.open

    def meanwhile(path: Path, *of: int) -> int:
        if path == file:
            monkeypatch.setattr(os, "open", opens)
            if how == "grown":
                with file.open("ab") as more:
                    more.write(b"the other half")
            else:
                file.rename(folder / "B-1_taxa.jpg")
            if how == "replaced":
                file.write_bytes(photo("another"))
        return opens(path, *of)

    monkeypatch.setattr(os, "open", meanwhile)
    first = taken(cases, folder)
    assert first["A-1_1_taxa.jpg"].refs == []
    assert received(cases) == []
    taken(cases, folder)
    expected = {"grown": ["A-1"], "replaced": ["A-1", "B-1"], "renamed": ["B-1"]}
    assert received(cases) == expected[how]


@contextmanager
def as_nobody() -> Iterator[None]:
    """Root reads everything; others don't."""
    root = os.geteuid() == 0
    if root:
        os.seteuid(65_534)
    yield
    if root:
        os.seteuid(0)


def test_a_subfolder_that_nobody_may_read_is_said_to_be_left_out(
    cases: Teten, folder: Path
) -> None:
    for each in (*reversed(folder.parents), folder):
        if each.stat().st_uid == os.getuid() and each != Path("/"):
            each.chmod(each.stat().st_mode | 0o055)
    closed = lies(folder, "A-1/1.jpg", photo("behind a door")).parent
    closed.chmod(0)
    with as_nobody():
        told = taken(cases, folder)
    closed.chmod(0o755)
    assert [(name, each.left_out) for name, each in told.items()] == [
        ("A-1", ("it can't be read: PermissionError",))
    ]
    assert len(taken(cases, folder)) == 1


def test_what_systems_leave_in_a_folder_is_no_voucher(cases: Teten, folder: Path) -> None:
    for name in ("Thumbs.db", "desktop.ini", "half.jpg.filepart", ".DS_Store", "half.JPG.TMP"):
        lies(folder, name, b"not a voucher")
    assert taken(cases, folder) == {}


# Killed ------------------------------------------------------------------------------------------

STEPS = (
    "before it is sealed",
    "before it has its name",
    "before the log speaks of it",
    "after the log speaks of it",
)


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("name", ["A-1_1_taxa.jpg", "bilag.eml"])
def test_killed_anywhere_the_next_run_takes_what_is_left_and_nothing_twice(
    cases: Teten, folder: Path, name: str, step: str
) -> None:
    pictures = [photo("one"), photo("two")]
    if name.endswith(".eml"):
        both = [("image/jpeg", f"{n}.jpg", each) for n, each in enumerate(pictures)]
        lies(folder, name, mail(*both, to="bilag+A-1@by.dk"))
    else:
        lies(folder, name, pictures[0])
        lies(folder, "A-1/2.jpg", pictures[1])
    for _ in range(2):  # Also where the next run is killed at the same step, one file further.
        told = subprocess.run(
            [sys.executable, KILLER, folder, step],
            env=environment(cases.settings),
            capture_output=True,
            text=True,
            check=False,
        )
        assert told.returncode == -signal.SIGKILL, told.stderr
    taken(cases, folder)
    assert received(cases) == ["A-1", "A-1"]
    kept = [each.sha256 for each in events(cases, VoucherReceived)]
    assert {cases.files.read(each, CITIZEN) for each in kept} == set(pictures)
    assert all(each.again for each in taken(cases, folder).values())
    cases.rows.catch_up()
    with cases.rows.snapshot() as snapshot:
        found = of_case(snapshot, "A-1")
    assert len(found) == 2
    assert all(cases.log.state(vouchers, "NP", each.ref).sha256 for each in found)


def test_a_changed_file_is_not_read(folder: Path) -> None:
    file = lies(folder, "1.jpg", photo())
    assert content_of(file, MB) == photo()
    with pytest.raises(OSError, match="written"):
        content_of(file, MB, lies(folder, "2.jpg", b"x").stat())
