"""Which voucher (bilag) stands for each posting: one definition, for whoever books and whoever checks.

A voucher is a file, an entry of a bank statement, or somebody's recorded decision. What is booked names
it by a key; what brings the voucher in carries the same key. See also Bogføringsloven §§ 7 and 10: each
entry has a voucher, and the way from one to the other can be followed both ways.
"""

from collections.abc import Callable
from enum import StrEnum
from typing import Any, NamedTuple

from domain.case.annulment import GrantAnnulled
from domain.case.appeals import (
    AppealUpheld,
    ClaimRefunded,
    MisuseReversed,
    RefundOrdered,
    RefundReturned,
    WriteOffReversed,
)
from domain.case.budget import BudgetSubmitted, LineGranted
from domain.case.claims import ClaimDecided
from domain.case.enrolment import CaseCompleted, CaseStopped
from domain.case.expenses import ExpenseApproved, ExpenseReturned, ExpenseSettled
from domain.case.invoices import InvoiceCredited, InvoiceReceived, InvoiceRefunded
from domain.case.lapse import TrancheLapsed
from domain.case.merchant_refunds import ReceiptRefunded
from domain.case.outlays import OutlayClaimed
from domain.case.payouts import TrancheApproved, TrancheReleased, TrancheReturned, TrancheSettled
from domain.case.receipts import LossDeclared, ReceiptAccepted, ReceiptHandedIn, UnspentReturned
from domain.case.recovery import ClaimRepaid, ClaimSetOff, ClaimWrittenOff, MisuseConfirmed
from domain.case.support import SupportMonthConfirmed
from domain.fund import FundAgreed
from domain.funding import FundAmended
from domain.group import SharedCostCredited, SharedCostReceived
from domain.money import Money
from domain.remittance import StatementReceived
from domain.voucher import VoucherReceived
from domain.words import Event


class VoucherKind(StrEnum):
    """What kind of thing stands behind a posting."""

    ARRIVAL = "arrival"  # A file that came, before anybody said what it is.
    RECEIPT = "receipt"  # A file that the citizen handed in.
    INVOICE = "invoice"  # An electronic document.
    CREDIT_NOTE = "credit_note"
    OUTLAY = "outlay"  # A colleague's receipt.
    SHARED_COST = "shared_cost"  # An invoice or a receipt of a group.
    SUPPORT_MONTH = "support_month"  # Somebody attested that the business ran in that month.
    STATEMENT = "statement"  # The file that the bank sent,
    ENTRY = "entry"  # and one movement in it.
    DECLARATION = "declaration"  # A solemn declaration in place of a lost receipt.
    AGREEMENT = "agreement"  # A funding source's promise, as it was entered.
    BUDGET = "budget"  # What the citizen applied for.
    APPROVAL = "approval"  # The first pair of eyes, or the order of a refund.
    CLOSING = "closing"  # The case was stopped or completed.
    DECISION = "decision"  # A person's, or a rule's, with its ground.


# What comes in from outside, and must therefore be found again as a posting, or as why there is none.
TRACED = (
    VoucherKind.ARRIVAL,
    VoucherKind.RECEIPT,
    VoucherKind.INVOICE,
    VoucherKind.CREDIT_NOTE,
    VoucherKind.OUTLAY,
    VoucherKind.SHARED_COST,
    VoucherKind.SUPPORT_MONTH,
    VoucherKind.ENTRY,
)


class Own(NamedTuple):
    """The posting's own event is the voucher: a decision or a declaration. `stated`: with its ground."""

    kind: VoucherKind
    stated: bool = True


class Brought(NamedTuple):
    """A voucher, as an event brings it."""

    kind: VoucherKind
    key: str
    ref: str
    amount: Money | None = None
    sha256: str | None = None
    credits: str | None = None  # Of a credit note: the number of the invoice.


def _entry(event: Any) -> str:
    return f"entry {event.statement}/{event.entry}"


def _expense(event: Any) -> str:
    """A payment's number is one expense's alone, whatever kind of document it came with."""
    return f"expense {event.ref}"


def _receipt(event: Any) -> str:
    """Of one that stands for several lines, each line's share is a voucher for itself."""
    return f"receipt {event.ref}/{event.line_no}"


def _note(event: Any) -> str:
    return f"note {event.credit_note}"


def _line(event: Any) -> str:
    return f"budget {event.case_no}/{event.line_no}"


def _misuse(event: MisuseConfirmed) -> "str | Own":
    """With a hearing there is a decision before it. Without one, the controller names the kind of misuse."""
    return f"decision {event.claim}" if event.claim else Own(VoucherKind.DECISION)


Wanted = Callable[[Any], "tuple[str | Own, ...]"]

# For each event that books, what must be there: the keys of vouchers, or the event's own ground.
WANTED: dict[type[Event], Wanted] = {
    FundAgreed: lambda _: (Own(VoucherKind.AGREEMENT),),
    FundAmended: lambda e: (Own(VoucherKind.DECISION, e.decision is not None),),
    LineGranted: lambda e: (_line(e),),
    GrantAnnulled: lambda e: (f"closing {e.case_no}",),
    TrancheReleased: lambda e: (f"approval {e.ref}",),
    TrancheLapsed: lambda _: (
        Own(VoucherKind.DECISION),
    ),  # By the version of the rules that it names.
    TrancheSettled: lambda e: (_entry(e),),
    TrancheReturned: lambda e: (_entry(e),),
    ExpenseApproved: lambda e: (_expense(e),),
    ExpenseSettled: lambda e: (_expense(e), _entry(e)),
    ExpenseReturned: lambda e: (_expense(e), _entry(e)),
    InvoiceRefunded: lambda e: (_note(e), _entry(e)),
    ReceiptAccepted: lambda e: (_receipt(e),),
    ReceiptRefunded: lambda e: (_receipt(e),),
    LossDeclared: lambda e: (Own(VoucherKind.DECLARATION, e.words is not None),),
    UnspentReturned: lambda e: (_entry(e),),
    MisuseConfirmed: lambda e: (_misuse(e),),
    ClaimRepaid: lambda e: (_entry(e),),
    ClaimSetOff: lambda _: (Own(VoucherKind.DECISION),),  # It names what it was set off against.
    ClaimWrittenOff: lambda e: (Own(VoucherKind.DECISION, e.reason is not None),),
    MisuseReversed: lambda e: (f"appeal {e.claim}",),
    WriteOffReversed: lambda e: (f"appeal {e.claim}",),
    ClaimRefunded: lambda e: (f"approval {e.ref}", _entry(e)),
    RefundReturned: lambda e: (_entry(e),),
}


def _document(kind: VoucherKind) -> Callable[[Any], list[Brought]]:
    return lambda e: [
        Brought(kind, _expense(e), e.ref, e.amount, getattr(e, "sha256", None)),
    ]


def _credited(event: Any) -> list[Brought]:
    return [
        Brought(
            VoucherKind.CREDIT_NOTE,
            _note(event),
            event.credit_note,
            event.amount,
            event.sha256,
            event.ref,
        )
    ]


def _statement(event: StatementReceived) -> list[Brought]:
    name = event.statement
    file = Brought(VoucherKind.STATEMENT, f"statement {name}", name, sha256=event.sha256)
    return [
        file,
        *(
            Brought(VoucherKind.ENTRY, f"entry {name}/{each.entry}", each.entry, each.amount)
            for each in event.entries
        ),
    ]


def _decided(kind: VoucherKind, key: str) -> Callable[[Any], list[Brought]]:
    return lambda e: [Brought(kind, f"{key} {e.ref}", e.ref)]


def _closing(event: Any) -> list[Brought]:
    return [Brought(VoucherKind.CLOSING, f"closing {event.case_no}", event.case_no)]


# For each event that brings vouchers, those.
BROUGHT: dict[type[Event], Callable[[Any], list[Brought]]] = {
    BudgetSubmitted: lambda e: [
        Brought(VoucherKind.BUDGET, f"budget {e.case_no}/{line.line_no}", str(line.line_no))
        for line in e.lines
    ],
    TrancheApproved: _decided(VoucherKind.APPROVAL, "approval"),
    RefundOrdered: _decided(VoucherKind.APPROVAL, "approval"),
    ClaimDecided: _decided(VoucherKind.DECISION, "decision"),
    AppealUpheld: _decided(VoucherKind.DECISION, "appeal"),
    CaseStopped: _closing,
    CaseCompleted: _closing,
    StatementReceived: _statement,
    InvoiceReceived: _document(VoucherKind.INVOICE),
    OutlayClaimed: _document(VoucherKind.OUTLAY),
    SupportMonthConfirmed: _document(VoucherKind.SUPPORT_MONTH),
    SharedCostReceived: _document(VoucherKind.SHARED_COST),
    InvoiceCredited: _credited,
    SharedCostCredited: _credited,
    VoucherReceived: lambda e: [
        Brought(VoucherKind.ARRIVAL, f"arrival {e.ref}", e.ref, sha256=e.sha256)
    ],
    ReceiptHandedIn: lambda e: [
        Brought(VoucherKind.RECEIPT, _receipt(e), e.ref, e.amount, e.sha256)
    ],
}
