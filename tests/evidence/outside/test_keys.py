"""The log's keys: each is introduced by the one before it, and only then believed."""

import subprocess
from pathlib import Path

import pytest

from service.evidence.checkpoints import KEYS, Checkpoint, KeyLost, Made
from service.evidence.notes import BadNote, Signer, divided, opened, signed
from service.evidence.outside.folder import Folder
from service.evidence.outside.keys import (
    Introduction,
    NothingSigned,
    fingerprint,
    in_force,
    rotate,
)
from tests.evidence.outside.conftest import Growing
from tests.evidence.outside.logs import HONEST, KEY


def rotated(growing: Growing, *, lost: bool = False, name: str | None = None) -> Introduction:
    teten = growing.teten
    file = teten.settings.checkpoint_key_file
    return rotate(growing.log.pool, teten.checkpoints, file, lost=lost, name=name)


def found(growing: Growing, **outlets: Path) -> list[tuple[int | None, str]]:
    told = growing.findings(growing.outside(**outlets))
    return [(each.position, each.kind) for each in told]


def by_hand(growing: Growing, key: Signer) -> Made:
    """What somebody who has the database, the folder and that key makes of the log as it is."""
    checkpoints = growing.teten.checkpoints
    growing.checkpoint()
    with growing.log.pool.connection() as owner:
        owner.execute("ALTER TABLE evidence.checkpoints DISABLE TRIGGER append_only")
        latest = checkpoints.latest()
        assert latest
        note = signed(latest.checkpoint.text, [key])
        owner.execute(
            "UPDATE evidence.checkpoints SET note = %s WHERE size = %s", (note, latest.size)
        )
        growing.file(latest).write_text(note, "utf-8")
    return latest._replace(note=note)


def test_a_log_is_verified_from_its_first_key_to_its_last(growing: Growing) -> None:
    checkpoints = growing.teten.checkpoints
    keys = [checkpoints.signer().vkey]
    growing.checkpoint()
    for _ in range(3):
        keys.append(rotated(growing).key.vkey)
        growing.checkpoint()
    assert (checkpoints.folder / KEYS).read_text("utf-8").splitlines() == keys
    assert len(set(keys)) == 4
    assert {vkey.partition("+")[0] for vkey in keys} == {checkpoints.signer().name}
    assert found(growing) == []


def test_a_key_is_introduced_by_a_note_that_both_signed(growing: Growing) -> None:
    former = growing.teten.checkpoints.signer().verifier
    made = growing.checkpoint()
    done = rotated(growing)
    note = Folder(growing.teten.checkpoints.folder).introductions()[2]
    assert {each.vkey for each in opened(note, [former, done.key]).by} == {
        former.vkey,
        done.key.vkey,
    }
    assert Introduction.parse(divided(note)[0]) == (done.key, made.size)


def test_an_introduction_is_no_checkpoint_and_a_checkpoint_none(growing: Growing) -> None:
    with pytest.raises(BadNote):
        Checkpoint.parse(Introduction(KEY.verifier, 3).text)
    with pytest.raises(BadNote):
        Introduction.parse(HONEST.made(3).checkpoint.text)


def test_after_it_only_the_new_key_signs_and_the_old_one_is_gone(growing: Growing) -> None:
    growing.checkpoint()
    file = growing.teten.settings.checkpoint_key_file
    before = file.read_bytes()
    done = rotated(growing)
    assert Signer.read(file).verifier == done.key
    assert file.stat().st_mode & 0o077 == 0
    assert not any(before in each.read_bytes() for each in file.parent.glob("*.key*"))
    text, (line,) = divided(growing.checkpoint().note)
    assert done.key.signed(text, line)


def test_keys_rotated_twice_at_one_size_are_believed(growing: Growing) -> None:
    growing.checkpoint()
    rotated(growing)
    rotated(growing)
    growing.checkpoint()
    assert found(growing) == []


def attackers_key(growing: Growing, *signers: Signer) -> Signer:
    """Added to the list of keys by who has the folder and not the log's key, with what introduction he can
    make."""
    attacker = Signer.new(growing.teten.checkpoints.signer().name)
    made = growing.teten.checkpoints.latest()
    assert made
    note = signed(Introduction(attacker.verifier, made.size).text, [*signers, attacker])
    Folder(growing.teten.checkpoints.folder).introduce(attacker.verifier, note)
    return attacker


def test_an_attackers_key_in_the_list_of_keys_is_refused(growing: Growing) -> None:
    growing.checkpoint()
    attacker = attackers_key(growing)
    assert found(growing) == [(None, "key")]
    made = by_hand(growing, attacker)
    assert set(found(growing)) == {(None, "key"), (made.size, "checkpoint")}


def test_an_attackers_signature_below_a_checkpoint_introduces_nobody(growing: Growing) -> None:
    """The log's key did sign there; it didn't speak of the attacker's."""
    made = growing.checkpoint()
    attacker = attackers_key(growing)
    line = attacker.sign(divided(made.note)[0])
    Folder(growing.teten.checkpoints.folder).sign(made, [line])
    growing.held(f"INSERT INTO evidence.cosignatures VALUES ({made.size}, '{line}') RETURNING 1")
    assert found(growing) == [(None, "key")]


def test_a_note_of_the_logs_key_that_speaks_of_another_key_introduces_nobody(
    growing: Growing,
) -> None:
    growing.checkpoint()
    rotated(growing)
    growing.checkpoint()
    folder = growing.teten.checkpoints.folder
    attacker = attackers_key(growing)
    note = (folder / "introduction-2.note").read_text("utf-8")
    note += f"{attacker.sign(divided(note)[0])}\n"
    (folder / "introduction-3.note").write_text(note, "utf-8")
    assert found(growing) == [(None, "key")]


def test_a_key_that_another_but_the_former_one_introduces_is_refused(growing: Growing) -> None:
    growing.checkpoint()
    attackers_key(growing, attackers_key(growing))
    assert found(growing) == [(None, "key")] * 2


def test_an_old_key_that_was_stolen_signs_nothing_new(growing: Growing) -> None:
    growing.checkpoint()
    stolen = growing.teten.checkpoints.signer()
    rotated(growing)
    made = by_hand(growing, stolen)
    assert found(growing) == [(made.size, "checkpoint")]


def test_the_first_key_is_believed_only_if_it_was_told_in_another_way_if_any_was(
    growing: Growing, tmp_path: Path
) -> None:
    growing.checkpoint()
    known = tmp_path / "known.txt"
    known.write_text(f"{growing.teten.checkpoints.signer().vkey}\n")
    rotated(growing)
    assert found(growing, known_keys=known) == []
    known.write_text(f"{Signer.new('teten.example/other').vkey}\n")
    assert (None, "key") in found(growing, known_keys=known)


def test_a_rotation_that_was_killed_goes_on_with_its_key(growing: Growing) -> None:
    """After the key was introduced, before it took the old one's place: the old one signed meanwhile."""
    checkpoints, file = growing.teten.checkpoints, growing.teten.settings.checkpoint_key_file
    made = growing.checkpoint()
    former = file.read_text("utf-8")
    rotated(growing)
    coming = file.replace(file.with_name(f"{file.name}.next"))
    file.write_text(former, "utf-8")
    assert growing.checkpoint().size > made.size
    key = Signer.read(coming).verifier
    assert rotated(growing).key == key
    growing.checkpoint()
    assert [each.vkey for each in checkpoints.verifiers()][1:] == [key.vkey]
    assert found(growing) == []


def test_a_log_without_a_checkpoint_has_no_key_to_rotate(growing: Growing) -> None:
    with growing.log.pool.connection() as owner:
        owner.execute("ALTER TABLE log_events DISABLE TRIGGER append_only")
        owner.execute("DELETE FROM log_events")
    with pytest.raises(NothingSigned):
        rotated(growing)


def test_a_key_that_replaces_a_lost_one_must_be_told_in_another_way(
    growing: Growing, tmp_path: Path
) -> None:
    growing.checkpoint()
    checkpoints = growing.teten.checkpoints
    first = checkpoints.signer().vkey
    growing.teten.settings.checkpoint_key_file.unlink()
    with pytest.raises(KeyLost):
        growing.checkpoint()
    with pytest.raises(KeyLost):
        rotated(growing)
    done = rotated(growing, lost=True)
    growing.checkpoint()
    assert (None, "key") in found(growing)
    known = tmp_path / "known.txt"
    known.write_text(f"{first}\n{done.key.vkey}\n")
    assert found(growing, known_keys=known) == []


def test_a_log_gets_another_name_only_with_a_key_that_nobody_introduces(
    growing: Growing, tmp_path: Path
) -> None:
    """As after a restore to an earlier moment: it goes on as another log."""
    growing.checkpoint()
    first = growing.teten.checkpoints.signer()
    assert rotated(growing, name="teten.example/again").key.name == first.name
    done = rotated(growing, lost=True, name="teten.example/again")
    assert growing.checkpoint().checkpoint.origin == done.key.name == "teten.example/again"
    (tmp_path / "known.txt").write_text(f"{first.vkey}\n{done.key.vkey}\n")
    assert found(growing, known_keys=tmp_path / "known.txt") == []


def test_a_fingerprint_is_that_of_the_keys_text() -> None:
    """As `printf %s KEY | sha256sum` tells it."""
    said = subprocess.run(["sha256sum"], input=KEY.vkey.encode(), capture_output=True, check=True)
    assert fingerprint(KEY.verifier).replace(" ", "") == said.stdout.decode().split()[0]


def test_what_is_no_key_introduces_nobody() -> None:
    keys, wrong = in_force(["no key", KEY.vkey], [], {})
    assert keys == []
    assert [each.kind for each in wrong] == ["key", "key"]
    keys, wrong = in_force([KEY.vkey], [], {})
    assert ([each.key for each in keys], wrong) == ([KEY.verifier], [])


@pytest.mark.parametrize("note", ["", "no note", "teten.example/x\nkey k\nafter 3\n\n— a b\n"])
def test_a_note_that_is_none_introduces_nobody(note: str) -> None:
    keys, wrong = in_force([KEY.vkey, Signer.new(KEY.name).vkey], [], {2: note})
    assert (len(keys), len(wrong)) == (1, 1)
