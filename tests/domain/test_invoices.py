"""Electronic invoices and credit notes: taken in once, for the line or the group that they name."""

from typing import Any

import pytest

from domain.case.expenses import ExpenseApproved, ExpenseAttested, ExpenseRejected
from domain.case.invoices import InvoiceCredited, InvoiceReceived
from domain.case.payouts import PayoutSeen
from domain.case.state import cases
from domain.money import ZERO, Money, kr
from domain.reference import ReferenceTaken
from tests.examples import (
    ACCEPTED,
    COMPUTER,
    GRANTED,
    SHA256,
    SUBMITTED,
    WORDS,
    amend_line,
    approve_line,
    establish,
    payment,
    reject_line,
    stop,
)
from tests.examples_expenses import (
    ATTESTED,
    CVR,
    INVOICED,
    NOTE,
    ORDERED,
    PAID,
    REF,
    approve,
    attest,
    credit_note,
    invoice,
    refunded,
    reject,
)
from tests.scenario import Story

LINE: dict[str, Any] = {"case_no": "A-1", "line_no": 3}


def left(story: Story) -> Money:
    return story(cases, "A-1").lines[3].left


def due(story: Story, ref: str = REF) -> Money:
    return story(cases, "A-1").lines[3].expenses[ref].due


def owed_back(story: Story) -> list[str]:
    expense = story(cases, "A-1").lines[3].expenses[REF]
    return [name for name, note in expense.notes.items() if note.refund_due]


# Received ----------------------------------------------------------------------------------------


def test_an_invoice_goes_to_the_line_that_its_order_reference_names() -> None:
    received = InvoiceReceived(
        **LINE,
        ref=REF,
        amount=kr(6_000),
        supplier_cvr=CVR,
        supplier_name="Datamaterial ApS",
        issued_on=invoice().issued_on,
        sha256=SHA256,
    )
    taken = ReferenceTaken(programme="NP", reference=REF, **LINE)
    GRANTED.when(invoice()).then(received, taken)
    assert left(INVOICED) == kr(8_000)


def test_an_invoice_is_received_whatever_became_of_the_line_or_the_case() -> None:
    SUBMITTED.does(invoice())
    SUBMITTED.does(reject_line(line_no=3), invoice())
    GRANTED.does(stop(), invoice())
    GRANTED.does(invoice(order_reference="A-1/2"))


@pytest.mark.parametrize(
    "order",
    [
        None,
        "",
        "A-1",
        "A-1/",
        "A-1/4",
        "A-1/x",
        "A-1/-1",
        "A-1/³",
        "A-1/٣",
        "A-1/99999",
        "A-1/" + "9" * 5_000,
        "B-1/1",
        "/1",
        "HOLD-1",
    ],
)
def test_an_invoice_that_names_no_line_of_a_submitted_budget_is_refused(order: str | None) -> None:
    asked = invoice(order_reference=order)
    GRANTED.when(asked).then_refused("unknown_order", order_reference=order)


def test_an_invoice_before_the_budget_is_refused() -> None:
    ACCEPTED.when(invoice()).then_refused("unknown_order")


def test_an_invoice_to_another_programmes_line_is_refused() -> None:
    story = GRANTED.does(establish(programme="OTHER"))
    story.when(invoice(programme="OTHER")).then_refused("unknown_order")


def test_the_suppliers_same_number_is_received_once() -> None:
    again = invoice(order_reference="A-1/1", amount=kr(1))
    INVOICED.when(again).then_refused("duplicate_invoice", reference=REF, taken_by="A-1/3")
    INVOICED.does(invoice(number="F-2"))
    INVOICED.does(invoice(supplier_cvr="10150817"))


def test_a_document_for_another_buyer_is_refused() -> None:
    for ask in (invoice, credit_note):
        INVOICED.when(ask(number="X", buyer_gln="5798009811578")).then_refused(
            "wrong_gln", buyer_gln="5798009811578"
        )


def test_a_document_that_breaks_the_rules_is_refused_before_anything_in_it_is_believed() -> None:
    nothing_read: dict[str, Any] = dict.fromkeys(
        ("buyer_gln", "supplier_cvr", "supplier_name", "number", "amount", "issued_on")
    )
    for ask in (invoice, credit_note):
        faulty = ask(faults=("BR-01", "BR-CO-10"), **nothing_read)
        GRANTED.when(faulty).then_refused("invalid_document", faults=["BR-01", "BR-CO-10"])


@pytest.mark.parametrize("unsaid", ["supplier_cvr", "number", "amount", "issued_on"])
def test_a_document_that_does_not_say_what_it_must_is_refused(unsaid: str) -> None:
    for ask in (invoice, credit_note):
        INVOICED.when(ask(**{unsaid: None})).then_refused("invalid_document", faults=[unsaid])
    for amount in (ZERO, kr(-1)):
        INVOICED.when(invoice(amount=amount)).then_refused("invalid_document")
    INVOICED.when(credit_note(invoice_number=None)).then_refused("invalid_document")


def test_a_credit_note_whose_number_has_a_space_is_refunded_too() -> None:
    story = PAID.does(credit_note(number="N 1"), refunded(f"{CVR}:N 1"))
    assert story(cases, "A-1").lines[3].paid == kr(5_000)


def test_documents_come_in_by_the_system_alone() -> None:
    for ask in (invoice, credit_note):
        INVOICED.when(ask(by="fin-1")).then_refused("forbidden")


# Attested and approved ---------------------------------------------------------------------------


def test_an_attested_invoice_takes_of_the_grant() -> None:
    attested = ExpenseAttested(**LINE, ref=REF, attester="kons-1", amount=kr(6_000))
    INVOICED.when(attest()).then(attested)
    assert left(ATTESTED) == kr(2_000)


def test_an_invoice_fits_within_the_grant_to_the_ore() -> None:
    GRANTED.does(invoice(amount=kr(8_000)), attest())
    story = GRANTED.does(invoice(amount=kr(8_000, 1)))
    story.when(attest()).then_refused("above_grant", left="8000.00", due="8000.01")
    more = ATTESTED.does(invoice(number="F-2", amount=kr(2_000, 1)))
    more.when(attest(ref=f"{CVR}:F-2")).then_refused("above_grant", left="2000.00")


def test_a_line_without_a_grant_has_nothing_for_an_invoice() -> None:
    SUBMITTED.does(invoice()).when(attest()).then_refused("above_grant", left="0.00")


def test_tranches_and_invoices_share_the_grant() -> None:
    story = GRANTED.does(
        *payment("T-1", kr(5_000)), invoice(order_reference="A-1/1", amount=kr(15_000))
    )
    story = story.does(attest(line_no=1))
    assert story(cases, "A-1").lines[1].left == ZERO
    lower = story.does(amend_line(amount=kr(19_999)))
    lower.when(approve_line()).then_refused("above_grant", used="20000.00")


def test_an_invoice_is_approved_by_another_person_which_orders_its_payment() -> None:
    approved = ExpenseApproved(
        **LINE,
        ref=REF,
        amount=kr(6_000),
        account_string=COMPUTER,
        seen=PayoutSeen(rules=1, line_left=kr(2_000), exposure=ZERO, overdue=ZERO),
        approver="fin-1",
    )
    ATTESTED.when(approve()).then(approved)
    story = INVOICED.does(attest(by="both-1"))
    story.when(approve(by="both-1")).then_refused("same_person", attested_by="both-1")


def test_nobody_grants_a_line_and_orders_its_invoices() -> None:
    granted = GRANTED.does(
        amend_line(line_no=3, amount=kr(9_000)), approve_line(line_no=3, by="both-1")
    )
    attested = granted.does(invoice(), attest())
    attested.when(approve(by="both-1")).then_refused("same_person", granted_by="both-1")
    attested.does(approve())


def test_who_attests_and_who_approves() -> None:
    for by in ("fin-1", "rev-1", "system", "nobody"):
        INVOICED.when(attest(by=by)).then_refused("forbidden")
    for by in ("kons-2", "rev-1", "system", "nobody"):
        ATTESTED.when(approve(by=by)).then_refused("forbidden")
    for by in ("rev-1", "system", "nobody"):
        INVOICED.when(reject(by=by)).then_refused("forbidden")


def test_an_invoice_is_rejected_until_it_is_approved_also_in_a_closed_case() -> None:
    rejected = ExpenseRejected(**LINE, ref=REF, reason=WORDS)
    for story in (INVOICED, ATTESTED, ATTESTED.does(stop())):
        story.when(reject(reason=WORDS)).then(rejected)
        story.when(reject(by="fin-1", reason=WORDS)).then(rejected)
    for story in (ORDERED, PAID, INVOICED.does(reject())):
        story.when(reject()).then_refused("wrong_state")
    assert left(ATTESTED.does(reject())) == kr(8_000)


def test_each_step_once_and_in_order() -> None:
    INVOICED.when(approve()).then_refused("wrong_state", stage="received")
    ATTESTED.when(attest()).then_refused("wrong_state", stage="attested")
    ORDERED.when(approve()).then_refused("wrong_state", stage="approved")
    INVOICED.does(reject()).when(attest()).then_refused("wrong_state", stage="rejected")


def test_in_a_closed_case_nothing_is_attested_or_approved() -> None:
    INVOICED.does(stop()).when(attest()).then_refused("case_closed")
    ATTESTED.does(stop()).when(approve()).then_refused("case_closed")


def test_an_invoice_is_found_on_its_own_line_alone() -> None:
    for ask in (attest, approve, reject):
        INVOICED.when(ask(line_no=1)).then_refused("not_found", what="expense")
        INVOICED.when(ask(ref=f"{CVR}:F-9")).then_refused("not_found", what="expense")


# Credited ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("story", "owed"),
    [(INVOICED, []), (ATTESTED, []), (ORDERED, [NOTE]), (PAID, [NOTE])],
    ids=["received", "attested", "ordered", "paid"],
)
def test_a_credit_note_takes_off_the_invoice_that_it_names(story: Story, owed: list[str]) -> None:
    credited = InvoiceCredited(
        **LINE,
        ref=REF,
        credit_note=NOTE,
        amount=kr(1_000),
        refund_due=bool(owed),
        sha256=SHA256,
    )
    taken = ReferenceTaken(programme="NP", reference=NOTE, **LINE)
    story.when(credit_note()).then(credited, taken)
    assert due(story.does(credit_note())) == kr(5_000)
    assert owed_back(story.does(credit_note())) == owed


def test_what_is_credited_is_not_attested_and_not_paid() -> None:
    credited = INVOICED.does(credit_note(), attest())
    assert left(credited) == kr(3_000)
    ordered = ATTESTED.does(credit_note(), approve())
    assert ordered(cases, "A-1").lines[3].ordered == kr(5_000)


def test_a_credit_note_takes_no_more_than_is_left_of_the_invoice() -> None:
    all_of_it = INVOICED.does(credit_note(amount=kr(6_000)))
    more = credit_note(number="N-2", amount=Money(1))
    all_of_it.when(more).then_refused("above_invoice", due="0.00")
    all_of_it.when(attest()).then_refused("wrong_state", due="0.00")
    nothing_due = ATTESTED.does(credit_note(amount=kr(6_000)))
    nothing_due.when(approve()).then_refused("wrong_state", due="0.00")
    nothing_due.does(reject())


def test_a_credit_note_for_an_invoice_that_never_came_is_refused() -> None:
    GRANTED.when(credit_note()).then_refused("not_found", what="invoice", ref=REF)
    other = credit_note(supplier_cvr="10150817")
    INVOICED.when(other).then_refused("not_found", what="invoice", ref="10150817:F-1")


def test_the_same_credit_note_counts_once() -> None:
    story = INVOICED.does(invoice(number="F-2"), credit_note())
    again = credit_note(invoice_number="F-2")
    story.when(again).then_refused("duplicate_invoice", reference=NOTE, taken_by="A-1/3")
