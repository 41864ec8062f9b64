"""One receipt for several lines: each has its share, which is accepted or rejected for itself."""

from datetime import date
from typing import Annotated

from pydantic import AfterValidator, Field

from domain.case.receipts import ReceiptHandedIn, filed
from domain.case.state import CaseCommand, case_of, cases, programme_of
from domain.identity import Key, LineNo, Sha256, WordsRef
from domain.money import PositiveMoney, total
from domain.programme import Data
from domain.reference import receipt_files, receipt_numbers, take
from domain.words import News, Past, Refused, decides, later


class ReceiptShare(Data):
    line_no: LineNo
    amount: PositiveMoney


def _each_line_once(shares: tuple[ReceiptShare, ...]) -> tuple[ReceiptShare, ...]:
    if len({share.line_no for share in shares}) < len(shares):
        raise ValueError("a line has one share of a receipt")
    return shares


Shares = Annotated[
    tuple[ReceiptShare, ...], Field(min_length=2, max_length=100), AfterValidator(_each_line_once)
]


class ShareReceipt(CaseCommand):
    """`amount`: what the receipt says. Its shares may come to less, where some of it is for no line."""

    ref: Key
    amount: PositiveMoney
    shares: Shares
    sha256: Sha256
    merchant: str
    purchased_on: date
    note: WordsRef | None = None
    voucher: Key | None = later(
        None
    )  # That arrived, and is this receipt: its file is the receipt's.


@decides(ShareReceipt)
def share_receipt(ask: ShareReceipt, past: Past) -> list[News]:
    """Its number and its file are taken once, by the first of the lines."""
    programme_of(ask, past)
    case = case_of(ask, past)
    for share in ask.shares:
        case.line(share.line_no)
    shared = total(share.amount for share in ask.shares)
    if shared > ask.amount:
        raise Refused("above_receipt", receipt=str(ask.amount), shares=str(shared))
    owner = (ask.case_no, ask.shares[0].line_no)
    number = take(receipt_numbers, past, ask.programme, ask.ref, owner=owner, refusal="wrong_state")
    file = take(
        receipt_files, past, ask.programme, ask.sha256, owner=owner, refusal="duplicate_receipt"
    )
    arrived = filed(ask, ask.shares[0].line_no, past)
    handed_in = (
        ReceiptHandedIn(
            case_no=ask.case_no,
            line_no=share.line_no,
            ref=ask.ref,
            amount=share.amount,
            sha256=ask.sha256,
            merchant=ask.merchant,
            purchased_on=ask.purchased_on,
            note=ask.note,
            whole=ask.amount,
            holds_from=ask.effective_on,
        )
        for share in ask.shares
    )
    return [*(cases.news(each, ask.case_no) for each in handed_in), number, file, *arrived]
