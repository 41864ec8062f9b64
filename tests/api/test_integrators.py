"""What integrators are told: each example of their page is run as it stands there."""

import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.api.conftest import Asker, numbers
from tests.api.wire import on_a_socket

PAGE = Path(__file__).parents[2] / "docs/for/integrator.md"
EXAMPLES = re.findall(r"^```sh\n(.*?)^```$", PAGE.read_text("utf-8"), re.MULTILINE | re.DOTALL)
TOLD = (
    *('"case-I-1":2', '"dry_run":true', '"case-I-1":3', '"receipt-', '"stage":"accepted"'),
    '"event":',
)


def test_every_example_does_what_the_page_says(asker: Asker, tmp_path: Path) -> None:
    register = {"case_no": "I-1", "citizen": f"citizen-{next(numbers):016x}", "phase": "1"}
    chosen = {"selection": "random", "sparring": "individual", "caseworker": "both-1"}
    asker.enter("kons-1")
    assert asker.ask("register-case", register | chosen).status_code == 200
    (tmp_path / "receipt.png").write_bytes(b"\x89PNG\r\n\x1a\n of the page")
    app: Any = asker.client.app
    assert len(EXAMPLES) == len(TOLD)
    with on_a_socket(app) as port:
        for example, told in zip(EXAMPLES, TOLD, strict=True):
            asker.enter("kons-1" if "T-1" in example else "both-1")
            known = {"TETEN": f"http://127.0.0.1:{port}", "TOKEN": asker.token}
            done = subprocess.run(
                ["bash", "-euo", "pipefail", "-c", example],
                env={**os.environ, **known},
                cwd=tmp_path,
                capture_output=True,
                encoding="utf-8",
                check=False,
            )
            assert done.returncode == 0, done.stderr
            assert told in done.stdout


@pytest.mark.parametrize("example", EXAMPLES)
def test_no_example_names_a_machine(example: str) -> None:
    assert "$TETEN" in example
