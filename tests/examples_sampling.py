"""Good examples of audit sampling: a population, its drawing, and what the auditor found."""

from datetime import date
from typing import Any

from domain.money import Money, kr
from domain.programme import Route
from domain.sampling.population import Item, Stratum
from domain.sampling.samples import (
    CloseSample,
    CorrectResult,
    DrawSample,
    EnterResult,
    FixPopulation,
)
from domain.words import Command
from tests.examples import WORDS, example
from tests.scenario import DAY, NOON

ASKED: dict[str, Any] = {"id": "1", "at": NOON, "programme": "NP", "effective_on": DAY}
BY_AUDITOR = ASKED | {"by": "rev-1", "sample": "R-1"}
ROOT = "ab" * 32
NOTE = "teten.local/test\n40\nqqqq\n\n— teten.local/test c2lnbmVk\n"

item = example(
    Item,
    position=7,
    ref="T-1",
    case_no="A-1",
    line_no=1,
    amount=kr(5_000),
    event="TrancheSettled",
    route=Route.ACCOUNT,
    undocumented=True,
)
stratum = example(Stratum, name="card", weight=2, route=Route.CARD)


def items(*kroner: int, first: int = 1) -> tuple[Item, ...]:
    """A payment of so many kroner each, at positions from `first` on."""
    return tuple(
        item(position=first + n, ref=f"T-{first + n}", amount=kr(each))
        for n, each in enumerate(kroner)
    )


ITEMS = (*items(5_000, 300, 700, 200), item(position=5, amount=-kr(300), event="TrancheReturned"))

fix = example(
    FixPopulation,
    **BY_AUDITOR,
    kind="payments",
    first_day=date(2019, 1, 1),
    last_day=date(2019, 12, 31),
    confidence=95,
    materiality=kr(900),
    through=39,
    items=ITEMS,
)
draw = example(DrawSample, **BY_AUDITOR, items=ITEMS, size=40, root=ROOT, note=NOTE)
enter = example(EnterResult, **BY_AUDITOR, item=1, audited=kr(5_000))
correct = example(CorrectResult, **BY_AUDITOR, item=1, audited=kr(4_000), reason=WORDS)
close = example(CloseSample, **BY_AUDITOR)


BOOKED = {1: kr(5_000), 2: kr(300), 3: kr(700)}  # What the sample holds, by position.


def found(but: dict[int, Money] | None = None) -> list[Command]:
    """A result of every item of the sample: what was booked, unless told otherwise."""
    audited = BOOKED | (but or {})
    return [enter(item=position, audited=amount) for position, amount in audited.items()]


EVERY_SAMPLE: list[Command] = [
    fix(strata=(stratum(),), purpose=WORDS),
    draw(),
    *found({1: kr(4_500)}),
    correct(),
    close(),
]
