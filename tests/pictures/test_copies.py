"""Copies lie sealed beside the file that they are of, and go with its owner."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from service import doctor
from service.app import Teten, opened
from service.backup.making import back_up
from service.backup.restoring import restore
from service.evidence.verifying import verify
from service.people.files import FileLost
from service.people.keys import Forgotten
from service.people.keys_backup import back_up_keys, restore_keys
from service.people.sealing import fingerprint
from service.pictures import copies
from service.pictures.workshop import Workshop
from service.settings import Settings
from tests.conftest import fresh_database
from tests.pictures import papers

ANNA, BENT = "citizen-a", "citizen-b"
RECEIPT = papers.jpeg()


def kept(teten: Teten, subject: str, content: bytes = RECEIPT) -> str:
    with teten.log.pool.connection() as connection, connection.transaction():
        with teten.files.staged(subject, content) as staged:
            staged.keep(connection.cursor())
        return staged.digest


def on_disk(teten: Teten) -> list[Path]:
    return [path for path in teten.settings.files.rglob("*") if path.is_file()]


def test_a_copy_is_made_once_and_kept(teten: Teten, workshop: Workshop) -> None:
    digest = kept(teten, ANNA)
    assert teten.files.read_derived(digest, ANNA, "upright") is None
    made = copies.copy_of(teten.files, workshop, digest, ANNA, "upright")
    assert teten.files.read_derived(digest, ANNA, "upright") == made
    nobody = Workshop("nowhere:nobody")
    assert copies.copy_of(teten.files, nobody, digest, ANNA, "upright") == made
    assert copies.copy_of(teten.files, nobody, digest, ANNA, "thumbnail") != made


def test_a_copy_that_was_changed_or_put_in_anothers_place_is_made_again(
    teten: Teten, workshop: Workshop
) -> None:
    digest = kept(teten, ANNA)
    made = copies.copy_of(teten.files, workshop, digest, ANNA, "upright")
    [upright] = teten.settings.files.glob("*/*.upright.*")
    [thumbnail] = teten.settings.files.glob("*/*.thumbnail.*")
    for content in (thumbnail.read_bytes(), upright.read_bytes()[:-1], b""):
        upright.write_bytes(content)
        assert teten.files.read_derived(digest, ANNA, "upright") is None
        assert copies.copy_of(teten.files, workshop, digest, ANNA, "upright") == made


def test_nothing_of_the_picture_is_on_the_disk_in_the_clear(
    teten: Teten, workshop: Workshop
) -> None:
    digest = kept(teten, ANNA)
    derived = workshop.copy(RECEIPT)
    copies.keep(teten.files, digest, ANNA, derived)
    assert len(on_disk(teten)) == 3
    for path in on_disk(teten):
        for content in (RECEIPT, *derived):
            assert content[20:60] not in path.read_bytes()


def test_who_is_forgotten_leaves_no_copy_and_others_keep_theirs(
    teten: Teten, workshop: Workshop
) -> None:
    derived = workshop.copy(RECEIPT)
    for subject in (ANNA, BENT):
        copies.keep(teten.files, kept(teten, subject), subject, derived)
    teten.keys.destroy(ANNA)
    digest = fingerprint(RECEIPT)
    assert teten.files.read_derived(digest, ANNA, "upright") is None
    teten.files.destroy(ANNA)
    assert len(on_disk(teten)) == 3
    assert teten.files.read_derived(digest, BENT, "upright") == derived.upright


def test_a_copy_that_comes_while_its_owner_is_forgotten_is_not_kept(
    teten: Teten, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The key is destroyed, and what there is with it, after the copy was sealed."""
    digest, seal = kept(teten, ANNA), teten.vault.seal_file

    def sealed_just_before(subject: str, content: bytes, name: str) -> bytes:
        sealed = seal(subject, content, name)
        teten.keys.destroy(subject)
        teten.files.destroy(subject)
        return sealed

    monkeypatch.setattr(teten.vault, "seal_file", sealed_just_before)
    with pytest.raises(Forgotten):
        teten.files.keep_derived(digest, ANNA, "upright", RECEIPT)
    assert on_disk(teten) == []


def test_a_killed_run_leaves_nothing_that_forgetting_does_not_find(
    teten: Teten, monkeypatch: pytest.MonkeyPatch
) -> None:
    digest = kept(teten, ANNA)
    with monkeypatch.context() as patched:
        for step in ("rename", "unlink"):
            patched.setattr(Path, step, killed)
        with pytest.raises(KeyboardInterrupt):
            teten.files.keep_derived(digest, ANNA, "upright", RECEIPT)
    assert len(on_disk(teten)) == 2
    teten.files.destroy(ANNA)
    assert on_disk(teten) == []


def killed(*_: object, **__: object) -> None:
    raise KeyboardInterrupt


def test_a_backup_leaves_copies_out_and_after_a_restore_they_are_made_again(
    teten: Teten, workshop: Workshop, server: str, tmp_path: Path
) -> None:
    digest = kept(teten, ANNA)
    made = copies.copy_of(teten.files, workshop, digest, ANNA, "upright")
    assert wrong(teten) == []
    back_up(teten, tmp_path / "log.tar")
    back_up_keys(teten, tmp_path / "keys.tar")
    with fresh_database(server) as url:
        place = Settings(tmp_path / "new", url, teten.settings.master_key_file)
        restore(place, tmp_path / "log.tar")
        with opened(place) as restored:
            restore_keys(restored, tmp_path / "keys.tar")
            assert wrong(restored) == []
            assert restored.files.read_derived(digest, ANNA, "upright") is None
            assert copies.copy_of(restored.files, workshop, digest, ANNA, "upright") == made


def wrong(teten: Teten) -> list[str]:
    """What doctor and verify have against it, but that no service signs here."""
    teten.rows.catch_up()
    found = [each.name for each in doctor.examine(teten) if not each.ok]
    kinds = {each.kind for each in verify(teten.checkpoints, teten.files, teten.outside).findings}
    return found + sorted(kinds - {"checkpoint"})


def test_a_copy_of_a_lost_file_is_not_made(teten: Teten, workshop: Workshop) -> None:
    with pytest.raises(FileLost):
        copies.copy_of(teten.files, workshop, "ab" * 32, ANNA, "upright")


# Shown --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("media_type", "name", "told", "file"),
    [
        ("image/jpeg", "LTT-066-1", "image/jpeg", "LTT-066-1.jpg"),
        ("text/html", "v-1", "application/octet-stream", "v-1.bin"),
        (
            None,
            'x"\r\nSet-Cookie: a/../b',
            "application/octet-stream",
            "x___Set-Cookie__a____b.bin",
        ),
    ],
)
def test_an_original_is_saved_and_never_shown(
    media_type: str | None, name: str, told: str, file: str
) -> None:
    headers = copies.headers_of_an_original(media_type, name)
    assert headers["Content-Type"] == told
    assert headers["Content-Disposition"] == f'attachment; filename="{file}"'


@pytest.mark.parametrize(
    "headers",
    [copies.headers_of_a_copy, lambda: copies.headers_of_an_original("application/pdf", "v-1")],
)
def test_nothing_that_strangers_sent_may_run_or_be_guessed_at(
    headers: Callable[[], dict[str, str]],
) -> None:
    assert headers()["X-Content-Type-Options"] == "nosniff"
    assert re.search(r"default-src 'none'.*sandbox", headers()["Content-Security-Policy"])
