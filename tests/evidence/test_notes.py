"""Signed notes: who signed what, and what is no signature."""

import json
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.evidence.notes import BadKey, BadNote, Signer, Verifier, opened, signed
from tests.conftest import SHARED

VECTOR = SHARED / "vectors" / "signed-note.json"
TEXT = "teten.example/aarhus\n12\nc29tZSByb290\n"
KEY = Signer("teten.example/aarhus", bytes(range(32)))


@pytest.mark.skipif(
    not VECTOR.exists() and "CI" not in os.environ, reason="the vectors aren't beside this clone"
)
def test_a_note_that_go_signed_is_read() -> None:
    case = json.loads(VECTOR.read_text("utf-8"))
    found = opened(case["note"], [Verifier.parse(case["verifier_key"])])
    assert found.text.startswith("If you think cryptography is the answer")
    assert [each.name for each in found.by] == ["PeterNeumann"]


def test_a_note_tells_who_signed_it() -> None:
    other = Signer.new("witness.example")
    note = signed(TEXT, [KEY, other])
    found = opened(note, [other.verifier, KEY.verifier])
    assert found.text == TEXT
    assert {each.name for each in found.by} == {"teten.example/aarhus", "witness.example"}


def test_the_same_note_is_signed_the_same_way() -> None:
    assert signed(TEXT, [KEY]) == signed(TEXT, [KEY])


def test_a_key_that_did_not_sign_is_told() -> None:
    with pytest.raises(BadNote):
        opened(signed(TEXT, [KEY]), [Signer.new("teten.example/aarhus").verifier])


@given(st.data())
def test_a_note_with_one_letter_changed_is_not_signed(data: st.DataObject) -> None:
    note = signed(TEXT, [KEY])
    place = data.draw(st.integers(0, len(note) - 1))
    letter = data.draw(st.characters(codec="utf-8").filter(lambda each: each != note[place]))
    with pytest.raises(BadNote):
        opened(note[:place] + letter + note[place + 1 :], [KEY.verifier])


def test_a_private_key_is_kept_for_its_owner_and_never_written_over(tmp_path: Path) -> None:
    path = tmp_path / "checkpoint.key"
    KEY.write(path)
    assert Signer.read(path).vkey == KEY.vkey
    assert path.stat().st_mode & 0o077 == 0
    with pytest.raises(FileExistsError):
        Signer.new("another").write(path)


@pytest.mark.parametrize(
    "text",
    ["", "PRIVATE+KEY+a+b+c", KEY.vkey, "PRIVATE+KEY+a+00000000+" + "A" * 44, "æ" * 40],
)
def test_what_is_no_private_key_is_refused(text: str, tmp_path: Path) -> None:
    path = tmp_path / "checkpoint.key"
    path.write_text(text, "utf-8")
    with pytest.raises(BadKey):
        Signer.read(path)


@pytest.mark.parametrize("vkey", ["", "a+b", KEY.vkey[:-1], KEY.vkey.replace("aarhus", "odense")])
def test_what_is_no_public_key_is_refused(vkey: str) -> None:
    with pytest.raises(BadKey):
        Verifier.parse(vkey)
