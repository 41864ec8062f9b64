"""What waits for someone: as known on one day, counted on another."""

from datetime import date, timedelta

from domain.money import Money, kr
from projections.worklists import (
    Payment,
    Waiting,
    due_to_lapse,
    receipts_overdue,
    released_unpaid,
    worklists,
)
from tests.everything import EVERYTHING
from tests.examples import (
    APPROVED,
    GRANTED,
    HANDED_IN,
    PAID_ON,
    RELEASED,
    SETTLED,
    accept_receipt,
    confirm_misuse,
    debit,
    declare_loss,
    granted_under,
    handed_back,
    payment,
    receive,
    release_tranche,
    returned_payment,
    rules,
    stop,
)
from tests.examples_claims import PAID as PAID_TRANCHE
from tests.examples_claims import (
    answer_hearing,
    decide_claim,
    lodge_appeal,
    open_hearing,
    raise_claim,
    uphold_appeal,
)
from tests.examples_expenses import ATTESTED, ORDERED, PAID, REF, approve, credit_note, paid
from tests.examples_rules import change_rules, lapse_tranche
from tests.scenario import DAY, Story, fold

MAY_DAY = date(2019, 5, 1)
DEADLINE = PAID_ON + timedelta(days=30)
DAY_AFTER = DEADLINE + timedelta(days=1)


def waiting(story: Story) -> Waiting:
    return fold(worklists, story.log)["case-A-1"]


def unpaid(story: Story, as_of: date = MAY_DAY) -> list[tuple[str, Money]]:
    return [(each.end_to_end_id, each.amount) for each in released_unpaid(waiting(story), as_of)]


def overdue(story: Story, on: date, as_of: date = MAY_DAY) -> list[tuple[str, str, Money]]:
    found = receipts_overdue(waiting(story), as_of, on, 30)
    return [(each.line, each.tranche, each.undocumented) for each in found]


# Ordered and not settled -------------------------------------------------------------------------


def test_a_payment_waits_from_its_release_until_the_bank_has_settled_it() -> None:
    assert unpaid(APPROVED) == []
    assert unpaid(RELEASED) == [("T-1", kr(5_000))]
    assert unpaid(SETTLED) == []
    [order] = released_unpaid(waiting(RELEASED), DAY)
    assert (order.case, order.line, order.ordered) == ("A-1", "1", DAY)


def test_a_payment_waits_in_a_closed_case_too() -> None:
    assert unpaid(RELEASED.does(stop())) == [("T-1", kr(5_000))]


def test_on_an_earlier_day_a_payment_was_not_ordered_yet() -> None:
    assert unpaid(RELEASED, as_of=DAY - timedelta(days=1)) == []
    assert unpaid(RELEASED, as_of=DAY) == [("T-1", kr(5_000))]


def test_a_payment_waits_until_the_statement_arrives_though_the_bank_booked_it_before() -> None:
    arrived = date(2019, 4, 2)
    story = RELEASED.does(receive(debit(booked_on=PAID_ON), effective_on=arrived))
    assert unpaid(story, as_of=arrived - timedelta(days=1)) == [("T-1", kr(5_000))]
    assert unpaid(story, as_of=arrived) == []


def test_a_payment_that_came_back_does_not_wait() -> None:
    assert unpaid(SETTLED.does(receive(returned_payment(), statement="S-2"))) == []


def test_an_expense_waits_from_each_approval_until_the_bank_has_settled_it() -> None:
    assert waiting(ATTESTED).payments == []
    assert unpaid(ORDERED) == [(REF, kr(6_000))]
    assert unpaid(PAID) == []
    back = PAID.does(
        receive(returned_payment(end_to_end_id=REF, amount=kr(6_000)), statement="S-2")
    )
    assert unpaid(back) == []
    anew = back.does(credit_note(), approve(effective_on=PAID_ON))
    assert unpaid(anew) == [(REF, kr(5_000))]
    assert unpaid(anew, as_of=DAY) == []
    assert unpaid(anew.does(paid(amount=kr(5_000), statement="S-9"))) == []


# Lapsed ------------------------------------------------------------------------------------------

LAPSES_ON = date(2019, 3, 20)
LAPSED = RELEASED.does(
    change_rules(rules=rules(lapse_days=14)), lapse_tranche(effective_on=LAPSES_ON)
)


def due(story: Story, on: date, days: int = 14) -> list[str]:
    return [each.end_to_end_id for each in due_to_lapse(waiting(story), on, days)]


def test_a_payment_waits_until_the_day_on_which_it_lapses() -> None:
    assert unpaid(LAPSED, as_of=LAPSES_ON - timedelta(days=1)) == [("T-1", kr(5_000))]
    assert unpaid(LAPSED, as_of=LAPSES_ON) == []


def test_a_tranche_is_due_to_lapse_the_day_after_its_last_day() -> None:
    assert due(RELEASED, DAY + timedelta(days=14)) == []
    assert due(RELEASED, DAY + timedelta(days=15)) == ["T-1"]
    assert due(RELEASED, DAY + timedelta(days=15), days=15) == []


def test_what_is_paid_or_lapsed_or_not_released_is_not_due_to_lapse() -> None:
    assert [due(story, MAY_DAY) for story in (APPROVED, SETTLED, LAPSED)] == [[], [], []]


def test_an_invoice_does_not_lapse() -> None:
    invoice = Payment(ref="T-1", line_no=3, amount=kr(1), ordered=DAY, advance=False)
    tranche = invoice.model_copy(update={"ref": "T-2", "advance": True})
    both = Waiting(programme="NP", case_no="A-1", payments=[invoice, tranche])
    assert [each.end_to_end_id for each in due_to_lapse(both, MAY_DAY, 14)] == ["T-2"]


def test_the_worklist_and_the_decision_agree_on_what_lapses() -> None:
    story = RELEASED.does(change_rules(rules=rules(lapse_days=14)))
    for on in (DAY + timedelta(days=14), DAY + timedelta(days=15)):
        if due(story, on):
            story.does(lapse_tranche(effective_on=on))
        else:
            story.when(lapse_tranche(effective_on=on)).then_refused("wrong_state")


# Overdue -----------------------------------------------------------------------------------------


def test_receipts_are_overdue_the_day_after_the_deadline() -> None:
    assert overdue(SETTLED, on=DEADLINE) == []
    assert overdue(SETTLED, on=DAY_AFTER) == [("1", "T-1", kr(5_000))]
    [late] = receipts_overdue(waiting(SETTLED), MAY_DAY, DAY_AFTER, 30)
    assert (late.case, late.settled) == ("A-1", PAID_ON)


def test_receipts_are_overdue_by_the_booking_date_once_the_statement_is_known() -> None:
    arrived = date(2019, 4, 20)
    story = RELEASED.does(receive(debit(), effective_on=arrived))
    assert overdue(story, on=DAY_AFTER, as_of=arrived - timedelta(days=1)) == []
    assert overdue(story, on=DAY_AFTER, as_of=arrived) == [("1", "T-1", kr(5_000))]


def test_what_lacks_receipts_is_what_nothing_accounts_for() -> None:
    story = HANDED_IN.does(accept_receipt(), declare_loss(), confirm_misuse(amount=kr(1_000)))
    story = story.does(receive(handed_back(), statement="S-2"))
    assert overdue(story, on=DAY_AFTER) == [("1", "T-1", kr(1_000))]
    assert overdue(story.does(confirm_misuse(amount=kr(999, 99))), on=DAY_AFTER) == [
        ("1", "T-1", Money(1))
    ]
    assert overdue(story.does(confirm_misuse(amount=kr(1_000))), on=DAY_AFTER) == []


def test_no_receipt_is_asked_for_what_was_paid_against_a_voucher() -> None:
    assert overdue(PAID, on=DAY_AFTER) == []


def test_receipts_are_overdue_in_a_closed_case_too() -> None:
    assert overdue(SETTLED.does(stop()), on=DAY_AFTER) == [("1", "T-1", kr(5_000))]


def test_what_was_accounted_for_later_was_lacking_before() -> None:
    story = SETTLED.does(confirm_misuse(amount=kr(5_000), effective_on=date(2019, 4, 10)))
    assert overdue(story, on=DAY_AFTER, as_of=date(2019, 4, 9)) == [("1", "T-1", kr(5_000))]
    assert overdue(story, on=DAY_AFTER, as_of=date(2019, 4, 10)) == []


def test_a_payment_that_came_back_lacks_no_receipts_from_that_day_on() -> None:
    back = date(2019, 4, 10)
    story = SETTLED.does(receive(returned_payment(), statement="S-2", effective_on=back))
    assert overdue(story, on=DAY_AFTER, as_of=back - timedelta(days=1)) == [("1", "T-1", kr(5_000))]
    assert overdue(story, on=DAY_AFTER, as_of=back) == []


def test_what_is_accounted_for_is_spent_on_the_payment_booked_first_whatever_its_number() -> None:
    story = granted_under(undocumented_limit=None).does(
        *payment("T-1", kr(5_000), booked_on=date(2019, 3, 20)),
        *payment("T-2", kr(4_000), booked_on=date(2019, 3, 4)),
        confirm_misuse(amount=kr(4_500)),
    )
    assert overdue(story, on=MAY_DAY) == [("1", "T-1", kr(4_500))]


def test_what_is_accounted_for_is_spent_by_number_on_payments_booked_on_one_day() -> None:
    story = granted_under(undocumented_limit=None).does(
        *payment("T-2", kr(4_000)), *payment("T-1", kr(3_000)), confirm_misuse(amount=kr(3_500))
    )
    assert overdue(story, on=MAY_DAY) == [("1", "T-2", kr(3_500))]


def test_lines_are_told_in_order_and_account_for_themselves() -> None:
    story = GRANTED.does(
        *payment("T-1", kr(4_000), line_no=2),
        *payment("T-2", kr(5_000)),
        confirm_misuse(amount=kr(1_000)),
    )
    assert overdue(story, on=MAY_DAY) == [("1", "T-2", kr(4_000)), ("2", "T-1", kr(4_000))]


def test_the_worklist_and_the_decision_agree_on_what_is_overdue() -> None:
    story = SETTLED.does(declare_loss(), *payment("T-2", kr(1_000), booked_on=DEADLINE))
    assert overdue(story, on=DAY_AFTER) == [("1", "T-1", kr(4_700))]
    ready = story.does(*payment("T-3", kr(100))[:2])
    ready.when(release_tranche(ref="T-3", effective_on=DAY_AFTER)).then_refused(
        "receipts_overdue", undocumented="4700.00"
    )


def test_only_what_moves_or_explains_money_is_kept() -> None:
    kept = {type(entry.event).__name__ for entry in EVERYTHING.log if worklists.keys(entry)}
    assert kept == {
        "CaseRegistered",
        "TrancheReleased",
        "TrancheSettled",
        "TrancheReturned",
        "TrancheLapsed",
        "ExpenseApproved",
        "ExpenseSettled",
        "ExpenseReturned",
        "ReceiptAccepted",
        "ReceiptRefunded",
        "LossDeclared",
        "UnspentReturned",
        "MisuseConfirmed",
    }


def test_a_payment_stands_between_its_settlement_and_its_return() -> None:
    on = {"ordered": DAY, "settled_known": DAY, "booked_on": DAY, "returned": MAY_DAY}
    payment_ = Payment(ref="T-1", line_no=1, amount=kr(1), advance=True, **on)
    assert payment_.stands(DAY)
    assert not payment_.stands(MAY_DAY)
    assert not payment_.stands(DAY - timedelta(days=1))


def test_what_turned_out_not_to_be_misuse_lacks_its_receipts_again() -> None:
    whole = {"amount": kr(5_000)}
    claimed = PAID_TRANCHE.does(
        raise_claim(**whole), open_hearing(), answer_hearing(), decide_claim(**whole)
    )
    assert overdue(claimed, DAY_AFTER) == []
    upheld = claimed.does(lodge_appeal(), uphold_appeal(amount=kr(3_000)))
    assert overdue(upheld, DAY_AFTER) == [("1", "T-1", kr(2_000))]
