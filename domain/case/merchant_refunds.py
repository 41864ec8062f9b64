"""A merchant's refund: the citizen has the money back, and owes an account of it once more."""

from dataclasses import replace
from datetime import date

from domain.case.days import not_before
from domain.case.line import ReceiptStage
from domain.case.sources import AccountString, Parts
from domain.case.state import Case, LineCommand, case_of, cases, programme_of
from domain.identity import Key, WordsRef
from domain.money import PositiveMoney
from domain.words import Day, Event, News, Past, Refused, decides, later


class ReceiptRefunded(Event):
    """The merchant gave back so much of what was accepted of a receipt. It is part of the advance again, to
    be explained or handed back."""

    case_no: Key
    line_no: int
    ref: Key
    amount: PositiveMoney
    refunded_on: date
    account_string: AccountString
    parts: Parts = later(())
    words: WordsRef | None
    # The day from which it holds. `None`: by an event of a release that didn't tell.
    holds_from: date | None = later(None)


class RecordMerchantRefund(LineCommand):
    ref: Key
    amount: PositiveMoney
    refunded_on: Day
    words: WordsRef | None = None


@cases.on(ReceiptRefunded)
def _refunded(case: Case, event: ReceiptRefunded) -> Case:
    line = case.lines[event.line_no]
    receipt = line.receipts[event.ref]
    line = line.with_receipt(replace(receipt, refunded=receipt.refunded + event.amount))
    line = line.reopening(event.amount, event.holds_from)
    return case.with_line(line.refunded(event.amount, event.refunded_on))


@decides(RecordMerchantRefund)
def record_refund(ask: RecordMerchantRefund, past: Past) -> list[News]:
    programme_of(ask, past)
    line = case_of(ask, past).line(ask.line_no)
    receipt = line.receipt(ask.ref)
    if receipt.stage is not ReceiptStage.ACCEPTED:
        raise Refused("wrong_state", stage=receipt.stage.value)
    if ask.refunded_on < receipt.purchased_on:
        raise Refused("before_purchase", purchased_on=str(receipt.purchased_on))
    if ask.refunded_on > ask.at.date():
        raise Refused("not_yet", asked_on=str(ask.at.date()))
    stands = receipt.accepted - receipt.refunded
    if ask.amount > stands:
        raise Refused("above_accepted", accepted=str(stands))
    not_before(ask.effective_on, receipt.held_from)
    refunded = ReceiptRefunded(
        case_no=ask.case_no,
        line_no=ask.line_no,
        ref=ask.ref,
        amount=ask.amount,
        refunded_on=ask.refunded_on,
        account_string=line.account_string,
        words=ask.words,
        holds_from=ask.effective_on,
    )
    return [cases.news(refunded, ask.case_no)]
