"""Receipts (kvitteringer): what explains that an advance was spent as agreed."""

from dataclasses import replace
from datetime import date

from domain.case.line import Receipt, ReceiptStage, together
from domain.case.sources import AccountString, Parts
from domain.case.state import Case, LineCommand, case_of, cases, programme_of
from domain.identity import Key, Sha256, WordsRef
from domain.money import PositiveMoney
from domain.reference import receipt_files, receipt_numbers, take
from domain.words import Event, News, Past, Refused, decides, later

# Events ------------------------------------------------------------------------------------------


class ReceiptHandedIn(Event):
    """The citizen handed in a receipt. The picture is kept by its SHA-256, sealed with the citizen's key."""

    case_no: Key
    line_no: int
    ref: Key
    amount: PositiveMoney
    sha256: Sha256
    merchant: str
    purchased_on: date
    note: WordsRef | None


class ReceiptAccepted(Event):
    """The receipt, or this much of it, explains the line's advance, oldest tranche first."""

    case_no: Key
    line_no: int
    ref: Key
    amount: PositiveMoney
    account_string: AccountString
    parts: Parts = later(())
    accepted_by: Key | None = later(None)


class ReceiptRejected(Event):
    """The receipt explains nothing."""

    case_no: Key
    line_no: int
    ref: Key
    reason: WordsRef | None


class LossDeclared(Event):
    """A solemn declaration in place of a lost receipt."""

    case_no: Key
    line_no: int
    amount: PositiveMoney
    account_string: AccountString
    parts: Parts = later(())
    words: WordsRef | None
    rules: int = 1  # The version that it was judged by.


class UnspentReturned(Event):
    """The citizen paid back what was left of an advance."""

    case_no: Key
    line_no: int
    amount: PositiveMoney
    account_string: AccountString
    parts: Parts = later(())
    statement: str
    entry: str


# Commands ----------------------------------------------------------------------------------------


class HandInReceipt(LineCommand):
    ref: Key
    amount: PositiveMoney
    sha256: Sha256
    merchant: str
    purchased_on: date
    note: WordsRef | None = None


class AcceptReceipt(LineCommand):
    ref: Key
    amount: PositiveMoney


class RejectReceipt(LineCommand):
    ref: Key
    reason: WordsRef | None = None


class DeclareLoss(LineCommand):
    amount: PositiveMoney
    words: WordsRef | None = None


# Evolve ------------------------------------------------------------------------------------------


@cases.on(ReceiptHandedIn)
def _handed_in(case: Case, event: ReceiptHandedIn) -> Case:
    receipt = Receipt(event.ref, event.amount)
    return case.with_line(case.lines[event.line_no].with_receipt(receipt))


@cases.on(ReceiptAccepted)
def _accepted(case: Case, event: ReceiptAccepted) -> Case:
    line = case.lines[event.line_no]
    receipt = replace(line.receipts[event.ref], stage=ReceiptStage.ACCEPTED)
    acceptors = together(line.acceptors, event.accepted_by)
    line = replace(line, explained=line.explained + event.amount, acceptors=acceptors)
    return case.with_line(line.with_receipt(receipt))


@cases.on(ReceiptRejected)
def _rejected(case: Case, event: ReceiptRejected) -> Case:
    line = case.lines[event.line_no]
    receipt = replace(line.receipts[event.ref], stage=ReceiptStage.REJECTED)
    return case.with_line(line.with_receipt(receipt))


@cases.on(LossDeclared)
def _loss_declared(case: Case, event: LossDeclared) -> Case:
    line = case.lines[event.line_no]
    return case.with_line(replace(line, explained=line.explained + event.amount))


@cases.on(UnspentReturned)
def _unspent_returned(case: Case, event: UnspentReturned) -> Case:
    line = case.lines[event.line_no]
    unspent, entries = line.unspent + event.amount, line.handed_back | {event.entry}
    return case.with_line(replace(line, unspent=unspent, handed_back=entries))


# Decide ------------------------------------------------------------------------------------------


@decides(HandInReceipt)
def hand_in(ask: HandInReceipt, past: Past) -> list[News]:
    programme_of(ask, past)
    case_of(ask, past).line(ask.line_no)
    owner = (ask.case_no, ask.line_no)
    number = take(receipt_numbers, past, ask.programme, ask.ref, owner=owner, refusal="wrong_state")
    file = take(
        receipt_files, past, ask.programme, ask.sha256, owner=owner, refusal="duplicate_receipt"
    )
    handed_in = ReceiptHandedIn(
        case_no=ask.case_no,
        line_no=ask.line_no,
        ref=ask.ref,
        amount=ask.amount,
        sha256=ask.sha256,
        merchant=ask.merchant,
        purchased_on=ask.purchased_on,
        note=ask.note,
    )
    return [cases.news(handed_in, ask.case_no), number, file]


@decides(AcceptReceipt)
def accept(ask: AcceptReceipt, past: Past) -> list[News]:
    programme_of(ask, past)
    line = case_of(ask, past).line(ask.line_no)
    receipt = line.receipt(ask.ref)
    if receipt.stage is not ReceiptStage.HANDED_IN:
        raise Refused("wrong_state", stage=receipt.stage.value)
    if ask.amount > receipt.amount:
        raise Refused("above_receipt", receipt=str(receipt.amount))
    if ask.amount > line.undocumented:
        raise Refused("above_advance", undocumented=str(line.undocumented))
    accepted = ReceiptAccepted(
        case_no=ask.case_no,
        line_no=ask.line_no,
        ref=ask.ref,
        amount=ask.amount,
        account_string=line.account_string,
        accepted_by=ask.by,
    )
    return [cases.news(accepted, ask.case_no)]


@decides(RejectReceipt)
def reject(ask: RejectReceipt, past: Past) -> list[News]:
    programme_of(ask, past)
    receipt = case_of(ask, past).line(ask.line_no).receipt(ask.ref)
    if receipt.stage is not ReceiptStage.HANDED_IN:
        raise Refused("wrong_state", stage=receipt.stage.value)
    rejected = ReceiptRejected(
        case_no=ask.case_no, line_no=ask.line_no, ref=ask.ref, reason=ask.reason
    )
    return [cases.news(rejected, ask.case_no)]


@decides(DeclareLoss)
def declare_loss(ask: DeclareLoss, past: Past) -> list[News]:
    rules = programme_of(ask, past).rules_on(ask.effective_on)
    line = case_of(ask, past).line(ask.line_no)
    most = rules.declaration_max
    if ask.amount > most:
        raise Refused("declaration_too_large", most=str(most), rules=rules.version)
    if ask.amount > line.undocumented:
        raise Refused("above_advance", undocumented=str(line.undocumented))
    declared = LossDeclared(
        case_no=ask.case_no,
        line_no=ask.line_no,
        amount=ask.amount,
        account_string=line.account_string,
        words=ask.words,
        rules=rules.version,
    )
    return [cases.news(declared, ask.case_no)]
