"""`teten bundle` and `teten report --bundle`, as people ask for them."""

import json
from pathlib import Path

from service.app import Teten
from service.evidence.notes import Signer
from tests.bundle.bundles import content, wrong
from tests.shell import Shell


def test_a_bundle_is_asked_for_and_reported_from(municipality: Teten, tmp_path: Path) -> None:
    teten = Shell(municipality.settings)
    (tmp_path / "picked.txt").write_text("U-1/1\n")
    asked: list[str | Path] = [
        "bundle",
        tmp_path / "TU",
        "--programme",
        "TU",
        "--sample",
        tmp_path / "picked.txt",
    ]
    asked += ["--people", "sealed", "--seal-key", tmp_path / "seal.key"]
    done = teten(*asked, "--from", "2019-04-01", "--to", "2019-04-30")
    assert done.returncode == 0, done.stderr
    vkey = municipality.checkpoints.signer().vkey
    assert done.stdout.rstrip().endswith(vkey)
    assert wrong(tmp_path / "TU", vkey) == []
    live = teten("report", "--programme", "TU", "--json")
    found = teten("report", "--bundle", tmp_path / "TU", "--vkey", vkey, "--json")
    assert (found.returncode, found.stderr) == (0, "")
    stranger = Signer.new("teten.local/stranger").vkey
    refused = teten("report", "--bundle", tmp_path / "TU", "--vkey", stranger)
    assert (refused.returncode, "the key that you gave" in refused.stderr) == (1, True)
    assert "anybody can have made" in teten("report", "--bundle", tmp_path / "TU").stderr
    told, said = json.loads(live.stdout), json.loads(found.stdout)
    assert (told.pop("refused"), said.pop("refused")) == (4, 2)  # Two came after the checkpoint.
    for each in told["unreconciled"]:
        each["text"] = None  # Sealed, and the key wasn't given.
    assert said == told


def test_what_is_in_the_way_is_said(municipality: Teten, tmp_path: Path) -> None:
    teten = Shell(municipality.settings)
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken" / "file").write_text("")
    for arguments, reason in (
        ([tmp_path / "new"], "choose one"),
        ([tmp_path / "taken", "--programme", "TU"], "is there already"),
        ([".", "--programme", "TU"], "is there already"),
    ):
        done = teten("bundle", *arguments)
        assert (done.returncode, reason in done.stderr) == (1, True), done.stderr
    assert list(content(tmp_path)) == ["taken/file"]
