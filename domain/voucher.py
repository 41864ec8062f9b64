"""A voucher (bilag) that arrived, by whatever way, before anybody has said what it is a receipt for.

It may be of a case and a line already, or of none: then a caseworker says so when filing it. What it is
worth is nobody's yet: only a receipt that was handed in says an amount.
"""

from dataclasses import dataclass, replace
from enum import StrEnum

from domain.identity import Key, LineNo, Sha256, WordsRef
from domain.reading import Reading, UnreadableFor
from domain.words import Decider, Event, Past, Refused


class Channel(StrEnum):
    """The way by which it came."""

    PHONE = "phone"  # The citizen's own page, with the phone's camera.
    DESK = "desk"  # The caseworker's page.
    MAIL = "mail"
    FOLDER = "folder"  # A scanner's, say.
    API = "api"


class AsideFor(StrEnum):
    """Why nothing comes of it."""

    NOT_A_RECEIPT = "not_a_receipt"
    DUPLICATE = "duplicate"
    UNREADABLE = "unreadable"  # Nobody can read it, not even a person: a better one is asked for.
    OTHER_CASE = (
        "other_case"  # It was sent to the wrong case, and is received anew in the right one.
    )
    NOT_OURS = "not_ours"


# Events ------------------------------------------------------------------------------------------


class VoucherReceived(Event):
    """Something arrived. The file is kept as it came, sealed with the citizen's key; of no case: with the
    programme's."""

    programme: Key
    ref: Key
    case_no: Key | None
    line_no: LineNo | None
    sha256: Sha256
    size: int  # In bytes.
    channel: Channel


class VoucherRead(Event):
    """Readers made this of it."""

    programme: Key
    ref: Key
    reading: Reading


class VoucherUnreadable(Event):
    """No reader can open it. It is kept, and a person looks at it."""

    programme: Key
    ref: Key
    reason: UnreadableFor


class VoucherFiled(Event):
    """It is the receipt of that number, on that line."""

    programme: Key
    ref: Key
    case_no: Key
    line_no: int
    receipt: Key


class VoucherSetAside(Event):
    """It is no receipt of any line."""

    programme: Key
    ref: Key
    reason: AsideFor
    words: WordsRef | None


# State -------------------------------------------------------------------------------------------


class VoucherStage(StrEnum):
    UNKNOWN = "unknown"
    RECEIVED = "received"
    FILED = "filed"
    SET_ASIDE = "set_aside"


@dataclass(frozen=True)
class Voucher:
    stage: VoucherStage = VoucherStage.UNKNOWN
    case_no: str | None = None
    sha256: str = ""
    reading: Reading | None = None  # The latest.
    unreadable: str | None = None  # Why, if the latest reader couldn't open it.


vouchers: Decider[Voucher] = Decider("intake", Voucher())


@vouchers.on(VoucherReceived)
def _received(_: Voucher, event: VoucherReceived) -> Voucher:
    return Voucher(VoucherStage.RECEIVED, event.case_no, event.sha256)


@vouchers.on(VoucherRead)
def _read(voucher: Voucher, event: VoucherRead) -> Voucher:
    return replace(voucher, reading=event.reading, unreadable=None)


@vouchers.on(VoucherUnreadable)
def _unreadable(voucher: Voucher, event: VoucherUnreadable) -> Voucher:
    return replace(voucher, unreadable=event.reason)


@vouchers.on(VoucherFiled)
def _filed(voucher: Voucher, event: VoucherFiled) -> Voucher:
    return replace(voucher, stage=VoucherStage.FILED, case_no=event.case_no)


@vouchers.on(VoucherSetAside)
def _set_aside(voucher: Voucher, _: VoucherSetAside) -> Voucher:
    return replace(voucher, stage=VoucherStage.SET_ASIDE)


# Decide ------------------------------------------------------------------------------------------


def waiting_voucher(past: Past, programme: str, ref: str, case_no: str | None) -> Voucher:
    """Guard: it arrived, is of that case or of none, and nobody has said yet what comes of it."""
    voucher = past(vouchers, programme, ref)
    if voucher.stage is VoucherStage.UNKNOWN or voucher.case_no not in (None, case_no):
        raise Refused("not_found", what="voucher", ref=ref)
    if voucher.stage is not VoucherStage.RECEIVED:
        raise Refused("wrong_state", what="voucher", is_already=voucher.stage.value)
    return voucher
