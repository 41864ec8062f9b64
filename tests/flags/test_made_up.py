from pathlib import Path

import pytest

from service.bench.flags.comparing import truth
from service.bench.flags.making import Kind, Maker, made
from service.bench.flags.measuring import made_up, speed
from service.bench.flags.telling import data, markdown
from service.bench.place import Place

ROOT = Path(__file__).parents[2]
CASES = 14


@pytest.mark.parametrize("kind", Kind)
def test_rules_name_what_was_misused_and_few_of_the_innocent(
    server: str, tmp_path: Path, kind: Kind
) -> None:
    seed = 101 if kind is Kind.ACCOUNT else 102
    compared = made_up(Place(server, tmp_path), seed, kind, CASES)
    assert compared.misused.ore > 0
    assert compared.holds, (compared.recall, compared.innocent, compared.missed)
    told = data([compared], None)
    assert told["data_sets"][0]["holds"]
    assert "| `receipts_missing` | live |" in markdown(told)


def test_every_rule_is_timed_over_a_long_log(server: str, tmp_path: Path) -> None:
    measured = speed(Place(server, tmp_path), 2_000, 3_000)
    assert measured["cases"] > 10
    assert "A receipt among 3000" in markdown(data([], measured))


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
