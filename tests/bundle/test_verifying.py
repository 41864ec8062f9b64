"""An auditor verifies a bundle without us, and whatever was done to it is found."""

import ast
import json
import random
import re
import shutil
import subprocess
import sys
from base64 import b64decode, b64encode
from collections.abc import Callable
from pathlib import Path

import cryptography
import pytest

from projections.ledger import BOOKINGS
from service.app import Teten
from service.bundle import recompute
from service.bundle.sealing import People
from service.bundle.verify import MANIFEST, Bundle
from service.evidence.notes import Signer
from tests.bundle.bundles import bundled, resigned, wrong

ROOT = Path(__file__).parents[2]
FLIPS = 250


# What is done to a bundle ------------------------------------------------------------------------


def test_one_flipped_bit_anywhere_is_found(copy: Path, vkey: str) -> None:
    dice = random.Random(7)
    files = sorted(each for each in copy.rglob("*") if each.is_file() and each.stat().st_size)
    for flip in range(FLIPS):
        file = files[flip % len(files)]
        whole = file.read_bytes()
        at = dice.randrange(len(whole))
        flipped = bytes([whole[at] ^ (1 << dice.randrange(8))])
        file.write_bytes(whole[:at] + flipped + whole[at + 1 :])
        assert wrong(copy, vkey), f"{file.name}, byte {at}"
        file.write_bytes(whole)
    assert wrong(copy, vkey) == []


def test_the_last_bits_of_a_signature_count_too(copy: Path, vkey: str) -> None:
    """Of the last letter of its base64 some bits say nothing; nobody may change them either."""
    note = (copy / MANIFEST).read_text("utf-8")
    head, _, signature = note.rstrip("\n").rpartition(" ")
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    other = signature[:-2] + letters[letters.index(signature[-2]) ^ 1] + "="
    assert b64decode(other) == b64decode(signature)
    (copy / MANIFEST).write_text(f"{head} {other}\n", "utf-8")
    assert wrong(copy, vkey)


def added(folder: Path) -> None:
    (folder / "vouchers" / "one-more.png").write_bytes(b"\x89PNG")


def emptied(folder: Path) -> None:
    (folder / "proofs").mkdir()


def removed(folder: Path) -> None:
    next((folder / "vouchers").iterdir()).unlink()


def renamed(folder: Path) -> None:
    one, other, *_ = sorted((folder / "vouchers").iterdir())
    held = one.read_bytes()
    one.write_bytes(other.read_bytes())
    other.write_bytes(held)


def linked(folder: Path) -> None:
    file = folder / "words.jsonl"
    shutil.move(file, folder.with_name("words.jsonl"))
    file.symlink_to(folder.with_name("words.jsonl"))


def unsigned(folder: Path) -> None:
    text = (folder / MANIFEST).read_text("utf-8").partition("\n\n")[0]
    (folder / MANIFEST).write_text(f"{text}\n", "utf-8")


@pytest.mark.parametrize("done", [added, emptied, removed, renamed, linked, unsigned])
def test_what_is_added_removed_or_moved_is_found(
    copy: Path, vkey: str, done: Callable[[Path], None]
) -> None:
    done(copy)
    assert wrong(copy, vkey)


def event_changed(folder: Path) -> str:
    file = folder / "events.jsonl"
    file.write_bytes(file.read_bytes().replace(b'"amount":"1950.00"', b'"amount":"1850.00"', 1))
    return "is not the event that the log holds there"


def event_left_out(folder: Path) -> str:
    lines = (folder / "events.jsonl").read_bytes().splitlines(keepends=True)
    at = next(at for at, line in enumerate(lines) if b'"case-U-1",3,' in line)
    (folder / "events.jsonl").write_bytes(b"".join(lines[:at] + lines[at + 2 :]))
    return "follows version 2"


def events_swapped(folder: Path) -> str:
    lines = (folder / "events.jsonl").read_bytes().splitlines(keepends=True)
    (folder / "events.jsonl").write_bytes(b"".join(lines[2:4] + lines[:2] + lines[4:]))
    return "out of order, or past the end"


def leaf_changed_with_its_event(folder: Path) -> str:
    event_changed(folder)
    leaves = bytearray((folder / "leaves.bin").read_bytes())
    for event in Bundle(folder).events():
        leaves[(event.position - 1) * 32 : event.position * 32] = event.leaf
    (folder / "leaves.bin").write_bytes(leaves)
    return "are not what was signed"


def log_cut_off(folder: Path) -> str:
    leaves = (folder / "leaves.bin").read_bytes()
    (folder / "leaves.bin").write_bytes(leaves[:-32])
    return "leaves, of"


def voucher_replaced(folder: Path) -> str:
    next((folder / "vouchers").glob("*.png")).write_bytes(b"\x89PNG another receipt")
    return "is not that file"


def voucher_denied(folder: Path) -> str:
    file = folder / "vouchers.csv"
    lines = file.read_bytes().splitlines(keepends=True)
    file.write_bytes(b"".join(lines[:2] + lines[3:]))
    return "is not there"


def attempt_changed(folder: Path) -> str:
    file = folder / "refused.jsonl"
    file.write_bytes(file.read_bytes().replace(b'"declaration_too_large"', b'"wrong_state"', 1))
    return "is not the attempt that was signed"


def attempts_cut_off(folder: Path) -> str:
    (folder / "attempts.bin").write_bytes(b"")
    return "attempts.bin: 0 leaves, of "


def voucher_of_no_event(folder: Path) -> str:
    (folder / "vouchers" / "one-more.png").write_bytes(b"\x89PNG a receipt that the log never saw")
    return "no event names it"


def attempt_counted_twice(folder: Path) -> str:
    file = folder / "refused.jsonl"
    first = file.read_bytes().splitlines(keepends=True)[0]
    file.write_bytes(first + file.read_bytes())
    return "or not in its place"


def checkpoint_beside_another_of_its_size(folder: Path) -> str:
    """As whoever has the log's key might show the one that was published, and count by another."""
    made = Bundle(folder).made["checkpoint"]
    shown = folder / "checkpoints" / f"{made}.checkpoint"
    (folder / "checkpoints" / "zz.checkpoint").write_bytes(shown.read_bytes())
    return "isn't called after its size"


def checkpoint_left_out(folder: Path) -> str:
    made = Bundle(folder).made["checkpoint"]
    (folder / "checkpoints" / f"{made}.checkpoint").unlink()
    return f"the last one is not {made}"


def stamp_of_something_else(folder: Path) -> str:
    one, other = (folder / "checkpoints" / f"{n}.checkpoint" for n in Bundle(folder).checkpoints())
    one.with_suffix(".stamped").write_bytes(other.read_bytes())
    return "not that checkpoint"


def checkpoint_of_another_root(folder: Path) -> str:
    file = min((folder / "checkpoints").iterdir())
    text, _, below = file.read_text("utf-8").partition("\n\n")
    root = text.split("\n")[2]
    file.write_text(text.replace(root, b64encode(bytes(32)).decode()) + f"\n\n{below}", "utf-8")
    return "is not of this text"


@pytest.mark.parametrize(
    "done",
    [
        event_changed,
        event_left_out,
        events_swapped,
        leaf_changed_with_its_event,
        log_cut_off,
        voucher_replaced,
        voucher_denied,
        voucher_of_no_event,
        attempt_counted_twice,
        checkpoint_beside_another_of_its_size,
        checkpoint_left_out,
        stamp_of_something_else,
        attempt_changed,
        attempts_cut_off,
        checkpoint_of_another_root,
    ],
)
def test_the_log_and_the_vouchers_are_checked_even_where_the_manifest_was_signed_anew(
    municipality: Teten, copy: Path, vkey: str, done: Callable[[Path], str]
) -> None:
    says = done(copy)
    resigned(copy, municipality.checkpoints.signer())
    assert any(says in each for each in wrong(copy, vkey))


def test_another_programmes_event_is_no_part_of_it(
    municipality: Teten, tmp_path: Path, vkey: str
) -> None:
    bundled(municipality, tmp_path / "bundle", programme="TT")
    note = (tmp_path / "bundle" / MANIFEST).read_text("utf-8")
    (tmp_path / "bundle" / MANIFEST).write_text(note.replace('"TT"', '"TU"', 1), "utf-8")
    resigned(tmp_path / "bundle", municipality.checkpoints.signer())
    assert any("another programme's" in each for each in wrong(tmp_path / "bundle", vkey))


def test_a_proof_of_another_event_or_another_checkpoint_is_found(
    municipality: Teten, tmp_path: Path, vkey: str
) -> None:
    bundled(municipality, tmp_path / "bundle", picks=("K-1", "U-1/1"))
    assert wrong(tmp_path / "bundle", vkey) == []
    one, other, *_ = sorted((tmp_path / "bundle" / "proofs").iterdir())
    proof = one.read_text("utf-8")
    for instead in (
        other.read_text("utf-8"),
        proof.replace("\nindex ", "\nindex 1"),
        f"{proof}— a b\n",
    ):
        one.write_text(instead, "utf-8")
        resigned(tmp_path / "bundle", municipality.checkpoints.signer())
        assert any(one.name in each for each in wrong(tmp_path / "bundle", vkey))


# The books ---------------------------------------------------------------------------------------


def test_the_books_are_reckoned_as_the_ledger_books_them() -> None:
    assert set(recompute.BOOKS) == {kind.__name__ for kind in BOOKINGS}


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("ledger.journal", "1950.00 DKK", "1951.00 DKK"),
        ("ledger.journal", "budget:drawn ", "budget:drown "),
        ("ledger.journal", "category:transport", "category:course"),
        ("ledger.journal", "TrancheSettled", "TrancheSettler"),
        ("figures.json", '"budget:drawn": "1950.00"', '"budget:drawn": "1951.00"'),
        ("figures.json", '"undocumented": "250.00"', '"undocumented": "150.00"'),
        ("ledger.journal", "; The ledger", "2019-01-01 * one more\n; The ledger"),
        ("ledger.journal", ", case:U-1, ", ", case:U-2, "),
        ("index.html", ">1.950,00<", ">1.850,00<"),
        ("rules.json", '"receipt_deadline_days": ', '"receipt_deadline_days": 1'),
        ("rules.json", "[\n {", "[\n {},\n {"),
        ("vouchers.csv", ";U-1;1;", ";U-2;1;"),
        ("vouchers.csv", ";included;", ";outside;"),
        ("vouchers.csv", ";included;", ";left_out;"),
    ],
)
def test_books_that_say_something_else_than_the_events_are_found(
    copy: Path, name: str, old: str, new: str
) -> None:
    assert recompute.recompute(copy) == 13
    text = (copy / name).read_text("utf-8")
    assert old in text
    (copy / name).write_text(text.replace(old, new, 1), "utf-8")
    with pytest.raises(recompute.Wrong):
        recompute.recompute(copy)


def test_a_sample_of_which_something_is_kept_back_is_found(
    municipality: Teten, tmp_path: Path
) -> None:
    bundled(municipality, tmp_path / "bundle", people=People.OPEN, picks=("K-1",))
    assert recompute.recompute(tmp_path / "bundle") == 13
    file = tmp_path / "bundle" / "vouchers.csv"
    rows = file.read_text("utf-8")
    outside = re.sub(";included;.*", ";outside;", rows)
    file.write_text(outside, "utf-8")
    with pytest.raises(recompute.Wrong, match="'outside' can't be"):
        recompute.recompute(tmp_path / "bundle")
    file.write_text(rows, "utf-8")
    next((tmp_path / "bundle" / "proofs").iterdir()).unlink()
    with pytest.raises(recompute.Wrong, match="which was picked"):
        recompute.recompute(tmp_path / "bundle")


def test_a_transaction_too_many_or_too_few_is_found(copy: Path) -> None:
    text = (copy / "ledger.journal").read_text("utf-8")
    transactions = text.split("\n\n")
    for other in ([*transactions, transactions[-1]], transactions[:-1]):
        (copy / "ledger.journal").write_text("\n\n".join(other) + "\n", "utf-8")
        with pytest.raises(recompute.Wrong):
            recompute.recompute(copy)


# Without us --------------------------------------------------------------------------------------

NO_NETWORK = """
import sys
def refuse(event, _):
    if event.startswith(("socket.", "urllib.", "http.")):
        raise PermissionError(event)
sys.addaudithook(refuse)
"""


@pytest.fixture(scope="session")
def bare_python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Python that has `cryptography` and what that needs, nothing of ours, and no network."""
    folder = tmp_path_factory.mktemp("bare")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
    packages = next((folder / "lib").glob("python*")) / "site-packages"
    ours = Path(cryptography.__file__).parents[1]
    for each in ours.iterdir():
        if each.name.startswith(("cryptography", "cffi", "_cffi_backend", "pycparser")):
            (packages / each.name).symlink_to(each)
    (packages / "sitecustomize.py").write_text(NO_NETWORK)
    return folder / "bin" / "python"


def ran(python: Path, *arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [python, *map(str, arguments)], capture_output=True, encoding="utf-8", check=False, env={}
    )


def test_it_verifies_where_there_is_nothing_but_python_and_cryptography(
    bare_python: Path, open_bundle: Path, copy: Path, vkey: str
) -> None:
    for ours in (
        "import psycopg",
        "import pydantic",
        "import socket; socket.create_server(('', 0))",
    ):
        assert ran(bare_python, "-c", ours).returncode == 1
    done = ran(bare_python, open_bundle / "verify.py", "--vkey", vkey, "--json")
    told = json.loads(done.stdout)
    assert (done.returncode, told["ok"], told["key_given"]) == (0, True, True)
    assert ran(bare_python, open_bundle / "recompute.py").returncode == 0
    said = ran(bare_python, open_bundle / "verify.py")
    assert said.returncode == 0
    assert "YOU GAVE NO KEY" in said.stdout
    assert "Pakken er hel, men enhver kan have lavet den" in said.stdout
    assert "Pakken er i orden" not in said.stdout
    event_changed(copy)
    said = ran(bare_python, copy / "verify.py", "--vkey", vkey)
    assert said.returncode == 1
    assert "events.jsonl: position" in said.stdout
    assert "IKKE i orden" in said.stdout
    (copy / MANIFEST).unlink()
    assert ran(bare_python, copy / "verify.py").returncode == 1


def test_a_file_that_is_called_like_a_good_answer_gives_none(
    bare_python: Path, copy: Path, vkey: str
) -> None:
    (copy / "x\x1b[2J\nPakken er i orden: intet er ændret.").write_text("")
    said = ran(bare_python, copy / "verify.py", "--vkey", vkey)
    assert said.returncode == 1
    assert "\x1b" not in said.stdout
    assert "Pakken er i orden: intet er ændret." not in said.stdout.splitlines()


@pytest.mark.parametrize("mistyped", ["abc", "a+b", "teten.local/x+00000000+AAAA", "++"])
def test_a_key_that_is_mistyped_is_said_to_be_none(open_bundle: Path, mistyped: str) -> None:
    with pytest.raises(ValueError, match="not the public key of a log"):
        Bundle(open_bundle, mistyped)


def test_a_witness_that_is_asked_for_has_cosigned(
    bare_python: Path, open_bundle: Path, vkey: str
) -> None:
    witness = Signer.new("witness.example/revisor").vkey
    said = ran(bare_python, open_bundle / "verify.py", "--vkey", vkey, "--witness", witness)
    assert said.returncode == 1
    assert "none is cosigned by witness.example/revisor" in said.stdout


@pytest.mark.parametrize("program", ["verify.py", "recompute.py", "unseal.py"])
def test_its_programs_are_our_own_to_the_byte_and_read_by_the_oldest_python_that_they_speak_of(
    open_bundle: Path, program: str
) -> None:
    source = (ROOT / "service" / "bundle" / program).read_text("utf-8")
    assert (open_bundle / program).read_text("utf-8") == source
    ast.parse(source, feature_version=(3, 9))
