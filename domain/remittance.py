"""What the bank answered: its statements are the only proof that money moved.

No row is left behind: an entry either moves a case's money, or is kept as unreconciled for a person.
"""

import re
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from domain.case.annulment import annulled
from domain.case.appeals import ClaimRefunded, RefundReturned
from domain.case.invoices import InvoiceRefunded, InvoiceReturned, InvoiceSettled
from domain.case.payouts import TrancheReturned, TrancheSettled
from domain.case.receipts import UnspentReturned
from domain.case.recovery import ClaimRepaid, booked, shares
from domain.case.state import InvoiceStage, Line, TrancheStage, cases, programme_of
from domain.identity import Account, Key, Sha256, StatementId, WordsRef
from domain.money import ZERO, Money, total
from domain.programme import Data, Role
from domain.reference import (
    claim_numbers,
    credit_note_numbers,
    invoice_numbers,
    tranche_numbers,
)
from domain.words import Command, Day, Decider, Draft, Event, News, Past, Refused, decides

REFUND = re.compile(r"CREDITNOTE (\S+)")
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
    """All entries of a statement are booked at once, each on top of the ones before it."""
    programme = programme_of(ask, past, Role.SYSTEM)
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
    ways = (_handed_back, _refunded, _tranche_moved, _invoice_moved, _claim_refunded)
    return any(way(ask, entry, draft) for way in ways)


def _tranche_moved(ask: ReceiveStatement, entry: StatementEntry, draft: Draft) -> bool:
    taken = draft(tranche_numbers, ask.programme, entry.end_to_end_id or "").taken
    if not taken:
        return False
    line = draft(cases, taken.case_no).lines[taken.line_no]
    tranche = line.tranches.get(taken.reference)
    if not tranche or entry.amount != tranche.amount:
        return False
    moved = _movement(ask, entry, taken.case_no, line) | {
        "ref": tranche.ref,
        "amount": tranche.amount,
    }
    match entry.indicator, tranche.stage, entry.return_reason:
        case "DBIT", TrancheStage.RELEASED, None:
            settled = TrancheSettled(**moved, booked_on=entry.booked_on)
            draft.add(cases.news(settled, taken.case_no))
        case "CRDT", TrancheStage.SETTLED, str(reason):
            returned = TrancheReturned(**moved, return_reason=reason)
            draft.add(cases.news(returned, taken.case_no))
            _annul_if_closed(draft, taken.case_no)
        case _:
            return False
    return True


def _invoice_moved(ask: ReceiveStatement, entry: StatementEntry, draft: Draft) -> bool:
    taken = draft(invoice_numbers, ask.programme, entry.end_to_end_id or "").taken
    if not taken:
        return False
    line = draft(cases, taken.case_no).lines[taken.line_no]
    invoice = line.invoices[taken.reference]
    if entry.amount != invoice.ordered:
        return False
    moved = _movement(ask, entry, taken.case_no, line) | {
        "ref": invoice.ref,
        "amount": invoice.ordered,
    }
    match entry.indicator, invoice.stage, entry.return_reason:
        case "DBIT", InvoiceStage.APPROVED, None:
            settled = InvoiceSettled(**moved, booked_on=entry.booked_on)
            draft.add(cases.news(settled, taken.case_no))
        case "CRDT", InvoiceStage.SETTLED, str(reason):
            returned = InvoiceReturned(**moved, return_reason=reason)
            draft.add(cases.news(returned, taken.case_no))
            _annul_if_closed(draft, taken.case_no)
        case _:
            return False
    return True


def _claim_refunded(ask: ReceiveStatement, entry: StatementEntry, draft: Draft) -> bool:
    """What a citizen had paid above a claim: paid back, or sent back by the bank."""
    taken = draft(claim_numbers, ask.programme, entry.end_to_end_id or "").taken
    if not taken:
        return False
    case = draft(cases, taken.case_no)
    line = case.lines[taken.line_no]
    claim = line.claims[taken.reference]
    moved = _movement(ask, entry, taken.case_no, line) | {"ref": claim.ref, "amount": entry.amount}
    match entry.indicator, entry.amount, entry.return_reason:
        case "DBIT", claim.refund, None if claim.refund:
            draft.add(*booked(case, line.line_no, claim.ref, ClaimRefunded(**moved)))
        case "CRDT", claim.refunded, str(reason) if claim.refunded:
            returned = RefundReturned(**moved, return_reason=reason)
            draft.add(cases.news(returned, taken.case_no))
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
    line = draft(cases, taken.case_no).lines[taken.line_no]
    invoice = next(i for i in line.invoices.values() if taken.reference in i.notes)
    note = invoice.notes[taken.reference]
    owed = note.refund_due and invoice.stage is InvoiceStage.SETTLED
    if not owed or entry.amount != note.amount:
        return False
    refunded = InvoiceRefunded(
        **_movement(ask, entry, taken.case_no, line),
        ref=invoice.ref,
        credit_note=taken.reference,
        amount=note.amount,
    )
    draft.add(cases.news(refunded, taken.case_no))
    _annul_if_closed(draft, taken.case_no)
    return True


def _handed_back(ask: ReceiveStatement, entry: StatementEntry, draft: Draft) -> bool:
    found = HANDED_BACK.fullmatch(entry.hands_back or "")
    if not found or entry.indicator != "CRDT" or entry.amount <= ZERO:
        return False
    what, case_no, line_no = found[1], found[2], int(found[3])
    case = draft(cases, case_no)
    line = case.lines.get(line_no)
    if not line or case.programme != ask.programme:
        return False
    if entry.amount > (line.undocumented if what == "UNSPENT" else total(line.owed.values())):
        return False
    moved = _movement(ask, entry, case_no, line)
    if what == "UNSPENT":
        draft.add(cases.news(UnspentReturned(**moved, amount=entry.amount), case_no))
        return True
    for ref, share in shares(line.owed, entry.amount):
        repaid = ClaimRepaid(**moved, amount=share, claim=ref)
        draft.add(*booked(draft(cases, case_no), line_no, ref, repaid))
    return True
