"""A payment of history as a wish for money: which of its kroner come when it is paid bit by bit."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date

from domain.money import ZERO, Money, total
from projections.whatif.payments import Parcel, Payment, Purpose
from projections.whatif.rules import Placement

ORDERS = {
    Placement.MISUSED_FIRST: (Purpose.MISUSED, Purpose.ACCOUNTED, Purpose.UNDOCUMENTED),
    Placement.MISUSED_LAST: (Purpose.ACCOUNTED, Purpose.UNDOCUMENTED, Purpose.MISUSED),
}


@dataclass(frozen=True)
class Tranche:
    """A part of a wish that was paid."""

    ref: str
    amount: Money
    on: date
    at_once: bool  # On the day of the wish, as in history.


@dataclass(frozen=True)
class Hold:
    """The rule that held a wish, from which day, and what the rule said of it: the evidence."""

    rule: str
    since: date
    facts: dict[str, str]


@dataclass
class Spent:
    """Kroner that were paid and are not misused, until somebody accounts for them."""

    parcel: Parcel
    amount: Money
    days_later: int  # Than in history, since the purchase had to wait for the money.
    accounted_on: date | None = None
    asked: bool = False


@dataclass
class Wish:
    payment: Payment
    tranches: list[Tranche] = field(default_factory=list)
    invoiced: Money = ZERO  # Paid to the supplier instead, on the day of the wish.
    holds: dict[str, Hold] = field(default_factory=dict)
    spent: list[Spent] = field(default_factory=list)
    placed: dict[int, Money] = field(default_factory=dict)  # Of each parcel, so much is paid.

    @property
    def paid(self) -> Money:
        return self.invoiced + total(each.amount for each in self.tranches)

    @property
    def left(self) -> Money:
        return self.payment.amount - self.paid

    def place(self, amount: Money, placement: Placement) -> Iterator[tuple[Parcel, Money]]:
        """The kroner that the next so many are."""
        if placement is Placement.IN_PROPORTION:
            for purpose, part in self._in_proportion(amount):
                yield from self._take(part, (purpose,))
        else:
            yield from self._take(amount, ORDERS[placement])

    def _in_proportion(self, amount: Money) -> list[tuple[Purpose, Money]]:
        """Each purpose's share of what is paid so far, less what it had; rounding ends with the honest."""
        so_far = total(self.placed.values()) + amount
        parts: list[tuple[Purpose, Money]] = []
        for purpose in (Purpose.MISUSED, Purpose.UNDOCUMENTED):
            whole = self.payment.of(purpose)
            share = Money(so_far.ore * whole.ore // self.payment.amount.ore)
            due = max(ZERO, share - self._placed(purpose))
            parts.append((purpose, min(due, amount - total(part for _, part in parts))))
        honest = amount - total(part for _, part in parts)
        room = self.payment.of(Purpose.ACCOUNTED) - self._placed(Purpose.ACCOUNTED)
        over = max(ZERO, honest - room)
        purpose, part = parts[-1]
        return [parts[0], (purpose, part + over), (Purpose.ACCOUNTED, honest - over)]

    def _placed(self, purpose: Purpose) -> Money:
        parcels = enumerate(self.payment.parcels)
        return total(self.placed.get(n, ZERO) for n, each in parcels if each.purpose is purpose)

    def _take(self, amount: Money, order: tuple[Purpose, ...]) -> Iterator[tuple[Parcel, Money]]:
        for purpose in order:
            for number, parcel in enumerate(self.payment.parcels):
                before = self.placed.get(number, ZERO)
                part = min(amount, parcel.amount - before)
                if parcel.purpose is purpose and part > ZERO:
                    self.placed[number] = before + part
                    amount -= part
                    yield parcel, part
