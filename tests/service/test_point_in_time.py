"""The database brought to a moment in its past, by the very lines of the operator's page."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from time import monotonic, sleep
from typing import Any, NamedTuple

import psycopg
import pytest

from projections.balances import balances
from service import doctor
from service.app import Teten, opened
from service.backup.programs import fitting
from service.log import Log
from service.settings import Settings
from tests.conftest import ROOT, import_into
from tests.data_sets import tiny
from tests.service.test_backup import replayed
from tests.service.test_postgres import folder_for_homes

PATIENCE = 60  # Seconds, for whatever is waited for.
PAGE = (ROOT / "docs" / "for" / "operator.md").read_text("utf-8")
[ARCHIVING] = re.findall(r"<<'SQL'\n(.*?)\nSQL\n", PAGE, re.DOTALL)
[RECOVERY] = re.findall(r"<<'CONF'\n(.*?)\nCONF\n", PAGE, re.DOTALL)


class Past(NamedTuple):
    """A home whose server archives, a base backup of it, and a moment after that."""

    home: Path
    archive: Path
    base: Path
    moment: datetime
    head: int
    events: list[Any]
    commands: list[Any]


def one(url: str, query: str) -> Any:
    with psycopg.connect(url, autocommit=True) as connection:
        return (connection.execute(query.encode()).fetchone() or (None,))[0]


def settings_of(home: Path) -> Settings:
    return Settings(home, None, home / "master.key")


def use_card(teten: Teten, times: int) -> None:
    card = {"programme": "TT", "case_no": "T-2", "amount": "1.00", "merchant": "K", "mcc": "8299"}
    for _ in range(times):
        teten.clerk.in_plain("ReportCardUse", card | {"by": "system"})


def answered(log: Log) -> list[Any]:
    with log.pool.connection() as connection:
        return connection.execute("SELECT * FROM commands ORDER BY id").fetchall()


def given_to_the_server(folder: Path, home: Path) -> None:
    """As root, the server is another account."""
    owner = (home / "postgres").stat()
    for path in (folder, *folder.rglob("*")):
        os.chown(path, owner.st_uid, owner.st_gid)
    folder.chmod(0o700)


@pytest.fixture(scope="module")
def past() -> Iterator[Past]:
    with folder_for_homes() as folder:
        home, archive, base = folder / "home", folder / "wal", folder / "base"
        archive.mkdir()
        with opened(settings_of(home)) as teten:
            given_to_the_server(archive, home)
            with psycopg.connect(teten.url, autocommit=True) as connection:
                for statement in ARCHIVING.replace("/srv/wal", str(archive)).splitlines():
                    connection.execute(statement.encode())
        with opened(settings_of(home)) as teten:
            import_into(teten, tiny(home / "data"))
            program, _ = fitting("pg_basebackup", 18, embedded=True)
            options = ("--dbname", teten.url, "--pgdata", base, "--checkpoint=fast")
            subprocess.run([program, *options], check=True)
            use_card(teten, 20)
            moment = one(teten.url, "SELECT clock_timestamp()")
            before = moment, teten.log.head(), teten.log.after(0, 1_000), answered(teten.log)
            use_card(teten, 20)
            last = one(teten.url, "SELECT pg_walfile_name(pg_switch_wal())")
            deadline = monotonic() + PATIENCE
            while not (archive / last).exists():
                assert monotonic() < deadline, "waited in vain"
                sleep(0.02)
            yield Past(home, archive, base, *before)


@pytest.fixture(scope="module")
def recovered(past: Past) -> Iterator[Teten]:
    home = past.home.with_name("recovered")
    data = home / "postgres" / "data"
    shutil.copytree(past.base, data)
    shutil.copytree(past.home / "files", home / "files")
    shutil.copy(past.home / "master.key", home)
    lines = RECOVERY.replace("/srv/wal", str(past.archive))
    lines = re.sub(r"(?m)(?<=^recovery_target_time = ').*(?='$)", str(past.moment), lines)
    with (data / "postgresql.auto.conf").open("a") as configuration:
        configuration.write(f"{lines}\n")
    (data / "recovery.signal").touch()
    given_to_the_server(home / "postgres", past.home)
    data.chmod(0o700)
    with opened(settings_of(home)) as teten:
        yield teten


def test_exactly_what_was_acknowledged_before_the_moment_is_there(
    past: Past, recovered: Teten
) -> None:
    assert recovered.log.head() == past.head
    assert recovered.log.after(0, 1_000) == past.events
    assert answered(recovered.log) == past.commands


def test_the_recovered_balances_are_those_of_a_replay_and_the_doctor_finds_nothing(
    past: Past, recovered: Teten
) -> None:
    assert [check for check in doctor.examine(recovered) if not check.ok] == []
    with recovered.rows.snapshot() as snapshot:
        assert snapshot.all(balances) == replayed(past.events)


def test_what_was_recovered_goes_on(past: Past, recovered: Teten) -> None:
    assert one(recovered.url, "SHOW archive_mode") == "off"
    use_card(recovered, 1)
    assert recovered.log.head() > past.head


def test_the_doctor_says_when_archiving_fails(past: Past) -> None:
    with opened(settings_of(past.home)) as teten:
        [check] = [each for each in doctor.examine(teten) if each.name == "archive"]
        assert check.ok
        with psycopg.connect(teten.url, autocommit=True) as connection:
            connection.execute("ALTER SYSTEM SET archive_command = 'false'")
            connection.execute("SELECT pg_reload_conf(), pg_switch_wal()")
        use_card(teten, 1)
        one(teten.url, "SELECT pg_switch_wal()")
        deadline = monotonic() + PATIENCE
        while not one(teten.url, "SELECT failed_count FROM pg_stat_archiver"):
            assert monotonic() < deadline, "waited in vain"
            sleep(0.02)
        [check] = [each for each in doctor.examine(teten) if each.name == "archive"]
        assert not check.ok
        assert "fails since" in check.says
