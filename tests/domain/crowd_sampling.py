"""What the crowd asks for when it audits: samples of a few made-up payments, in any order."""

from collections.abc import Sequence

from domain.money import ZERO, kr
from domain.words import Command
from tests import examples_sampling as sample
from tests.domain.crowd import ANYBODY, Crowd, Wish
from tests.examples import WORDS
from tests.examples_sampling import items

NAMES = ["R-1", "R-1", "R-2", "R-3", "R-4"]


def a_sample(crowd: Crowd) -> Sequence[Command]:
    """From the population to its end, or a part of the way, and now and then what can't be."""
    of = {"sample": crowd.choose(NAMES)}
    population, other = items(5, 4, 3), items(5, 4, 2)
    size = crowd.choose([40, 40, 40, 39, 0])
    expected = crowd.choose([ZERO, ZERO, kr(1), kr(2)])
    asked = {"materiality": kr(3), "expected": expected}
    looked_at = (crowd.choose([1, 4]), 1, 2, 3)
    entered = [sample.enter(**of, item=n, audited=kr(2)) for n in looked_at]
    wanted: list[Command] = [
        sample.fix(**of, **asked, items=population),
        sample.draw(**of, items=crowd.choose([population, population, other]), size=size),
        *entered,
        sample.correct(**of, item=crowd.choose([1, 2]), audited=kr(1), reason=WORDS),
        sample.close(**of),
    ]
    by = crowd.choose(["rev-1"] * 7 + ANYBODY)
    return [each.model_copy(update={"by": by}) for each in wanted[: crowd.choose([1, 2, 5, 8])]]


SAMPLE_WISHES: list[Wish] = [a_sample]
