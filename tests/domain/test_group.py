"""A group course: costs that its participants share, each from a line of their own."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.case.expenses import (
    ExpenseApproved,
    ExpenseAttested,
    ExpenseRejected,
    ExpenseReturned,
    ExpenseSettled,
)
from domain.case.invoices import InvoiceCredited, InvoiceRefunded
from domain.case.line import ExpenseStage
from domain.case.state import cases
from domain.group import (
    GroupFormed,
    ParticipantJoined,
    ParticipantLeft,
    Share,
    ShareCharged,
    SharedCostCredited,
    SharedCostReceived,
    SharedCostRejected,
    SharedCostSpread,
)
from domain.money import Money, kr, split, total
from domain.reference import SharedReferenceTaken
from domain.words import Event
from tests.examples import (
    ESTABLISHED,
    GRANTED,
    SHA256,
    SUBMITTED,
    WORDS,
    hand_in,
    receive,
    returned_payment,
    stop,
)
from tests.examples_expenses import (
    CITIZENS,
    CLAIMED,
    CVR,
    GROUP,
    NOTE,
    REF,
    SPREAD,
    approve,
    approve_shared,
    attest,
    attest_shared,
    claim_outlay,
    claim_shared_outlay,
    credit_note,
    form_group,
    invoice,
    join_group,
    leave_group,
    paid,
    refunded,
    reject,
    reject_shared,
)
from tests.scenario import Story

GROUP_OF: dict[str, Any] = {"programme": "NP", "group": "HOLD-1"}
COST = {"ref": REF}
INVOICED = GROUP.does(invoice(amount=kr(100), order_reference="HOLD-1"))
PAID = INVOICED.does(attest_shared(**COST), approve_shared(**COST), paid(amount=kr(100)))


def news(story: Story, *commands: Any) -> list[Event]:
    """What the last of the commands led to."""
    before = story.does(*commands[:-1])
    after = before.does(commands[-1])
    return [entry.event for entry in after.log[len(before.log) :]]


def parts(events: list[Event], kind: type[Any]) -> list[tuple[str, Money]]:
    return [(event.case_no, event.amount) for event in events if isinstance(event, kind)]


# Who is in it ------------------------------------------------------------------------------------


def test_a_group_is_formed_once() -> None:
    ESTABLISHED.when(form_group()).then(GroupFormed(**GROUP_OF))
    GROUP.when(form_group()).then_refused("wrong_state", is_already="formed")
    ESTABLISHED.when(form_group(by="fin-1")).then_refused("forbidden")


def test_a_citizen_joins_with_a_granted_line_of_an_open_case() -> None:
    formed = GRANTED.does(form_group())
    formed.when(join_group()).then(ParticipantJoined(**GROUP_OF, case_no="A-1", line_no=1))
    formed.when(join_group(line_no=4)).then_refused("not_found", what="line")
    formed.does(stop()).when(join_group()).then_refused("case_closed")
    SUBMITTED.does(form_group()).when(join_group()).then_refused("wrong_state", line_no=1)
    formed.does(join_group()).when(join_group(line_no=2)).then_refused("wrong_state", line_no=2)
    formed.when(join_group(by="fin-1")).then_refused("forbidden")


def test_a_citizen_leaves_and_may_join_again() -> None:
    GROUP.when(leave_group()).then(ParticipantLeft(**GROUP_OF, case_no="A-1"))
    left = GROUP.does(leave_group())
    left.when(leave_group()).then_refused("not_found", what="participant")
    left.when(leave_group(case_no="X-9")).then_refused("not_found", what="case")
    left.does(join_group())
    GROUP.when(leave_group(by="fin-1")).then_refused("forbidden")


@pytest.mark.parametrize(
    "ask",
    [join_group, leave_group, claim_shared_outlay, attest_shared, approve_shared, reject_shared],
)
def test_what_is_asked_of_a_group_needs_that_group(ask: Any) -> None:
    GRANTED.when(ask(group="HOLD-2")).then_refused("not_found", group="HOLD-2")


# A cost comes in ---------------------------------------------------------------------------------


def test_a_colleagues_outlay_for_the_group_is_claimed_once_with_its_receipt() -> None:
    GROUP.when(claim_shared_outlay()).then(
        SharedCostReceived(
            **GROUP_OF,
            ref="U-1",
            amount=kr(300),
            claimed_by="kons-1",
            supplier_cvr=None,
            supplier_name="Bilka",
            issued_on=claim_shared_outlay().purchased_on,
            sha256=SHA256,
        ),
        SharedReferenceTaken(**GROUP_OF, reference="U-1"),
        SharedReferenceTaken(**GROUP_OF, reference=SHA256),
    )
    again = claim_shared_outlay(ref="U-2")
    CLAIMED.when(again).then_refused("duplicate_receipt", taken_by="HOLD-1")
    CLAIMED.when(hand_in()).then_refused("duplicate_receipt", taken_by="HOLD-1")
    CLAIMED.when(claim_outlay(sha256="0c" * 32)).then_refused("wrong_state", taken_by="HOLD-1")


def test_an_invoice_that_names_the_group_is_the_groups() -> None:
    received, taken = news(GROUP, invoice(order_reference="HOLD-1"))
    assert isinstance(received, SharedCostReceived)
    assert (received.supplier_cvr, received.claimed_by) == (CVR, None)
    assert taken == SharedReferenceTaken(**GROUP_OF, reference=REF)
    INVOICED.when(invoice(order_reference="A-1/1")).then_refused(
        "duplicate_invoice", taken_by="HOLD-1"
    )


# Spread, approved, paid --------------------------------------------------------------------------


def test_an_attested_cost_is_spread_evenly_over_those_in_the_group() -> None:
    events = news(CLAIMED, attest_shared())
    amounts = [kr(33, 33), kr(33, 33), kr(33, 34)]
    shares = tuple(
        Share(case_no=case_no, line_no=1, amount=amount)
        for case_no, amount in zip(CITIZENS, amounts, strict=True)
    )
    assert events[0] == SharedCostSpread(**GROUP_OF, ref="U-1", shares=shares)
    assert events[1] == ShareCharged(
        case_no="A-1", line_no=1, ref="U-1", group="HOLD-1", amount=amounts[0], claimed_by="kons-1"
    )
    assert parts(events, ExpenseAttested) == list(zip(CITIZENS, amounts, strict=True))
    assert SPREAD(cases, "C-1").lines[1].left == kr(2_966, 66)


@given(st.integers(0, 10**9), st.lists(st.integers(1, 10**6), min_size=1, max_size=20))
def test_what_is_split_adds_up_and_nobody_bears_an_ore_too_much(
    ore: int, weights: list[int]
) -> None:
    shares = split(Money(ore), weights)
    assert total(shares) == Money(ore)
    for share, weight in zip(shares, weights, strict=True):
        assert abs(share.ore * sum(weights) - ore * weight) < sum(weights)


def test_whoever_is_in_the_group_when_the_cost_is_attested_bears_it() -> None:
    events = news(CLAIMED, leave_group(), attest_shared())
    assert parts(events, ShareCharged) == [("B-1", kr(50)), ("C-1", kr(50))]
    assert len(parts(news(SPREAD, leave_group(), approve_shared()), ExpenseApproved)) == 3


def test_a_cost_of_an_ore_is_borne_by_one() -> None:
    events = news(GROUP, claim_shared_outlay(amount=Money(1)), attest_shared())
    assert parts(events, ShareCharged) == [("C-1", Money(1))]


def test_a_cost_is_spread_only_if_every_line_has_room_for_its_part() -> None:
    story = GROUP.does(claim_shared_outlay(amount=kr(9_000, 1)))
    story.when(attest_shared()).then_refused("above_grant", case_no="C-1", left="3000.00")
    closed = CLAIMED.does(stop(case_no="B-1"))
    closed.when(attest_shared()).then_refused("case_closed")
    closed.does(leave_group(case_no="B-1"), attest_shared())


def test_a_cost_is_spread_anew_over_those_who_are_left_until_it_is_approved() -> None:
    closed = SPREAD.does(stop(case_no="A-1"))
    closed.when(approve_shared()).then_refused("case_closed")
    events = news(closed, leave_group(), attest_shared(by="both-1"))
    assert [case_no for case_no in CITIZENS if case_no in str(events[:3])] == list(CITIZENS)
    assert {type(event) for event in events[:3]} == {ExpenseRejected}
    assert parts(events, ShareCharged) == [("B-1", kr(50)), ("C-1", kr(50))]
    story = closed.does(leave_group(), attest_shared(), approve_shared(), paid("U-1", kr(100)))
    assert [story(cases, each).lines[1].paid for each in CITIZENS] == [kr(0), kr(50), kr(50)]
    SPREAD.does(approve_shared()).when(attest_shared()).then_refused("wrong_state")


def test_a_cost_is_spread_over_somebody() -> None:
    empty = ESTABLISHED.does(form_group(), claim_shared_outlay())
    empty.when(attest_shared()).then_refused("wrong_state", participants=0)
    CLAIMED.when(attest_shared(ref="U-2")).then_refused("not_found", what="cost")


def test_nobody_attests_or_approves_a_shared_outlay_of_their_own() -> None:
    CLAIMED.when(attest_shared(by="kons-1")).then_refused("same_person", claimed_by="kons-1")
    CLAIMED.when(attest_shared(by="fin-1")).then_refused("forbidden")
    SPREAD.when(approve_shared(by="kons-2")).then_refused("forbidden")
    by_both = CLAIMED.does(attest_shared(by="both-1"))
    by_both.when(approve_shared(by="both-1")).then_refused("same_person")


def test_who_attested_a_cost_once_does_not_approve_it_when_another_has_spread_it_anew() -> None:
    anew = CLAIMED.does(attest_shared(by="both-1"), attest_shared(by="kons-2"))
    anew.when(approve_shared(by="both-1")).then_refused("same_person", attested_by="kons-2")
    anew.does(approve_shared(by="fin-1"))


def test_who_approved_a_cost_does_not_attest_it_when_the_payment_came_back() -> None:
    back = receive(returned_payment(end_to_end_id="U-1", amount=kr(100)), statement="S-20")
    returned = SPREAD.does(approve_shared(by="both-1"), paid("U-1", kr(100)), back)
    returned.when(attest_shared(by="both-1")).then_refused("same_person", approved_by="both-1")
    returned.does(attest_shared(by="kons-2"))


def test_all_parts_are_approved_and_paid_together() -> None:
    CLAIMED.when(approve_shared()).then_refused("wrong_state", missing="attested")
    ordered = SPREAD.does(approve_shared())
    assert {ordered(cases, each).lines[1].expenses["U-1"].stage for each in CITIZENS} == {
        ExpenseStage.APPROVED
    }
    settled = parts(news(ordered, paid("U-1", kr(100))), ExpenseSettled)
    assert total(amount for _, amount in settled) == kr(100)
    [*_, unreconciled] = news(ordered, paid("U-1", kr(33, 33)))
    assert type(unreconciled).__name__ == "EntryUnreconciled"
    [*_, unreconciled] = news(CLAIMED, paid("U-1", kr(100)))
    assert type(unreconciled).__name__ == "EntryUnreconciled"


def test_a_part_is_not_decided_on_by_itself() -> None:
    part = {"case_no": "A-1", "line_no": 1, "ref": "U-1"}
    for ask in (approve(**part), reject(**part)):
        SPREAD.when(ask).then_refused("wrong_state", shared_by="HOLD-1")
    SPREAD.when(attest(**part)).then_refused("wrong_state", stage="attested")


def test_a_shared_cost_is_rejected_with_all_its_parts_until_it_is_approved() -> None:
    rejected = SharedCostRejected(**GROUP_OF, ref="U-1", reason=WORDS)
    CLAIMED.when(reject_shared(reason=WORDS)).then(rejected)
    events = news(SPREAD, reject_shared(reason=WORDS, by="fin-1"))
    assert [type(event) for event in events] == [ExpenseRejected] * 3 + [SharedCostRejected]
    SPREAD.does(approve_shared()).when(reject_shared()).then_refused("wrong_state")
    gone = CLAIMED.does(reject_shared())
    for ask in (reject_shared, attest_shared, approve_shared):
        gone.when(ask()).then_refused("wrong_state", is_already="rejected")
    CLAIMED.when(reject_shared(by="rev-1")).then_refused("forbidden")


# Credited and returned ---------------------------------------------------------------------------


def test_a_credit_note_before_the_cost_is_spread_leaves_less_to_spread() -> None:
    credited = SharedCostCredited(
        **GROUP_OF, ref=REF, credit_note=NOTE, amount=kr(10), sha256=SHA256
    )
    note = credit_note(amount=kr(10))
    INVOICED.when(note).then(credited, SharedReferenceTaken(**GROUP_OF, reference=NOTE))
    events = news(INVOICED, note, attest_shared(**COST))
    assert parts(events, ShareCharged) == [(each, kr(30)) for each in CITIZENS]
    nothing = INVOICED.does(credit_note(amount=kr(100)))
    nothing.when(attest_shared(**COST)).then_refused("wrong_state", due="0.00")


def test_a_credit_note_after_it_takes_off_every_part_and_its_refund_comes_back_to_all() -> None:
    note = credit_note(amount=kr(10))
    credited = parts(news(PAID, note), InvoiceCredited)
    assert total(amount for _, amount in credited) == kr(10)
    assert [case_no for case_no, _ in credited] == list(CITIZENS)
    refund = parts(news(PAID, note, refunded(amount=kr(10))), InvoiceRefunded)
    assert refund == credited
    lines = [PAID.does(note, refunded(amount=kr(10)))(cases, each).lines[1] for each in CITIZENS]
    assert total(line.paid for line in lines) == kr(90)


def test_a_credit_note_takes_no_more_than_is_left_of_the_cost() -> None:
    above = credit_note(amount=kr(100, 1))
    for story in (INVOICED, PAID):
        story.when(above).then_refused("above_invoice", due="100.00")
    of_an_ore = PAID.does(credit_note(amount=Money(1)))
    assert len(parts([entry.event for entry in of_an_ore.log], InvoiceCredited)) == 1


def test_a_returned_payment_comes_back_to_every_part_and_is_approved_anew() -> None:
    back = receive(returned_payment(end_to_end_id=REF, amount=kr(100)), statement="S-20")
    events = news(PAID, back)
    assert total(amount for _, amount in parts(events, ExpenseReturned)) == kr(100)
    again = PAID.does(back, credit_note(amount=kr(40)), approve_shared(**COST))
    anew = news(again, paid(amount=kr(60), statement="S-21"))
    assert total(amount for _, amount in parts(anew, ExpenseSettled)) == kr(60)


def test_a_supplier_may_number_invoices_and_credit_notes_alike() -> None:
    one, two = {"ref": f"{CVR}:1"}, {"ref": f"{CVR}:2"}
    story = GROUP.does(
        invoice(number="1", amount=kr(900), order_reference="HOLD-1"),
        attest_shared(**one),
        approve_shared(**one),
        paid(f"{CVR}:1", kr(900), "S-31"),
        credit_note(number="2", invoice_number="1", amount=kr(30)),
        leave_group(case_no="C-1"),
        invoice(number="2", amount=kr(600), order_reference="HOLD-1"),
        attest_shared(**two),
        approve_shared(**two),
    )
    settled = parts(news(story, paid(f"{CVR}:2", kr(600), "S-32")), ExpenseSettled)
    assert settled == [("A-1", kr(300)), ("B-1", kr(300))]
    back = parts(news(story, refunded(f"{CVR}:2", amount=kr(30))), InvoiceRefunded)
    assert [amount for _, amount in back] == [kr(10)] * 3
