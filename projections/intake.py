"""The queue of pictures: every voucher that arrived and every receipt that was handed in, whether it is read
yet, and what came of it."""

from collections.abc import Iterable
from datetime import date, datetime
from enum import StrEnum
from typing import Any, cast

from pydantic import BaseModel

from domain.case.readings import ReceiptRead, ReceiptUnreadable
from domain.case.receipts import ReceiptAccepted, ReceiptHandedIn, ReceiptRejected
from domain.money import ZERO, Money
from domain.reading import Reading
from domain.voucher import (
    Channel,
    VoucherFiled,
    VoucherRead,
    VoucherReceived,
    VoucherSetAside,
    VoucherUnreadable,
)
from domain.words import Event, Recorded
from projections.projection import Projection


class Kind(StrEnum):
    VOUCHER = "voucher"  # It arrived, and nobody has said what it is a receipt for.
    RECEIPT = "receipt"  # It was handed in, for an amount and on a line.


class ReadingState(StrEnum):
    WAITING = "waiting"
    READ = "read"
    UNREADABLE = "unreadable"
    CLOSED = "closed"  # A voucher that was filed or set aside: the receipt is read instead, or nothing is.


class Picture(BaseModel):
    """One picture on its way from whoever sent it to whoever judges it."""

    kind: Kind = Kind.VOUCHER
    ref: str = ""
    programme: str | None = None  # Of a receipt: its case's.
    case_no: str | None = None
    line_no: int | None = None
    sha256: str = ""
    channel: Channel | None = None
    position: int = 0  # Where it began, and so its place in the queue.
    at: datetime | None = None  # When the log learned of it.
    by: str = ""
    state: ReadingState = ReadingState.WAITING
    open: bool = True  # A person has still to file it, to set it aside or to judge it.
    reason: str | None = None  # Why it can't be read.
    reading: Reading | None = None  # The latest.
    # Of a receipt, as it was claimed, on all lines together:
    amount: Money | None = None
    merchant: str | None = None
    purchased_on: date | None = None
    unjudged: list[int] = []  # Its lines whose share nobody has judged.
    # What came of a voucher:
    receipt: str | None = None
    aside: str | None = None

    @property
    def differs(self) -> Money:
        """How much less the picture says than was claimed. None where it says as much, or more: then only a
        part of the purchase is for the line."""
        if not self.reading or not self.reading.total or self.amount is None:
            return ZERO
        return max(self.amount - self.reading.total.amount, ZERO)


OF_VOUCHERS = (VoucherReceived, VoucherRead, VoucherUnreadable, VoucherFiled, VoucherSetAside)
OF_RECEIPTS = (ReceiptHandedIn, ReceiptRead, ReceiptUnreadable, ReceiptAccepted, ReceiptRejected)


def voucher_key(programme: str, ref: str) -> str:
    return f"{Kind.VOUCHER}/{programme}/{ref}"


def receipt_key(case_no: str, ref: str) -> str:
    return f"{Kind.RECEIPT}/{case_no}/{ref}"


def keys(news: Recorded[Event]) -> Iterable[str]:
    event: Any = news.event
    if isinstance(event, OF_VOUCHERS):
        return [voucher_key(event.programme, event.ref)]
    if isinstance(event, OF_RECEIPTS):
        return [receipt_key(event.case_no, event.ref)]
    return []


def fold(row: Picture, _: str, news: Recorded[Event]) -> Picture:
    match news.event:
        case VoucherReceived() as event:
            told: dict[str, Any] = event.model_dump(exclude={"size"})
            return Picture(**told, **_begun(news))
        case ReceiptHandedIn() as event:
            told = event.model_dump(exclude={"note", "whole"})
            told["amount"] = event.whole or event.amount
            begun = row if row.unjudged else Picture(kind=Kind.RECEIPT, **told, **_begun(news))
            change: dict[str, Any] = {"unjudged": [*row.unjudged, event.line_no]}
            return begun.model_copy(update=change)
        case VoucherRead(reading=reading) | ReceiptRead(reading=reading):
            change = {"reading": reading, "state": ReadingState.READ, "reason": None}
        case VoucherUnreadable(reason=reason) | ReceiptUnreadable(reason=reason):
            change = {"reason": reason, "state": ReadingState.UNREADABLE}
        case VoucherFiled() as event:
            change = _closed(case_no=event.case_no, line_no=event.line_no, receipt=event.receipt)
        case VoucherSetAside(reason=aside):
            change = _closed(aside=aside)
        case judged:  # A receipt, or a line's share of one.
            line_no = cast("ReceiptAccepted | ReceiptRejected", judged).line_no
            left = [each for each in row.unjudged if each != line_no]
            change = {"unjudged": left, "open": bool(left)}
    return row.model_copy(update=change)


def _begun(news: Recorded[Event]) -> dict[str, Any]:
    return {"position": news.position, "at": news.recorded_at, "by": news.actor}


def _closed(**came_of_it: Any) -> dict[str, Any]:
    return {"state": ReadingState.CLOSED, "open": False, **came_of_it}


intake = Projection("intake-1", Picture, keys, fold)
