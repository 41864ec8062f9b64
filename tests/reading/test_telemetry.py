"""The second reader tells nobody that it is used, and keeps nothing of this machine."""

import os
import subprocess
import sys
from pathlib import Path

from tests.conftest import ROOT

READS = """
from PIL import Image
from service.reading.rapid import Rapid
Rapid().lines(Image.new("L", (300, 200), "white"))
"""


def test_a_reader_leaves_nothing_in_its_accounts_home(tmp_path: Path) -> None:
    """Telemetry would leave there a number by which the machine is known, and what is to be told."""
    switches = {"CI", "ORT_DISABLE_TELEMETRY", "ORT_RUNNING_UNIT_TESTS", "XDG_CACHE_HOME"}
    kept = {name: value for name, value in os.environ.items() if name not in switches}
    environment = kept | {"HOME": str(tmp_path), "PYTHONPATH": str(ROOT)}

    subprocess.run([sys.executable, "-c", READS], check=True, env=environment)

    assert not list(tmp_path.rglob("*"))
