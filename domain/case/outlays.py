"""Outlays (udlæg): what a colleague bought for a citizen or a group, and gets back against the receipt."""

from datetime import date

from domain.case.line import Expense
from domain.case.state import Case, LineCommand, case_of, cases, programme_of
from domain.group import GroupCommand, SharedCostReceived, group_of, groups
from domain.identity import Key, Sha256
from domain.money import PositiveMoney
from domain.programme import Data
from domain.reference import Owner, outlay_numbers, receipt_files, take
from domain.words import Event, News, Past, decides


class OutlayClaimed(Event):
    """A colleague bought something for this line and handed in the receipt. Kept by its SHA-256."""

    case_no: Key
    line_no: int
    ref: Key
    amount: PositiveMoney
    claimed_by: Key
    merchant: str
    purchased_on: date
    sha256: Sha256


class Purchase(Data):
    ref: Key
    amount: PositiveMoney
    merchant: str
    purchased_on: date
    sha256: Sha256


class ClaimOutlay(LineCommand, Purchase):
    pass


class ClaimSharedOutlay(GroupCommand, Purchase):
    pass


@cases.on(OutlayClaimed)
def _claimed(case: Case, event: OutlayClaimed) -> Case:
    expense = Expense(event.ref, event.amount, claimed_by=event.claimed_by)
    return case.with_line(case.lines[event.line_no].with_expense(expense))


@decides(ClaimOutlay)
def claim(ask: ClaimOutlay, past: Past) -> list[News]:
    programme_of(ask, past)
    case_of(ask, past).line(ask.line_no)
    claimed = OutlayClaimed(
        case_no=ask.case_no,
        line_no=ask.line_no,
        ref=ask.ref,
        amount=ask.amount,
        claimed_by=ask.by,
        merchant=ask.merchant,
        purchased_on=ask.purchased_on,
        sha256=ask.sha256,
    )
    return [cases.news(claimed, ask.case_no), *_once(ask, past, (ask.case_no, ask.line_no))]


@decides(ClaimSharedOutlay)
def claim_shared(ask: ClaimSharedOutlay, past: Past) -> list[News]:
    programme_of(ask, past)
    group_of(ask, past)
    received = SharedCostReceived(
        programme=ask.programme,
        group=ask.group,
        ref=ask.ref,
        amount=ask.amount,
        claimed_by=ask.by,
        supplier_cvr=None,
        supplier_name=ask.merchant,
        issued_on=ask.purchased_on,
        sha256=ask.sha256,
    )
    return [groups.news(received, ask.programme, ask.group), *_once(ask, past, ask.group)]


def _once(ask: ClaimOutlay | ClaimSharedOutlay, past: Past, owner: Owner) -> list[News]:
    """Guard: the number is new, and nobody handed in the same file, as an outlay or as a receipt."""
    return [
        take(outlay_numbers, past, ask.programme, ask.ref, owner=owner, refusal="wrong_state"),
        take(
            receipt_files, past, ask.programme, ask.sha256, owner=owner, refusal="duplicate_receipt"
        ),
    ]
