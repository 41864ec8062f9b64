"""A log that was restored tells nobody anything until somebody says so: its original may still speak."""

import shutil
from dataclasses import replace
from pathlib import Path

from service.app import opened
from service.backup.making import back_up
from service.backup.restoring import restore
from service.people.keys_backup import back_up_keys, restore_keys
from service.webhooks.messages import Row, of_event
from tests.conftest import fresh_database
from tests.webhooks.conftest import Told


def test_webhooks_of_a_restored_log_wait_until_they_are_enabled(
    told: Told, server: str, tmp_path: Path
) -> None:
    secret = told.add(after=told.teten.log.head() - 1)
    told.receiver.answers = lambda _: (410, {})
    gone = Told(told.teten, told.receiver)
    gone.add(after=0)
    gone.deliver()
    back_up(told.teten, tmp_path / "backup.tar")
    back_up_keys(told.teten, tmp_path / "backup.keys")
    home = tmp_path / "restored"
    home.mkdir()
    for file in (told.teten.settings.master_key_file, told.teten.settings.checkpoint_key_file):
        shutil.copy(file, home)
    told.receiver.answers = lambda _: (204, {})
    with fresh_database(server) as url:
        place = replace(
            told.teten.settings, home=home, database_url=url, master_key_file=home / "master.key"
        )
        restore(place, tmp_path / "backup.tar")
        with opened(place) as restored:
            restore_keys(restored, tmp_path / "backup.keys")
            there = Told(restored, told.receiver)
            there.name = told.name
            there.deliver()
            assert there.standing.disabled == "restored"
            assert len(told.receiver.received) == 1  # What was gone, before the backup.
            there.endpoints.enable(there.name, by="adm-1")
            there.deliver()
            assert told.receiver.received[-1].verified(secret)
            assert told.receiver.positions == [1, restored.log.head()]


def test_another_event_at_the_same_position_has_another_id() -> None:
    """As where the log of before a restore had gone on otherwise."""
    event = '{"recorded_at":"2026-11-22T12:00:00+00:00","event":{"case_no":"%s"}}'
    one, same, other = (
        of_event(Row("case-A-1", 2, "ProgrammeOffered", (event % case_no).encode(), 17), "a.b/c")
        for case_no in ("A-1", "A-1", "A-2")
    )
    assert one.id == same.id != other.id
    assert one.id.startswith("17-")
    assert '"source":"a.b/c"' in one.body
