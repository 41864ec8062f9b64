from pathlib import Path

import pytest

from service.bench.flags.comparing import truth
from service.bench.flags.making import Kind, Maker, made

ROOT = Path(__file__).parents[2]


def test_a_seed_gives_the_same_data_set_and_another_seed_another(tmp_path: Path) -> None:
    one, again, other = (
        made(tmp_path / name, seed, Kind.CARD, 6) / "journal.csv"
        for name, seed in (("one", 1), ("again", 1), ("other", 2))
    )
    assert one.read_bytes() == again.read_bytes() != other.read_bytes()


@pytest.mark.parametrize("kind", Kind)
def test_what_was_misused_is_told_by_line(tmp_path: Path, kind: Kind) -> None:
    maker = Maker(3, kind, 10)
    folder = maker.files.write(tmp_path / "made")
    told = [(each.case_no, each.line_no, each.amount) for each in truth(folder)]
    assert told == [row[:3] for row in maker.files.truth]


def test_nothing_but_the_comparison_knows_of_the_truth() -> None:
    reads = [
        path.relative_to(ROOT).as_posix()
        for folder in ("domain", "projections", "service")
        for path in (ROOT / folder).rglob("*.py")
        if "truth_misuse" in path.read_text("utf-8")
    ]
    assert sorted(reads) == ["service/bench/flags/comparing.py", "service/bench/flags/files.py"]
