"""Two readers of code, of which one knows our own rules, find nothing that isn't meant."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.conftest import ROOT

# Made by `make setup`, from a lock of its own.
READERS = Path(sys.prefix) / "security" / "bin"
OURS = ("domain", "projections", "service")
RULES = ROOT / "security"
# What follows, whose line a rule finds (`ruleid`) or passes (`ok`): semgrep's own way of writing it.
MEANT = re.compile(r"(ruleid|ok): ([\w-]+)")
LET_PASS = re.compile(r"(?:nosec|nosemgrep)(?:: | )[\w-]+")


def read_by(program: str, *arguments: str, home: Path) -> Any:
    """What it found, as it says it. It asks nobody on the net, and writes nothing but there."""
    quiet = {"SEMGREP_SEND_METRICS": "off", "SEMGREP_ENABLE_VERSION_CHECK": "0"}
    kept = {"SEMGREP_SETTINGS_FILE": str(home / "settings"), "SEMGREP_LOG_FILE": str(home / "log")}
    path = f"{READERS}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        [READERS / program, *arguments],
        cwd=ROOT,
        env={**os.environ, **quiet, **kept, "PATH": path},
        capture_output=True,
        encoding="utf-8",
        timeout=300,
        check=False,
    )
    assert done.stdout, done.stderr
    return json.loads(done.stdout)


def examples() -> Iterator[tuple[str, str, int, bool]]:
    """Of each example: file, rule, line, and whether it is to be found there."""
    for file in (RULES / "rules.py", RULES / "rules.html"):
        for number, line in enumerate(file.read_text("utf-8").splitlines(), start=2):
            if found := MEANT.search(line):
                yield str(file.relative_to(ROOT)), found[2], number, found[1] == "ruleid"


def test_our_own_rules_find_their_bad_examples_and_nothing_in_the_code(tmp_path: Path) -> None:
    # The same rules by the same engine as without "experimental", in half the time.
    asked = ("scan", "--experimental", "--json", "--quiet", "--config", "security", "security")
    said = read_by("semgrep", *asked, *OURS, home=tmp_path)
    found = {
        (each["path"], each["check_id"].rpartition(".")[2], each["start"]["line"])
        for each in said["results"]
    }
    assert said["errors"] == []  # A file that it can't read is one that it doesn't look into.
    assert {file for file in found if file[0].startswith(OURS)} == set()
    assert found == {(file, rule, line) for file, rule, line, bad in examples() if bad}


def test_every_rule_has_an_example_that_it_finds_and_one_that_it_passes() -> None:
    rules = set(re.findall(r"^  - id: (.+)$", (RULES / "rules.yml").read_text("utf-8"), re.MULTILINE))
    assert {rule for _, rule, _, bad in examples() if bad} == rules
    assert {rule for _, rule, _, bad in examples() if not bad} == rules


def test_bandit_finds_nothing(tmp_path: Path) -> None:
    asked = ("--quiet", "--configfile", "pyproject.toml", "--format", "json", "--recursive")
    said = read_by("bandit", *asked, *OURS, home=tmp_path)
    assert said["errors"] == []
    found = [
        f"{each['filename']}:{each['line_number']} {each['test_id']} {each['issue_text']}"
        for each in said["results"]
    ]
    assert found == []


def test_what_is_let_pass_is_named_and_says_why() -> None:
    for path in (path for folder in OURS for path in (ROOT / folder).rglob("*.py")):
        for line in path.read_text("utf-8").splitlines():
            if "# nosec" in line or "# nosemgrep" in line:
                _, _, why = line.partition("# nos")
                assert LET_PASS.match(f"nos{why}"), f"{path}: {line}"
                assert re.search(r" - \w+|# \w+$", why), f"{path}: {line}"
