"""The ledger: double entry derived from events, the source of every balance.

Two sets of books in one. The commitment books follow a krone from agreed to granted, ordered and
drawn; the cash books follow it from the bank to an advance, an expense or a claim. Each entry
balances in itself, and each posting carries its account string as it was when booked.
"""

from collections.abc import Callable, Iterable
from datetime import date
from enum import StrEnum
from typing import Any, NamedTuple

from pydantic import BaseModel

from domain.case.annulment import GrantAnnulled
from domain.case.appeals import ClaimRefunded, MisuseReversed, RefundReturned, WriteOffReversed
from domain.case.budget import LineGranted
from domain.case.expenses import ExpenseApproved, ExpenseReturned, ExpenseSettled
from domain.case.invoices import InvoiceRefunded
from domain.case.lapse import TrancheLapsed
from domain.case.merchant_refunds import ReceiptRefunded
from domain.case.payouts import TrancheReleased, TrancheReturned, TrancheSettled
from domain.case.receipts import LossDeclared, ReceiptAccepted, UnspentReturned
from domain.case.recovery import ClaimRepaid, ClaimSetOff, ClaimWrittenOff, MisuseConfirmed
from domain.case.sources import AccountString
from domain.fund import FundAgreed
from domain.funding import FundAmended
from domain.money import Money
from domain.words import Event, Recorded
from projections.projection import Projection


class Account(StrEnum):
    """The chart of accounts. A colon makes a sub-account, as hledger reads it."""

    # Commitment books: what was agreed (credit) is the sum of the four others (debit).
    AGREED = "budget:agreed"
    AVAILABLE = "budget:available"
    COMMITTED = "budget:committed"  # Granted, and not ordered yet (tilsagn).
    ORDERED = "budget:ordered"  # Payment ordered, and not settled yet.
    DRAWN = "budget:drawn"  # Paid.
    # Cash books.
    BANK = "assets:bank"
    ADVANCE_PAID = "assets:advance:paid"
    ADVANCE_EXPLAINED = "assets:advance:explained"
    ADVANCE_UNSPENT = "assets:advance:unspent"
    ADVANCE_MISUSED = "assets:advance:misused"
    CLAIM_RAISED = "assets:claim:raised"
    CLAIM_REPAID = "assets:claim:repaid"
    CLAIM_WRITTEN_OFF = "assets:claim:written-off"
    SET_OFF = "assets:set-off"  # Kept back of what the citizen was to be paid outside Teten.
    EXPENSE = "expenses:documented"
    LOSS = "expenses:written-off"


class Posting(NamedTuple):
    """A debit (positive) or a credit (negative) on one account."""

    account: Account
    amount: Money
    account_string: AccountString


Booking = Callable[[Any], tuple[tuple[Account, Account, Money], ...]]

# For each event that moves money: (debit, credit, amount).
BOOKINGS: dict[type[Event], Booking] = {
    FundAgreed: lambda e: ((Account.AVAILABLE, Account.AGREED, e.amount),),
    FundAmended: lambda e: ((Account.AVAILABLE, Account.AGREED, e.change),),
    LineGranted: lambda e: ((Account.COMMITTED, Account.AVAILABLE, e.change),),
    GrantAnnulled: lambda e: ((Account.AVAILABLE, Account.COMMITTED, e.amount),),
    TrancheReleased: lambda e: ((Account.ORDERED, Account.COMMITTED, e.amount),),
    TrancheLapsed: lambda e: ((Account.COMMITTED, Account.ORDERED, e.amount),),
    TrancheSettled: lambda e: (
        (Account.DRAWN, Account.ORDERED, e.amount),
        (Account.ADVANCE_PAID, Account.BANK, e.amount),
    ),
    TrancheReturned: lambda e: (
        (Account.COMMITTED, Account.DRAWN, e.amount),
        (Account.BANK, Account.ADVANCE_PAID, e.amount),
    ),
    ExpenseApproved: lambda e: ((Account.ORDERED, Account.COMMITTED, e.amount),),
    ExpenseSettled: lambda e: (
        (Account.DRAWN, Account.ORDERED, e.amount),
        (Account.EXPENSE, Account.BANK, e.amount),
    ),
    ExpenseReturned: lambda e: (
        (Account.COMMITTED, Account.DRAWN, e.amount),
        (Account.BANK, Account.EXPENSE, e.amount),
    ),
    InvoiceRefunded: lambda e: (
        (Account.COMMITTED, Account.DRAWN, e.amount),
        (Account.BANK, Account.EXPENSE, e.amount),
    ),
    ReceiptAccepted: lambda e: ((Account.EXPENSE, Account.ADVANCE_EXPLAINED, e.amount),),
    LossDeclared: lambda e: ((Account.EXPENSE, Account.ADVANCE_EXPLAINED, e.amount),),
    ReceiptRefunded: lambda e: ((Account.ADVANCE_EXPLAINED, Account.EXPENSE, e.amount),),
    UnspentReturned: lambda e: ((Account.BANK, Account.ADVANCE_UNSPENT, e.amount),),
    MisuseConfirmed: lambda e: ((Account.CLAIM_RAISED, Account.ADVANCE_MISUSED, e.amount),),
    ClaimRepaid: lambda e: ((Account.BANK, Account.CLAIM_REPAID, e.amount),),
    ClaimSetOff: lambda e: ((Account.SET_OFF, Account.CLAIM_REPAID, e.amount),),
    ClaimWrittenOff: lambda e: ((Account.LOSS, Account.CLAIM_WRITTEN_OFF, e.amount),),
    MisuseReversed: lambda e: ((Account.ADVANCE_MISUSED, Account.CLAIM_RAISED, e.amount),),
    WriteOffReversed: lambda e: ((Account.CLAIM_WRITTEN_OFF, Account.LOSS, e.amount),),
    ClaimRefunded: lambda e: ((Account.CLAIM_REPAID, Account.BANK, e.amount),),
    RefundReturned: lambda e: ((Account.BANK, Account.CLAIM_REPAID, e.amount),),
}


def postings(event: Event) -> list[Posting]:
    """The postings of one event: none, or an entry that balances."""
    booking = BOOKINGS.get(type(event))
    if not booking:
        return []
    return [
        posting
        for part in _parts(event)
        for debit, credit, amount in booking(part)
        if amount
        for posting in (
            Posting(debit, amount, account_string(part)),
            Posting(credit, -amount, account_string(part)),
        )
    ]


def _parts(event: Any) -> list[Any]:
    """The event, or one like it for each of the line's sources."""
    # A grant books its change, all others their amount.
    field = "change" if isinstance(event, LineGranted) else "amount"
    return [
        event.model_copy(update={"account_string": part.account_string, field: part.amount})
        for part in getattr(event, "parts", ())
    ] or [event]


def account_string(event: Any) -> AccountString:
    if isinstance(event, FundAgreed | FundAmended):
        return AccountString(programme=event.programme, funding=event.fund)
    codes: AccountString = event.account_string
    return codes


class Entry(BaseModel):
    """One event in the books."""

    position: int
    effective_on: date
    event: str
    line_no: int | None
    postings: list[Posting]


class Book(BaseModel):
    """The entries of one case, or of one funding agreement, in the order of the log."""

    entries: list[Entry] = []


def keys(news: Recorded[Event]) -> Iterable[str]:
    return [news.stream] if type(news.event) in BOOKINGS else []


def fold(book: Book, _: str, news: Recorded[Event]) -> Book:
    entry = Entry(
        position=news.position,
        effective_on=news.effective_on,
        event=type(news.event).__name__,
        line_no=getattr(news.event, "line_no", None),
        postings=postings(news.event),
    )
    return Book(entries=[*book.entries, entry])


ledger = Projection("ledger-1", Book, keys, fold)
