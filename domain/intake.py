"""Intake: vouchers are received, read and, where nothing comes of them, set aside."""

from typing import Annotated

from pydantic import Field

from domain.case.state import CaseCommand, LineCommand, case_of, programme_of
from domain.identity import Key, LineNo, Sha256, WordsRef
from domain.reading import Reading, UnreadableFor
from domain.voucher import (
    AsideFor,
    Channel,
    VoucherRead,
    VoucherReceived,
    VoucherSetAside,
    VoucherStage,
    VoucherUnreadable,
    vouchers,
    waiting_voucher,
)
from domain.words import Command, News, Past, Refused, decides

# Commands ----------------------------------------------------------------------------------------


class VoucherCommand(Command):
    """`case_no`: the case that it came for, if it came for any."""

    ref: Key
    case_no: Key | None = None


class ReceiveVoucher(VoucherCommand):
    line_no: LineNo | None = None
    sha256: Sha256
    size: Annotated[int, Field(ge=0)]
    channel: Channel


class RecordVoucherReading(VoucherCommand):
    reading: Reading


class RecordVoucherUnreadable(VoucherCommand):
    reason: UnreadableFor


class SetVoucherAside(VoucherCommand):
    reason: AsideFor
    words: WordsRef | None = None


# Decide ------------------------------------------------------------------------------------------


def addressed(ask: VoucherCommand, past: Past, line_no: int | None = None) -> None:
    """Guard: what it is said to be for is there, and its citizen was not forgotten."""
    asked = {name: getattr(ask, name) for name in Command.model_fields}
    if ask.case_no is None:
        if line_no is not None:
            raise Refused("not_found", what="line", line_no=line_no)
    elif line_no is None:
        case_of(CaseCommand(**asked, case_no=ask.case_no), past)
    else:
        of_line = LineCommand(**asked, case_no=ask.case_no, line_no=line_no)
        case_of(of_line, past).line(line_no)


@decides(ReceiveVoucher)
def receive_voucher(ask: ReceiveVoucher, past: Past) -> list[News]:
    """The same file may arrive again: that it did is kept, and handing it in twice is refused."""
    programme_of(ask, past)
    addressed(ask, past, ask.line_no)
    voucher = past(vouchers, ask.programme, ask.ref)
    if voucher.stage is not VoucherStage.UNKNOWN:
        raise Refused("wrong_state", what="voucher", is_already=voucher.stage.value)
    received = VoucherReceived(
        programme=ask.programme,
        ref=ask.ref,
        case_no=ask.case_no,
        line_no=ask.line_no,
        sha256=ask.sha256,
        size=ask.size,
        channel=ask.channel,
    )
    return [vouchers.news(received, ask.programme, ask.ref)]


@decides(RecordVoucherReading)
def record_voucher_reading(ask: RecordVoucherReading, past: Past) -> list[News]:
    programme_of(ask, past)
    addressed(ask, past)
    waiting_voucher(past, ask.programme, ask.ref, ask.case_no)
    read = VoucherRead(programme=ask.programme, ref=ask.ref, reading=ask.reading)
    return [vouchers.news(read, ask.programme, ask.ref)]


@decides(RecordVoucherUnreadable)
def record_voucher_unreadable(ask: RecordVoucherUnreadable, past: Past) -> list[News]:
    programme_of(ask, past)
    addressed(ask, past)
    waiting_voucher(past, ask.programme, ask.ref, ask.case_no)
    unreadable = VoucherUnreadable(programme=ask.programme, ref=ask.ref, reason=ask.reason)
    return [vouchers.news(unreadable, ask.programme, ask.ref)]


@decides(SetVoucherAside)
def set_voucher_aside(ask: SetVoucherAside, past: Past) -> list[News]:
    programme_of(ask, past)
    addressed(ask, past)
    waiting_voucher(past, ask.programme, ask.ref, ask.case_no)
    aside = VoucherSetAside(
        programme=ask.programme, ref=ask.ref, reason=ask.reason, words=ask.words
    )
    return [vouchers.news(aside, ask.programme, ask.ref)]
