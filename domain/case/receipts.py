"""Receipts (kvitteringer): what explains that an advance was spent as agreed."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Any, Protocol

from domain.case.days import latest_of, may_account_for, not_before
from domain.case.line import Receipt, ReceiptStage
from domain.case.readings import ReceiptRead, ReceiptUnreadable
from domain.case.sources import AccountString, Parts
from domain.case.state import Case, LineCommand, case_of, cases, months_later, programme_of
from domain.identity import Key, Sha256, WordsRef
from domain.money import PositiveMoney, total
from domain.programme import Rules
from domain.reference import receipt_files, receipt_numbers, take
from domain.voucher import VoucherFiled, vouchers, waiting_voucher
from domain.words import Command, Event, News, Past, Refused, decides, later

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
    # What the whole receipt says, where it stands for several lines: this is one line's share of it.
    whole: PositiveMoney | None = later(None)
    # The day from which it holds. `None`: by an event of a release that didn't tell.
    holds_from: date | None = later(None)


class ReceiptAccepted(Event):
    """The receipt, or this much of it, explains the line's advance, oldest tranche first. Of one that was
    accepted in part before: so much of the rest, too."""

    case_no: Key
    line_no: int
    ref: Key
    amount: PositiveMoney
    account_string: AccountString
    parts: Parts = later(())
    merchant: str | None = later(None)  # `None`: by an event of a release that didn't tell.
    reason: WordsRef | None = later(None)  # Why not all of it.
    accepted_by: Key | None = later(None)
    # The day from which it holds. `None`: by an event of a release that didn't tell.
    holds_from: date | None = later(None)


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
    # The day from which it holds, and who took it. `None`: by an event of a release that didn't tell.
    declared_on: date | None = later(None)
    declared_by: Key | None = later(None)


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
    voucher: Key | None = later(
        None
    )  # That arrived, and is this receipt: its file is the receipt's.


class AcceptReceipt(LineCommand):
    ref: Key
    amount: PositiveMoney
    reason: WordsRef | None = later(None)  # Why not all of it.
    rest: bool = later(default=False)  # Of a receipt that was accepted in part: more of it.


class RejectReceipt(LineCommand):
    ref: Key
    reason: WordsRef | None = None


class DeclareLoss(LineCommand):
    """`other_cases`: of the same citizen, in any programme, as the log says."""

    amount: PositiveMoney
    words: WordsRef | None = None
    other_cases: tuple[Key, ...] = later(())

    def digest(self) -> str:
        """Without what was looked up for it: a retry is the same wish."""
        return Command.digest(self.model_copy(update={"other_cases": ()}))


# Evolve ------------------------------------------------------------------------------------------


@cases.on(ReceiptHandedIn)
def _handed_in(case: Case, event: ReceiptHandedIn) -> Case:
    receipt = Receipt(event.ref, event.amount, event.purchased_on, event.merchant)
    receipt = replace(receipt, held_from=event.holds_from)
    return case.with_line(case.lines[event.line_no].with_receipt(receipt))


@cases.on(ReceiptAccepted)
def _accepted(case: Case, event: ReceiptAccepted) -> Case:
    line = case.lines[event.line_no]
    receipt = line.receipts[event.ref]
    accepted = receipt.accepted + event.amount
    held_from = latest_of(receipt.held_from, event.holds_from)
    receipt = replace(receipt, stage=ReceiptStage.ACCEPTED, accepted=accepted, held_from=held_from)
    line = replace(line, explained=line.explained + event.amount).accepted_of(event.accepted_by)
    return case.with_line(line.with_receipt(receipt))


@cases.on(ReceiptRejected)
def _rejected(case: Case, event: ReceiptRejected) -> Case:
    line = case.lines[event.line_no]
    receipt = replace(line.receipts[event.ref], stage=ReceiptStage.REJECTED)
    return case.with_line(line.with_receipt(receipt))


@cases.on(LossDeclared)
def _loss_declared(case: Case, event: LossDeclared) -> Case:
    line = case.lines[event.line_no].accepted_of(event.declared_by)
    case = case.with_line(replace(line, explained=line.explained + event.amount))
    if event.declared_on is None:
        return case
    return replace(case, declared=(*case.declared, (event.declared_on, event.amount)))


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
    arrived = filed(ask, ask.line_no, past)
    handed_in = ReceiptHandedIn(
        case_no=ask.case_no,
        line_no=ask.line_no,
        ref=ask.ref,
        amount=ask.amount,
        sha256=ask.sha256,
        merchant=ask.merchant,
        purchased_on=ask.purchased_on,
        note=ask.note,
        holds_from=ask.effective_on,
    )
    return [cases.news(handed_in, ask.case_no), number, file, *arrived]


class Filing(Protocol):
    """A command that says of a voucher that it is the receipt."""

    @property
    def programme(self) -> str: ...
    @property
    def case_no(self) -> str: ...
    @property
    def ref(self) -> str: ...
    @property
    def sha256(self) -> str: ...
    @property
    def voucher(self) -> str | None: ...


def filed(ask: Filing, line_no: int, past: Past) -> list[News]:
    """What becomes of the voucher that the receipt was, and what readers had made of it. Guard: it arrived,
    waits, and has the receipt's file."""
    if ask.voucher is None:
        return []
    voucher = waiting_voucher(past, ask.programme, ask.voucher, ask.case_no)
    if voucher.sha256 != ask.sha256:
        raise Refused("not_found", what="voucher", ref=ask.voucher)
    owner: dict[str, Any] = {"case_no": ask.case_no, "line_no": line_no}
    event = VoucherFiled(programme=ask.programme, ref=ask.voucher, **owner, receipt=ask.ref)
    known = owner | {"ref": ask.ref}
    made: list[Event] = [ReceiptRead(**known, reading=voucher.reading)] if voucher.reading else []
    if voucher.unreadable:
        made.append(ReceiptUnreadable(**known, reason=voucher.unreadable))
    news = [cases.news(each, ask.case_no) for each in made]
    return [vouchers.news(event, ask.programme, ask.voucher), *news]


@decides(AcceptReceipt)
def accept(ask: AcceptReceipt, past: Past) -> list[News]:
    programme_of(ask, past)
    line = case_of(ask, past).line(ask.line_no)
    receipt = line.receipt(ask.ref)
    if receipt.stage is not (ReceiptStage.ACCEPTED if ask.rest else ReceiptStage.HANDED_IN):
        raise Refused("wrong_state", stage=receipt.stage.value)
    left = receipt.amount - receipt.accepted
    if ask.amount > left:
        raise Refused("above_receipt", receipt=str(receipt.amount), left=str(left))
    not_before(ask.effective_on, receipt.held_from)
    may_account_for(line, ask.amount, ask.effective_on)
    accepted = ReceiptAccepted(
        case_no=ask.case_no,
        line_no=ask.line_no,
        ref=ask.ref,
        amount=ask.amount,
        account_string=line.account_string,
        merchant=receipt.merchant,
        reason=ask.reason,
        accepted_by=ask.by,
        holds_from=ask.effective_on,
    )
    return [cases.news(accepted, ask.case_no)]


@decides(RejectReceipt)
def reject(ask: RejectReceipt, past: Past) -> list[News]:
    programme_of(ask, past)
    receipt = case_of(ask, past).line(ask.line_no).receipt(ask.ref)
    if receipt.stage is not ReceiptStage.HANDED_IN:
        raise Refused("wrong_state", stage=receipt.stage.value)
    not_before(ask.effective_on, receipt.held_from)
    rejected = ReceiptRejected(
        case_no=ask.case_no, line_no=ask.line_no, ref=ask.ref, reason=ask.reason
    )
    return [cases.news(rejected, ask.case_no)]


@decides(DeclareLoss)
def declare_loss(ask: DeclareLoss, past: Past) -> list[News]:
    rules = programme_of(ask, past).rules_on(ask.effective_on)
    case = case_of(ask, past)
    line = case.line(ask.line_no)
    most = rules.declaration_max
    if ask.amount > most:
        raise Refused("declaration_too_large", most=str(most), rules=rules.version)
    others = (past(cases, case_no) for case_no in ask.other_cases)
    _declares_no_more([case, *others], ask, rules)
    may_account_for(line, ask.amount, ask.effective_on)
    declared = LossDeclared(
        case_no=ask.case_no,
        line_no=ask.line_no,
        amount=ask.amount,
        account_string=line.account_string,
        words=ask.words,
        rules=rules.version,
        declared_on=ask.effective_on,
        declared_by=ask.by,
    )
    return [cases.news(declared, ask.case_no)]


def _declares_no_more(known: Sequence[Case], ask: DeclareLoss, rules: Rules) -> None:
    """Guard: a citizen can't declare every receipt lost. What was declared less than so many months before
    or after that day counts, in all of the citizen's cases in the programme (the first is the one that is
    asked about), so that no such period ever holds more than the most."""
    most, day = rules.declarations_max_total, ask.effective_on
    declared = total(
        amount
        for case in known
        if (case.citizen, case.programme) == (known[0].citizen, ask.programme)
        for on, amount in case.declared
        if months_later(min(on, day), rules.declarations_months) > max(on, day)
    )
    if most is not None and declared + ask.amount > most:
        raise Refused(
            "declarations_exhausted",
            most=str(most),
            declared=str(declared),
            months=rules.declarations_months,
            rules=rules.version,
        )
