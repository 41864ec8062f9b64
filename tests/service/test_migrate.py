"""The tables are made step by step, by whoever comes first, and never by halves."""

import json
import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import date
from itertools import chain
from pathlib import Path
from threading import Barrier, Thread

import psycopg
import pytest

from domain.words import EVENTS, Refused
from service import doctor, migrations
from service.app import opened
from service.backup.making import back_up
from service.backup.restoring import restore
from service.database import connected, database
from service.intake import queue
from service.postgres import DatabaseUnavailable
from service.settings import Settings
from tests.conftest import ROOT, fresh_database, import_into
from tests.data_sets import tiny
from tests.service.test_serve import serving
from tests.shell import Shell

FIRST_RELEASE = Path(__file__).with_name("first_release.sql")
PATIENCE = 60  # Seconds, for whatever is waited for.
UPDATED_LONG_AGO = "UPDATE schema_versions SET applied_at = applied_at - interval '1 day'"
A_LETTER_THAT_WAITS = (
    "INSERT INTO letters.letters (position, event, programme, case_no, line_no, tranche, recipient)"
    " VALUES (1, 'TranchesHeld', 'TT', 'T-1', 1, 'R-1', 'citizen')"
)
FUTURE = "INSERT INTO schema_versions (version, name, applied_at) VALUES (9000, '9000-x', now())"


@pytest.fixture
def older(settings: Settings) -> Settings:
    """A database as the first release left it, with its master key."""
    settings.master_key_file.write_text("ab" * 32)
    settings.master_key_file.chmod(0o600)
    execute(settings, FIRST_RELEASE.read_bytes())
    return settings


@pytest.fixture
def schema(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The steps of a version to come: today's, and what a test adds."""
    folder = shutil.copytree(ROOT / "service" / "schema", tmp_path / "schema")
    monkeypatch.setattr(migrations, "SCHEMA", folder)
    return folder


def execute(settings: Settings, statement: str | bytes) -> None:
    with psycopg.connect(settings.database_url or "") as connection:
        connection.execute(statement if isinstance(statement, bytes) else statement.encode())


def made(settings: Settings, table: str) -> bool:
    with psycopg.connect(settings.database_url or "") as connection:
        return connection.execute("SELECT to_regclass(%s)", (table,)).fetchone() != (None,)


def migrate(settings: Settings) -> list[str]:
    with connected(settings.database_url or "") as connection:
        return migrations.migrate(connection)


# An older log -------------------------------------------------------------------------------------


def test_a_log_of_the_first_release_is_read_by_todays_version(older: Settings) -> None:
    with opened(older) as teten:
        assert len(teten.log.after(0, 1_000)) == 59 == teten.log.head()
        assert [check for check in doctor.examine(teten) if not check.ok] == []
        assert {seen for _, seen in teten.rows.progress().values()} == {59}
        assert (
            teten.vault.record(teten.vault.pseudonym("610190-1001") or "")["name"] == "Anna Ærlig"
        )


def test_its_receipts_wait_for_a_reader_from_the_update_on(older: Settings) -> None:
    with opened(older) as teten:
        teten.rows.catch_up()
        assert queue.length(teten).waiting == 2
        execute(older, UPDATED_LONG_AGO)
        assert [check.name for check in doctor.examine(teten) if not check.ok] == ["pictures"]


def test_what_was_neither_read_nor_sent_does_not_keep_a_backup_from_being_restored(
    older: Settings, server: str
) -> None:
    file, home = older.home / "backup.tar", older.home / "anew"
    home.mkdir()
    with opened(older) as teten:
        execute(older, UPDATED_LONG_AGO)
        execute(older, A_LETTER_THAT_WAITS)
        back_up(teten, file)
    with fresh_database(server) as url:
        place = Settings(home, url, older.master_key_file)
        restore(place, file)
        with opened(place) as teten:
            failed = {check.name for check in doctor.examine(teten) if not check.ok}
    assert {"letters", "pictures"} <= failed


def test_its_balances_are_those_of_todays_import(older: Settings, server: str) -> None:
    home = older.home / "today"
    with opened(older) as teten, teten.reports("TT") as reports:
        found = reports.report(None, date(2026, 11, 22))
    with fresh_database(server) as url, opened(Settings(home, url, home / "key")) as teten:
        import_into(teten, tiny(home / "data"))
        with teten.reports("TT") as reports:
            assert found == reports.report(None, date(2026, 11, 22))


def test_new_commands_are_decided_on_top_of_an_older_log(older: Settings) -> None:
    card = {"programme": "TT", "case_no": "T-2", "amount": "10.00", "merchant": "K", "mcc": "8299"}
    again = {"programme": "TT", "case_no": "T-3", "reason": "Ringede og fortrød"}
    with opened(older) as teten:
        with pytest.raises(Refused):
            teten.clerk.in_plain("DeclineOffer", again | {"by": "kons-1"})
        answer = teten.clerk.in_plain("ReportCardUse", card | {"by": "system"})
        assert answer.first_position == 60
        assert all(check.ok for check in doctor.examine(teten))


def test_the_stored_events_of_the_first_release_are_among_those_that_are_kept() -> None:
    stored = FIRST_RELEASE.read_text("utf-8").split("\nINSERT INTO commands")[0]
    lines = [line for line in stored.splitlines() if "convert_to(" in line]
    assert {line.split("'")[3] for line in lines} <= set(EVENTS)


# Coming together ----------------------------------------------------------------------------------


def test_six_services_that_start_at_once_on_a_new_database_all_come_up(settings: Settings) -> None:
    shell = Shell(settings)
    with ExitStack() as stay:
        logs = [settings.home / f"service-{number}.log" for number in range(6)]
        services = [stay.enter_context(serving(shell, log)) for log in logs]
        assert [service.ready()["ready"] for service in services] == [True] * 6
    assert [service.ends() for service in services] == [0] * 6
    assert shell.data("migrate", "--check") == {"applied": [], "missing": []}


def test_six_who_come_at_once_to_tables_that_are_a_step_behind_make_it_once(
    settings: Settings, schema: Path
) -> None:
    *_, newest = sorted(schema.glob("*.sql"))
    newest.unlink()
    if migrations.steps():
        migrate(settings)
    shell = Shell(settings)
    with ThreadPoolExecutor() as pool:
        told = list(pool.map(lambda _: shell.data("migrate"), range(6)))
    assert sorted(each["applied"] for each in told) == [[]] * 5 + [[newest.stem]]


def test_six_who_ask_at_the_same_moment_make_each_step_once(server: str) -> None:
    together = Barrier(6)

    def ask(url: str) -> list[str]:
        with connected(url) as connection:
            together.wait(PATIENCE)
            return migrations.migrate(connection)

    for _ in range(5):
        with fresh_database(server) as url, ThreadPoolExecutor(6) as pool:
            made = sorted(chain.from_iterable(pool.map(ask, [url] * 6)))
            assert made == [step.name for step in migrations.steps()]


# Steps --------------------------------------------------------------------------------------------


def test_migrate_says_what_it_applied_and_the_second_time_that_there_is_nothing(
    settings: Settings,
) -> None:
    shell, names = Shell(settings), [step.name for step in migrations.steps()]
    lacking = shell("migrate", "--check", "--json")
    assert lacking.returncode == 1
    assert json.loads(lacking.stdout) == {"applied": [], "missing": names}
    assert shell("migrate").stdout.splitlines() == [f"applied {name}" for name in names]
    assert shell("migrate").stdout == "The tables are of this version.\n"
    assert shell("migrate", "--check").returncode == 0


def test_a_step_that_fails_leaves_the_tables_as_they_were(settings: Settings, schema: Path) -> None:
    (schema / "8000-good.sql").write_text("CREATE TABLE good (n int);")
    (schema / "8001-bad.sql").write_text("CREATE TABLE bad (n int); SELECT 1 / 0;")
    with pytest.raises(DatabaseUnavailable, match=r"8001-bad failed.*division by zero"):
        migrate(settings)
    assert made(settings, "good")
    assert not made(settings, "bad")
    (schema / "8001-bad.sql").write_text("CREATE TABLE bad (n int);")
    assert migrate(settings) == ["8001-bad"]


def test_a_step_that_could_not_be_recorded_was_not_made(settings: Settings, schema: Path) -> None:
    migrate(settings)
    (schema / "8000-step.sql").write_text("CREATE TABLE half (n int);")
    execute(settings, "ALTER TABLE schema_versions ADD CONSTRAINT low CHECK (version < 8000)")
    with pytest.raises(DatabaseUnavailable, match="8000-step failed"):
        migrate(settings)
    assert not made(settings, "half")


def test_a_step_does_not_hold_up_those_who_wait_behind_it(
    settings: Settings, schema: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A reader holds the log; the step wants it; a writer comes after the step, and is served."""
    monkeypatch.setattr(migrations, "WAITS_FOR_A_TABLE", "100ms")
    monkeypatch.setattr(migrations, "PAUSE", 0.1)
    migrate(settings)
    (schema / "8000-column.sql").write_text("ALTER TABLE commands ADD COLUMN more text;")
    with psycopg.connect(settings.database_url or "") as reader:
        reader.execute("SELECT count(*) FROM commands")
        failed: list[str] = []

        def try_it() -> None:
            with pytest.raises(DatabaseUnavailable) as raised:
                migrate(settings)
            failed.append(str(raised.value))

        step = Thread(target=try_it, daemon=True)
        step.start()
        execute(settings, "SET lock_timeout = '20s'; LOCK TABLE commands IN ROW EXCLUSIVE MODE")
        step.join(PATIENCE)
        assert not step.is_alive()
    assert "8000-column, and somebody holds the lock that it takes" in failed[0]
    assert migrate(settings) == ["8000-column"]


def test_a_step_waits_for_a_reader_who_leaves(
    settings: Settings, schema: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(migrations, "WAITS_FOR_A_TABLE", "10ms")
    migrate(settings)
    (schema / "8000-column.sql").write_text("ALTER TABLE commands ADD COLUMN more text;")
    reader = psycopg.connect(settings.database_url or "")
    reader.execute("SELECT count(*) FROM commands")
    monkeypatch.setattr(migrations, "sleep", lambda _: reader.close())
    assert migrate(settings) == ["8000-column"]


def test_the_doctor_finds_a_step_that_was_edited_after_it_was_applied(
    settings: Settings, schema: Path
) -> None:
    with opened(settings) as teten:
        [edited, *_] = sorted(schema.glob("*.sql"))
        edited.write_bytes(edited.read_bytes() + b"-- and more\n")
        failed = {check.name: check.says for check in doctor.examine(teten) if not check.ok}
    assert failed == {"tables": f"made by other steps than this version's: {edited.stem}"}


# Versions and rights ------------------------------------------------------------------------------


def test_a_service_older_than_the_tables_refuses_to_start(settings: Settings) -> None:
    migrate(settings)
    execute(settings, FUTURE)
    shell = Shell(settings)
    for command in (["migrate", "--check"], ["serve", "--port", "0"]):
        done = shell(*command)
        assert (done.returncode, done.stdout) == (1, "")
        knows = f"(schema 9000; this one knows {migrations.newest()})"
        assert f"The tables are of a newer version of Teten {knows}" in done.stderr


@pytest.fixture
def narrow(settings: Settings, server: str) -> Iterator[Settings]:
    """The same database, for a role that may not make tables."""
    url = settings.database_url or ""
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute("CREATE ROLE narrow LOGIN")
        yield Settings(settings.home, url.replace("teten@", "narrow@", 1), settings.master_key_file)
        with psycopg.connect(url, autocommit=True) as own:
            own.execute("DROP OWNED BY narrow")
        connection.execute("DROP ROLE narrow")


def test_a_role_that_may_not_make_tables_is_told_who_may(
    narrow: Settings, settings: Settings
) -> None:
    with pytest.raises(DatabaseUnavailable, match="Run `teten migrate` as the owner"):
        migrate(narrow)
    migrate(settings)
    execute(settings, "GRANT SELECT ON schema_versions TO narrow")
    with database(narrow) as url:
        assert url == narrow.database_url
