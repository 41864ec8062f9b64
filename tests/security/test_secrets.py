"""Keys and passwords: read by nobody else, told by no command, seen in no list of processes."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from service.app import Teten, opened
from service.backup.programs import _started
from service.doctor import examine
from service.settings import Settings
from tests.shell import Shell

PASSWORD = "not-to-be-seen"


@pytest.fixture
def home(settings: Settings) -> Iterator[Teten]:
    with opened(settings) as teten:
        teten.checkpoints.signer()
        yield teten


def test_the_keys_are_made_for_their_owner_alone(home: Teten) -> None:
    for file in (home.settings.master_key_file, home.settings.checkpoint_key_file):
        assert file.stat().st_mode & 0o777 == 0o600
    (told,) = (check for check in examine(home, quickly=True) if check.name == "secret files")
    assert (told.ok, told.says) == (True, "their owner's alone")


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o644])
def test_the_doctor_says_which_key_others_can_read_and_never_what_it_is(
    home: Teten, mode: int
) -> None:
    key = home.settings.master_key_file
    key.chmod(mode)
    (told,) = (check for check in examine(home, quickly=True) if check.name == "secret files")
    assert not told.ok
    assert f"{key} ({mode:o})" in told.says
    assert key.read_text() not in told.says


def test_no_secret_is_told_by_the_doctor(settings: Settings) -> None:
    with opened(settings):
        pass
    mail = f"smtp://teten:{PASSWORD}@127.0.0.1:1"
    shell = Shell(settings)
    asked = {"TETEN_CHECKPOINT_MAIL_TO": "revisor@example.dk", "TETEN_SMTP_URL": mail}
    for arguments in (("checkpoint",), ("doctor",), ("doctor", "--json")):
        done = shell(*arguments, **asked)
        told = done.stdout + done.stderr
        assert PASSWORD not in told
        assert settings.master_key_file.read_text() not in told


def test_the_password_of_the_database_is_in_no_list_of_processes(tmp_path: Path) -> None:
    """What stands in for pg_dump says how it was started, as `ps` would."""
    program = tmp_path / "pg_dump"
    program.write_text('#!/bin/sh\ntr "\\0" " " < /proc/$$/cmdline\n')
    program.chmod(0o700)
    url = f"postgresql://teten:{PASSWORD}@127.0.0.1/teten"
    with (tmp_path / "said").open("wb") as said, _started(program, url, (), said) as process:
        assert process.stdout
        seen = process.stdout.read().decode()
    assert "dbname=teten" in seen and PASSWORD not in seen
