"""RFC 3161 time stamps, by a real authority: the openssl program behind HTTP."""

import subprocess
from pathlib import Path
from typing import Any

import pytest

from service.evidence.outside.posting import Refused
from service.evidence.outside.stamps import Authority, BadStamp, read_certificates, stamped_at
from tests.evidence.outside.conftest import Growing, standing
from tests.evidence.outside.servers import new_authority, serving_authority


def test_the_first_checkpoint_of_the_day_is_stamped(
    growing: Growing, authority: dict[str, Any], tmp_path: Path
) -> None:
    outside = growing.outside(**authority)
    first = growing.checkpoint()
    outside.deliver()
    second = growing.checkpoint()
    outside.deliver()
    stamp = growing.file(first, "tsr").read_bytes()
    assert not growing.file(second, "tsr").exists()
    assert growing.held("SELECT size, stamp FROM evidence.stamps") == [(first.size, stamp)]
    at = stamped_at(stamp, first.note, read_certificates(authority["time_stamp_ca"]))
    assert abs((at - first.made_at).total_seconds()) < 600
    assert growing.findings(outside) == []


def test_openssl_finds_the_stamp_right_as_the_auditors_page_says(
    growing: Growing, authority: dict[str, Any], tmp_path: Path
) -> None:
    made = growing.checkpoint()
    growing.outside(**authority).deliver()
    (tmp_path / "note").write_bytes(growing.file(made).read_bytes())
    verifying = ("openssl", "ts", "-verify", "-in", str(growing.file(made, "tsr")))
    whose = ("-data", str(tmp_path / "note"), "-CAfile", str(authority["time_stamp_ca"]))
    assert subprocess.run([*verifying, *whose], capture_output=True, check=False).returncode == 0


def test_a_stamp_of_another_checkpoint_is_refused(
    growing: Growing, authority: dict[str, Any]
) -> None:
    outside = growing.outside(**authority)
    first, second = growing.checkpoint(), growing.checkpoint()
    outside.deliver()
    stamp = growing.file(first, "tsr").read_bytes()
    with pytest.raises(BadStamp, match="something else"):
        stamped_at(stamp, second.note, read_certificates(authority["time_stamp_ca"]))
    growing.file(second, "tsr").write_bytes(stamp)
    found = growing.findings(outside)
    assert [(each.position, each.kind) for each in found] == [(second.size, "stamp")]
    assert growing.findings(growing.outside()) == found  # Also where no authority is configured.


def test_an_old_answer_is_none_to_a_new_question(
    growing: Growing, authority: dict[str, Any], authority_folder: Path
) -> None:
    """The same note, stamped rightly before: it would say nothing of today."""
    made = growing.checkpoint()
    certificates = authority["time_stamp_ca"]
    assert Authority(authority["time_stamp"], certificates).stamp(made)
    with (
        serving_authority(authority_folder, answers="told.tsr") as url,
        pytest.raises(Refused, match="Nonce"),
    ):
        Authority(url, certificates).stamp(made)


def test_another_stamp_in_the_place_of_the_one_that_was_kept_is_found(
    growing: Growing, authority: dict[str, Any]
) -> None:
    """A valid one, of a later time."""
    outside = growing.outside(**authority)
    made = growing.checkpoint()
    outside.deliver()
    later = Authority(authority["time_stamp"], authority["time_stamp_ca"]).stamp(made)
    growing.file(made, "tsr").write_bytes(later)
    found = growing.findings(outside)
    assert [(each.position, each.kind) for each in found] == [(made.size, "stamp")]


def test_a_stamp_by_another_authority_is_refused(
    growing: Growing, authority: dict[str, Any], tmp_path: Path
) -> None:
    other = new_authority(tmp_path / "other")
    made = growing.checkpoint()
    outside = growing.outside(**authority | {"time_stamp_ca": other})
    outside.deliver()
    assert "by that authority" in (standing(outside, "time stamp").failing or "")
    growing.outside(**authority).deliver()
    assert [each.position for each in growing.findings(outside)] == [made.size]


def test_a_stamp_that_was_changed_or_taken_away_is_missed(
    growing: Growing, authority: dict[str, Any]
) -> None:
    outside = growing.outside(**authority)
    made = growing.checkpoint()
    outside.deliver()
    file = growing.file(made, "tsr")
    stamp = file.read_bytes()
    file.write_bytes(stamp[:-1] + bytes([stamp[-1] ^ 1]))
    assert {each.kind for each in growing.findings(outside)} == {"stamp"}
    file.write_bytes(b"")
    assert {each.kind for each in growing.findings(outside)} == {"stamp"}
    file.unlink()
    found = growing.findings(outside)
    assert [(each.position, each.kind) for each in found] == [(made.size, "stamp")]


def test_an_authority_without_certificates_is_not_asked(growing: Growing, tmp_path: Path) -> None:
    growing.checkpoint()
    outside = growing.outside(time_stamp="http://127.0.0.1:1")
    outside.deliver()
    assert "TETEN_TIME_STAMP_CA" in (standing(outside, "time stamp").failing or "")
    (tmp_path / "empty.pem").write_text("")
    outside = growing.outside(time_stamp="http://127.0.0.1:1", time_stamp_ca=tmp_path / "empty.pem")
    assert [each.kind for each in growing.findings(outside)] == ["stamp"]
