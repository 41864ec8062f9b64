"""Whose signatures are believed: those of the key that the auditor was given, and of those it introduced."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import pytest

from service.app import Teten
from service.bundle.verify import Bundle
from service.evidence.notes import Signer, signed
from tests.bundle.bundles import resigned, wrong


def test_whoever_signs_with_another_key_is_found_by_the_key_that_the_auditor_was_given(
    copy: Path, vkey: str
) -> None:
    forger = Signer.new("teten.local/forger")
    (copy / "keys.txt").write_text(f"{forger.vkey}\n", "utf-8")
    for file in (copy / "checkpoints").iterdir():
        text = file.read_text("utf-8").partition("\n\n")[0]
        mine = text.replace(text.partition("\n")[0], forger.name, 1)
        file.write_text(signed(f"{mine}\n", [forger]), "utf-8")
    resigned(copy, forger)
    assert wrong(copy) == []
    assert any("the key that you gave" in each for each in wrong(copy, vkey))


class Handover(NamedTuple):
    """The log's key is replaced after its latest checkpoint."""

    folder: Path
    old: Signer
    new: Signer

    def introduce(self, by: Sequence[Signer], *, after: int | None = None) -> None:
        size = max(Bundle(self.folder).checkpoints()) if after is None else after
        text = f"{self.new.name}\nkey {self.new.vkey}\nafter {size}\n"
        note = signed(text, by)
        (self.folder / "checkpoints" / "introduction-2.note").write_text(note, "utf-8")
        resigned(self.folder, self.new)


@pytest.fixture
def handover(municipality: Teten, copy: Path) -> Handover:
    old = municipality.checkpoints.signer()
    new = Signer.new(old.name)
    (copy / "keys.txt").write_text(f"{old.vkey}\n{new.vkey}\n", "utf-8")
    resigned(copy, new)
    return Handover(copy, old, new)


def test_a_new_key_is_trusted_if_the_former_one_introduced_it(handover: Handover) -> None:
    handover.introduce([handover.old, handover.new])
    for vkey in (None, handover.old.vkey, handover.new.vkey):
        assert wrong(handover.folder, vkey) == []


def test_a_new_key_that_nobody_introduced_is_trusted_only_by_who_was_given_it(
    handover: Handover,
) -> None:
    for by in ([], [handover.new], [handover.old]):
        handover.introduce(by or [Signer.new("teten.local/stranger")])
        assert wrong(handover.folder, handover.new.vkey) == []
        for vkey in (None, handover.old.vkey):
            assert any("was not brought in" in each for each in wrong(handover.folder, vkey))


def test_a_new_key_below_a_checkpoint_of_the_former_one_is_not_introduced_by_it(
    handover: Handover,
) -> None:
    """Anybody can add a signature of their own below a public note."""
    for file in (handover.folder / "checkpoints").iterdir():
        text = file.read_text("utf-8").partition("\n\n")[0]
        file.write_text(signed(f"{text}\n", [handover.old, handover.new]), "utf-8")
    resigned(handover.folder, handover.new)
    assert any("was not brought in" in each for each in wrong(handover.folder, handover.old.vkey))


def test_a_key_that_was_replaced_signs_no_more(handover: Handover) -> None:
    handover.introduce([handover.old, handover.new], after=7)
    assert any(
        "after it was replaced" in each for each in wrong(handover.folder, handover.new.vkey)
    )
