"""A proof of one event, checked without the log."""

from base64 import b64encode
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from service.app import Teten
from service.evidence.notes import BadNote, Signer
from service.evidence.proofs import NotSigned, check, prove
from service.evidence.tree import BadProof
from service.settings import Settings
from tests.conftest import import_into
from tests.data_sets import tiny
from tests.shell import Shell


@pytest.fixture
def filled(teten: Teten, tmp_path: Path) -> Teten:
    import_into(teten, tiny(tmp_path / "data"))
    teten.checkpoints.make()
    return teten


def test_every_event_has_a_proof_that_holds_without_the_log(filled: Teten) -> None:
    keys = filled.checkpoints.verifiers()
    for news in filled.log.everything():
        proved = check(prove(filled.checkpoints, news.position), keys)
        assert proved.position == news.position
        assert f'"{news.stream}",{news.version},'.encode() in proved.leaf


def test_a_log_of_one_event_is_proved(teten: Teten) -> None:
    with teten.log.pool.connection() as connection:
        connection.execute("INSERT INTO log_events VALUES ('fund-A/B', 1, 'X', '{}', 1)")
    teten.checkpoints.make()
    assert check(prove(teten.checkpoints, 1), teten.checkpoints.verifiers()).position == 1


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_proof_with_one_letter_changed_proves_nothing(filled: Teten, data: st.DataObject) -> None:
    proof = prove(filled.checkpoints, 7)
    place = data.draw(st.integers(0, len(proof) - 1))
    letter = data.draw(st.sampled_from([each for each in "aB3+/= \n—" if each != proof[place]]))
    with pytest.raises((BadProof, BadNote)):
        check(proof[:place] + letter + proof[place + 1 :], filled.checkpoints.verifiers())


def test_a_proof_signed_by_somebody_else_proves_nothing(filled: Teten) -> None:
    stranger = Signer.new(filled.checkpoints.signer().name).verifier
    with pytest.raises(BadNote):
        check(prove(filled.checkpoints, 7), [stranger])


def test_an_event_put_in_anothers_place_is_not_proved(filled: Teten) -> None:
    first, second = (prove(filled.checkpoints, position) for position in (7, 8))
    put = first.replace(first.split("\n")[1], second.split("\n")[1])
    with pytest.raises(BadProof):
        check(put, filled.checkpoints.verifiers())


@pytest.mark.parametrize("position", [0, 10_000])
def test_what_was_not_signed_has_no_proof(filled: Teten, position: int) -> None:
    with pytest.raises(NotSigned):
        prove(filled.checkpoints, position)


@pytest.mark.parametrize("text", ["", "c2sp.org/tlog-proof@v1\nindex 1\n\n", "\n\n\n"])
def test_what_is_no_proof_is_told(text: str) -> None:
    with pytest.raises(BadProof):
        check(text, [])


def test_the_command_line_proves_and_checks(settings: Settings, tmp_path: Path) -> None:
    shell = Shell(settings)
    shell.data("import", tiny(tmp_path / "data"))
    proof = tmp_path / "7.tlog-proof"
    proof.write_text(shell("prove", "7").stdout, "utf-8")
    vkey = (settings.checkpoints / "keys.txt").read_text("utf-8").strip()
    told = shell.data("check-proof", proof, "--vkey", vkey)
    assert told["header"][0] == told["position"] == 7
    stranger = shell("check-proof", proof, "--vkey", Signer.new("a").vkey)
    assert stranger.returncode == 1
    assert "not signed by any of" in stranger.stderr
    assert b64encode(b"[7,").decode()[:3] in proof.read_text("utf-8")
