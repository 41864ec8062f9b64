"""Good examples of what arrives, and what comes of it."""

from domain.intake import (
    ReceiveVoucher,
    RecordVoucherReading,
    RecordVoucherUnreadable,
    SetVoucherAside,
)
from domain.words import Command
from tests.examples import BY_CASEWORKER, READ, SHA256, example, hand_in

CITIZEN = "citizen-0123456789abcdef"  # Of case A-1.
BY_CITIZEN = BY_CASEWORKER | {"by": CITIZEN}
BY_MACHINE = {**BY_CASEWORKER, "by": "system"}
PICTURE = "ef" * 32  # Another file than that of the receipt of the examples.

receive_voucher = example(
    ReceiveVoucher, **BY_CITIZEN, ref="V-1", line_no=1, sha256=PICTURE, size=4_000, channel="phone"
)
record_voucher_reading = example(RecordVoucherReading, **BY_MACHINE, ref="V-1", reading=READ)
record_voucher_unreadable = example(
    RecordVoucherUnreadable, **BY_MACHINE, ref="V-1", reason="truncated"
)
set_voucher_aside = example(SetVoucherAside, **BY_CASEWORKER, ref="V-1", reason="not_a_receipt")
file_voucher = example(
    hand_in, ref="K-V-1", sha256=PICTURE, voucher="V-1"
)  # It becomes a receipt: of line 1 of case A-1.
NO_CASE = {"case_no": None}
by_mail = example(receive_voucher, **NO_CASE, line_no=None, by="system", ref="V-2", channel="mail")

# Everything that can come of what arrives.
EVERY_VOUCHER: list[Command] = [
    receive_voucher(),
    record_voucher_reading(),
    file_voucher(),
    by_mail(sha256=SHA256),
    record_voucher_unreadable(**NO_CASE, ref="V-2"),
    set_voucher_aside(**NO_CASE, ref="V-2", reason="duplicate"),
]
