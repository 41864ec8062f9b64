"""The facts of one programme as rules look at them, with what several rules reckon from them."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cached_property

from domain.money import ZERO, Money, total
from domain.programme import Rules
from projections.flags.facts import CaseFacts, LineFact, Payment, Receipt
from projections.flags.kinds import buys_goods, is_open, shop
from projections.programmes import Established


@dataclass(frozen=True)
class Gap:
    """What nobody had accounted for of a tranche, when it was looked at."""

    tranche: Payment
    lacking: Money
    on: date


@dataclass(frozen=True)
class Sold:
    """On that day a case told that this merchant sells what lines of a category are for."""

    on: date
    case_no: str
    category: str


@dataclass(frozen=True)
class Facts:
    programme: Established
    cases: Mapping[str, CaseFacts]  # By case number.

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

    def receipts(self) -> Iterator[tuple[CaseFacts, Receipt]]:
        """Every receipt of every case, as they came in."""
        found = [
            (case, receipt) for case in self.cases.values() for receipt in case.receipts.values()
        ]
        yield from sorted(found, key=lambda each: (each[1].on, each[1].position))

    @cached_property
    def sold(self) -> dict[str, list[Sold]]:
        """By shop: what its goods were for, as suppliers on lines, by invoices, and by receipts that
        needed no explanation."""
        found: dict[str, list[Sold]] = defaultdict(list)
        for case in self.cases.values():
            for line in case.lines.values():
                if line.supplier_name:
                    sold = Sold(line.on, case.case_no, line.category)
                    found[shop(line.supplier_name)].append(sold)
            for invoice in case.invoices:
                category = case.lines[invoice.line_no].category
                found[shop(invoice.supplier)].append(Sold(invoice.on, case.case_no, category))
            for receipt in case.receipts.values():
                if not receipt.has_note:
                    category = case.lines[receipt.line_no].category
                    found[shop(receipt.merchant)].append(Sold(receipt.on, case.case_no, category))
        return dict(found)

    @cached_property
    def sold_by_code(self) -> dict[str, list[Sold]]:
        """By merchant category code: what the goods of the card's merchants with that code were for."""
        since: dict[tuple[str, str], date] = {}
        for case in self.cases.values():
            for use in case.uses:
                used = (use.mcc, shop(use.merchant))
                since[used] = min(use.on, since.get(used, use.on))
        found: dict[str, list[Sold]] = defaultdict(list)
        for (mcc, name), day in since.items():
            found[mcc] += [replace(sold, on=max(sold.on, day)) for sold in self.sold.get(name, ())]
        return dict(found)


def covered(case: CaseFacts, line_no: int, on: date) -> Money:
    """What accounts for the line's advance by that day. A receipt counts when it is handed in, until it is
    rejected: how long it lies with the municipality is not the citizen's doing."""
    receipts = total(
        receipt.amount
        for receipt in case.handed_in(line_no)
        if receipt.on <= on and not (receipt.rejected and receipt.rejected.on <= on)
    )
    return receipts + total(
        cover.amount for cover in case.covers if cover.line_no == line_no and cover.on <= on
    )


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


def known(sold: Iterable[Sold], on: date, besides: str) -> dict[str, set[str]]:
    """By category, the other cases that told of it by that day."""
    found: dict[str, set[str]] = defaultdict(set)
    for each in sold:
        if each.on <= on and each.case_no != besides:
            found[each.category].add(each.case_no)
    return found
