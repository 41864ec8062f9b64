"""The disk is full, or the log is held by others: said clearly, and over when that is over."""

import os
import subprocess
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import psycopg
import pytest

from domain.words import Command
from service import lines
from service.answers import Answer, Busy, Unanswered
from service.app import Teten, opened
from service.settings import Settings
from tests import examples
from tests.crashes.machine import Machine, machine, wait_until

Outcome = Answer | Exception


def ask(teten: Teten, command: Command, keep: Any = None) -> Outcome:
    try:
        return teten.log.handle(command, keep)
    except Exception as error:  # noqa: BLE001 - whatever a client meets is looked at
        return error


@pytest.fixture
def teten(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Teten]:
    """Less patient than usual, so that the tests are over sooner."""
    monkeypatch.setitem(lines.SESSION, "lock_timeout", "300ms")
    monkeypatch.setitem(lines.SESSION, "statement_timeout", "900ms")
    with opened(settings) as running:
        running.log.handle(examples.establish(id="establish"))
        running.log.handle(examples.register(id="register"))
        yield running


def uses(log: Teten) -> list[str]:
    """The ids of the commands by which a card was used."""
    events = log.log.everything()
    return sorted(each.command for each in events if type(each.event).__name__ == "CardUsed")


def readable(log: Teten) -> bool:
    """Connections that were open when the server went away are found out one by one."""
    with suppress(psycopg.OperationalError):
        return bool(log.log.after(0, 1))
    return False


# Locks and slow statements -----------------------------------------------------------------------


@pytest.mark.parametrize("table", ["log_events", "commands"])
def test_whoever_waits_for_a_log_that_others_hold_is_told_that_it_is_busy(
    teten: Teten, table: str
) -> None:
    commands = [examples.use_card(id=f"use-{number}") for number in range(6)]
    with psycopg.connect(teten.url) as foreign:
        foreign.execute(f"LOCK TABLE {table} IN EXCLUSIVE MODE")
        with ThreadPoolExecutor(6) as threads:
            outcomes = list(threads.map(lambda command: ask(teten, command), commands))
        assert {type(outcome) for outcome in outcomes} == {Busy}
        assert "pg_stat_activity" in str(outcomes[0])
        assert uses(teten) == []  # Whoever reads is not held up.
    assert [ask(teten, command).again for command in commands] == [False] * 6  # type: ignore[union-attr]
    assert uses(teten) == [command.id for command in commands]


def test_a_statement_that_takes_too_long_is_given_up_and_stores_nothing(teten: Teten) -> None:
    command = examples.use_card(id="slow")
    outcome = ask(teten, command, lambda curs: curs.execute("SELECT pg_sleep(60)"))
    assert isinstance(outcome, Busy)
    assert uses(teten) == []
    assert isinstance(ask(teten, command), Answer)
    assert uses(teten) == ["slow"]


def test_an_operators_own_timeouts_lose_nothing_either(teten: Teten) -> None:
    """Set for the whole database, they reach every connection: readers' and followers', too."""
    name = teten.url.rpartition("/")[2].partition("?")[0]
    with psycopg.connect(teten.url, autocommit=True) as operator:
        for setting in ("lock_timeout", "statement_timeout"):
            operator.execute(f"ALTER DATABASE \"{name}\" SET {setting} = '200ms'")
    with opened(teten.settings) as strict:
        with psycopg.connect(teten.url) as foreign:
            foreign.execute("LOCK TABLE log_events IN EXCLUSIVE MODE")
            held = ask(strict, examples.use_card(id="held"))
            assert isinstance(held, Busy | psycopg.OperationalError)
        assert isinstance(ask(strict, examples.use_card(id="held")), Answer)
        strict.rows.catch_up()
    assert uses(teten) == ["held"]


# A full disk -------------------------------------------------------------------------------------

A_WAL_FILE = 17_000_000  # Bytes: what is full are the tables, and not the write-ahead log.


class SmallDisk:
    """A file system of its own, which is really full. Only root may mount one."""

    def __init__(self, folder: Path) -> None:
        self.machine = Machine(folder)
        self._filler = folder / "filler"

    def fill(self, _: Teten) -> None:
        with self._filler.open("wb", buffering=0) as file, suppress(OSError):
            while file.write(b"\0" * 65_536):
                pass

    def empty(self) -> None:
        self._filler.unlink()


class ShortFiles:
    """Files of the server that may not grow: it needs no rights, and PostgreSQL takes it for a full disk."""

    def __init__(self, made: Machine) -> None:
        self.machine = made

    def fill(self, teten: Teten) -> None:
        with psycopg.connect(teten.url) as connection:
            connection.execute("ALTER TABLE log_events SET (autovacuum_enabled = off)")
            connection.commit()
            connection.execute(
                "INSERT INTO log_events SELECT 'case-never', n, 'Never', decode(repeat('ab', 400), 'hex'),"
                " 1000000 + n FROM generate_series(1, 40000) AS n"
            )
            connection.rollback()
            found = connection.execute("SELECT pg_relation_size('log_events')").fetchone()
        assert found
        assert found[0] > A_WAL_FILE
        self.limit(str(found[0]))

    def empty(self) -> None:
        self.limit("unlimited")

    def limit(self, size: str) -> None:
        """As the server's account: who owns a process may move its soft limits."""
        owner, root = (self.machine.home / "postgres").stat(), os.geteuid() == 0
        for process in self.machine.server_processes():
            subprocess.run(
                ["prlimit", f"--pid={process}", f"--fsize={size}:"],
                user=owner.st_uid if root else None,
                group=owner.st_gid if root else None,
                check=False,  # It may have ended meanwhile.
            )


@contextmanager
def a_small_disk() -> Iterator[SmallDisk]:
    with TemporaryDirectory(prefix="teten-crash-") as folder:
        options = ("-t", "tmpfs", "-o", "size=128m,mode=755", "tmpfs")
        subprocess.run(["mount", *options, folder], check=True, capture_output=True)
        try:
            disk = SmallDisk(Path(folder))
            yield disk
            disk.machine.close()
        finally:
            subprocess.run(["umount", "--lazy", folder], check=True)


@contextmanager
def short_files() -> Iterator[ShortFiles]:
    with machine() as made:
        yield ShortFiles(made)


def can_mount() -> bool:
    with TemporaryDirectory() as folder:
        tried = ["mount", "-t", "tmpfs", "tmpfs", folder]
        mounted = not subprocess.run(tried, check=False, capture_output=True).returncode
        if mounted:
            subprocess.run(["umount", folder], check=True)
        return mounted


@pytest.mark.parametrize("a_disk", [short_files, *([a_small_disk] if can_mount() else [])])
def test_a_full_disk_refuses_what_is_new_loses_nothing_and_is_over_when_there_is_room(
    a_disk: Callable[[], Any],
) -> None:
    with a_disk() as disk, opened(disk.machine.database()) as teten:
        teten.log.handle(examples.establish(id="establish"))
        teten.log.handle(examples.register(id="register"))
        disk.fill(teten)
        told = []
        for number in count():
            command = examples.use_card(id=f"use-{number:04}")
            outcome = ask(teten, command)
            if not isinstance(outcome, Answer):
                break
            told.append(command.id)
            assert number < 5_000, "the disk was never full"
        assert isinstance(outcome, psycopg.errors.DiskFull | psycopg.errors.InternalError_)
        assert "could not extend file" in str(outcome)
        assert uses(teten) == told

        disk.empty()  # And the service goes on as it is.
        assert isinstance(ask(teten, command), Answer)
        assert ask(teten, examples.establish(id="establish")).again is True  # type: ignore[union-attr]
        teten.rows.catch_up()
        assert uses(teten) == [*told, command.id]


def test_a_disk_too_full_for_the_write_ahead_log_takes_the_server_down_and_the_service_waits(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(lines, "PATIENCE", 1)
    with short_files() as disk, opened(disk.machine.database()) as teten:
        teten.log.handle(examples.establish(id="establish"))
        teten.log.handle(examples.register(id="register"))
        disk.limit("4000000")  # Room for tables, and none for a new file of the log before all.
        with (
            pytest.raises(psycopg.Error),
            psycopg.connect(teten.url, autocommit=True) as connection,
        ):
            for _ in range(10):
                connection.execute("SELECT pg_current_xact_id(), pg_switch_wal()")
        command = examples.use_card(id="use")
        assert isinstance(ask(teten, command), Unanswered)

        disk.machine.kill_server()  # What is left of it still has the limit.
        disk.machine.revive()
        assert isinstance(ask(teten, command), Answer)
        wait_until(lambda: readable(teten))
        with opened(teten.settings) as another:
            assert uses(another) == ["use"]
