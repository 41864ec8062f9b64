"""Good examples of what is paid against a voucher: invoices, outlays, monthly support, shared costs."""

from datetime import date
from typing import Any

from domain.case.expenses import ApproveExpense, AttestExpense, RejectExpense
from domain.case.invoices import ReceiveCreditNote, ReceiveInvoice
from domain.case.outlays import ClaimOutlay, ClaimSharedOutlay
from domain.case.support import ConfirmSupportMonth, PlanSupport
from domain.group import (
    ApproveSharedCost,
    AttestSharedCost,
    FormGroup,
    JoinGroup,
    LeaveGroup,
    RejectSharedCost,
)
from domain.money import Money, kr
from domain.words import Command
from tests.examples import (
    ASKED,
    CONTROLS_LINE,
    ESTABLISHED,
    GRANTED,
    ON_LINE,
    SHA256,
    accept_offer,
    approve_line,
    assess,
    course,
    debit,
    example,
    offer,
    receive,
    register,
    submit,
)

CVR = "91335417"
REF = f"{CVR}:F-1"  # Of the invoice.
NOTE = f"{CVR}:N-1"  # Of the credit note.
BY_SYSTEM = ASKED | {"by": "system"}
DOCUMENT: dict[str, Any] = {
    "file": "invoices/0001.xml",
    "sha256": SHA256,
    "faults": (),
    "buyer_gln": "5799999990014",
    "supplier_cvr": CVR,
    "supplier_name": "Datamaterial ApS",
    "issued_on": date(2019, 3, 1),
}
ON_THIRD = {"line_no": 3, "ref": REF}

invoice = example(
    ReceiveInvoice,
    **BY_SYSTEM,
    **DOCUMENT,
    number="F-1",
    amount=kr(6_000),
    order_reference="A-1/3",
)
credit_note = example(
    ReceiveCreditNote,
    **BY_SYSTEM,
    **DOCUMENT,
    number="N-1",
    amount=kr(1_000),
    invoice_number="F-1",
)
attest = example(AttestExpense, **(ON_LINE | ON_THIRD))
approve = example(ApproveExpense, **(CONTROLS_LINE | ON_THIRD))
reject = example(RejectExpense, **(ON_LINE | ON_THIRD))

PURCHASE: dict[str, Any] = {
    "ref": "U-1",
    "amount": kr(300),
    "merchant": "Bilka",
    "purchased_on": date(2019, 3, 1),
    "sha256": SHA256,
}
claim_outlay = example(ClaimOutlay, **ON_LINE, **PURCHASE)

plan_support = example(
    PlanSupport, **ON_LINE, first_month="2019-03", months=3, monthly=kr(2_000), taxable=True
)
confirm_month = example(ConfirmSupportMonth, **ON_LINE, month="2019-03")

IN_GROUP = ASKED | {"by": "kons-1", "group": "HOLD-1"}
form_group = example(FormGroup, **IN_GROUP)
join_group = example(JoinGroup, **ON_LINE, group="HOLD-1")
leave_group = example(LeaveGroup, **IN_GROUP, case_no="A-1")
claim_shared_outlay = example(ClaimSharedOutlay, **IN_GROUP, **PURCHASE)
attest_shared = example(AttestSharedCost, **(IN_GROUP | {"by": "kons-2"}), ref="U-1")
approve_shared = example(ApproveSharedCost, **(IN_GROUP | {"by": "fin-1"}), ref="U-1")
reject_shared = example(RejectSharedCost, **IN_GROUP, ref="U-1")

SIX_THOUSAND = kr(6_000)


def paid(ref: str = REF, amount: Money = SIX_THOUSAND, statement: str = "S-8") -> Command:
    """The bank's answer to an order."""
    entry = debit(entry=f"E-{statement}", end_to_end_id=ref, amount=amount)
    return receive(entry, statement=statement)


def refunded(text: str = NOTE, statement: str = "S-9", **but: Any) -> Command:
    """The supplier's answer to a credit note."""
    usual: dict[str, Any] = {"indicator": "CRDT", "amount": kr(1_000), "end_to_end_id": None}
    entry = debit(**(usual | {"entry": f"E-{statement}", "hands_back": f"CREDITNOTE {text}"} | but))
    return receive(entry, statement=statement)


INVOICED = GRANTED.does(invoice())
ATTESTED = INVOICED.does(attest())
ORDERED = ATTESTED.does(approve())
PAID = ORDERED.does(paid())  # Line 3: 6,000 kr. paid of 8,000 kr. granted.

CITIZENS = ("A-1", "B-1", "C-1")


def in_a_group(*case_nos: str) -> list[Command]:
    """What it takes for these citizens to share costs, each from a first line of 3,000 kr."""
    small = (course(amount=kr(3_000)),)
    steps = [
        step
        for case_no in case_nos
        for step in (
            register(case_no=case_no),
            offer(case_no=case_no),
            accept_offer(case_no=case_no),
            submit(case_no=case_no, lines=small),
            assess(case_no=case_no),
            approve_line(case_no=case_no),
        )
    ]
    return [*steps, form_group(), *(join_group(case_no=case_no) for case_no in case_nos)]


GROUP = ESTABLISHED.does(*in_a_group(*CITIZENS))
CLAIMED = GROUP.does(claim_shared_outlay(amount=kr(100)))
SPREAD = CLAIMED.does(attest_shared())

EVERY_EXPENSE: list[Command] = [
    invoice(),
    attest(),
    approve(),
    paid(),
    credit_note(),
    refunded(),
    invoice(number="F-2", amount=kr(500)),
    reject(ref=f"{CVR}:F-2"),
    invoice(number="F-3", amount=kr(500)),
    attest(ref=f"{CVR}:F-3"),
    approve(ref=f"{CVR}:F-3"),
    paid(f"{CVR}:F-3", kr(500), "S-10"),
    receive(
        debit(
            entry="E-11",
            indicator="CRDT",
            end_to_end_id=f"{CVR}:F-3",
            amount=kr(500),
            return_reason="AC04",
        ),
        statement="S-11",
    ),
    claim_outlay(sha256="0a" * 32),
    plan_support(),
    confirm_month(),
    form_group(),
    join_group(),
    invoice(number="F-4", amount=kr(400), order_reference="HOLD-1"),
    credit_note(number="N-4", amount=kr(100), invoice_number="F-4"),
    attest_shared(ref=f"{CVR}:F-4"),
    reject_shared(ref=f"{CVR}:F-4"),
    leave_group(),
]
