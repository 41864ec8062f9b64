"""What a sample proves: the published factors and formulae, a drawing that favours nobody, and a limit that
holds as often as it says."""

from collections import Counter
from collections.abc import Sequence
from fractions import Fraction
from functools import cache
from itertools import pairwise
from math import ceil
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.money import ZERO, Money, kr, total
from domain.programme import Route
from domain.sampling.drawing import DrawnItem, drawn, seed_of
from domain.sampling.evaluation import Conclusion, Evaluation, evaluated
from domain.sampling.factors import factor, sampling_interval
from domain.sampling.population import (
    REST,
    FixedStratum,
    Item,
    Stratum,
    digest,
    fixed,
    in_strata,
)
from tests.examples_sampling import item, stratum

# Factors -----------------------------------------------------------------------------------------

# AICPA, Audit Guide: Audit Sampling, confidence factors for monetary unit sampling: by confidence, for 0 to
# 10, 15 and 20 misstatements. Printed with two decimals, rounded up.
ERRORS = (*range(11), 15, 20)
PUBLISHED = {
    95: "3.00 4.75 6.30 7.76 9.16 10.52 11.85 13.15 14.44 15.71 16.97 23.10 29.07",
    90: "2.31 3.89 5.33 6.69 8.00 9.28 10.54 11.78 13.00 14.21 15.41 21.30 27.05",
    85: "1.90 3.38 4.73 6.02 7.27 8.50 9.71 10.90 12.08 13.25 14.42 20.13 25.74",
    80: "1.61 3.00 4.28 5.52 6.73 7.91 9.08 10.24 11.38 12.52 13.66 19.24 24.73",
}


@pytest.mark.parametrize("confidence", PUBLISHED)
def test_the_factors_are_those_that_are_published(confidence: int) -> None:
    published = [int(each.replace(".", "")) for each in PUBLISHED[confidence].split()]
    assert [ceil(factor(errors, confidence) * 100) for errors in ERRORS] == published


@pytest.mark.parametrize("confidence", [70, 95, 99])
def test_each_error_adds_more_than_itself_and_less_than_the_one_before(confidence: int) -> None:
    steps = [factor(n + 1, confidence) - factor(n, confidence) for n in range(60)]
    assert all(step > 1 for step in steps)
    assert all(b <= a + Fraction(1, 5_000) for a, b in pairwise(steps))


def test_the_interval_is_that_of_the_textbooks() -> None:
    """Tolerable / factor; with an expected misstatement of up to one error, (tolerable - expected x the step
    to the next factor) / factor: the guide's expansion factor is 1.6 at 95 %, the step itself 1.75."""
    assert sampling_interval(kr(125_000), ZERO, 95) == Money(int(12_500_000 / factor(0, 95)))
    more = factor(1, 95) - factor(0, 95)
    wanted = (5_000_000 - 500_000 * more) / factor(0, 95)
    assert sampling_interval(kr(50_000), kr(5_000), 95) == Money(int(wanted))


@given(
    materiality=st.integers(1, 10**9),
    share=st.integers(0, 50),
    confidence=st.integers(70, 99),
)
def test_when_just_what_is_expected_is_found_the_limit_is_within_the_materiality(
    materiality: int, share: int, confidence: int
) -> None:
    expected = materiality * share // 100
    interval = sampling_interval(Money(materiality), Money(expected), confidence).ore
    whole, rest = divmod(expected, interval)
    limit = factor(whole, confidence) * interval
    limit += rest * (factor(whole + 1, confidence) - factor(whole, confidence))
    assert limit <= materiality or interval == 1  # No interval is below one øre.
    assert sampling_interval(Money(materiality), ZERO, confidence).ore >= interval


# Evaluated ---------------------------------------------------------------------------------------


def part(interval: Money, name: str = REST, *, left_to_chance: bool = True) -> FixedStratum:
    return FixedStratum(
        name=name,
        interval=interval,
        items=100,
        amount=kr(1_000_000),
        certain_items=0 if left_to_chance else 100,
        certain_amount=ZERO,
    )


def looked_at(
    *found: tuple[Money, Money], interval: Money, confidence: int = 95, materiality: Money
) -> Evaluation:
    """Of items with these booked and audited amounts."""
    sample = [
        DrawnItem(
            position=n,
            ref="",
            case_no="A-1",
            line_no=1,
            amount=booked,
            stratum=REST,
            certain=booked >= interval,
        )
        for n, (booked, _) in enumerate(found)
    ]
    audited = {n: amount for n, (_, amount) in enumerate(found)}
    return evaluated([part(interval)], sample, audited, confidence, materiality)


def test_a_worked_example_of_a_textbook() -> None:
    """A risk of incorrect acceptance of 5 %, an interval of 12,300: a certain item 2,500 too high,
    taintings of 60 % and 33 1/3 %. Projected 2,500 + 7,380 + 4,100; basic precision 12,300 x 3.00 (2.9958);
    incremental allowance 7,380 x 0.75 + 4,100 x 0.55 (0.7481 and 0.5519)."""
    found = looked_at(
        (kr(15_000), kr(12_500)),
        (kr(10_000), kr(4_000)),
        (kr(3_000), kr(2_000)),
        (kr(800), kr(800)),
        interval=kr(12_300),
        materiality=kr(65_000),
    )
    over = found.overstated
    assert (over.errors, over.known, over.projected) == (3, kr(9_500), kr(13_980))
    assert over.basic_precision == kr(36_848, 34)
    assert over.incremental_allowance == kr(7_783, 77)
    assert over.upper_limit == kr(58_612, 11)
    assert (found.understated.errors, found.understated.projected) == (0, ZERO)
    assert found.conclusion is Conclusion.WITHIN


def test_what_is_booked_too_low_is_bounded_apart_and_never_set_off() -> None:
    found = looked_at(
        (kr(1_000), kr(500)),
        (kr(1_000), kr(1_500)),
        interval=kr(10_000),
        materiality=kr(60_000),
    )
    assert found.overstated == found.understated
    assert found.overstated.projected == kr(5_000)


@pytest.mark.parametrize(
    ("materiality", "conclusion"),
    [
        (kr(4_999), Conclusion.ABOVE),
        (kr(5_000), Conclusion.UNSURE),
        (kr(38_698, 49), Conclusion.UNSURE),
        (kr(38_698, 50), Conclusion.WITHIN),
    ],
)
def test_the_conclusion_goes_by_the_projection_and_by_the_limit(
    materiality: Money, conclusion: Conclusion
) -> None:
    found = looked_at((kr(1_000), kr(500)), interval=kr(10_000), materiality=materiality)
    assert found.overstated.upper_limit == kr(38_698, 50)
    assert found.conclusion is conclusion


def test_where_all_was_looked_at_there_is_no_doubt_left() -> None:
    whole = evaluated([part(kr(100), left_to_chance=False)], [], {}, 95, kr(1))
    assert whole.overstated.upper_limit == ZERO


def test_the_longest_interval_that_leaves_anything_to_chance_gives_the_basic_precision() -> None:
    """And what is found ranks by what it projects to, in whichever stratum."""
    strata = [
        part(kr(100), "dense"),
        part(kr(200), "sparse"),
        part(kr(900), "looked_at", left_to_chance=False),
    ]
    sample = [
        DrawnItem(
            position=n,
            ref="",
            case_no="A-1",
            line_no=1,
            amount=kr(10),
            stratum=stratum,
            certain=False,
        )
        for n, stratum in enumerate(("dense", "sparse"))
    ]
    over = evaluated(strata, sample, {0: ZERO, 1: kr(4)}, 95, kr(1)).overstated
    assert over.projected == kr(100) + kr(120)
    assert over.basic_precision == kr(599, 16)  # 200 x 2.9958.
    assert over.incremental_allowance == kr(144, 97)  # 120 x 0.7481 + 100 x 0.5519, rounded up.


def test_no_more_is_overstated_than_is_booked() -> None:
    small = FixedStratum(
        name=REST,
        interval=kr(100),
        items=1,
        amount=kr(60),
        certain_items=0,
        certain_amount=ZERO,
    )
    of_all = DrawnItem(
        position=1,
        ref="",
        case_no="A-1",
        line_no=1,
        amount=kr(60),
        stratum=REST,
        certain=False,
    )
    found = evaluated([small], [of_all], {1: ZERO}, 95, kr(60))
    assert found.overstated.projected == found.overstated.upper_limit == kr(60)


amounts = st.integers(1, 1_000)
results = st.lists(st.tuples(amounts, st.integers(0, 2_000)), max_size=12)


@given(found=results, at=st.integers(0, 12), worse=amounts, confidence=st.integers(70, 99))
def test_more_errors_never_lower_a_limit_and_no_limit_is_below_its_projection(
    found: list[tuple[int, int]], at: int, worse: int, confidence: int
) -> None:
    def told(some: Sequence[tuple[int, int]]) -> Evaluation:
        pairs = [(Money(booked), Money(audited)) for booked, audited in some]
        return looked_at(
            *pairs, interval=Money(700), confidence=confidence, materiality=Money(10**6)
        )

    before = told(found)
    for each in (before.overstated, before.understated):
        assert each.upper_limit >= each.projected
        assert each.basic_precision > ZERO
    if found:
        booked, audited = found[at % len(found)]
        worsened = [*found]
        worsened[at % len(found)] = (booked, max(0, min(audited, booked) - worse))
        assert told(worsened).overstated.upper_limit >= before.overstated.upper_limit
    assert told([*found, (10, 0)]).overstated.upper_limit >= before.overstated.upper_limit


# Drawn -------------------------------------------------------------------------------------------

STRATA = (stratum(weight=3), stratum(name="large", route=None, at_least=Money(500), weight=2))
populations = st.lists(
    st.tuples(st.integers(-50, 900), st.sampled_from(list(Route))), min_size=1, max_size=60
)


def of(told: list[tuple[int, Route]]) -> list[Item]:
    return [
        item(position=n, ref=str(n), amount=Money(ore), route=route)
        for n, (ore, route) in enumerate(told, start=1)
    ]


@given(told=populations, interval=st.integers(1, 2_000), note=st.integers())
def test_the_same_seed_draws_the_same_however_the_items_come(
    told: list[tuple[int, Route]], interval: int, note: int
) -> None:
    some = of(told)
    other = sorted(some, key=lambda each: (each.route, each.amount, -each.position))
    parts = fixed(some, STRATA, Money(interval))
    assert fixed(other, STRATA, Money(interval)) == parts
    assert digest(other) == digest(some)
    seed = seed_of(digest(some), str(note))
    sample = drawn(some, STRATA, parts, seed)
    assert drawn(other, STRATA, parts, seed) == sample
    assert len({each.position for each in sample}) == len(sample)


@given(told=populations, interval=st.integers(1, 2_000))
def test_the_strata_are_the_population_and_every_item_is_in_one(
    told: list[tuple[int, Route]], interval: int
) -> None:
    some = of(told)
    positive = [each for each in some if each.amount > ZERO]
    parts = fixed(some, STRATA, Money(interval))
    assert total(each.amount for each in parts) == total(each.amount for each in positive)
    placed = Counter(each.position for part in in_strata(some, STRATA).values() for each in part)
    assert placed == Counter(each.position for each in positive)


@given(told=populations, interval=st.integers(1, 2_000), seed=st.integers(0, 10**6))
def test_certain_items_are_all_in_it_and_of_the_rest_one_for_each_interval(
    told: list[tuple[int, Route]], interval: int, seed: int
) -> None:
    some = of(told)
    parts = fixed(some, STRATA, Money(interval))
    sample = drawn(some, STRATA, parts, str(seed))
    for each in parts:
        mine = [one for one in sample if one.stratum == each.name]
        assert sum(one.certain for one in mine) == each.certain_items
        by_chance = (each.amount - each.certain_amount).ore
        expected = by_chance // each.interval.ore
        assert sum(not one.certain for one in mine) in {expected, expected + 1}


def test_each_krone_has_the_same_chance() -> None:
    """Over 1,500 drawings an item comes as often as its amount says: within four standard deviations."""
    sizes = [1, 2, 5, 10, 20, 40, 80, 160, 320, 640] * 3
    some = of([(ore, Route.ACCOUNT) for ore in sizes])
    parts = fixed(some, (), Money(800))
    times = 1_500
    drawings = (drawn(some, (), parts, str(seed)) for seed in range(times))
    came = Counter(each.position for sample in drawings for each in sample)
    for each in some:
        chance = Fraction(each.amount.ore, 800)
        spread = times * chance * (1 - chance)
        assert (came[each.position] - times * chance) ** 2 <= 16 * spread


def test_any_change_of_the_population_or_of_the_note_is_another_seed() -> None:
    some = of([(10, Route.CARD), (20, Route.EAN)])
    others = [some[:1], of([(10, Route.CARD), (21, Route.EAN)]), of([(10, Route.EAN)] * 2)]
    seeds = {seed_of(digest(each), "note") for each in (some, *others)}
    assert len(seeds | {seed_of(digest(some), "another")}) == 5


# Covered -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("strata", [(), STRATA], ids=["one", "by_risk"])
@pytest.mark.parametrize("confidence", [80, 95])
def test_the_limit_covers_what_is_wrong_at_least_as_often_as_it_says(
    strata: tuple[Stratum, ...], confidence: int
) -> None:
    """In 400 made-up populations, each with its own share of errors of its own size."""
    held = sum(_covered(Random(n), strata, confidence) for n in range(400))
    assert held * 100 >= confidence * 400


@cache
def _some_population(which: int) -> list[Item]:
    dice = Random(which)
    sizes = [int(dice.lognormvariate(5, 1)) + 1 for _ in range(100)]
    return of([(ore, dice.choice(list(Route))) for ore in sizes])


def _covered(dice: Random, strata: tuple[Stratum, ...], confidence: int) -> bool:
    some = _some_population(dice.randrange(20))
    everything = total(each.amount for each in some).ore
    rate, tainting = dice.choice([0.01, 0.03, 0.1, 0.3]), dice.choice([0.1, 0.5, 1.0])
    true = {
        each.position: int(each.amount.ore * (1 - tainting * (dice.random() < rate)))
        for each in some
    }
    parts = fixed(some, strata, Money(everything // 20))
    sample = drawn(some, strata, parts, str(dice.random()))
    audited = {each.position: Money(true[each.position]) for each in sample}
    found = evaluated(parts, sample, audited, confidence, kr(1)).overstated
    return found.upper_limit.ore >= everything - sum(true.values())


def test_at_its_worst_it_holds_hardly_oftener_than_it_says() -> None:
    """Items that are wholly wrong, of a little more than what may hide in a sample without any error."""
    some = of([(10, Route.ACCOUNT)] * 300)
    parts = fixed(some, (), Money(100))
    wrong = {each.position for each in some[:31]}  # 3.10 intervals, where the factor is 2.9958.
    missed, times = 0, 600
    for seed in range(times):
        sample = drawn(some, (), parts, str(seed))
        audited = {e.position: ZERO if e.position in wrong else e.amount for e in sample}
        limit = evaluated(parts, sample, audited, 95, kr(1)).overstated.upper_limit
        missed += limit < Money(310)
    assert 0.02 * times <= missed <= 0.05 * times
