"""What a crowd wishes of vouchers: they arrive, are read, and become receipts or are set aside."""

from collections.abc import Sequence
from typing import Any

from domain.words import Command
from tests import examples_intake as ask
from tests.domain.crowd import CASEWORKER, Crowd, Wish


def a_voucher(c: Crowd) -> Sequence[Command]:
    """For a line, a case or neither; and what its citizen, a reader and a caseworker make of it."""
    number = c.choose(range(100))
    line = c.one_of(c.paid()) | {"by": c.choose(CASEWORKER)}
    voucher = {"ref": f"V-{number}", "case_no": c.choose([line["case_no"], None])}
    line_no = c.choose([line["line_no"], None]) if voucher["case_no"] else None
    file: dict[str, Any] = {"sha256": f"{number:064d}"}
    came = ask.receive_voucher(**voucher, **file, line_no=line_no, by=c.choose(VIA))
    filed = {"ref": f"K-V-{number}", "voucher": f"V-{number}", "purchased_on": c.today}
    return [
        came,
        c.choose([ask.record_voucher_reading, ask.record_voucher_unreadable])(**voucher),
        c.choose([
            ask.file_voucher(**line, **file, **filed, **c.amount()),
            ask.set_voucher_aside(**voucher, by=line["by"]),
        ]),
    ]  # fmt: skip


VIA = [ask.CITIZEN, "kons-1", "system"]
INTAKE_WISHES: list[Wish] = [a_voucher]
