"""Electronic invoices (EAN-fakturaer) and credit notes: what a supplier sends, for a line or for a group.

An invoice is an expense; its reference is SUPPLIERCVR:NUMBER.
"""

import re
from dataclasses import replace
from datetime import date
from typing import Any

from domain.case.line import Expense, ExpenseStage, Note
from domain.case.sources import AccountString, Parts
from domain.case.state import Case, cases, programme_of
from domain.group import SharedCostCredited, SharedCostReceived, groups
from domain.identity import Cvr, DocumentNumber, Key, Reference, Sha256
from domain.money import ZERO, Money, PositiveMoney, split
from domain.programme import Programme
from domain.reference import Owner, credit_note_numbers, invoice_numbers, take
from domain.words import Command, Event, News, Past, Refused, decides, later

# Events ------------------------------------------------------------------------------------------


class InvoiceReceived(Event):
    """A supplier's invoice came in, was found valid, and names this line in its order reference."""

    case_no: Key
    line_no: int
    ref: Reference
    amount: PositiveMoney  # The amount due, VAT included (BT-115).
    supplier_cvr: Cvr
    supplier_name: str
    issued_on: date
    sha256: Sha256


class InvoiceCredited(Event):
    """The supplier's credit note takes this much off the invoice. `refund_due`: the payment was ordered
    before the note came, so that the supplier owes the money back."""

    case_no: Key
    line_no: int
    ref: Reference
    credit_note: Reference
    amount: PositiveMoney
    refund_due: bool
    sha256: Sha256


class InvoiceRefunded(Event):
    """The supplier paid back what a credit note promised."""

    case_no: Key
    line_no: int
    ref: Reference
    credit_note: Reference
    amount: PositiveMoney
    account_string: AccountString
    parts: Parts = later(())
    statement: str
    entry: str


# Commands ----------------------------------------------------------------------------------------


class ReceiveDocument(Command):
    """What was read from an electronic document. `faults`: the official rules that it breaks, or why it
    can't be read; of a faulty document nothing else needs to be known."""

    file: str
    sha256: Sha256
    faults: tuple[str, ...]
    buyer_gln: str | None = None
    supplier_cvr: Cvr | None = None
    supplier_name: str | None = None
    number: DocumentNumber | None = None
    amount: Money | None = None
    issued_on: date | None = None


class ReceiveInvoice(ReceiveDocument):
    order_reference: str | None = None


class ReceiveCreditNote(ReceiveDocument):
    invoice_number: DocumentNumber | None = None


# Evolve ------------------------------------------------------------------------------------------


@cases.on(InvoiceReceived)
def _received(case: Case, event: InvoiceReceived) -> Case:
    line = case.lines[event.line_no]
    return case.with_line(line.with_expense(Expense(event.ref, event.amount)))


@cases.on(InvoiceCredited)
def _credited(case: Case, event: InvoiceCredited) -> Case:
    line = case.lines[event.line_no]
    expense = line.expenses[event.ref]
    notes = expense.notes | {event.credit_note: Note(event.amount, event.refund_due)}
    return case.with_line(line.with_expense(replace(expense, notes=notes)))


@cases.on(InvoiceRefunded)
def _refunded(case: Case, event: InvoiceRefunded) -> Case:
    line = case.lines[event.line_no]
    expense = line.expenses[event.ref]
    note = replace(expense.notes[event.credit_note], refund_due=False)
    refunded = replace(
        expense,
        paid=expense.paid - event.amount,
        notes=expense.notes | {event.credit_note: note},
    )
    return case.with_line(line.with_expense(refunded))


# What a valid document says.
SAID = ("supplier_cvr", "number", "amount", "issued_on", "invoice_number")

# Decide ------------------------------------------------------------------------------------------


def _readable(ask: ReceiveDocument, past: Past) -> Programme:
    """Guard: a document that the official rules find valid, sent to our GLN."""
    programme = programme_of(ask, past)
    missing = [name for name in SAID if not getattr(ask, name, "none of its kind")]
    if ask.faults or missing or (ask.amount and ask.amount < ZERO):
        raise Refused("invalid_document", faults=list(ask.faults) or missing)
    if ask.buyer_gln != programme.terms.buyer_gln:
        raise Refused("wrong_gln", buyer_gln=ask.buyer_gln)
    return programme


@decides(ReceiveInvoice)
def receive(ask: ReceiveInvoice, past: Past) -> list[News]:
    _readable(ask, past)
    owner = _ordered(ask, past)
    assert ask.amount and ask.supplier_cvr and ask.issued_on  # noqa: PT018 - a valid document has them
    ref = f"{ask.supplier_cvr}:{ask.number}"
    taken = take(
        invoice_numbers,
        past,
        ask.programme,
        ref,
        owner=owner,
        refusal="duplicate_invoice",
    )
    told: dict[str, Any] = {
        "ref": ref,
        "amount": ask.amount,
        "supplier_cvr": ask.supplier_cvr,
        "supplier_name": ask.supplier_name or "",
        "issued_on": ask.issued_on,
        "sha256": ask.sha256,
    }
    if isinstance(owner, str):
        shared = SharedCostReceived(programme=ask.programme, group=owner, claimed_by=None, **told)
        return [groups.news(shared, ask.programme, owner), taken]
    case_no, line_no = owner
    received = InvoiceReceived(case_no=case_no, line_no=line_no, **told)
    return [cases.news(received, case_no), taken]


def _ordered(ask: ReceiveInvoice, past: Past) -> Owner:
    """Guard: the order reference names a line of a submitted budget, CASE/LINE, or a group."""
    order = ask.order_reference or ""
    if past(groups, ask.programme, order).formed:
        return order
    case_no, _, line_no = order.rpartition("/")
    case = past(cases, case_no)
    named = re.fullmatch(r"[0-9]{1,4}", line_no, re.ASCII)
    if not named or case.programme != ask.programme or int(line_no) not in case.lines:
        raise Refused("unknown_order", order_reference=ask.order_reference)
    if case.forgotten:
        raise Refused("citizen_forgotten", case_no=case_no)
    return case_no, int(line_no)


@decides(ReceiveCreditNote)
def credit(ask: ReceiveCreditNote, past: Past) -> list[News]:
    _readable(ask, past)
    ref = f"{ask.supplier_cvr}:{ask.invoice_number}"
    taken = past(invoice_numbers, ask.programme, ref).taken
    if not taken:
        raise Refused("not_found", what="invoice", ref=ref)
    note = f"{ask.supplier_cvr}:{ask.number}"
    number = take(
        credit_note_numbers,
        past,
        ask.programme,
        note,
        owner=taken.owner,
        refusal="duplicate_invoice",
    )
    assert ask.amount
    if isinstance(taken.owner, str):
        return [*_credited_to_group(ask, past, taken.owner, ref, note, ask.amount), number]
    case_no, line_no = taken.owner
    invoice = past(cases, case_no).lines[line_no].expenses[ref]
    if ask.amount > invoice.due:
        raise Refused("above_invoice", due=str(invoice.due))
    return [_credited_to_line(ask, case_no, line_no, invoice, note, ask.amount), number]


def _credited_to_group(
    ask: ReceiveCreditNote, past: Past, name: str, ref: str, note: str, amount: Money
) -> list[News]:
    """To each share its part, once the cost is spread."""
    shared = past(groups, ask.programme, name).costs[ref]
    if amount > shared.due:
        raise Refused("above_invoice", due=str(shared.due))
    credited = SharedCostCredited(
        programme=ask.programme,
        group=name,
        ref=ref,
        credit_note=note,
        amount=amount,
        sha256=ask.sha256,
    )
    lines = [past(cases, share.case_no).lines[share.line_no] for share in shared.shares]
    invoices = [line.expenses[ref] for line in lines]
    parts = split(amount, [invoice.due.ore for invoice in invoices])
    return [
        groups.news(credited, ask.programme, name),
        *(
            _credited_to_line(ask, share.case_no, share.line_no, invoice, note, part)
            for share, invoice, part in zip(shared.shares, invoices, parts, strict=True)
            if part
        ),
    ]


def _credited_to_line(
    ask: ReceiveCreditNote, case_no: str, line_no: int, invoice: Expense, note: str, amount: Money
) -> News:
    credited = InvoiceCredited(
        case_no=case_no,
        line_no=line_no,
        ref=invoice.ref,
        credit_note=note,
        amount=amount,
        refund_due=invoice.stage in (ExpenseStage.APPROVED, ExpenseStage.SETTLED),
        sha256=ask.sha256,
    )
    return cases.news(credited, case_no)
