"""A restore makes everything anew in an empty place, or says why not and leaves the place as it was."""

import re
import resource
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from time import monotonic, sleep

import psycopg
import pytest

from service import doctor, migrations
from service.app import Teten, opened
from service.backup import archive
from service.backup.archive import BackupBroken
from service.backup.making import back_up
from service.backup.programs import ProgramFailed
from service.backup.restoring import Disagrees, RestoreRefused, restore
from service.database import connected, database
from service.people.keys_backup import back_up_keys, restore_keys
from service.people.sealing import VaultClosed
from service.postgres import DatabaseUnavailable
from service.settings import Settings
from tests.conftest import ROOT, fresh_database
from tests.shell import TETEN, Shell

EVENTS = 62  # Of the tiny data set.
PATIENCE = 60  # Seconds, for whatever is waited for.


@pytest.fixture(scope="module")
def file(teten_tt: Teten) -> Path:
    """A backup of the tiny data set, and one of its keys beside it."""
    back_up(teten_tt, teten_tt.settings.home / "tiny.tar")
    back_up_keys(teten_tt, teten_tt.settings.home / "tiny.keys")
    return teten_tt.settings.home / "tiny.tar"


@pytest.fixture
def place(server: str, tmp_path: Path, teten_tt: Teten) -> Iterator[Settings]:
    """An empty place, but for the right master key."""
    home = tmp_path / "home"
    home.mkdir()
    shutil.copy(teten_tt.settings.master_key_file, home / "master.key")
    with fresh_database(server) as url:
        yield Settings(home, url, home / "master.key")


def tables(place: Settings) -> int:
    with psycopg.connect(place.database_url or "") as connection:
        found = connection.execute(
            "SELECT count(*) FROM pg_tables WHERE schemaname IN ('public', 'people', 'projections')"
        ).fetchone()
    assert found
    return int(found[0])


def is_empty(place: Settings) -> bool:
    left = {path.name for path in place.home.iterdir()}
    return left <= {"master.key"} and tables(place) == 0


def saying(other: Path, file: Path, old: str, new: str) -> Path:
    """The same backup with another manifest, and whole by its checksums."""

    def changed(content: bytes) -> bytes:
        assert content.count(old.encode()) == 1
        return content.replace(old.encode(), new.encode())

    return with_another(other, file, "manifest.json", changed)


def with_another(other: Path, file: Path, name: str, changed: Callable[[bytes], bytes]) -> Path:
    with file.open("rb") as source, other.open("w+b") as out:
        writer = archive.Writer(out, 0)
        for part in archive.parts(source):
            content = part.content()
            if part.name == name:
                content = changed(content)
            if part.name != archive.SUMS:
                writer.add(part.name, [content])
        writer.finish()
    return other


def wait_until(holds: Callable[[], bool]) -> None:
    deadline = monotonic() + PATIENCE
    while not holds():
        assert monotonic() < deadline, "waited in vain"
        sleep(0.001)


def agrees(place: Settings, file: Path) -> bool:
    """Once its keys are back, which are in a backup of their own."""
    with opened(place) as teten:
        restore_keys(teten, file.with_suffix(".keys"))
        return teten.log.head() == EVENTS and all(each.ok for each in doctor.examine(teten))


# Done ---------------------------------------------------------------------------------------------


def test_a_restored_place_is_as_it_was_and_goes_on(file: Path, place: Settings) -> None:
    shell = Shell(place)
    done = shell("restore", file)
    assert (done.returncode, done.stderr) == (0, "")
    told = f"Restored {EVENTS} events up to position {EVENTS}, 4 files; programmes: TT;"
    assert told in done.stdout
    assert agrees(place, file)
    with opened(place) as teten:
        assert (
            teten.vault.record(teten.vault.pseudonym("610190-1001") or "")["name"] == "Anna Ærlig"
        )
        card = {"programme": "TT", "case_no": "T-2", "amount": "1.00", "merchant": "K", "mcc": "82"}
        answer = teten.clerk.in_plain("ReportCardUse", card | {"by": "system"})
        assert answer.first_position == EVENTS + 1


def test_tables_without_a_row_are_an_empty_place_too(file: Path, place: Settings) -> None:
    """A service that was started first has made them."""
    with opened(place):
        pass
    restore(place, file)
    assert agrees(place, file)


def test_an_older_backup_is_brought_to_this_version(
    file: Path, place: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = shutil.copytree(ROOT / "service" / "schema", tmp_path / "schema")
    (folder / "8000-more.sql").write_text("CREATE TABLE more (n int);")
    monkeypatch.setattr(migrations, "SCHEMA", folder)
    with opened(place):
        pass  # Its tables are of the newer version, and empty.
    restore(place, file)
    with connected(place.database_url or "") as connection:
        assert migrations.missing(connection) == []
        assert connection.execute("SELECT to_regclass('more')").fetchone() != (None,)
    assert agrees(place, file)


# Refused ------------------------------------------------------------------------------------------


def test_without_the_master_key_nothing_is_written_and_no_key_is_made(
    file: Path, place: Settings
) -> None:
    place.master_key_file.unlink()
    with pytest.raises(VaultClosed, match=r"the backup doesn't hold it. Put the one in place"):
        restore(place, file)
    assert not place.master_key_file.exists()
    assert is_empty(place)


def test_with_another_master_key_nothing_is_written(file: Path, place: Settings) -> None:
    """A backup of the first releases, which holds the keys, too."""
    old = saying(place.home.with_name("old.tar"), file, '"keys": 0', '"keys": null')
    place.master_key_file.write_text("cd" * 32)
    with pytest.raises(VaultClosed, match="not the one with which the backup was made"):
        restore(place, old)
    assert is_empty(place)


def test_a_damaged_backup_is_not_restored(file: Path, place: Settings) -> None:
    content = bytearray(file.read_bytes())
    with file.open("rb") as whole:
        content[archive.part(whole, "database.dump").size // 2] ^= 1
    changed = place.home.with_name("changed.tar")
    changed.write_bytes(content)
    with pytest.raises(BackupBroken, match=r"database.dump"):
        restore(place, changed)
    assert is_empty(place)


def test_what_is_no_backup_is_told_so(place: Settings) -> None:
    other = place.home.with_name("other.tar")
    other.write_text("not a backup")
    done = Shell(place)("restore", other)
    assert (done.returncode, done.stdout) == (1, "")
    assert "The backup is damaged or cut off after its beginning." in done.stderr
    assert is_empty(place)


def test_a_database_with_rows_is_not_restored_into(file: Path, place: Settings) -> None:
    with psycopg.connect(place.database_url or "") as connection:
        connection.execute("CREATE TABLE somebodys (n int)")
        connection.execute("INSERT INTO somebodys VALUES (1)")
    with pytest.raises(RestoreRefused, match=r"rows in public.somebodys.*take a new TETEN_HOME"):
        restore(place, file)
    assert tables(place) == 1


def test_a_home_with_files_is_not_restored_into(file: Path, place: Settings) -> None:
    (place.files / "ab").mkdir(parents=True)
    (place.files / "ab" / "somebodys").touch()
    with pytest.raises(RestoreRefused, match="There are files in"):
        restore(place, file)
    assert tables(place) == 0


def test_a_backup_of_a_newer_version_is_refused(file: Path, place: Settings) -> None:
    tables_of_today = f'"tables": {migrations.newest()}'
    newer = saying(place.home.with_name("newer.tar"), file, tables_of_today, '"tables": 9000')
    with pytest.raises(RestoreRefused, match="of a newer version of Teten"):
        restore(place, newer)
    assert is_empty(place)


def test_a_backup_of_a_newer_postgresql_is_refused(file: Path, place: Settings) -> None:
    newer = saying(place.home.with_name("newer.tar"), file, '"dumped_by": 18', '"dumped_by": 99')
    with pytest.raises(RestoreRefused, match="of PostgreSQL 99, and the database here is of"):
        restore(place, newer)
    assert is_empty(place)


# Unfinished ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("moment", ["before the database", "before the files", "among the files"])
def test_a_killed_restore_is_told_and_is_finished_by_the_next_run(
    file: Path, place: Settings, moment: str
) -> None:
    """Killed at the first sight of what it does at that moment."""
    begun = {
        "before the database": place.unfinished_restore.exists,
        "before the files": lambda: tables(place) > 0,
        "among the files": lambda: any(each.is_file() for each in place.files.rglob("*")),
    }
    shell = Shell(place)
    with subprocess.Popen([TETEN, "restore", file], env=shell.environment) as process:
        wait_until(begun[moment])
        process.kill()
    with pytest.raises(DatabaseUnavailable, match=r"was not finished. Run `teten restore`"):
        database(place).__enter__()
    restore(place, file)
    assert agrees(place, file)
    assert not place.unfinished_restore.exists()


def test_a_full_disk_in_the_middle_is_told_and_the_next_run_finishes(
    file: Path, place: Settings
) -> None:
    done = subprocess.run(
        [TETEN, "restore", file],
        env=Shell(place).environment,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100)),
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert "File too large" in done.stderr
    restore(place, file)
    assert agrees(place, file)


def test_a_database_that_fails_in_the_middle_leaves_no_table(file: Path, place: Settings) -> None:
    def cut(dump: bytes) -> bytes:
        return dump[: len(dump) * 3 // 4]

    with pytest.raises(ProgramFailed, match="pg_restore failed: pg_restore: error: "):
        restore(place, with_another(place.home.with_name("cut.tar"), file, "database.dump", cut))
    assert tables(place) == 0
    assert place.unfinished_restore.exists()


def test_an_unfinished_restore_is_not_finished_with_another_backup(
    file: Path, place: Settings, teten_tt: Teten
) -> None:
    other = place.home.with_name("other.tar")
    back_up(teten_tt, other)
    place.unfinished_restore.write_text("of the former")
    with pytest.raises(RestoreRefused, match="an unfinished restore of another backup"):
        restore(place, other)
    assert tables(place) == 0


def test_balances_that_disagree_are_found(file: Path, place: Settings) -> None:
    paid = '"assets:advance:paid": "1950.00"'
    wrong = saying(place.home.with_name("wrong.tar"), file, paid, paid.replace("1950", "1951"))
    with pytest.raises(Disagrees, match="the balances of TT"):
        restore(place, wrong)
    assert place.unfinished_restore.exists()


def test_events_that_are_not_there_are_found(file: Path, place: Settings) -> None:
    more = EVENTS + 1
    counted = (f'"events": {EVENTS}', f'"events": {more}')
    wrong = saying(place.home.with_name("wrong.tar"), file, *counted)
    says = f"events and head: ({EVENTS}, {EVENTS}), backed up: ({more}, {EVENTS})"
    with pytest.raises(Disagrees, match=re.escape(says)):
        restore(place, wrong)
