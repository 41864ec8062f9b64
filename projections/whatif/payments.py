"""What history paid in advance, and what became of each krone of it."""

from collections.abc import Container, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum
from typing import Any

from domain.case import cases
from domain.case.appeals import MisuseReversed
from domain.case.enrolment import CaseRegistered
from domain.case.lapse import TrancheLapsed
from domain.case.merchant_refunds import ReceiptRefunded
from domain.case.payouts import (
    TrancheReleased,
    TrancheRequested,
    TrancheReturned,
    TrancheSettled,
)
from domain.case.receipts import LossDeclared, ReceiptAccepted, ReceiptHandedIn, UnspentReturned
from domain.case.recovery import MisuseConfirmed
from domain.fund import funds
from domain.money import ZERO, Money, total
from domain.programme import ProgrammeEstablished, Rules, programmes
from domain.rules import RulesChanged
from domain.words import Event, Recorded

COVERS = (ReceiptAccepted, LossDeclared, UnspentReturned, MisuseConfirmed)


class Purpose(StrEnum):
    ACCOUNTED = "accounted"  # By a receipt or a declaration, or handed back unspent.
    MISUSED = "misused"  # Confirmed.
    UNDOCUMENTED = "undocumented"  # Nobody ever said.


@dataclass(frozen=True)
class Parcel:
    """Kroner of one payment that the same thing became of."""

    purpose: Purpose
    amount: Money
    told_by: Recorded[Any] | None = None  # What accounted for them, or confirmed their misuse.
    needed_on: date = date.max  # The day of the purchase, never before the money was there.


@dataclass
class Payment:
    """A tranche that was released: a wish for that much money, on that line, on that day."""

    position: int  # Of its release, in the log.
    case_no: str
    line_no: int
    ref: str
    amount: Money
    on: date
    requested_on: date
    settled: Recorded[Any] | None = None
    gone: Recorded[Any] | None = None  # It came back, or lapsed.
    parcels: list[Parcel] = field(default_factory=list)

    def gives_back(self, ref: str, amount: Money) -> dict[int, Money]:
        """A merchant refunded so much of that receipt: the latest of its parcels are that much smaller. By
        the position of what had accounted for them."""
        given: dict[int, Money] = {}
        for place, parcel in reversed(list(enumerate(self.parcels))):
            told_by = parcel.told_by
            if not told_by or getattr(told_by.event, "ref", None) != ref:
                continue
            part = min(parcel.amount, amount - total(given.values()))
            given[told_by.position] = given.get(told_by.position, ZERO) + part
            self.parcels[place] = replace(parcel, amount=parcel.amount - part)
        self.parcels = [parcel for parcel in self.parcels if parcel.amount]
        return given

    @property
    def unexplained(self) -> Money:
        return self.amount - total(parcel.amount for parcel in self.parcels)

    def of(self, purpose: Purpose) -> Money:
        return total(parcel.amount for parcel in self.parcels if parcel.purpose is purpose)


@dataclass
class History:
    """The events of one programme, in order, and the payments among them by their position in the log."""

    programme: str
    events: list[Recorded[Any]] = field(default_factory=list)
    payments: dict[int, Payment] = field(default_factory=dict)
    moved: dict[int, Payment] = field(
        default_factory=dict
    )  # By what the bank said of it, or a lapse.
    # What a merchant refunded of it later, by the position of the receipt's acceptance.
    refunded: dict[int, Money] = field(default_factory=dict)

    @property
    def period(self) -> tuple[date, date]:
        """From the programme's first day to the last on which anything happened."""
        first = next(
            each.event.terms.start
            for each in self.events
            if isinstance(each.event, ProgrammeEstablished)
        )
        return first, max(each.effective_on for each in self.events)

    def rules(self) -> list[Rules]:
        """Every version that there was."""
        versions = []
        for each in self.events:
            match each.event:
                case ProgrammeEstablished(terms=terms):
                    versions.append(terms.rules)
                case RulesChanged(rules=rules):
                    versions.append(rules)
        return versions

    def only(self, case_nos: Container[str]) -> "History":
        """The same with these cases alone: what happens in one case bears on no other."""
        left_out = {
            cases.stream(each.event.case_no)
            for each in self.events
            if isinstance(each.event, CaseRegistered) and each.event.case_no not in case_nos
        }
        events = [each for each in self.events if each.stream not in left_out]
        return History(self.programme, events, self.payments, self.moved, self.refunded)

    def undocumented(self) -> dict[date, Money]:
        """What each day added to the undocumented kroner, by the amounts of the events alone."""
        by_day: dict[date, Money] = {}
        today = date.min
        for each in self.events:
            today = max(today, each.effective_on)
            if change := _change(each.event):
                by_day[today] = by_day.get(today, ZERO) + change
        return {day: change for day, change in by_day.items() if change}

    def misuse(self) -> Money:
        """Confirmed, less what was taken back."""
        confirmed = (e.event.amount for e in self.events if isinstance(e.event, MisuseConfirmed))
        reversed_ = (e.event.amount for e in self.events if isinstance(e.event, MisuseReversed))
        return total(confirmed) - total(reversed_)


def _change(event: Any) -> Money:
    match event:
        case (
            TrancheSettled(amount=amount)
            | MisuseReversed(amount=amount)
            | ReceiptRefunded(amount=amount)
        ):
            return amount
        case TrancheReturned(amount=amount):
            return -amount
        case _ if isinstance(event, COVERS):
            return -event.amount
    return ZERO


def history(log: Iterable[Recorded[Event]], programme: str) -> History:
    """Reads the whole log once. Receipts and the rest are spent on a line's payments as the domain spends
    them: on what was settled by then, in order of booking date, then of number."""
    told = History(programme)
    bought: dict[tuple[str, str], date] = {}
    requested: dict[tuple[str, str], date] = {}
    latest: dict[tuple[str, str], Payment] = {}
    for each in _of_programme(log, programme):
        told.events.append(each)
        event: Any = each.event
        key = (each.stream, getattr(event, "ref", "") or "")
        match event:
            case TrancheRequested():
                requested[key] = each.effective_on
            case TrancheReleased():
                latest[key] = told.payments[each.position] = Payment(
                    each.position,
                    event.case_no,
                    event.line_no,
                    event.ref,
                    event.amount,
                    each.effective_on,
                    requested[key],
                )
            case TrancheSettled():
                latest[key].settled = each
                told.moved[each.position] = latest[key]
            case TrancheReturned() | TrancheLapsed():
                latest[key].gone = each
                told.moved[each.position] = latest[key]
            case ReceiptHandedIn():
                bought[key] = event.purchased_on
            case _ if isinstance(event, (*COVERS, ReceiptRefunded)):
                _explain(told, latest.values(), each, bought.get(key, each.effective_on))
    for payment in told.payments.values():
        if payment.unexplained:
            payment.parcels.append(Parcel(Purpose.UNDOCUMENTED, payment.unexplained))
    return told


def _of_programme(log: Iterable[Recorded[Event]], programme: str) -> Iterator[Recorded[Any]]:
    own = {programmes.stream(programme)}
    of_funds = funds.stream(programme, "")
    for each in log:
        if isinstance(each.event, CaseRegistered) and each.event.programme == programme:
            own.add(cases.stream(each.event.case_no))
        if each.stream in own or each.stream.startswith(of_funds):
            yield each


def _explain(
    told: History, payments: Iterable[Payment], told_by: Recorded[Any], bought_on: date
) -> None:
    event = told_by.event
    if isinstance(event, ReceiptRefunded):
        _unexplain(told, payments, event)
        return
    misused = isinstance(event, MisuseConfirmed)
    of_line = [
        each
        for each in payments
        if (each.case_no, each.line_no) == (event.case_no, event.line_no)
        and each.settled
        and not each.gone
    ]
    left: Money = event.amount
    for payment in sorted(of_line, key=lambda each: (booked_on(each), each.ref)):
        part = min(left, payment.unexplained)
        if part > ZERO:
            purpose = Purpose.MISUSED if misused else Purpose.ACCOUNTED
            needed_on = max(bought_on, booked_on(payment))
            payment.parcels.append(Parcel(purpose, part, told_by, needed_on))
            left -= part


def _unexplain(told: History, payments: Iterable[Payment], event: ReceiptRefunded) -> None:
    """What had been explained last is to be explained anew."""
    of_line = [
        each
        for each in payments
        if (each.case_no, each.line_no) == (event.case_no, event.line_no) and each.settled
    ]
    left: Money = event.amount
    for payment in sorted(of_line, key=lambda each: (booked_on(each), each.ref), reverse=True):
        for position, amount in payment.gives_back(event.ref, left).items():
            told.refunded[position] = told.refunded.get(position, ZERO) + amount
            left -= amount


def booked_on(payment: Payment) -> date:
    """The bank's day, of a payment that was settled."""
    assert payment.settled
    day: date = payment.settled.event.booked_on
    return day
