"""For every day that a correct system was asked about, the report from a bundle is the live one."""

import json
import shutil
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from service.app import Teten
from service.bundle.making import make
from service.bundle.reading import BundleBroken, reports
from service.bundle.sealing import People
from service.bundle.wanted import Wanted
from tests.bundle.bundles import wrong
from tests.conftest import PILOT, PRACTICE

LATER = date(2026, 11, 22)


def in_any_order(part: Any) -> Any:
    return sorted(part, key=json.dumps) if isinstance(part, list) else part


@pytest.fixture(scope="module", params=[("LTT", "pilot", PILOT), ("NP", "practice", PRACTICE)])
def bundle(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Path, dict[str, Any]]]:
    """Of all that there is, and what a correct system answers."""
    programme, fixture, data = request.param
    teten: Teten = request.getfixturevalue(fixture)
    teten.checkpoints.make()
    folder = tmp_path_factory.mktemp("bundle") / programme
    wanted = Wanted(programme, date(2000, 1, 1), date(2030, 1, 1), People.OPEN)
    make(teten, wanted, folder)
    yield folder, json.loads((data / "expected.json").read_text("utf-8"))


def test_it_is_what_a_correct_system_answers_for_every_date(
    bundle: tuple[Path, dict[str, Any]],
) -> None:
    folder, expected = bundle
    found = reports(folder)
    for day, answers in [(None, expected["end"]), *expected["as_of"].items()]:
        report = found.report(date.fromisoformat(day) if day else None, LATER)
        assert {name: in_any_order(part) for name, part in report.items()} == {
            name: in_any_order(part) for name, part in answers.items()
        }, day
    assert found.statements() == expected["statements"]


def test_of_a_bundle_that_was_changed_there_is_no_report(open_bundle: Path, tmp_path: Path) -> None:
    shutil.copytree(open_bundle, tmp_path / "bundle")
    (tmp_path / "bundle" / "refused.jsonl").write_text("{}\n")
    assert wrong(tmp_path / "bundle")
    with pytest.raises(BundleBroken, match=r"refused\.jsonl"):
        reports(tmp_path / "bundle")
    with pytest.raises(BundleBroken, match="no whole bundle"):
        reports(tmp_path)


def test_with_people_left_out_only_the_texts_are_missing(
    municipality: Teten, open_bundle: Path, tmp_path: Path
) -> None:
    make(municipality, Wanted("TU", date(2019, 1, 1), date(2019, 12, 31)), tmp_path / "bundle")
    whole = reports(open_bundle).report(None, LATER)
    found = reports(tmp_path / "bundle").report(None, LATER)
    assert [each["text"] for each in whole["unreconciled"]] == ["Anna betalte tilbage"]
    for each in whole["unreconciled"]:
        each["text"] = None
    assert found == whole
