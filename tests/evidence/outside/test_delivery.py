"""Every new checkpoint reaches every place, and a place that fails stops nobody."""

import socket
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from threading import Thread
from typing import Any

import httpx2
import pytest

from service import doctor
from service.app import opened
from service.evidence.checkpoints import Made
from service.evidence.notes import SignatureLine, divided
from service.evidence.outside import posting
from service.evidence.outside.cosigning import WitnessKey
from service.evidence.outside.delivery import LOCK
from service.settings import Settings
from tests.evidence.outside.conftest import Growing, standing
from tests.evidence.outside.servers import (
    address,
    dripping,
    new_witness,
    saying,
    serving_witness,
    taken_port,
)
from tests.service.test_serve import serving, wait_until
from tests.shell import Shell

WITNESS = "witness witness.example/aalborg"


@dataclass
class Witnessed:
    """A witness that watches the log, and the list of witnesses that names it. It isn't up yet."""

    folder: Path
    key: WitnessKey
    port: socket.socket

    @property
    def listed(self) -> dict[str, Any]:
        file = self.folder / "witnesses.txt"
        file.write_text(f"{address(self.port)} {self.key.vkey}\n", "utf-8")
        return {"witnesses": file}

    def up(self) -> AbstractContextManager[str]:
        return serving_witness(self.folder, self.port)

    def signed(self, made: Made, note: str) -> bool:
        """Whether it cosigned that note."""
        lines = [SignatureLine.parse(line) for line in note.splitlines() if line.startswith("—")]
        text, _ = divided(made.note)
        return any(self.key.cosigned(text, line) for line in lines)


@pytest.fixture
def witness(growing: Growing, tmp_path: Path) -> Witnessed:
    folder = tmp_path / "witness"
    key = new_witness(folder, growing.teten.checkpoints.signer())
    return Witnessed(folder, key, taken_port())


def test_a_checkpoint_is_cosigned_in_the_database_and_in_the_folder(
    growing: Growing, witness: Witnessed
) -> None:
    outside = growing.outside(**witness.listed)
    with witness.up():
        for _ in range(3):
            made = growing.checkpoint()
            outside.deliver()
            assert witness.signed(made, growing.file(made).read_text("utf-8"))
    kept = dict(growing.held("SELECT size, line FROM evidence.cosignatures"))
    assert witness.signed(made, kept[made.size])
    assert growing.findings(outside) == []
    assert all(check.ok for check in doctor.examine(growing.teten))


def test_a_witness_that_is_down_is_told_and_gets_the_latest_one_when_it_is_back(
    growing: Growing, witness: Witnessed
) -> None:
    outside = growing.outside(**witness.listed)
    first = growing.checkpoint()
    outside.deliver()
    assert standing(outside, WITNESS).failing == "URLError"
    assert standing(outside, "folder").size == first.size
    latest = growing.checkpoint()
    with witness.up():
        outside.deliver()
    assert standing(outside, WITNESS).size == latest.size
    assert growing.held("SELECT place FROM evidence.troubles") == []
    assert not witness.signed(first, growing.file(first).read_text("utf-8"))
    assert witness.signed(latest, growing.file(latest).read_text("utf-8"))


def test_a_place_that_failed_just_now_is_left_alone_for_a_while(
    growing: Growing, witness: Witnessed
) -> None:
    outside = growing.outside(**witness.listed)
    growing.checkpoint()
    outside.deliver()
    outside.deliver(patient=True)
    assert standing(outside, WITNESS).tries == 1
    outside.deliver()
    assert standing(outside, WITNESS).tries == 2


def test_what_nobody_asked_for_is_not_sent_twice(growing: Growing, witness: Witnessed) -> None:
    outside = growing.outside(**witness.listed)
    made = growing.checkpoint()
    with witness.up():
        outside.deliver()
        outside.deliver()
    assert growing.held("SELECT count(*) FROM evidence.cosignatures") == [(1,)]
    assert standing(outside, WITNESS).size == made.size


def test_two_processes_don_t_send_to_one_place_at_once(
    growing: Growing, witness: Witnessed
) -> None:
    outside = growing.outside(**witness.listed)
    growing.checkpoint()
    with growing.log.pool.connection() as other, witness.up():
        other.execute("SELECT pg_advisory_lock(%s, hashtext(%s))", (LOCK, WITNESS))
        outside.deliver()
        assert standing(outside, WITNESS).size is None
        other.execute("SELECT pg_advisory_unlock_all()")
        outside.deliver()
    assert standing(outside, WITNESS).size


def test_a_log_that_was_rewritten_is_not_cosigned(growing: Growing, witness: Witnessed) -> None:
    """By whoever has the database, the folder and the key: the tree and the checkpoints were made anew."""
    outside = growing.outside(**witness.listed)
    first = growing.checkpoint()
    with witness.up():
        outside.deliver()
        with growing.log.pool.connection() as owner:
            for table in ("log_events", "evidence.checkpoints", "evidence.deliveries"):
                owner.execute(f"ALTER TABLE {table} DISABLE TRIGGER append_only")
            owner.execute("ALTER TABLE evidence.cosignatures DISABLE TRIGGER append_only")
            owner.execute("DELETE FROM evidence.cosignatures")
            owner.execute("DELETE FROM evidence.deliveries")
            owner.execute("DELETE FROM evidence.checkpoints")
            owner.execute("DELETE FROM evidence.tiles")
            owner.execute("UPDATE log_events SET state = state || ' ' WHERE notification_id = 1")
        growing.file(first).unlink()
        growing.checkpoint()
        outside.deliver()
    assert "not a continuation" in (standing(outside, WITNESS).failing or "")


def test_a_forged_cosignature_is_found(growing: Growing, witness: Witnessed) -> None:
    outside = growing.outside(**witness.listed)
    made = growing.checkpoint()
    forger = new_witness(witness.folder.parent / "forger")
    with witness.up():
        outside.deliver()
    _, (_, line) = divided(growing.file(made).read_text("utf-8"))
    forged = str(line._replace(signature=line.signature[:-1] + bytes([line.signature[-1] ^ 1])))
    with growing.log.pool.connection() as owner:
        owner.execute("ALTER TABLE evidence.cosignatures DISABLE TRIGGER append_only")
        owner.execute("UPDATE evidence.cosignatures SET line = %s", (forged,))
    growing.file(made).write_text(f"{made.note}{forged}\n", "utf-8")
    found = growing.findings(outside)
    assert [(each.position, each.kind) for each in found] == [(made.size, "cosignature")]
    assert forger != witness.key


def test_a_file_that_the_folder_lacks_is_written_when_it_can_be(growing: Growing) -> None:
    """The folder, on another machine, was away when the checkpoint was made."""
    folder = growing.teten.checkpoints.folder
    growing.checkpoint()
    folder.rename(away := folder.with_name("away"))
    folder.write_text("nothing can be put in here")
    outside = growing.outside()
    with pytest.raises(OSError, match="checkpoints"):
        growing.checkpoint()
    outside.deliver()
    assert standing(outside, "folder").failing
    folder.unlink()
    away.rename(folder)
    outside.deliver()
    assert standing(outside, "folder").failing is None
    assert growing.findings(outside) == []


def test_a_checkpoint_that_was_changed_is_sent_nowhere_and_stops_nobody(
    growing: Growing, witness: Witnessed
) -> None:
    outside = growing.outside(**witness.listed)
    growing.checkpoint()
    with growing.log.pool.connection() as owner:
        owner.execute("ALTER TABLE evidence.checkpoints DISABLE TRIGGER append_only")
        owner.execute("UPDATE evidence.checkpoints SET note = 'nonsense'")
    with witness.up():
        outside.deliver()
        assert standing(outside, WITNESS).failing == "it can't read what it was sent"
    mailed = growing.outside(mail_to=("a@b.example",))
    mailed.deliver()
    assert standing(mailed, "mail 1").failing == "BadNote"


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 200_000, "its answer is too long"),
        (b"HTTP/1.1 200 OK\r\n\r\nno line\n", "its cosignature is not valid"),
        (b"HTTP/1.1 200 OK\r\n\r\n", "it doesn't sign with the key that it should have"),
        (b"HTTP/1.1 409 Conflict\r\n\r\nmuch\n", "it doesn't say how far it saw the log"),
        (b"HTTP/1.1 500 Oh\r\n\r\n", "it answers 500"),
        (b"nonsense\r\n\r\n", "no HTTP"),
        (b"", "RemoteDisconnected"),
    ],
)
def test_whatever_a_witness_answers_stops_nobody(
    growing: Growing, witness: Witnessed, answer: bytes, says: str
) -> None:
    outside = growing.outside(**witness.listed)
    made = growing.checkpoint()
    with saying(witness.port, answer):
        outside.deliver()
    assert says in (standing(outside, WITNESS).failing or "")
    assert standing(outside, "folder").size == made.size
    assert growing.findings(outside) == []


def test_a_witness_whose_answer_never_ends_keeps_nobody_waiting(
    growing: Growing, witness: Witnessed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(posting, "PATIENCE", 0.5)
    outside = growing.outside(**witness.listed)
    growing.checkpoint()
    with dripping(witness.port, b"HTTP/1.1 200 OK\r\nX-Header: ") as hung_up:
        Thread(target=outside.deliver, daemon=True).start()
        assert hung_up.wait(30)


def test_a_list_of_witnesses_that_can_t_be_read_is_told_and_stops_nobody(growing: Growing) -> None:
    outside = growing.outside(witnesses=growing.teten.settings.home / "gone.txt")
    made = growing.checkpoint()
    outside.deliver()
    assert "can't be read" in (standing(outside, "witnesses").failing or "")
    assert standing(outside, "folder").size == made.size
    assert [each.kind for each in growing.findings(outside)] == ["cosignature"]


def test_the_doctor_and_the_figures_tell_of_a_place_that_fails(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While the service runs: commands are answered, and the witness gets its checkpoint when it is up."""
    monkeypatch.setenv("TETEN_CHECKPOINT_EVENTS", "1")
    with opened(settings) as teten:
        growing = Growing(teten)
        key = new_witness(tmp_path / "witness", teten.checkpoints.signer())
        witness = Witnessed(tmp_path / "witness", key, taken_port())
        monkeypatch.setenv("TETEN_WITNESSES", str(witness.listed["witnesses"]))
        outside = growing.outside(**witness.listed)
        with serving(Shell(settings), tmp_path / "log") as service:
            url = service.url
            made = growing.checkpoint()
            wait_until(lambda: bool(standing(outside, WITNESS).failing))
            assert service.ready()["ready"]
            figures = httpx2.get(f"{url}/metrics", timeout=60).text
            assert f'teten_checkpoint_failing{{place="{WITNESS}"}} 1' in figures
            assert f'teten_checkpoint_size{{place="folder"}} {made.size}' in figures
            assert "teten_checkpoint_age_seconds " in figures
            failed = [
                each for each in Shell(settings)("doctor").stdout.splitlines() if "FAIL" in each
            ]
            assert len(failed) == 1
            assert f"place {WITNESS}: has none" in failed[0]
            with witness.up():
                wait_until(lambda: standing(outside, WITNESS).size == made.size)
        told = {(line["event"], line.get("place")) for line in service.lines}
        assert {("not delivered", WITNESS), ("delivered", WITNESS)} <= told
