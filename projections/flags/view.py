"""The facts of one programme as rules look at them, with what several rules reckon from them."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property

from domain.money import ZERO, Money, total
from domain.programme import Rules
from projections.flags.facts import Arrival, CaseFacts, LineFact, Payment, Receipt
from projections.flags.kinds import buys_goods, is_open, shop
from projections.programmes import Established


@dataclass(frozen=True)
class Gap:
    """What nobody had accounted for of a tranche, when it was looked at."""

    tranche: Payment
    lacking: Money
    on: date


class Since:
    """Cases, each with the day from which it counts."""

    def __init__(self) -> None:
        self._first: dict[str, date] = {}
        self._days: list[date] | None = None

    def add(self, case_no: str, day: date) -> None:
        self._first[case_no] = min(day, self._first.get(case_no, day))
        self._days = None

    def items(self) -> Iterable[tuple[str, date]]:
        return self._first.items()

    def count(self, on: date, besides: str) -> int:
        """How many other cases counted by that day."""
        mine = self._first.get(besides, date.max) <= on
        return bisect_right(self._sorted(), on) - mine

    def reached(self, count: int, besides: str) -> date | None:
        """The day by which so many other cases counted. `None`: there aren't so many."""
        days = self._sorted()
        place = count - 1
        if place < len(days) and self._first.get(besides, date.max) <= days[place]:
            place += 1
        return days[place] if place < len(days) else None

    def _sorted(self) -> list[date]:
        if self._days is None:
            self._days = sorted(self._first.values())
        return self._days


class Trade:
    """What a merchant's goods were for, by category, and for how many cases."""

    def __init__(self) -> None:
        self.cases = Since()
        self.by_category: dict[str, Since] = defaultdict(Since)

    def add(self, category: str, case_no: str, day: date) -> None:
        self.cases.add(case_no, day)
        self.by_category[category].add(case_no, day)

    def count(self, category: str, on: date, besides: str) -> int:
        """How many other cases used the merchant for that category."""
        return self.by_category[category].count(on, besides) if category in self.by_category else 0

    def knows(self, category: str, on: date, besides: str) -> bool:
        """Whether another case used the merchant for that category."""
        return self.count(category, on, besides) > 0


# Events that rules look at where they ask for every receipt, for the shops that are told of, or for gaps.
RECEIPTS = ("ReceiptHandedIn", "OutlayClaimed")
TRADES = ("BudgetSubmitted", "InvoiceReceived", *RECEIPTS)
GAPS = (
    *("TrancheSettled", "TrancheReturned", "ReceiptHandedIn", "ReceiptAccepted", "ReceiptRejected"),
    *("ReceiptRefunded", "LossDeclared", "UnspentReturned"),
)

NOBODY = Trade()  # Of a merchant that no case knows.


@dataclass(frozen=True)
class Facts:
    programme: Established
    cases: Mapping[str, CaseFacts]  # By case number.
    arrivals: Sequence[Arrival] = ()

    def rules_on(self, day: date) -> Rules:
        return self.programme.rules_on(day)

    @cached_property
    def category_words(self) -> dict[str, str]:
        """Each category's id with its name."""
        assert self.programme.terms
        return {each.id: f"{each.id} {each.name}" for each in self.programme.terms.categories}

    def named(self, line: LineFact) -> str:
        """The line's category as people call it."""
        assert self.programme.terms
        names = {each.id: each.name for each in self.programme.terms.categories}
        return names.get(line.category, line.category)

    def is_open(self, line: LineFact) -> bool:
        """Whether the category says nothing of what the line is for."""
        return is_open(self.category_words.get(line.category, line.category))

    def buys_goods(self, line: LineFact) -> bool:
        return buys_goods(self.category_words.get(line.category, line.category))

    @cached_property
    def receipts(self) -> Sequence[tuple[CaseFacts, Receipt]]:
        """Every receipt of every case, as they came in."""
        found = [
            (case, receipt) for case in self.cases.values() for receipt in case.receipts.values()
        ]
        return sorted(found, key=lambda each: (each[1].on, each[1].position))

    def _told(self) -> Iterator[tuple[str, str, str, date]]:
        """Shop, category, case and day: as suppliers on lines, by invoices, and by receipts that needed no
        explanation."""
        for case in self.cases.values():
            for line in case.lines.values():
                if line.supplier_name:
                    yield shop(line.supplier_name), line.category, case.case_no, line.on
            for invoice in case.invoices:
                category = case.lines[invoice.line_no].category
                yield shop(invoice.supplier), category, case.case_no, invoice.on
            for receipt in case.receipts.values():
                if not receipt.has_note:
                    category = case.lines[receipt.line_no].category
                    yield shop(receipt.merchant), category, case.case_no, receipt.on

    @cached_property
    def trades(self) -> dict[str, Trade]:
        """By shop."""
        found: dict[str, Trade] = defaultdict(Trade)
        for name, category, case_no, day in self._told():
            found[name].add(category, case_no, day)
        return dict(found)

    @cached_property
    def told_of(self) -> dict[str, Since]:
        """By category, the cases that told of any shop for it."""
        found: dict[str, Since] = defaultdict(Since)
        for _, category, case_no, day in self._told():
            found[category].add(case_no, day)
        return dict(found)

    @cached_property
    def shops_for(self) -> dict[str, list[Since]]:
        """By category, of every shop that any case told of for it, the cases that did."""
        found: dict[str, list[Since]] = defaultdict(list)
        for trade in self.trades.values():
            for category, cases in trade.by_category.items():
                found[category].append(cases)
        return dict(found)

    def share_shops(self, category: str, on: date, besides: str) -> bool:
        """Whether most of the shops that other cases told of for the category by that day were told of by
        two of them or more. Where each goes to a shop of its own, another one says nothing."""
        told = [cases.count(on, besides) for cases in self.shops_for.get(category, ())]
        return sum(count > 1 for count in told) > sum(count == 1 for count in told)

    @cached_property
    def trades_by_code(self) -> dict[str, Trade]:
        """By merchant category code, of all merchants with that code at which a card was used."""
        since: dict[tuple[str, str], date] = {}
        for case in self.cases.values():
            for use in case.uses:
                used = (use.mcc, shop(use.merchant))
                since[used] = min(use.on, since.get(used, use.on))
        found: dict[str, Trade] = defaultdict(Trade)
        for (mcc, name), used_on in since.items():
            for category, cases in self.trades.get(name, NOBODY).by_category.items():
                for case_no, day in cases.items():
                    found[mcc].add(category, case_no, max(day, used_on))
        return dict(found)


def covered(case: CaseFacts, line_no: int, on: date) -> Money:
    """What accounts for the line's advance by that day. A receipt counts when it is handed in, until it is
    rejected or accepted in part: how long it lies with the municipality is not the citizen's doing."""
    receipts = total(_counted(each, on) for each in case.handed_in(line_no) if each.on <= on)
    return receipts + total(
        cover.amount for cover in case.covers if cover.line_no == line_no and cover.on <= on
    )


def _counted(receipt: Receipt, on: date) -> Money:
    accepted = [each.amount for each in receipt.accepted if each.on <= on]
    if accepted:
        return total(accepted)
    return ZERO if receipt.rejected and receipt.rejected.on <= on else receipt.amount


def lacking(case: CaseFacts, tranche: Payment, on: date) -> Money:
    """What nobody had accounted for of the settled tranche by that day. What accounts for the line is
    spent on its tranches by booking date, then by number; on one that came back, nothing."""
    gone = {each.ref for each in case.returned if each.on <= on}
    if tranche.ref in gone or tranche.on > on:
        return ZERO
    earlier = total(
        each.amount
        for each in case.settled
        if each.line_no == tranche.line_no
        and each.ref not in gone
        and each.on <= on
        and (each.booked_on, each.ref) < (tranche.booked_on, tranche.ref)
    )
    left = covered(case, tranche.line_no, on) - earlier
    return max(ZERO, tranche.amount - max(ZERO, left))


def gaps(case: CaseFacts, days: int, since: date = date.min) -> Iterator[Gap]:
    """The tranches that lacked receipts that many days after the bank booked them, or on the day given if
    that is later."""
    for tranche in case.settled:
        assert tranche.booked_on
        on = max(tranche.booked_on + timedelta(days=days + 1), tranche.on, since)
        if missing := lacking(case, tranche, on):
            yield Gap(tranche, missing, on)
