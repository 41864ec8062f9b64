"""Whoever takes over what opens pictures is still outside: nothing is read, changed, started, reached."""

import json
import os
import platform
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from service import doctor
from service.app import Teten
from service.pictures import confining
from service.pictures.workshop import Workshop
from tests.conftest import ROOT
from tests.pictures import escapes, papers

PRISONER = "tests.pictures.escapes:Prisoner"
# Kernels and containers refuse these to others, too.
SOMETIMES_REFUSED = {
    "works aside (io_uring)",
    "asks for the session's keys",
    "leaves its namespaces",
}


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """With a key, somebody's sealed file, and both of them open in the service as nothing should be."""
    key, sealed = tmp_path / "master.key", tmp_path / "files" / "ab" / "abcd.citizen"
    sealed.parent.mkdir(parents=True)
    for path in (key, sealed, tmp_path / "kept"):
        path.write_bytes(b"nobody's business")
    readable = {
        "who has an account": "/etc/passwd",
        "the key": str(key),
        "somebody's sealed file": str(sealed),
        "the service's settings": f"/proc/{os.getpid()}/environ",
        "the service's memory map": f"/proc/{os.getpid()}/maps",
        "its own program": sys.executable,
    }
    told = {"parent": os.getpid(), "readable": readable, "folder": str(tmp_path)}
    (tmp_path / escapes.TOLD).write_text(json.dumps(told))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TETEN_MASTER_KEY", "ab" * 32)
    with key.open("rb") as one, sealed.open("rb") as other:
        os.set_inheritable(one.fileno(), True)  # noqa: FBT003 - no keyword for it
        os.set_inheritable(other.fileno(), True)  # noqa: FBT003
        yield tmp_path


def test_whoever_takes_over_the_child_reaches_nothing(home: Path) -> None:
    with Workshop(PRISONER) as workshop:
        found = workshop.work(papers.png(Image.new("RGB", (escapes.WIDTH, 9)))).reading

    assert workshop.confined
    assert found
    assert found.readers == ()
    assert (home / "kept").read_bytes() == b"nobody's business"


def test_each_of_these_attempts_succeeds_where_nothing_confines(home: Path) -> None:
    """Or they would prove nothing."""
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    told = subprocess.run(
        [sys.executable, "-m", "tests.pictures.escapes"],
        capture_output=True, check=True, timeout=60, cwd=home, env=environment,
    )  # fmt: skip
    tried = json.loads(told.stdout)

    assert set(tried["all"]) - set(tried["succeed"]) <= SOMETIMES_REFUSED


def test_a_system_without_the_kernels_help_is_said_to_have_none(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(platform, "machine", lambda: "riscv64")

    assert not confining._by_itself()


def test_the_doctor_fails_where_the_kernel_does_not_help(
    monkeypatch: pytest.MonkeyPatch, teten: Teten
) -> None:
    assert [each.ok for each in doctor._confinement(teten)] == [True]

    monkeypatch.setattr(Workshop, "confined", False)
    [told] = doctor._confinement(teten)

    assert not told.ok
    assert "network" in told.says
