"""A witness and the log's keys from the command line."""

import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from service.app import opened
from service.evidence.outside.cosigning import WitnessKey
from service.settings import Settings
from tests.evidence.outside.conftest import Growing
from tests.evidence.outside.logs import HONEST, KEY, OTHER_FACE
from tests.evidence.outside.servers import new_witness, serving_witness
from tests.evidence.outside.test_witness import Watched
from tests.service.test_serve import Service
from tests.shell import TETEN, Shell


@pytest.fixture
def shell(settings: Settings) -> Shell:
    return Shell(settings)


@contextmanager
def witness_process(shell: Shell, folder: Path, log: Path) -> Iterator[Service]:
    with (
        log.open("w") as file,
        subprocess.Popen(
            [TETEN, "witness", "serve", "--folder", folder, "--port", "0"],
            env=shell.environment,
            stderr=file,
            text=True,
        ) as process,
    ):
        try:
            yield Service(process, log)
        finally:
            process.terminate()
            process.wait(60)


def test_a_witness_is_set_up_and_serves_until_it_is_told_to_stop(
    shell: Shell, tmp_path: Path
) -> None:
    folder = tmp_path / "witness"
    key = WitnessKey.parse(shell("witness", "new-key", "w.example", "--folder", folder).stdout)
    assert shell("witness", "new-key", "w.example", "--folder", folder).returncode == 1
    (folder / "logs.txt").write_text(f"# Aarhus\n{KEY.vkey}\n", "utf-8")
    with witness_process(shell, folder, tmp_path / "log") as witness:
        Watched(folder, witness.url, key).cosigns(HONEST, 12)
        witness.process.terminate()
        assert witness.ends() == 0
    assert [line["status"] for line in witness.lines if line["event"] == "asked"] == [200]


def test_what_a_witness_saw_is_told_and_that_a_log_contradicted_itself(
    shell: Shell, tmp_path: Path
) -> None:
    key = new_witness(tmp_path / "w", KEY)
    with serving_witness(tmp_path / "w") as url:
        watched = Watched(tmp_path / "w", url, key)
        watched.cosigns(HONEST, 20)
        assert watched.post(20, OTHER_FACE.made(20).note).status_code == 409
    done = shell("witness", "seen", "--folder", tmp_path / "w")
    assert done.returncode == 1
    said = [line.partition(", seen")[0] for line in done.stdout.splitlines()]
    assert said == [key.vkey, f"{KEY.name}: 20", f"{KEY.name}: REFUSED 20"]


def test_a_witness_without_a_key_or_with_a_broken_list_says_so(
    shell: Shell, tmp_path: Path
) -> None:
    done = shell("witness", "serve", "--folder", tmp_path / "nothing", "--port", "0")
    assert (done.returncode, "witness.key" in done.stderr) == (1, True)
    new_witness(tmp_path / "w")
    (tmp_path / "w" / "logs.txt").write_text("teten.example\n")
    done = shell("witness", "serve", "--folder", tmp_path / "w", "--port", "0")
    assert (done.returncode, "logs.txt, line 1" in done.stderr) == (1, True)


def test_keys_are_listed_and_rotated(shell: Shell, settings: Settings) -> None:
    done = shell("keys", "rotate")
    assert (done.returncode, "Nothing was signed yet" in done.stderr) == (1, True)
    with opened(settings) as teten:
        Growing(teten).checkpoint()
    (first,) = shell.data("keys")
    rotated = shell.data("keys", "rotate")
    assert shell.data("keys") == [first, {k: rotated[k] for k in ("vkey", "fingerprint")}]
    assert re.fullmatch("([0-9a-f]{4} ){15}[0-9a-f]{4}", rotated["fingerprint"])
    assert shell("verify").returncode == 0
