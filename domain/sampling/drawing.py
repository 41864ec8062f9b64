"""The drawing: from the population as it was fixed, and a checkpoint that nobody knew then, to the items.

Fixed intervals on a random start, through items in a random order (randomised systematic selection,
Goodman and Kish 1950): each øre below the certain ones has the same chance, one in an interval. The order
in which items are given says nothing.
"""

from collections.abc import Iterable, Sequence
from hashlib import sha256

from domain.identity import Key
from domain.money import Money
from domain.programme import Data
from domain.sampling.population import FixedStratum, Item, Stratum, in_strata


class DrawnItem(Data):
    """An item to look at. `certain`: of an interval or more, so that chance had no part in it."""

    position: int
    ref: str
    case_no: Key
    line_no: int
    amount: Money
    stratum: Key
    certain: bool


def seed_of(digest: str, note: str) -> str:
    """From the population's digest and the checkpoint's note, its signature included. Neither was known to
    anybody when the other could still be chosen."""
    return sha256(f"teten sample v1\n{digest}\n{note}".encode()).hexdigest()


def drawn(
    items: Iterable[Item], strata: Sequence[Stratum], intervals: Sequence[FixedStratum], seed: str
) -> tuple[DrawnItem, ...]:
    """The sample, in the order of the log."""
    found = []
    within = in_strata(items, strata)
    for stratum in intervals:
        reached, point = 0, _number(seed, "start", stratum.name) % stratum.interval.ore
        for item in _shuffled(within[stratum.name], seed):
            if item.amount >= stratum.interval:
                found.append(_drawn(item, stratum.name, certain=True))
                continue
            reached += item.amount.ore
            if point < reached:
                found.append(_drawn(item, stratum.name, certain=False))
                point += stratum.interval.ore
    return tuple(sorted(found, key=lambda item: item.position))


def _shuffled(items: Iterable[Item], seed: str) -> list[Item]:
    return sorted(items, key=lambda item: _number(seed, "item", item.position))


def _drawn(item: Item, stratum: str, *, certain: bool) -> DrawnItem:
    told = item.model_dump(include=set(DrawnItem.model_fields))
    return DrawnItem(**told, stratum=stratum, certain=certain)


def _number(seed: str, what: str, which: int | str) -> int:
    """As good as chance: 256 bits, of which the remainder by any interval is even to 200 bits."""
    return int(sha256(f"{seed}\n{what}\n{which}".encode()).hexdigest(), 16)
