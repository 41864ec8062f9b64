"""A witness cosigns what goes on from what it saw, and nothing else: between real servers, over HTTP."""

import base64
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.evidence.notes import BadKey, BadNote, SignatureLine, Signer, divided
from service.evidence.outside.cosigning import Cosigner, WitnessKey
from service.evidence.outside.posting import Refused
from service.evidence.outside.witnesses import Prove, Witness, read_witnesses
from service.witness.memory import Memory
from service.witness.serving import LOGS, MEMORY
from tests.evidence.outside.logs import HONEST, KEY, NAME, OTHER_FACE, ToldLog
from tests.evidence.outside.servers import new_witness, serving_witness

AT = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
COSIGNER = Cosigner(Signer("witness.example/w1", bytes(range(32))))


class Watched:
    """A witness that runs, and a log's way to ask it."""

    def __init__(self, folder: Path, url: str, key: WitnessKey) -> None:
        self.folder, self.url, self.key = folder, url, key

    def cosigns(self, log: ToldLog, size: int, known: int = 0, prove: Prove | None = None) -> str:
        return Witness(self.url, self.key, prove or log.prove).cosignature(log.made(size), known)

    def post(self, old: int, note: str, *proof: bytes) -> httpx2.Response:
        hashes = "".join(f"{base64.b64encode(each).decode()}\n" for each in proof)
        return self.send(f"old {old}\n{hashes}\n{note}")

    def send(self, body: str) -> httpx2.Response:
        return httpx2.post(f"{self.url}/add-checkpoint", content=body.encode())


@pytest.fixture
def watched(tmp_path: Path) -> Iterator[Watched]:
    key = new_witness(tmp_path, KEY)
    with serving_witness(tmp_path) as url:
        yield Watched(tmp_path, url, key)


# Cosignatures --------------------------------------------------------------------------------------


def test_a_cosignature_is_of_that_text_by_that_witness_at_that_time() -> None:
    text, _ = divided(HONEST.made(3).note)
    line = SignatureLine.parse(COSIGNER.cosign(text, AT))
    assert COSIGNER.key.cosigned(text, line) == AT
    with pytest.raises(BadNote):
        COSIGNER.key.cosigned(divided(HONEST.made(4).note)[0], line)


@given(st.integers(0, 71), st.integers(1, 255))
def test_a_cosignature_with_one_byte_changed_is_none(place: int, change: int) -> None:
    """The time that it tells included."""
    text, _ = divided(HONEST.made(3).note)
    line = SignatureLine.parse(COSIGNER.cosign(text, AT))
    changed = bytearray(line.signature)
    changed[place] ^= change
    with pytest.raises(BadNote):
        COSIGNER.key.cosigned(text, line._replace(signature=bytes(changed)))


def test_a_logs_own_signature_is_no_cosignature() -> None:
    """Not even if it was made with the same private key."""
    text, (own,) = divided(HONEST.made(3).note)
    assert WitnessKey(KEY.name, KEY.verifier.public).cosigned(text, own) is None


def test_a_witnesss_key_is_read_as_it_is_written() -> None:
    assert WitnessKey.parse(COSIGNER.key.vkey) == COSIGNER.key
    for wrong in (KEY.vkey, COSIGNER.key.vkey.replace("w1", "w2"), "witness.example+00+", ""):
        with pytest.raises(BadKey):
            WitnessKey.parse(wrong)


# What a log gets -----------------------------------------------------------------------------------


def test_a_witness_cosigns_a_log_as_it_grows(watched: Watched) -> None:
    known = 0
    for size in (1, 7, 8, 20, 20, 40):
        line = SignatureLine.parse(watched.cosigns(HONEST, size, known))
        assert watched.key.cosigned(divided(HONEST.made(size).note)[0], line)
        known = size


def test_a_log_that_forgot_how_far_the_witness_saw_it_is_told(watched: Watched) -> None:
    watched.cosigns(HONEST, 8)
    assert watched.cosigns(HONEST, 20, known=0)
    assert watched.cosigns(HONEST, 20, known=0)


def test_a_log_that_shows_two_faces_is_caught(watched: Watched, tmp_path: Path) -> None:
    """Both signed by the log's own key; whoever has the two notes has the proof."""
    watched.cosigns(HONEST, 20)
    with pytest.raises(Refused, match="another log than this one"):
        watched.cosigns(OTHER_FACE, 20, known=20)
    with pytest.raises(Refused, match="not a continuation"):
        watched.cosigns(OTHER_FACE, 30, known=20)
    memory = Memory(tmp_path / MEMORY)
    assert [each.note for each in memory.cosigned()] == [HONEST.made(20).note]
    notes = {each.note for each in memory.contradictions()}
    assert notes == {OTHER_FACE.made(20).note, OTHER_FACE.made(30).note}
    memory.close()


def test_a_stranger_with_a_wrong_proof_makes_no_log_contradict_itself(
    watched: Watched, tmp_path: Path
) -> None:
    watched.cosigns(HONEST, 8)
    strange = f"{Signer.new('stranger').sign('anything')}\n"
    for note in (HONEST.made(20).note, HONEST.made(20).note + strange):
        assert watched.post(8, note, bytes(32)).status_code == 422
    memory = Memory(tmp_path / MEMORY)
    assert [each.note for each in memory.contradictions()] == [HONEST.made(20).note]
    watched.cosigns(HONEST, 20, known=8)
    assert memory.contradictions() == []
    memory.close()


def test_a_log_that_was_rolled_back_is_caught(watched: Watched) -> None:
    watched.cosigns(HONEST, 20)
    with pytest.raises(Refused, match="20 positions, and this one has 12"):
        watched.cosigns(HONEST, 12, known=12)


def test_a_witness_that_was_restarted_remembers(tmp_path: Path) -> None:
    key = new_witness(tmp_path, KEY)
    with serving_witness(tmp_path) as url:
        Watched(tmp_path, url, key).cosigns(HONEST, 20)
    with serving_witness(tmp_path) as url, pytest.raises(Refused, match="20 positions"):
        Watched(tmp_path, url, key).cosigns(HONEST, 12)


def test_a_key_that_the_witness_learns_of_counts_at_once(watched: Watched) -> None:
    rotated = ToldLog([f"entry {number}" for number in range(40)], Signer.new(NAME))
    watched.cosigns(HONEST, 8)
    with pytest.raises(Refused, match="doesn't know the key"):
        watched.cosigns(rotated, 20, known=8)
    with (watched.folder / LOGS).open("a") as logs:
        logs.write(f"{rotated.key.vkey}\n")
    assert watched.cosigns(rotated, 20, known=8)


def test_a_cosignature_by_another_key_than_the_configured_one_is_refused(watched: Watched) -> None:
    other = Signer.new(watched.key.name)
    expected = WitnessKey(other.name, other.verifier.public)
    with pytest.raises(Refused, match="doesn't sign with the key that it should have"):
        Witness(watched.url, expected, HONEST.prove).cosignature(HONEST.made(5), 0)


# What others get -----------------------------------------------------------------------------------


def test_the_witness_answers_as_the_specification_says(watched: Watched) -> None:
    note = HONEST.made(20).note
    assert watched.post(0, note).status_code == 200
    conflict = watched.post(5, note)
    assert (conflict.status_code, conflict.text) == (409, "20\n")
    assert conflict.headers["content-type"] == "text/x.tlog.size"
    assert watched.post(20, note).status_code == 200
    assert watched.post(20, OTHER_FACE.made(20).note).status_code == 409
    assert watched.post(30, note).status_code == 400
    later, proof = HONEST.made(30).note, HONEST.prove(20, 30)
    assert watched.post(20, later).status_code == 422
    assert watched.post(20, later, *proof, proof[0]).status_code == 422
    assert watched.post(20, later, *proof[:-1], bytes(32)).status_code == 422
    assert watched.post(20, later, *[bytes(32)] * 64).status_code == 400
    assert watched.post(20, note, bytes(32)).status_code == 422
    unknown = ToldLog(["entry"], Signer.new("teten.example/other"))
    assert watched.post(0, unknown.made(1).note).status_code == 404
    stranger = ToldLog(["entry"], Signer.new(NAME))
    assert watched.post(0, stranger.made(1).note).status_code == 403
    assert watched.post(20, later, *proof).status_code == 200
    assert watched.post(20, later, *proof).status_code == 409


def test_a_first_checkpoint_needs_no_proof_and_takes_none(watched: Watched) -> None:
    assert watched.post(0, HONEST.made(5).note, bytes(32)).status_code == 422
    assert watched.post(0, HONEST.made(5).note).status_code == 200


@pytest.mark.parametrize(
    "body",
    ["", "old 0\n", "old 01\n\n{note}", "old 0\nno base64\n\n{note}", "{note}", "new 0\n\n{note}"],
)
def test_what_nobody_can_read_is_a_bad_request(watched: Watched, body: str) -> None:
    assert watched.send(body.format(note=HONEST.made(5).note)).status_code == 400


def test_who_sends_too_much_is_not_listened_to(watched: Watched) -> None:
    assert watched.send("old 0\n" * 20_000).status_code == 413


def test_the_list_of_witnesses_is_read_or_its_fault_is_told(tmp_path: Path) -> None:
    file = tmp_path / "witnesses.txt"
    file.write_text(f"# Ours\nhttps://w.example/ {COSIGNER.key.vkey}\n\n")
    assert read_witnesses(file) == [("https://w.example/", COSIGNER.key)]
    file.write_text("https://w.example/\n")
    with pytest.raises(Refused, match="line 1 of the list"):
        read_witnesses(file)
    file.write_text(f"https://w.example/ {COSIGNER.key.vkey}\n" * 2)
    with pytest.raises(Refused, match="of the same name"):
        read_witnesses(file)
