"""Money that a supplier or the bank sends back, and numbers that lead to it."""

from typing import Any

import pytest

from domain.case.invoices import InvoiceRefunded
from domain.case.state import cases
from domain.money import ZERO, kr
from tests.examples import (
    COMPUTER,
    GRANTED,
    receive,
    request_tranche,
    returned_payment,
    stop,
)
from tests.examples_expenses import (
    ATTESTED,
    CVR,
    NOTE,
    ORDERED,
    PAID,
    REF,
    approve,
    attest,
    credit_note,
    invoice,
    paid,
    refunded,
)
from tests.scenario import Story

LINE: dict[str, Any] = {"case_no": "A-1", "line_no": 3}


def owed_back(story: Story) -> list[str]:
    expense = story(cases, "A-1").lines[3].expenses[REF]
    return [name for name, note in expense.notes.items() if note.refund_due]


# Refunded ----------------------------------------------------------------------------------------


def unexplained(story: Story, command: Any) -> bool:
    return type(story.does(command).log[-1].event).__name__ == "EntryUnreconciled"


def test_the_suppliers_refund_brings_the_money_back_to_the_line() -> None:
    credited = PAID.does(credit_note())
    event = credited.does(refunded()).log[-1].event
    assert event == InvoiceRefunded(
        **LINE,
        ref=REF,
        credit_note=NOTE,
        amount=kr(1_000),
        account_string=COMPUTER,
        statement="S-9",
        entry="E-S-9",
    )
    line = credited.does(refunded())(cases, "A-1").lines[3]
    assert (line.paid, line.left, line.undocumented) == (kr(5_000), kr(3_000), ZERO)


def test_a_refund_is_booked_once_in_full_and_of_a_note_that_promised_it() -> None:
    credited = PAID.does(credit_note())
    assert unexplained(credited, refunded(amount=kr(999, 99)))
    assert unexplained(credited, refunded(f"{CVR}:N-2"))
    assert unexplained(credited, refunded(indicator="DBIT"))
    assert unexplained(credited.does(refunded()), refunded(statement="S-10"))
    before_its_payment = ATTESTED.does(credit_note(), approve(), paid(amount=kr(5_000)))
    assert unexplained(before_its_payment, refunded())
    not_paid_yet = ORDERED.does(credit_note())
    assert unexplained(not_paid_yet, refunded())
    assert not unexplained(not_paid_yet.does(paid()), refunded())


def test_a_refund_in_a_closed_case_is_not_granted_any_more() -> None:
    closed = PAID.does(credit_note(), stop(), refunded())
    assert closed(cases, "A-1").lines[3].granted == kr(5_000)


def test_while_a_refund_is_due_more_may_be_paid_than_granted_and_nothing_is_annulled() -> None:
    story = PAID.does(
        credit_note(amount=kr(6_000)),
        invoice(number="F-2", amount=kr(8_000)),
        attest(ref=f"{CVR}:F-2"),
        approve(ref=f"{CVR}:F-2"),
        stop(),
    )
    line = story(cases, "A-1").lines[3]
    assert (line.granted, line.paid, line.ordered) == (kr(8_000), kr(6_000), kr(8_000))
    line = story.does(refunded(amount=kr(6_000)))(cases, "A-1").lines[3]
    assert (line.granted, line.paid, line.ordered) == (kr(8_000), ZERO, kr(8_000))


# Returned ----------------------------------------------------------------------------------------

BACK = receive(returned_payment(end_to_end_id=REF, amount=kr(6_000)), statement="S-20")


def test_a_returned_payment_is_attested_again_and_ordered_less_all_credit_notes() -> None:
    returned = PAID.does(credit_note(), BACK)
    line = returned(cases, "A-1").lines[3]
    assert (line.paid, line.ordered, line.used) == (ZERO, ZERO, kr(5_000))
    assert owed_back(PAID.does(credit_note())) == [NOTE]
    assert owed_back(returned) == []
    anew = returned.does(approve())
    assert anew(cases, "A-1").lines[3].ordered == kr(5_000)
    assert unexplained(anew, paid(statement="S-21"))
    settled = anew.does(paid(amount=kr(5_000), statement="S-21"))
    assert settled(cases, "A-1").lines[3].paid == kr(5_000)
    assert unexplained(settled, refunded())


def test_what_was_refunded_in_part_does_not_come_back_whole() -> None:
    story = PAID.does(credit_note(), refunded())
    assert unexplained(story, BACK)


def test_a_payment_that_comes_back_to_a_closed_case_is_not_granted_any_more() -> None:
    line = PAID.does(stop(), BACK)(cases, "A-1").lines[3]
    assert (line.granted, line.paid) == (ZERO, ZERO)


@pytest.mark.parametrize(
    "entry",
    [
        returned_payment(end_to_end_id=REF, amount=kr(5_999, 99)),
        returned_payment(end_to_end_id=REF, amount=kr(6_000), return_reason=None),
        returned_payment(end_to_end_id=REF, amount=kr(6_000), indicator="DBIT"),
        returned_payment(end_to_end_id=f"{CVR}:F-9", amount=kr(6_000)),
    ],
    ids=["less", "no reason", "debit", "unknown"],
)
def test_what_does_not_fit_a_settled_invoice_is_left_for_a_person(entry: Any) -> None:
    assert unexplained(PAID, receive(entry, statement="S-20"))


def test_an_order_is_settled_by_its_amount_and_once() -> None:
    assert unexplained(ORDERED, paid(amount=kr(5_999, 99)))
    assert unexplained(PAID, paid(statement="S-20"))
    assert unexplained(ATTESTED, paid())


def test_no_two_payments_have_one_number() -> None:
    """The bank's statement leads back by it: an invoice's, a tranche's, an outlay's, a claim's."""
    tranche = request_tranche(ref=REF, amount=kr(1_000))
    ORDERED.when(tranche).then_refused("wrong_state", reference=REF, taken_by="A-1/3")
    GRANTED.does(tranche).when(invoice()).then_refused("duplicate_invoice", taken_by="A-1/1")
