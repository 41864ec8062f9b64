"""What the crowd asks for about what is paid against a voucher."""

from collections.abc import Sequence
from typing import Any

from domain.money import Money, kr
from domain.words import Command
from tests import examples as ask
from tests import examples_expenses as spend
from tests.domain.crowd import Crowd, Wish

Steps = Sequence[Command]
GROUP = "HOLD-1"
REFS = [f"{spend.CVR}:F-{number}" for number in range(9)]


def refs(crowd: Crowd) -> list[str]:
    of_lines = [ref for vouchers in crowd.told.vouchers.values() for ref in vouchers]
    return [*of_lines, *crowd.told.shared] or REFS


def voucher(crowd: Crowd, *steps: str) -> dict[str, Any]:
    """One that has come so far, if there is one, on its own line, most of the time."""
    known = [
        (line, ref)
        for line, vouchers in crowd.told.vouchers.items()
        for ref, each in vouchers.items()
        if not steps or each.step in steps
    ]
    if not known or crowd.choose([False] * 9 + [True]):
        return crowd.line() | {"ref": crowd.choose(refs(crowd))}
    (case_no, line_no), ref = crowd.choose(known)
    return {"case_no": case_no, "line_no": line_no, "ref": ref}


def an_invoice(crowd: Crowd) -> Steps:
    """To a line or to the group, and some way towards the bank."""
    line = crowd.line()
    where = {"case_no": line["case_no"], "line_no": line["line_no"]}
    number = f"F-{crowd.choose(range(30))}"
    order = crowd.choose([f"{line['case_no']}/{line['line_no']}"] * 4 + [GROUP])
    ref = {"ref": f"{spend.CVR}:{number}"}
    steps = [
        spend.invoice(number=number, order_reference=order, **crowd.amount()),
        spend.attest(**where | ref | {"by": crowd.choose(["kons-1", "both-1"])}),
        spend.approve(**where | ref | crowd.controls()),
        *payments(crowd),
    ]
    return steps[: crowd.choose([1, 2, 3, 4, 4])]


def a_bad_document(crowd: Crowd) -> Steps:
    bad: dict[str, Any] = crowd.choose([{"faults": ("BR-01",)}, {"buyer_gln": "5799999990021"}])
    return [crowd.choose([spend.invoice, spend.credit_note])(**bad)]


def a_credit_note(crowd: Crowd) -> Steps:
    invoices = [ref for ref in refs(crowd) if ":" in ref] or REFS
    number = f"N-{crowd.choose(range(30))}"
    of = crowd.choose(invoices).removeprefix(f"{spend.CVR}:")
    note = spend.credit_note(number=number, invoice_number=of, **crowd.amount())
    return [note, *refunds(crowd)][: crowd.choose([1, 2])]


def refunds(crowd: Crowd) -> Steps:
    """Of a credit note, in full: all that the lines are owed by it."""
    owed: dict[str, int] = {}
    for vouchers in crowd.told.vouchers.values():
        for each in vouchers.values():
            for note in each.owed:
                owed[note] = owed.get(note, 0) + each.notes[note]
    if not owed:
        return [spend.refunded()]
    note = crowd.choose(sorted(owed))
    return [spend.refunded(note, amount=Money(crowd.choose([owed[note]] * 4 + [100])))]


def payments(crowd: Crowd) -> Steps:
    return [ask.receive(*(entry(crowd, ref) for ref in at(crowd, "ExpenseApproved")))]


def a_return(crowd: Crowd) -> Steps:
    back = {"indicator": "CRDT", "return_reason": "AC04"}
    settled = at(crowd, "ExpenseSettled")
    entries = [entry(crowd, crowd.choose(settled)).model_copy(update=back)] if settled else []
    return [ask.receive(*entries)]


def at(crowd: Crowd, step: str) -> list[str]:
    vouchers = crowd.told.vouchers.values()
    return sorted(
        {ref for each in vouchers for ref, voucher in each.items() if voucher.step == step}
    )


def entry(crowd: Crowd, ref: str) -> Any:
    """One payment, whichever lines bear a part of it."""
    parts = [each[ref] for each in crowd.told.vouchers.values() if ref in each]
    amount = Money(sum(part.ordered for part in parts if part.step != "ExpenseRejected"))
    return ask.debit(entry=f"E-{ref}", end_to_end_id=ref, amount=amount, booked_on=crowd.today)


def an_outlay(crowd: Crowd) -> Steps:
    number = crowd.choose(range(60))
    file = f"{crowd.choose([number, number, 1]):064x}"
    by = crowd.choose(["kons-1", "both-1", "fin-1"])
    bought: dict[str, Any] = {"ref": f"U-{number}", "sha256": file, "by": by} | crowd.amount()
    where = crowd.line()
    line = {"case_no": where["case_no"], "line_no": where["line_no"], "ref": f"U-{number}"}
    steps = [
        spend.claim_outlay(**line | bought),
        spend.attest(**line | {"by": crowd.choose(["kons-1", "kons-2"])}),
        spend.approve(**line | crowd.controls()),
        *payments(crowd),
    ]
    return crowd.choose([steps, steps, steps[:1], [spend.claim_shared_outlay(**bought)]])


def support(crowd: Crowd) -> Steps:
    line = crowd.line() | {"line_no": 1}
    months = [f"{crowd.today.year}-{month:02d}" for month in range(1, 13)]
    month = crowd.choose([f"{crowd.today:%Y-%m}"] * 4 + months)
    plan = spend.plan_support(
        **line, first_month=f"{crowd.today:%Y-%m}", months=crowd.choose([1, 2]), monthly=kr(1)
    )
    where = {name: line[name] for name in ("case_no", "line_no")}
    ref = {"ref": f"{line['case_no']}.1.{month}"}
    confirm = spend.confirm_month(**line, month=month)
    approve = spend.approve(**where | ref | crowd.controls())
    return [plan, confirm, approve, *payments(crowd)]


def the_group(crowd: Crowd) -> Steps:
    line = crowd.one_of(crowd.room())
    joins = spend.join_group(**line | {"by": "kons-1"})
    leaves = spend.leave_group(case_no=line["case_no"])
    return [spend.form_group(), joins, crowd.choose([joins, joins, joins, leaves])]


def a_day_with_the_group(crowd: Crowd) -> Steps:
    """Coffee and fruit, from the shop to the bank."""
    number = f"U-{crowd.choose(range(60, 200))}"
    bought = {"ref": number, "sha256": number.removeprefix("U-").zfill(64), "by": "kons-1"}
    amount = Money(crowd.choose([1, 20, 101]))
    return [
        *the_group(crowd),
        spend.claim_shared_outlay(**bought, amount=amount),
        spend.attest_shared(ref=number, by=crowd.choose(["kons-1", "kons-2", "kons-2"])),
        spend.approve_shared(ref=number),
        *payments(crowd),
    ]


def a_shared_cost(crowd: Crowd) -> Steps:
    known = list(crowd.told.shared) or REFS
    ref = {"ref": crowd.choose(known)}
    steps = [
        spend.attest_shared(**ref, by=crowd.choose(["kons-1", "kons-2", "both-1"])),
        spend.approve_shared(**ref, by=crowd.choose(["fin-1", "both-1"])),
        *payments(crowd),
    ]
    return crowd.choose([steps, steps, steps[:1], [spend.reject_shared(**ref)]])


EXPENSE_WISHES: list[Wish] = [
    *[an_invoice] * 6,
    lambda c: [spend.attest(**voucher(c, "InvoiceReceived", "OutlayClaimed"))],
    lambda c: [spend.approve(**voucher(c, "ExpenseAttested", "ExpenseReturned") | c.controls())],
    lambda c: [spend.reject(**voucher(c))],
    a_bad_document,
    *[a_credit_note] * 4,
    *[refunds] * 2,
    *[payments] * 3,
    a_return,
    *[an_outlay] * 3,
    *[support] * 3,
    *[the_group] * 2,
    *[a_day_with_the_group] * 6,
    *[a_shared_cost] * 2,
]
