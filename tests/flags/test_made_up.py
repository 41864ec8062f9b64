from pathlib import Path

import pytest

from service.bench.flags.making import Kind
from service.bench.flags.measuring import made_up, speed
from service.bench.flags.telling import data, markdown
from service.bench.place import Place

CASES = 30
SEEDS = (1, 2)  # The first ones. `teten bench flags --made-up 10` measures more.


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("kind", Kind)
def test_rules_name_what_was_misused_and_few_of_the_innocent(
    server: str, tmp_path: Path, kind: Kind, seed: int
) -> None:
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
