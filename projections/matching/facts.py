"""What proposals go by: a case's lines, advances, receipts and card purchases; and where each category's
receipts come from."""

from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any

from pydantic import BaseModel

from domain.case.appeals import MisuseReversed
from domain.case.budget import BudgetSubmitted, LineRejected
from domain.case.enrolment import CaseCompleted, CaseRegistered, CaseStopped, OfferDeclined
from domain.case.forgetting import CitizenForgotten
from domain.case.lapse import TrancheLapsed
from domain.case.merchant_refunds import ReceiptRefunded
from domain.case.payouts import CardUsed, TrancheReleased, TrancheReturned, TrancheSettled
from domain.case.receipts import (
    LossDeclared,
    ReceiptAccepted,
    ReceiptHandedIn,
    ReceiptRejected,
    UnspentReturned,
)
from domain.case.recovery import MisuseConfirmed
from domain.money import ZERO, Money
from domain.programme import Route
from domain.words import Event, Recorded
from projections.projection import Projection


class Advance(BaseModel):
    """A tranche that the bank paid."""

    ref: str
    amount: Money
    booked_on: date


class LineFacts(BaseModel):
    line_no: int
    category: str
    route: Route
    supplier: str = ""
    supplier_cvr: str = ""
    advances: list[Advance] = []
    covered: Money = ZERO
    ordered: Money = ZERO  # Released, and not known to be paid.
    rejected: bool = False

    def lacking(self) -> Iterator[tuple[Advance, Money]]:
        """Tranches with what nobody has accounted for of each, oldest first."""
        covered = self.covered
        for advance in sorted(self.advances, key=lambda each: (each.booked_on, each.ref)):
            explained = max(ZERO, min(covered, advance.amount))
            covered -= explained
            if explained < advance.amount:
                yield advance, advance.amount - explained


class CardPurchase(BaseModel):
    position: int  # In the log: a purchase has no number of its own.
    on: date
    merchant: str
    amount: Money


class Bought(BaseModel):
    """A receipt, or one line's share of it."""

    ref: str
    line_no: int
    amount: Money  # What the receipt says, also where this is one share of it.
    purchased_on: date
    merchant: str
    accepted: bool = False
    rejected: bool = False


class CaseFacts(BaseModel):
    programme: str = ""
    case_no: str = ""
    lines: dict[int, LineFacts] = {}
    purchases: list[CardPurchase] = []
    receipts: list[Bought] = []
    closed: bool = False
    forgotten: bool = False

    @property
    def waiting(self) -> list[LineFacts]:
        """The lines that a receipt can be for: their money goes to the citizen first, and of a closed case
        some of it is out, or on its way."""
        if self.forgotten:
            return []
        return [
            line
            for line in self.lines.values()
            if line.route is not Route.EAN
            and not line.rejected
            and (not self.closed or line.ordered or any(line.lacking()))
        ]


class Merchants(BaseModel):
    """From whom a category's things were bought, or are to be: how many receipts and lines of each."""

    programme: str = ""
    category: str = ""
    merchants: dict[str, int] = {}


ADDS = (ReceiptAccepted, LossDeclared, UnspentReturned, MisuseConfirmed)
TAKES = (ReceiptRefunded, MisuseReversed)
TOLD = (
    CaseRegistered,
    BudgetSubmitted,
    LineRejected,
    CitizenForgotten,
    OfferDeclined,
    CaseStopped,
    CaseCompleted,
    TrancheReleased,
    TrancheLapsed,
    TrancheSettled,
    TrancheReturned,
    CardUsed,
    ReceiptHandedIn,
    ReceiptRejected,
    *ADDS,
    *TAKES,
)


def keys(news: Recorded[Event]) -> Iterable[str]:
    return [news.stream] if isinstance(news.event, TOLD) else []


def fold(row: CaseFacts, _: str, news: Recorded[Event]) -> CaseFacts:
    match news.event:
        case CaseRegistered(programme=programme, case_no=case_no):
            return CaseFacts(programme=programme, case_no=case_no)
        case BudgetSubmitted() as submitted:
            lines = {line.line_no: line for line in _lines(row, submitted)}
            return row.model_copy(update={"lines": row.lines | lines})
        case OfferDeclined() | CaseStopped() | CaseCompleted():
            return row.model_copy(update={"closed": True})
        case CitizenForgotten():
            return row.model_copy(update={"forgotten": True})
        case CardUsed(merchant=merchant, amount=amount):
            purchase = CardPurchase(
                position=news.position, on=news.effective_on, merchant=merchant, amount=amount
            )
            return row.model_copy(update={"purchases": [*row.purchases, purchase]})
        case ReceiptHandedIn() as handed_in:
            bought = Bought(
                ref=handed_in.ref,
                line_no=handed_in.line_no,
                amount=handed_in.whole or handed_in.amount,
                purchased_on=handed_in.purchased_on,
                merchant=handed_in.merchant,
            )
            return row.model_copy(update={"receipts": [*row.receipts, bought]})
        case ReceiptRejected(ref=ref, line_no=line_no):
            return _judged(row, ref, line_no, {"rejected": True})
        case ReceiptAccepted(ref=ref, line_no=line_no):
            row = _judged(row, ref, line_no, {"accepted": True})
    return _moved(row, news.event)


def _lines(row: CaseFacts, event: BudgetSubmitted) -> Iterator[LineFacts]:
    for each in event.lines:
        known = row.lines.get(each.line_no)
        yield LineFacts(
            line_no=each.line_no,
            category=each.account_string.category or "",
            route=each.route,
            supplier=each.supplier_name or "",
            supplier_cvr=each.supplier_cvr or "",
            advances=known.advances if known else [],
            covered=known.covered if known else ZERO,
            ordered=known.ordered if known else ZERO,
            rejected=known.rejected if known else False,
        )


def _judged(row: CaseFacts, ref: str, line_no: int, change: dict[str, bool]) -> CaseFacts:
    receipts = [
        each.model_copy(update=change if (each.ref, each.line_no) == (ref, line_no) else {})
        for each in row.receipts
    ]
    return row.model_copy(update={"receipts": receipts})


def _moved(row: CaseFacts, event: Any) -> CaseFacts:
    line = row.lines[event.line_no]
    change: dict[str, Any]
    match event:
        case TrancheSettled():
            advance = Advance(ref=event.ref, amount=event.amount, booked_on=event.booked_on)
            left = line.ordered - event.amount
            change = {"advances": [*line.advances, advance], "ordered": left}
        case TrancheReleased(amount=amount):
            change = {"ordered": line.ordered + amount}
        case TrancheLapsed(amount=amount):
            change = {"ordered": line.ordered - amount}
        case LineRejected():
            change = {"rejected": True}
        case TrancheReturned(ref=ref):
            change = {"advances": [each for each in line.advances if each.ref != ref]}
        case _:
            amount = -event.amount if isinstance(event, TAKES) else event.amount
            change = {"covered": line.covered + amount}
    return row.model_copy(
        update={"lines": row.lines | {line.line_no: line.model_copy(update=change)}}
    )


def merchant_keys(news: Recorded[Event]) -> Iterable[str]:
    return dict.fromkeys(f"{programme}/{category}" for programme, category, _ in _names(news.event))


def merchant_fold(row: Merchants, key: str, news: Recorded[Event]) -> Merchants:
    programme, _, category = key.partition("/")
    found = dict(row.merchants)
    for *place, name in _names(news.event):
        if place == [programme, category]:
            found[name] = found.get(name, 0) + 1
    return Merchants(programme=programme, category=category, merchants=found)


def _names(event: Event) -> Iterator[tuple[str, str, str]]:
    """Programme, category, and a name. Of receipts those that somebody accepted: the others teach nothing."""
    match event:
        case BudgetSubmitted(lines=lines):
            for line in lines:
                codes = line.account_string
                if line.supplier_name and codes.category:
                    yield codes.programme, codes.category, line.supplier_name
        case ReceiptAccepted(account_string=codes, merchant=str(merchant)) if codes.category:
            yield codes.programme, codes.category, merchant


matching = Projection("matching-2", CaseFacts, keys, fold)
merchants = Projection("merchants-1", Merchants, merchant_keys, merchant_fold)
