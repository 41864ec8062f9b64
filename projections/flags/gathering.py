"""How facts come about: folds over the events of cases and of what arrived; what rules may look at."""

from collections.abc import Callable, Iterable
from typing import Any

from domain.case.accounts import AccountRegistered
from domain.case.budget import BudgetSubmitted, LineGranted
from domain.case.enrolment import CaseRegistered
from domain.case.expenses import ExpenseApproved
from domain.case.invoices import InvoiceReceived
from domain.case.merchant_refunds import ReceiptRefunded
from domain.case.outlays import OutlayClaimed
from domain.case.payouts import (
    CardUsed,
    TrancheApproved,
    TrancheReleased,
    TrancheReturned,
    TrancheSettled,
)
from domain.case.readings import ReceiptRead
from domain.case.receipts import (
    LossDeclared,
    ReceiptAccepted,
    ReceiptHandedIn,
    ReceiptRejected,
    UnspentReturned,
)
from domain.case.time_frame import TimeFrameExtended, TimeFrameSet
from domain.voucher import AsideFor, VoucherReceived, VoucherSetAside
from domain.words import Event, Recorded
from projections.flags.facts import (
    Acceptance,
    Account,
    Approval,
    Arrival,
    CardUse,
    CaseFacts,
    Cover,
    Fact,
    Invoice,
    LineFact,
    Payment,
    Receipt,
    Said,
    TimeFrame,
)
from projections.projection import Projection

Gather = Callable[[CaseFacts, Any, dict[str, Any], Recorded[Event]], dict[str, Any]]


def _registered(
    _: CaseFacts, event: CaseRegistered, __: dict[str, Any], ___: Recorded[Event]
) -> dict[str, Any]:
    return {"programme": event.programme, "case_no": event.case_no, "citizen": event.citizen}


def _submitted(
    row: CaseFacts, event: BudgetSubmitted, fact: dict[str, Any], _: Recorded[Event]
) -> dict[str, Any]:
    """A line is what it was first submitted as: later amounts are another matter."""
    lines = {
        line.line_no: LineFact(
            **fact | {"ref": str(line.line_no)},
            line_no=line.line_no,
            category=line.account_string.category or "",
            route=line.route.value,
            supplier_cvr=line.supplier_cvr,
            supplier_name=line.supplier_name,
        )
        for line in event.lines
    }
    return {"lines": lines | row.lines}


def _payment(field: str) -> Gather:
    def gather(
        row: CaseFacts, event: Any, fact: dict[str, Any], _: Recorded[Event]
    ) -> dict[str, Any]:
        payment = Payment(
            **fact,
            line_no=event.line_no,
            amount=event.amount,
            booked_on=getattr(event, "booked_on", None),
        )
        return {field: [*getattr(row, field), payment]}

    return gather


def _released(
    row: CaseFacts, event: TrancheReleased, fact: dict[str, Any], news: Recorded[Event]
) -> dict[str, Any]:
    payment = _payment("released")(row, event, fact, news)
    return payment | _approved("released_by")(row, event, fact, news)


def _covered(
    row: CaseFacts,
    event: LossDeclared | UnspentReturned | ReceiptRefunded,
    fact: dict[str, Any],
    _: Recorded[Event],
) -> dict[str, Any]:
    amount = -event.amount if isinstance(event, ReceiptRefunded) else event.amount
    return {"covers": [*row.covers, Cover(**fact, line_no=event.line_no, amount=amount)]}


def _handed_in(
    row: CaseFacts,
    event: ReceiptHandedIn | OutlayClaimed,
    fact: dict[str, Any],
    _: Recorded[Event],
) -> dict[str, Any]:
    receipt = Receipt(
        **fact,
        line_no=event.line_no,
        amount=event.amount,
        sha256=event.sha256,
        merchant=event.merchant,
        purchased_on=event.purchased_on,
        has_note=getattr(event, "note", None) is not None,
        whole=getattr(event, "whole", None) or event.amount,
        outlay=isinstance(event, OutlayClaimed),
    )
    # An outlay and a receipt may have the same number: each kind is numbered by itself.
    name = f"outlay/{event.ref}" if receipt.outlay else _name(event)
    return {"receipts": row.receipts | {name: receipt}}


def _name(event: Any) -> str:
    return f"{event.line_no}/{event.ref}"


def _told(row: CaseFacts, event: Any, **what: Any) -> dict[str, Any]:
    name = _name(event)
    return {"receipts": row.receipts | {name: row.receipts[name].model_copy(update=what)}}


def _accepted(
    row: CaseFacts, event: ReceiptAccepted, fact: dict[str, Any], news: Recorded[Event]
) -> dict[str, Any]:
    before = row.receipts[_name(event)].accepted
    acceptance = Acceptance(**fact, amount=event.amount, person=news.actor)
    return _told(row, event, accepted=(*before, acceptance))


def _rejected(
    row: CaseFacts, event: ReceiptRejected, fact: dict[str, Any], _: Recorded[Event]
) -> dict[str, Any]:
    return _told(row, event, rejected=Fact(**fact))


def _read(
    row: CaseFacts, event: ReceiptRead, fact: dict[str, Any], _: Recorded[Event]
) -> dict[str, Any]:
    """A picture says what it says from the day on which it was handed in, whenever it was first read.
    What a better reader makes of it later, is known from then on."""
    reading, found = event.reading, dict(row.receipts)
    for name, receipt in row.receipts.items():
        if receipt.ref != event.ref or receipt.outlay:
            continue
        said = Said(
            **fact | ({} if receipt.readings else {"on": receipt.on}),
            total=reading.total and reading.total.amount,
            vat=reading.vat and reading.vat.amount,
            day=reading.purchased_on and reading.purchased_on.day,
            time=reading.time and reading.time.text,
            cvr=reading.cvr and reading.cvr.text,
            number=reading.number and reading.number.text,
            likeness=reading.likeness,
            agreed=reading.agreed,
        )
        found[name] = receipt.model_copy(update={"readings": (*receipt.readings, said)})
    return {"receipts": found}


def _used(
    row: CaseFacts, event: CardUsed, fact: dict[str, Any], _: Recorded[Event]
) -> dict[str, Any]:
    use = CardUse(**fact, merchant=event.merchant, mcc=event.mcc, amount=event.amount)
    return {"uses": [*row.uses, use]}


def _invoiced(
    row: CaseFacts, event: InvoiceReceived, fact: dict[str, Any], _: Recorded[Event]
) -> dict[str, Any]:
    invoice = Invoice(
        **fact,
        line_no=event.line_no,
        amount=event.amount,
        cvr=event.supplier_cvr,
        supplier=event.supplier_name,
        issued_on=event.issued_on,
    )
    return {"invoices": [*row.invoices, invoice]}


def _approved(whose: str) -> Gather:
    def gather(
        row: CaseFacts, event: Any, fact: dict[str, Any], news: Recorded[Event]
    ) -> dict[str, Any]:
        approval = Approval(
            **fact,
            line_no=event.line_no,
            person=getattr(event, whose) or news.actor,
            at=news.at.hour * 100 + news.at.minute,
        )
        return {"approvals": [*row.approvals, approval]}

    return gather


def _account(
    row: CaseFacts, event: AccountRegistered, fact: dict[str, Any], _: Recorded[Event]
) -> dict[str, Any]:
    return {"accounts": [*row.accounts, Account(**fact, mark=event.account)]}


def _framed(
    row: CaseFacts,
    event: TimeFrameSet | TimeFrameExtended,
    fact: dict[str, Any],
    _: Recorded[Event],
) -> dict[str, Any]:
    return {"time_frames": [*row.time_frames, TimeFrame(**fact, end_date=event.end_date)]}


GATHERS: dict[type[Event], Gather] = {
    CaseRegistered: _registered,
    BudgetSubmitted: _submitted,
    LineGranted: _approved("granted_by"),
    TrancheApproved: _approved("approver"),
    TrancheReleased: _released,
    TrancheSettled: _payment("settled"),
    TrancheReturned: _payment("returned"),
    ExpenseApproved: _approved("approver"),
    LossDeclared: _covered,
    UnspentReturned: _covered,
    ReceiptRefunded: _covered,
    ReceiptHandedIn: _handed_in,
    OutlayClaimed: _handed_in,
    ReceiptAccepted: _accepted,
    ReceiptRejected: _rejected,
    ReceiptRead: _read,
    CardUsed: _used,
    InvoiceReceived: _invoiced,
    TimeFrameSet: _framed,
    TimeFrameExtended: _framed,
    AccountRegistered: _account,
}
"""All that a flag rule may ever look at, and nothing of a person but the money's way."""


def keys(news: Recorded[Event]) -> Iterable[str]:
    return [news.stream] if type(news.event) in GATHERS else []


def fold(row: CaseFacts, _: str, news: Recorded[Event]) -> CaseFacts:
    event = news.event
    return row.model_copy(update=GATHERS[type(event)](row, event, _fact(news), news))


def _fact(news: Recorded[Event]) -> dict[str, Any]:
    event = news.event
    return {
        "on": news.at.date(),
        "position": news.position,
        "event": type(event).__name__,
        "case_no": getattr(event, "case_no", "") or "",
        "ref": str(getattr(event, "ref", getattr(event, "line_no", ""))),
    }


case_facts = Projection("flag-facts-1", CaseFacts, keys, fold)


# What arrived ------------------------------------------------------------------------------------

ARRIVING = (VoucherReceived, VoucherSetAside)


def arrival_keys(news: Recorded[Event]) -> Iterable[str]:
    return [news.stream] if isinstance(news.event, ARRIVING) else []


def arrive(row: Arrival, _: str, news: Recorded[Event]) -> Arrival:
    match news.event:
        case VoucherReceived() as event:
            told: dict[str, Any] = {
                "programme": event.programme,
                "line_no": event.line_no,
                "sha256": event.sha256,
            }
            return Arrival(came=Fact(**_fact(news)), **told)
        case VoucherSetAside(reason=AsideFor.OTHER_CASE):
            return row.model_copy(update={"misdirected": news.at.date()})
    return row


arrivals = Projection("flag-arrivals-1", Arrival, arrival_keys, arrive)
