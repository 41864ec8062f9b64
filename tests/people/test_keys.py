"""Keys have a place and a backup of their own, and are wrapped by a master key or by others' service."""

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from service import doctor
from service.app import Teten, assembled, opened
from service.backup.making import back_up
from service.backup.restoring import restore
from service.people import keys
from service.people.keys_backup import KeysBroken, back_up_keys, restore_keys
from service.people.masters import KmsCommand, MasterKey, master_of
from service.people.sealing import VaultClosed
from service.settings import Settings, UnusableSetting
from tests.conftest import fresh_database
from tests.people.conftest import forget

CPR = "610190-1001"
KEY = "ab" * 32
# As a client of a key management service: bytes in, bytes out, the subject as encryption context.
KMS = """
import sys
from service.people.sealing import decrypt, encrypt
verb, subject = sys.argv[1:]
asked = open({asked!r}, "a").write(verb + "\\n")
work = {{"wrap": encrypt, "unwrap": decrypt}}[verb]
sys.stdout.buffer.write(work(bytes.fromhex({key!r}), sys.stdin.buffer.read(), subject))
"""


@pytest.fixture
def elsewhere(server: str, tmp_path: Path) -> Iterator[Settings]:
    """An empty place, with the master key."""
    with fresh_database(server) as url:
        yield Settings(tmp_path / "elsewhere", url, tmp_path / "m.key")


def kms(folder: Path, key: str = KEY) -> str:
    program = folder / f"kms-{key[:2]}.py"
    program.write_text(KMS.format(asked=str(folder / "asked"), key=key))
    return f"{sys.executable} {program}"


def name(teten: Teten) -> str | None:
    return teten.vault.record(teten.vault.pseudonym(CPR) or "").get("name")


def failing(teten: Teten) -> set[str]:
    return {check.name for check in doctor.examine(teten) if not check.ok}


# Their own backup ---------------------------------------------------------------------------------


def test_a_backup_of_the_log_holds_no_key_and_a_restore_asks_for_them(
    past: Teten, elsewhere: Settings, tmp_path: Path
) -> None:
    made = back_up(past, tmp_path / "log.tar")
    assert made.keys == 0
    back_up_keys(past, tmp_path / "keys.json")
    restore(elsewhere, tmp_path / "log.tar")
    with opened(elsewhere) as again:
        assert again.keys.subjects() == set()
        assert {"vault", "keys"} <= failing(again)
        with pytest.raises(VaultClosed, match="teten people restore"):
            again.vault.seal("nobody", "x", "y")
        done = restore_keys(again, tmp_path / "keys.json")
        assert done == (len(past.keys.subjects()), 0)
        assert failing(again) == set()
        assert name(again) == "Anna Ærlig"


def test_keys_of_people_who_were_forgotten_are_not_restored(past: Teten, tmp_path: Path) -> None:
    back_up_keys(past, tmp_path / "keys.json")
    forget(past)
    assert restore_keys(past, tmp_path / "keys.json") == (0, 1)
    assert past.vault.pseudonym(CPR) is None
    assert failing(past) == set()


def test_a_log_of_before_it_says_that_the_key_was_destroyed(
    past: Teten, elsewhere: Settings, tmp_path: Path
) -> None:
    back_up(past, tmp_path / "log.tar")
    forget(past)
    back_up_keys(past, tmp_path / "keys.json")
    restore(elsewhere, tmp_path / "log.tar")
    with opened(elsewhere) as again:
        restore_keys(again, tmp_path / "keys.json")
        assert "keys" in failing(again)
        forget(again)
        assert failing(again) == set()


@pytest.mark.parametrize("harm", ["changed", "cut off", "another's"])
def test_a_backup_of_keys_that_was_changed_is_refused(
    past: Teten, tmp_path: Path, harm: str
) -> None:
    file = tmp_path / "keys.json"
    back_up_keys(past, file)
    told: dict[str, Any] = json.loads(file.read_text())
    told["keys"][next(iter(told["keys"]))] = "00"
    file.write_text({"changed": json.dumps(told), "cut off": file.read_text()[:-9]}.get(harm, "{}"))
    with pytest.raises(KeysBroken):
        restore_keys(past, file)


def test_keys_are_not_restored_beside_other_ones(
    past: Teten, elsewhere: Settings, tmp_path: Path
) -> None:
    back_up_keys(past, tmp_path / "keys.json")
    with opened(elsewhere) as another:
        another.vault.seal("staff-kons-1", "x", "y")
        with pytest.raises(VaultClosed, match="belongs to this vault"):
            restore_keys(another, tmp_path / "keys.json")


def test_under_another_master_key_nothing_is_restored(
    past: Teten, elsewhere: Settings, tmp_path: Path
) -> None:
    back_up_keys(past, tmp_path / "keys.json")
    master = MasterKey(bytes.fromhex(KEY))
    with (
        opened(elsewhere),
        assembled(elsewhere, elsewhere.database_url or "", master) as another,
        pytest.raises(VaultClosed, match="put that one in its place"),
    ):
        restore_keys(another, tmp_path / "keys.json")


# Their own place ----------------------------------------------------------------------------------


def test_keys_move_to_a_database_of_their_own_and_work_from_there(
    past: Teten, server: str, tmp_path: Path
) -> None:
    with fresh_database(server) as vault_url:
        apart = Settings(**vars(past.settings) | {"vault_url": vault_url})
        with pytest.raises(VaultClosed, match="teten people move-keys"), opened(apart):
            pass
        there = past.keys.subjects()
        with psycopg.connect(past.url) as log, psycopg.connect(vault_url) as vault:
            keys.make_tables(vault)
            assert keys.move(log, vault) == len(there)
        with opened(apart) as again:
            assert name(again) == "Anna Ærlig"
            forget(again)
            assert again.vault.pseudonym(CPR) is None
            assert failing(again) == set()
        assert past.keys.subjects() == set()


def test_keys_are_not_moved_to_where_another_vaults_are(past: Teten, server: str) -> None:
    with fresh_database(server) as url, psycopg.connect(url) as vault:
        keys.make_tables(vault)
        vault.execute("INSERT INTO people.keys VALUES ('nobody', '')")
        with psycopg.connect(past.url) as log, pytest.raises(VaultClosed, match="another vault"):
            keys.move(log, vault)
    assert name(past) == "Anna Ærlig"


# What wraps them ----------------------------------------------------------------------------------


def test_a_key_management_service_wraps_keys_and_is_asked_once_for_each(
    elsewhere: Settings, tmp_path: Path
) -> None:
    settings = Settings(**vars(elsewhere) | {"kms_command": kms(tmp_path)})
    with opened(settings) as teten:
        citizen = teten.vault.citizen(CPR, {"name": "Anna Ærlig"})
    with opened(settings) as again:
        (tmp_path / "asked").write_text("")
        assert [name(again), name(again)] == ["Anna Ærlig"] * 2
        assert (tmp_path / "asked").read_text().split() == ["unwrap"] * 2  # The look-up's and hers.
        again.keys.destroy(citizen)
        assert again.vault.record(citizen) == {}
    assert not settings.master_key_file.exists()


@pytest.mark.parametrize(
    ("command", "says"),
    [("no-such-program", "FileNotFoundError"), ("false", "exit code 1"), ("true", "exit code 0")],
)
def test_a_key_management_service_that_fails_closes_the_vault(command: str, says: str) -> None:
    for attempt in (KmsCommand(command).wrap, KmsCommand(command).unwrap):
        with pytest.raises(VaultClosed, match=says):
            attempt("citizen-1", bytes(32))


def test_another_key_of_the_service_opens_nothing(tmp_path: Path) -> None:
    wrapped = KmsCommand(kms(tmp_path)).wrap("citizen-1", bytes(32))
    with pytest.raises(VaultClosed):
        KmsCommand(kms(tmp_path, "cd" * 32)).unwrap("citizen-1", wrapped)
    with pytest.raises(VaultClosed):
        KmsCommand(kms(tmp_path)).unwrap("citizen-2", wrapped)
    with pytest.raises(VaultClosed, match="not a key"):
        KmsCommand("echo").unwrap("citizen-1", b"short")


def test_the_master_key_may_be_in_the_environment(elsewhere: Settings) -> None:
    settings = Settings(**vars(elsewhere) | {"master_key": KEY})
    assert KEY not in repr(settings)
    assert master_of(settings).name == MasterKey(bytes.fromhex(KEY)).name
    for wrong in ("ab", "x" * 64):
        with pytest.raises(VaultClosed, match="TETEN_MASTER_KEY") as told:
            master_of(Settings(**vars(elsewhere) | {"master_key": wrong}))
        assert wrong not in str(told.value)
    with pytest.raises(UnusableSetting):
        master_of(Settings(**vars(settings) | {"kms_command": "cat"}))


def test_keys_are_wrapped_anew_and_the_old_master_key_opens_and_adds_nothing(
    past: Teten, tmp_path: Path
) -> None:
    old = keys.Keys(past.keys.pool, master_of(past.settings))
    before, citizen = past.keys.rows(), past.vault.pseudonym(CPR)
    assert past.keys.rewrap(KmsCommand(kms(tmp_path))) == len(before.keys)
    assert past.keys.rewrap(MasterKey(bytes.fromhex(KEY))) == len(before.keys)
    assert name(past) == "Anna Ærlig"
    assert past.vault.pseudonym(CPR) == citizen
    after = past.keys.rows()
    assert after.citizens == before.citizens
    assert not set(after.keys.values()) & set(before.keys.values())
    for attempt in (old.of, old.find):
        with pytest.raises(VaultClosed):
            attempt(citizen or "")
    with pytest.raises(VaultClosed):
        old.of("somebody-new")
    os.truncate(past.settings.master_key_file, 0)  # Destroyed.
    assert failing(past) == set()
