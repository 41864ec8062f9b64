"""The pilot's payments of 2017, sampled: the population is what was paid in the year, and the limit covers
the misuse that there really was."""

import csv
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest

from domain.money import ZERO, Money, kr
from domain.sampling.drawing import DrawnItem, drawn, seed_of
from domain.sampling.evaluation import evaluated
from domain.sampling.factors import sampling_interval
from domain.sampling.population import Item, Kind, Stratum, digest, fixed
from projections.balances import Dimension
from projections.population import population
from service.app import Teten
from tests.conftest import PILOT

YEAR = date(2017, 1, 1), date(2017, 12, 31)
CHECKPOINTS = 100
BY_RISK = (
    Stratum(name="undocumented", weight=2, undocumented=True),
    Stratum(name="large", weight=2, at_least=kr(20_000)),
)


@pytest.fixture(scope="module")
def items(pilot: Teten) -> list[Item]:
    everything, head = pilot.log.everything(), pilot.log.head()
    return population(everything, "LTT", Kind.PAYMENTS, *YEAR, head)


@pytest.fixture(scope="module")
def misused(pilot: Teten) -> dict[int, Money]:
    """What of each payment really was misused: of a line's, the first ones first."""
    with (PILOT / "truth_misuse.csv").open(encoding="utf-8-sig") as file:
        left = {
            (row["case_no"], row["line_no"]): Money.parse_danish(row["amount"])
            for row in csv.DictReader(file, delimiter=";")
        }
    days = date(2016, 1, 1), date(2018, 12, 31)
    found = {}
    for item in population(pilot.log.everything(), "LTT", Kind.PAYMENTS, *days, pilot.log.head()):
        line = item.case_no, str(item.line_no)
        found[item.position] = max(ZERO, min(left.get(line, ZERO), item.amount))
        left[line] = left.get(line, ZERO) - found[item.position]
    return found


def test_the_population_is_what_was_paid_in_the_year(pilot: Teten, items: list[Item]) -> None:
    with pilot.reports("LTT") as reports:
        [programme] = reports.balances(Dimension.PROGRAMME, YEAR[1])
    paid = programme.figures(YEAR[1]).paid - programme.figures(date(2016, 12, 31)).paid
    assert len(items) == 253
    assert sum(item.amount.ore for item in items) == paid.ore == kr(2_596_165).ore


@pytest.mark.parametrize("strata", [(), BY_RISK], ids=["one", "by_risk"])
def test_whatever_checkpoint_draws_the_limit_covers_the_misuse_of_the_year(
    items: list[Item], misused: dict[int, Money], strata: tuple[Stratum, ...]
) -> None:
    """130,600 kr. of 2,596,165 kr.; with 95 % confidence, at least 95 of 100."""
    truth = sum(misused[item.position].ore for item in items)
    assert truth == kr(130_600).ore
    interval = sampling_interval(kr(200_000), kr(60_000), 95)
    held, projected = 0, 0
    for sample, parts in drawings(items, strata, interval):
        audited = {item.position: item.amount - misused[item.position] for item in sample}
        over = evaluated(parts, sample, audited, 95, kr(200_000)).overstated
        held += over.upper_limit.ore >= truth
        projected += over.projected.ore
    assert held >= 95
    assert abs(projected // CHECKPOINTS - truth) < truth // 10  # On average, it is not beside it.


def drawings(
    items: list[Item], strata: tuple[Stratum, ...], interval: Money
) -> Iterator[tuple[tuple[DrawnItem, ...], Any]]:
    parts = fixed(items, strata, interval)
    for note in range(CHECKPOINTS):
        yield drawn(items, strata, parts, seed_of(digest(items), str(note))), parts
