"""What a sample is drawn from: items, fixed by a digest, in strata by risk.

A stratum is told apart by facts of the money alone: its route, its amount, whether the line's advance is
documented. Never by anything about the person.
"""

from collections.abc import Iterable, Sequence
from enum import StrEnum
from hashlib import sha256
from typing import Annotated

from pydantic import AfterValidator, Field

from domain.identity import Key
from domain.money import ZERO, Money, PositiveMoney, total
from domain.programme import Data, Route

REST = "rest"  # What fits none of the strata that were asked for.


class Kind(StrEnum):
    PAYMENTS = "payments"  # Settled by the bank, of tranches and of expenses.
    RECEIPTS = "receipts"  # Accepted, and declarations in place of lost ones.
    EXPENSES = "expenses"  # Charged to a line against a voucher: invoices, outlays, support.


class Item(Data):
    """One event that moved money, and what its stratum goes by. Negative: it took back another one."""

    position: int
    ref: str
    case_no: Key
    line_no: int
    amount: Money
    event: str
    route: Route
    undocumented: (
        bool  # Whether more was advanced on the line than is accounted for, when it is fixed.
    )

    @property
    def line(self) -> str:
        """As the digest has it: tabs between, øre."""
        facts = (self.position, self.event, self.ref, self.case_no, self.line_no, self.amount.ore)
        return "\t".join(map(str, (*facts, self.route.value, int(self.undocumented))))


class Stratum(Data):
    """Items that fit all that is said, and how many times as densely they are drawn as the rest."""

    name: Annotated[Key, Field(max_length=40)]
    weight: Annotated[int, Field(ge=1, le=100)]
    route: Route | None = None
    at_least: PositiveMoney | None = None
    undocumented: bool | None = None
    declared: bool | None = None  # A solemn declaration in place of a receipt.

    def fits(self, item: Item) -> bool:
        return (
            self.route in (None, item.route)
            and (self.at_least is None or item.amount >= self.at_least)
            and self.undocumented in (None, item.undocumented)
            and self.declared in (None, item.event == "LossDeclared")
        )


def _told_apart(strata: tuple[Stratum, ...]) -> tuple[Stratum, ...]:
    names = [stratum.name for stratum in strata]
    if len({*names, REST}) <= len(names):
        raise ValueError(f"each stratum has a name of its own, and none is called {REST}")
    return strata


Strata = Annotated[tuple[Stratum, ...], Field(max_length=20), AfterValidator(_told_apart)]


class FixedStratum(Data):
    """A stratum as it was fixed. Items of an interval or more are looked at one and all."""

    name: Key
    interval: Money
    items: int
    amount: Money
    certain_items: int
    certain_amount: Money

    @property
    def sampled(self) -> bool:
        """Whether anything in it is left to chance."""
        return self.items > self.certain_items


def digest(items: Iterable[Item]) -> str:
    """SHA-256 over all items, those left out among them, a line each, in the order of the log."""
    lines = (f"{item.line}\n" for item in sorted(items, key=lambda item: item.position))
    return sha256(("teten population v1\n" + "".join(lines)).encode()).hexdigest()


def in_strata(items: Iterable[Item], strata: Sequence[Stratum]) -> dict[str, list[Item]]:
    """Every item of more than 0.00 in the first stratum that it fits, or in the rest."""
    parts: dict[str, list[Item]] = {name: [] for name in (*(s.name for s in strata), REST)}
    for item in items:
        if item.amount > ZERO:
            fitting = (stratum.name for stratum in strata if stratum.fits(item))
            parts[next(fitting, REST)].append(item)
    return parts


def fixed(
    items: Iterable[Item], strata: Sequence[Stratum], interval: Money
) -> tuple[FixedStratum, ...]:
    """The strata with their intervals: the rest's own, and of the others a part of it by weight."""
    weights = {REST: 1} | {stratum.name: stratum.weight for stratum in strata}
    found = []
    for name, within in in_strata(items, strata).items():
        shorter = Money(max(1, interval.ore // weights[name]))
        certain = [item.amount for item in within if item.amount >= shorter]
        part = FixedStratum(
            name=name,
            interval=shorter,
            items=len(within),
            amount=total(item.amount for item in within),
            certain_items=len(certain),
            certain_amount=total(certain),
        )
        found.append(part)
    return tuple(found)
