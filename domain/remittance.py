"""What the bank answered: its statements are the only proof that money moved.

No row is left behind: an entry either moves a case's money, or is kept as unreconciled for a person.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any, Literal

from domain.case.annulment import annulled
from domain.case.appeals import ClaimRefunded, RefundReturned
from domain.case.days import not_before, open_from
from domain.case.expenses import ExpenseReturned, ExpenseSettled
from domain.case.invoices import InvoiceRefunded
from domain.case.line import ExpenseStage, Line, TrancheStage
from domain.case.payouts import TrancheReturned, TrancheSettled
from domain.case.receipts import UnspentReturned
from domain.case.recovery import ClaimRepaid, booked, shares
from domain.case.state import cases, programme_of
from domain.group import groups
from domain.identity import Account, Key, Sha256, StatementId, WordsRef
from domain.money import ZERO, Money, total
from domain.programme import Data
from domain.reference import (
    PAYMENT_NUMBERS,
    ReferenceTaken,
    SharedReferenceTaken,
    claim_numbers,
    credit_note_numbers,
    tranche_numbers,
)
from domain.words import Command, Day, Decider, Draft, Event, News, Past, Refused, decides

Taken = ReferenceTaken | SharedReferenceTaken

REFUND = re.compile(r"CREDITNOTE ([0-9]{8}:.{1,91})")
HANDED_BACK = re.compile(r"(UNSPENT|REPAY) ([^\s/]+)/([0-9]{1,4})", re.ASCII)


class StatementEntry(Data):
    """One booked movement (camt.053 `Ntry`). Its free text is in the vault, under `words`."""

    entry: str  # The bank's own reference (`AcctSvcrRef`).
    booked_on: Day
    indicator: Literal["DBIT", "CRDT"]
    amount: Money
    end_to_end_id: str | None
    return_reason: str | None  # ISO 20022 code, given when the bank sends a payment back.
    # `UNSPENT CASE/LINE` or `REPAY CASE/LINE`, where the text says just that.
    hands_back: str | None
    words: WordsRef | None


# Events ------------------------------------------------------------------------------------------


class StatementReceived(Event):
    """The bank's account statement for a period, with every entry as it came."""

    programme: Key
    statement: StatementId
    file: str
    sha256: Sha256
    account: Account
    opening: Money
    closing: Money
    entries: tuple[StatementEntry, ...]


class EntryUnreconciled(Event):
    """Nothing that we know of explains this entry. A person must find out."""

    programme: Key
    statement: StatementId
    file: str
    entry: str
    booked_on: date
    indicator: str
    amount: Money
    end_to_end_id: str | None
    words: WordsRef | None


# Commands ----------------------------------------------------------------------------------------


class ReceiveStatement(Command):
    statement: StatementId
    file: str
    sha256: Sha256
    account: Account
    opening: Money
    closing: Money
    entries: tuple[StatementEntry, ...]


# State -------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Statement:
    received: bool = False


statements: Decider[Statement] = Decider("statement", Statement())


@statements.on(StatementReceived)
def _received(_: Statement, __: StatementReceived) -> Statement:
    return Statement(received=True)


# Decide ------------------------------------------------------------------------------------------


@decides(ReceiveStatement)
def receive(ask: ReceiveStatement, past: Past) -> list[News]:
    """All entries of a statement are booked at once, each on top of the ones before it. None of them
    holds from a day before the one that it builds on: then nothing is, and a later day is told."""
    programme = programme_of(ask, past)
    if ask.account != programme.terms.bank_account:
        raise Refused("not_found", what="account", known=programme.terms.bank_account)
    if past(statements, ask.programme, ask.statement).received:
        raise Refused("wrong_state", what="statement", is_already="received")
    draft = Draft(past)
    received = StatementReceived(
        programme=ask.programme,
        **ask.model_dump(include=set(StatementReceived.model_fields) - {"programme", "entries"}),
        entries=ask.entries,
    )
    draft.add(statements.news(received, ask.programme, ask.statement))
    for entry in ask.entries:
        if not _reconciled(ask, entry, draft):
            unreconciled = EntryUnreconciled(
                programme=ask.programme,
                statement=ask.statement,
                file=ask.file,
                **entry.model_dump(exclude={"return_reason", "hands_back"}),
            )
            draft.add(statements.news(unreconciled, ask.programme, ask.statement))
    return draft.news


def _reconciled(ask: ReceiveStatement, entry: StatementEntry, draft: Draft) -> bool:
    """Book the entry where it belongs. False: it belongs nowhere, and nothing was booked."""
    if _handed_back(ask, entry, draft) or _refunded(ask, entry, draft):
        return True
    for numbers in PAYMENT_NUMBERS:
        if taken := draft(numbers, ask.programme, entry.end_to_end_id or "").taken:
            if numbers is tranche_numbers:
                return _tranche_moved(ask, entry, taken, draft)
            if numbers is claim_numbers:
                return _claim_refunded(ask, entry, taken, draft)
            return _expense_moved(ask, entry, taken, draft)
    return False


def _tranche_moved(
    ask: ReceiveStatement, entry: StatementEntry, taken: Taken, draft: Draft
) -> bool:
    [(case_no, line)] = _lines(ask, taken, draft)
    tranche = line.tranches[taken.reference]
    if entry.amount != tranche.amount:
        return False
    moved = _movement(ask, entry, case_no, line) | {"ref": tranche.ref, "amount": tranche.amount}
    match entry.indicator, tranche.stage, entry.return_reason:
        case "DBIT", TrancheStage.RELEASED, None:
            not_before(ask.effective_on, tranche.released_on)
            settled = TrancheSettled(
                **moved, booked_on=entry.booked_on, holds_from=ask.effective_on
            )
            draft.add(cases.news(settled, case_no))
        case "CRDT", TrancheStage.SETTLED, str(reason):
            not_before(ask.effective_on, tranche.paid_from)
            returned = TrancheReturned(**moved, return_reason=reason)
            draft.add(cases.news(returned, case_no))
            _annul_if_closed(draft, case_no)
        case _:
            return False
    return True


def _expense_moved(
    ask: ReceiveStatement, entry: StatementEntry, taken: Taken, draft: Draft
) -> bool:
    """One payment, and all the lines that bear a part of it."""
    lines = _lines(ask, taken, draft)
    expenses = [line.expenses[taken.reference] for _, line in lines]
    refunded = any(expense.paid < expense.ordered for expense in expenses)
    moved_as: Callable[..., Event]
    stages = {expense.stage for expense in expenses}
    if len(stages) != 1 or entry.amount != total(expense.ordered for expense in expenses):
        return False
    match entry.indicator, stages.pop(), entry.return_reason:
        case "DBIT", ExpenseStage.APPROVED, None:
            moved_as = partial(ExpenseSettled, booked_on=entry.booked_on)
        case "CRDT", ExpenseStage.SETTLED, str(reason) if not refunded:
            moved_as = partial(ExpenseReturned, return_reason=reason)
        case _:
            return False
    for (case_no, line), expense in zip(lines, expenses, strict=True):
        moved = _movement(ask, entry, case_no, line)
        event = moved_as(**moved, ref=expense.ref, amount=expense.ordered)
        draft.add(cases.news(event, case_no))
        _annul_if_closed(draft, case_no)
    return True


def _lines(
    ask: ReceiveStatement, taken: Taken, draft: Draft, *, of_note: bool = False
) -> list[tuple[str, Line]]:
    """The lines that bear what the number of a payment, or of a credit note, stands for: one, or those of
    a group's participants."""
    if isinstance(taken.owner, str):
        costs = draft(groups, ask.programme, taken.owner).costs
        ref = taken.reference
        # A supplier may number invoices and credit notes alike.
        cost = next(c for c in costs.values() if ref in c.notes) if of_note else costs[ref]
        owners = [(share.case_no, share.line_no) for share in cost.shares]
    else:
        owners = [taken.owner]
    return [(case_no, draft(cases, case_no).lines[line_no]) for case_no, line_no in owners]


def _claim_refunded(
    ask: ReceiveStatement, entry: StatementEntry, taken: Taken, draft: Draft
) -> bool:
    """What a citizen had paid above a claim: paid back, or sent back by the bank."""
    [(case_no, line)] = _lines(ask, taken, draft)
    claim = line.claims[taken.reference]
    moved = _movement(ask, entry, case_no, line) | {"ref": claim.ref, "amount": entry.amount}
    match entry.indicator, entry.amount, entry.return_reason:
        case "DBIT", claim.refund, None if claim.refund:
            case = draft(cases, case_no)
            draft.add(*booked(case, line.line_no, claim.ref, ClaimRefunded(**moved)))
        case "CRDT", claim.refunded, str(reason) if claim.refunded:
            returned = RefundReturned(**moved, return_reason=reason)
            draft.add(cases.news(returned, case_no))
        case _:
            return False
    return True


def _movement(
    ask: ReceiveStatement, entry: StatementEntry, case_no: str, line: Line
) -> dict[str, Any]:
    """What every movement on a line tells."""
    return {
        "case_no": case_no,
        "line_no": line.line_no,
        "account_string": line.account_string,
        "statement": ask.statement,
        "entry": entry.entry,
    }


def _annul_if_closed(draft: Draft, case_no: str) -> None:
    """In a closed case nothing can be ordered anew: what came back isn't granted any more."""
    case = draft(cases, case_no)
    if case.stage.closed:
        draft.add(*annulled(case))


def _refunded(ask: ReceiveStatement, entry: StatementEntry, draft: Draft) -> bool:
    """A supplier's refund of a credit note that came after the payment was ordered: once, in full."""
    found = REFUND.fullmatch(entry.hands_back or "")
    taken = draft(credit_note_numbers, ask.programme, found[1]).taken if found else None
    if not taken or entry.indicator != "CRDT":
        return False
    owed = [
        (case_no, line, expense, note)
        for case_no, line in _lines(ask, taken, draft, of_note=True)
        for expense in line.expenses.values()
        if (note := expense.notes.get(taken.reference))
        and note.refund_due
        and expense.stage is ExpenseStage.SETTLED
    ]
    if not owed or entry.amount != total(note.amount for *_, note in owed):
        return False
    for case_no, line, expense, note in owed:
        refunded = InvoiceRefunded(
            **_movement(ask, entry, case_no, line),
            ref=expense.ref,
            credit_note=taken.reference,
            amount=note.amount,
        )
        draft.add(cases.news(refunded, case_no))
        _annul_if_closed(draft, case_no)
    return True


def _handed_back(ask: ReceiveStatement, entry: StatementEntry, draft: Draft) -> bool:
    found = HANDED_BACK.fullmatch(entry.hands_back or "")
    if not found or entry.indicator != "CRDT" or entry.amount <= ZERO:
        return False
    what, case_no, line_no = found[1], found[2], int(found[3])
    case = draft(cases, case_no)
    line = case.lines.get(line_no)
    if not line or case.programme != ask.programme or entry.entry in line.handed_back:
        return False
    if entry.amount > (line.undocumented if what == "UNSPENT" else total(line.owed.values())):
        return False
    moved = _movement(ask, entry, case_no, line)
    if what == "UNSPENT":
        not_before(ask.effective_on, open_from(line, entry.amount))
        draft.add(cases.news(UnspentReturned(**moved, amount=entry.amount), case_no))
        return True
    not_before(ask.effective_on, line.misused_from)
    for ref, share in shares(line.owed, entry.amount):
        repaid = ClaimRepaid(**moved, amount=share, claim=ref)
        draft.add(*booked(draft(cases, case_no), line_no, ref, repaid))
    return True
