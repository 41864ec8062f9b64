"""The threat model points at code and tests that are there."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

from tests.conftest import ROOT

PAGE = (ROOT / "SECURITY.md").read_text("utf-8")
ROWS = [line for line in PAGE.splitlines() if re.match(r"\| [STRIDE] \|", line)]
TESTS = re.compile(r"`(tests/[\w/]+\.py)(?:::(\w+))?`")


@cache
def named_in(path: Path) -> set[str]:
    tree = ast.parse(path.read_text("utf-8"))
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


@pytest.mark.parametrize("row", ROWS)
def test_each_threat_is_met_somewhere_and_shown_by_tests_that_there_are(row: str) -> None:
    _, _, threat, met, shown, _ = row.split("|")
    assert threat.strip() and met.strip()
    named = TESTS.findall(shown)
    assert named, row
    for file, test in named:
        assert (ROOT / file).is_file(), file
        assert not test or test in named_in(ROOT / file), test
    for file in re.findall(r"`((?:domain|projections|service)/[\w./]*)`", met):
        assert (ROOT / file).exists(), file


def test_every_kind_of_threat_is_thought_of() -> None:
    assert {row[2] for row in ROWS} == set("STRIDE")
    assert "## What is not met" in PAGE and "## Report" in PAGE
