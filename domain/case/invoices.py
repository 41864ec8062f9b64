"""Electronic invoices (EAN-fakturaer) against a line: received, attested by one person, approved by another.

An invoice's reference is SUPPLIERCVR:NUMBER, which is also its payment's end-to-end id.
"""

from dataclasses import replace
from datetime import date

from domain.case.state import (
    AccountString,
    Case,
    Invoice,
    InvoiceStage,
    Line,
    LineCommand,
    Note,
    case_of,
    cases,
    open_case_of,
    programme_of,
)
from domain.case.stops import flowing
from domain.identity import Cvr, Key, Reference, WordsRef
from domain.money import Money, PositiveMoney
from domain.programme import Programme, Role
from domain.reference import credit_note_numbers, invoice_numbers, take
from domain.words import Command, Event, News, Past, Refused, decides

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
    sha256: str


class InvoiceAttested(Event):
    """Somebody saw that the goods or the course were received. The invoice now takes of the grant."""

    case_no: Key
    line_no: int
    ref: Reference
    attester: Key
    amount: Money  # What it takes: the amount due less the credit notes so far.


class InvoiceApproved(Event):
    """Another person approved it, which orders the payment. The bank's answer is another event."""

    case_no: Key
    line_no: int
    ref: Reference
    amount: Money
    account_string: AccountString


class InvoiceRejected(Event):
    """It is not going to be paid."""

    case_no: Key
    line_no: int
    ref: Reference
    reason: WordsRef | None


class InvoiceCredited(Event):
    """The supplier's credit note takes this much off the invoice. `refund_due`: the payment was ordered
    before the note came, so that the supplier owes the money back."""

    case_no: Key
    line_no: int
    ref: Reference
    credit_note: Reference
    amount: PositiveMoney
    refund_due: bool
    sha256: str


class InvoiceSettled(Event):
    """The bank's statement shows that the invoice was paid."""

    case_no: Key
    line_no: int
    ref: Reference
    amount: Money
    account_string: AccountString
    booked_on: date
    statement: str
    entry: str


class InvoiceReturned(Event):
    """The bank sent the whole payment back. The invoice is attested again, and can be approved anew."""

    case_no: Key
    line_no: int
    ref: Reference
    amount: Money
    account_string: AccountString
    return_reason: str
    statement: str
    entry: str


class InvoiceRefunded(Event):
    """The supplier paid back what a credit note promised."""

    case_no: Key
    line_no: int
    ref: Reference
    credit_note: Reference
    amount: PositiveMoney
    account_string: AccountString
    statement: str
    entry: str


# Commands ----------------------------------------------------------------------------------------


class ReceiveDocument(Command):
    """What was read from an electronic document. `faults`: the official rules that it breaks, or why it
    can't be read; of a faulty document nothing else needs to be known."""

    file: str
    sha256: str
    faults: tuple[str, ...]
    buyer_gln: str | None = None
    supplier_cvr: Cvr | None = None
    supplier_name: str | None = None
    number: Reference | None = None
    amount: Money | None = None
    issued_on: date | None = None


class ReceiveInvoice(ReceiveDocument):
    order_reference: str | None = None


class ReceiveCreditNote(ReceiveDocument):
    invoice_number: Reference | None = None


class InvoiceCommand(LineCommand):
    ref: Reference


class AttestInvoice(InvoiceCommand):
    pass


class ApproveInvoice(InvoiceCommand):
    pass


class RejectInvoice(InvoiceCommand):
    reason: WordsRef | None = None


# Evolve ------------------------------------------------------------------------------------------


def _with(case: Case, line_no: int, invoice: Invoice) -> Case:
    line = case.lines[line_no]
    return case.with_line(replace(line, invoices=line.invoices | {invoice.ref: invoice}))


@cases.on(InvoiceReceived)
def _received(case: Case, event: InvoiceReceived) -> Case:
    return _with(case, event.line_no, Invoice(event.ref, event.amount))


@cases.on(InvoiceAttested)
def _attested(case: Case, event: InvoiceAttested) -> Case:
    invoice = case.lines[event.line_no].invoices[event.ref]
    attested = replace(invoice, stage=InvoiceStage.ATTESTED, attested_by=event.attester)
    return _with(case, event.line_no, attested)


@cases.on(InvoiceApproved)
def _approved(case: Case, event: InvoiceApproved) -> Case:
    invoice = case.lines[event.line_no].invoices[event.ref]
    notes = {name: replace(note, refund_due=False) for name, note in invoice.notes.items()}
    ordered = replace(invoice, stage=InvoiceStage.APPROVED, ordered=event.amount, notes=notes)
    return _with(case, event.line_no, ordered)


@cases.on(InvoiceRejected)
def _rejected(case: Case, event: InvoiceRejected) -> Case:
    invoice = case.lines[event.line_no].invoices[event.ref]
    return _with(case, event.line_no, replace(invoice, stage=InvoiceStage.REJECTED))


@cases.on(InvoiceCredited)
def _credited(case: Case, event: InvoiceCredited) -> Case:
    invoice = case.lines[event.line_no].invoices[event.ref]
    notes = invoice.notes | {event.credit_note: Note(event.amount, event.refund_due)}
    return _with(case, event.line_no, replace(invoice, notes=notes))


@cases.on(InvoiceSettled)
def _settled(case: Case, event: InvoiceSettled) -> Case:
    invoice = case.lines[event.line_no].invoices[event.ref]
    settled = replace(invoice, stage=InvoiceStage.SETTLED, paid=event.amount)
    return _with(case, event.line_no, settled)


@cases.on(InvoiceReturned)
def _returned(case: Case, event: InvoiceReturned) -> Case:
    invoice = case.lines[event.line_no].invoices[event.ref]
    notes = {name: replace(note, refund_due=False) for name, note in invoice.notes.items()}
    back = replace(
        invoice, stage=InvoiceStage.ATTESTED, paid=invoice.paid - event.amount, notes=notes
    )
    return _with(case, event.line_no, back)


@cases.on(InvoiceRefunded)
def _refunded(case: Case, event: InvoiceRefunded) -> Case:
    invoice = case.lines[event.line_no].invoices[event.ref]
    note = replace(invoice.notes[event.credit_note], refund_due=False)
    refunded = replace(
        invoice,
        paid=invoice.paid - event.amount,
        notes=invoice.notes | {event.credit_note: note},
    )
    return _with(case, event.line_no, refunded)


# Decide ------------------------------------------------------------------------------------------


def _readable(ask: ReceiveDocument, past: Past) -> Programme:
    """Guard: a document that the official rules find valid, sent to our GLN."""
    programme = programme_of(ask, past, Role.SYSTEM)
    if ask.faults:
        raise Refused("invalid_document", faults=list(ask.faults))
    if ask.buyer_gln != programme.terms.buyer_gln:
        raise Refused("wrong_gln", buyer_gln=ask.buyer_gln)
    return programme


@decides(ReceiveInvoice)
def receive(ask: ReceiveInvoice, past: Past) -> list[News]:
    _readable(ask, past)
    case_no, line_no = _ordered(ask, past)
    assert ask.amount and ask.supplier_cvr and ask.issued_on  # noqa: PT018 - a valid document has them
    ref = f"{ask.supplier_cvr}:{ask.number}"
    taken = take(
        invoice_numbers,
        past,
        programme=ask.programme,
        reference=ref,
        case_no=case_no,
        line_no=line_no,
        refusal="duplicate_invoice",
    )
    received = InvoiceReceived(
        case_no=case_no,
        line_no=line_no,
        ref=ref,
        amount=ask.amount,
        supplier_cvr=ask.supplier_cvr,
        supplier_name=ask.supplier_name or "",
        issued_on=ask.issued_on,
        sha256=ask.sha256,
    )
    return [cases.news(received, case_no), taken]


def _ordered(ask: ReceiveInvoice, past: Past) -> tuple[str, int]:
    """Guard: the order reference names a line of a submitted budget, CASE/LINE."""
    case_no, _, line_no = (ask.order_reference or "").rpartition("/")
    case = past(cases, case_no)
    known = case.programme == ask.programme and line_no.isdecimal() and int(line_no) in case.lines
    if not known:
        raise Refused("unknown_order", order_reference=ask.order_reference)
    return case_no, int(line_no)


@decides(ReceiveCreditNote)
def credit(ask: ReceiveCreditNote, past: Past) -> list[News]:
    _readable(ask, past)
    ref = f"{ask.supplier_cvr}:{ask.invoice_number}"
    owner = past(invoice_numbers, ask.programme, ref).taken
    if not owner:
        raise Refused("not_found", what="invoice", ref=ref)
    assert ask.amount
    note = f"{ask.supplier_cvr}:{ask.number}"
    taken = take(
        credit_note_numbers,
        past,
        programme=ask.programme,
        reference=note,
        case_no=owner.case_no,
        line_no=owner.line_no,
        refusal="duplicate_invoice",
    )
    invoice = past(cases, owner.case_no).lines[owner.line_no].invoices[ref]
    credited = InvoiceCredited(
        case_no=owner.case_no,
        line_no=owner.line_no,
        ref=ref,
        credit_note=note,
        amount=ask.amount,
        refund_due=invoice.stage in (InvoiceStage.APPROVED, InvoiceStage.SETTLED),
        sha256=ask.sha256,
    )
    return [cases.news(credited, owner.case_no), taken]


@decides(AttestInvoice)
def attest(ask: AttestInvoice, past: Past) -> list[News]:
    programme_of(ask, past, Role.CASEWORKER)
    line = open_case_of(ask, past).line(ask.line_no)
    invoice = _staged(line, ask.ref, InvoiceStage.RECEIVED)
    if invoice.due > line.left:
        raise Refused("above_grant", left=str(line.left), due=str(invoice.due))
    attested = InvoiceAttested(
        case_no=ask.case_no,
        line_no=ask.line_no,
        ref=ask.ref,
        attester=ask.by,
        amount=invoice.due,
    )
    return [cases.news(attested, ask.case_no)]


@decides(ApproveInvoice)
def approve(ask: ApproveInvoice, past: Past) -> list[News]:
    programme = programme_of(ask, past, Role.CONTROLLER)
    case = open_case_of(ask, past)
    line = case.line(ask.line_no)
    invoice = _staged(line, ask.ref, InvoiceStage.ATTESTED)
    if ask.by == invoice.attested_by:
        raise Refused("same_person", attested_by=invoice.attested_by)
    flowing(case, line, programme, past)
    approved = InvoiceApproved(
        case_no=ask.case_no,
        line_no=ask.line_no,
        ref=ask.ref,
        amount=invoice.due,
        account_string=line.account_string,
    )
    return [cases.news(approved, ask.case_no)]


@decides(RejectInvoice)
def reject(ask: RejectInvoice, past: Past) -> list[News]:
    programme_of(ask, past, Role.CASEWORKER, Role.CONTROLLER)
    line = case_of(ask, past).line(ask.line_no)
    _staged(line, ask.ref, InvoiceStage.RECEIVED, InvoiceStage.ATTESTED)
    rejected = InvoiceRejected(
        case_no=ask.case_no, line_no=ask.line_no, ref=ask.ref, reason=ask.reason
    )
    return [cases.news(rejected, ask.case_no)]


def _staged(line: Line, ref: str, *stages: InvoiceStage) -> Invoice:
    """Guard: the invoice exists, on this line, and stands where this can be done."""
    if ref not in line.invoices:
        raise Refused("not_found", what="invoice", ref=ref)
    invoice = line.invoices[ref]
    if invoice.stage not in stages:
        raise Refused("wrong_state", stage=invoice.stage.value)
    return invoice
