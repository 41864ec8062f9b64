"""The actual payouts: every payment ordered, per line, and what was known of it on a day."""

from datetime import date, timedelta

from domain.case.state import cases
from domain.money import Money, kr, total
from projections.payouts import Payout, PayoutStatus, by_day, payouts
from projections.worklists import worklists
from tests.everything import EVERYTHING
from tests.examples import (
    APPROVED,
    LATER,
    PAID_ON,
    RELEASED,
    SETTLED,
    debit,
    receive,
    release_tranche,
    returned_payment,
    rules,
)
from tests.examples_expenses import (
    ATTESTED,
    ORDERED,
    PAID,
    REF,
    SPREAD,
    approve,
    approve_shared,
    credit_note,
    paid,
    refunded,
)
from tests.examples_rules import change_rules, lapse_tranche
from tests.scenario import DAY, Story, fold

AFTER = date(2019, 12, 31)


def told(story: Story, as_of: date = AFTER, case_no: str = "A-1") -> list[Payout]:
    return list(payouts(fold(worklists, story.log)[f"case-{case_no}"], as_of))


def statuses(story: Story, as_of: date = AFTER) -> list[str]:
    return [each.status.value for each in told(story, as_of)]


def test_what_is_not_ordered_is_no_payout() -> None:
    assert told(APPROVED) == []
    assert told(ATTESTED) == []
    assert told(RELEASED, as_of=DAY - timedelta(days=1)) == []


def test_a_payout_is_known_from_the_day_it_is_ordered() -> None:
    assert told(RELEASED, as_of=DAY) == [
        Payout(
            end_to_end_id="T-1",
            case_no="A-1",
            line_no=1,
            amount=kr(5_000),
            kind="tranche",
            ordered_on=DAY,
            settled_on=None,
            returned_on=None,
            lapsed_on=None,
            status=PayoutStatus.ORDERED,
        )
    ]


def test_it_is_settled_on_the_banks_day_once_the_statement_is_here() -> None:
    arrived = PAID_ON + timedelta(days=20)
    story = RELEASED.does(receive(debit(booked_on=PAID_ON), effective_on=arrived))
    [before] = told(story, as_of=arrived - timedelta(days=1))
    assert (before.settled_on, before.status) == (None, PayoutStatus.ORDERED)
    [after] = told(story, as_of=arrived)
    assert (after.settled_on, after.status) == (PAID_ON, PayoutStatus.SETTLED)


def test_what_came_back_is_told_with_its_day_and_was_settled_until_then() -> None:
    story = SETTLED.does(receive(returned_payment(), statement="S-2", effective_on=LATER))
    assert statuses(story, LATER - timedelta(days=1)) == ["settled"]
    [back] = told(story, LATER)
    assert (back.settled_on, back.returned_on) == (PAID_ON, LATER)
    assert back.status is PayoutStatus.RETURNED


def test_a_tranche_that_the_bank_never_paid_lapses() -> None:
    in_april = APPROVED.does(change_rules(rules=rules(lapse_days=14)), release_tranche())
    story = in_april.does(lapse_tranche(ref="T-1", effective_on=LATER))
    assert statuses(story, LATER - timedelta(days=1)) == ["ordered"]
    [lapsed] = told(story, LATER)
    assert (lapsed.settled_on, lapsed.lapsed_on) == (None, LATER)
    assert lapsed.status is PayoutStatus.LAPSED


def test_an_expense_that_came_back_and_was_ordered_anew_is_two_payouts_of_one_number() -> None:
    assert [(each.kind, each.status.value) for each in told(ORDERED)] == [("expense", "ordered")]
    back = returned_payment(end_to_end_id=REF, amount=kr(6_000))
    story = PAID.does(receive(back, statement="S-9"), approve())
    assert [each.end_to_end_id for each in told(story)] == [REF, REF]
    assert statuses(story) == ["returned", "ordered"]


def test_what_the_supplier_pays_back_leaves_the_payout_as_it_was() -> None:
    story = PAID.does(credit_note(), refunded())
    assert [(each.amount, each.status.value) for each in told(story)] == [(kr(6_000), "settled")]


def test_a_payment_that_lines_share_is_told_once_for_each_of_them() -> None:
    story = SPREAD.does(approve_shared())
    parts = [each for case_no in ("A-1", "B-1", "C-1") for each in told(story, case_no=case_no)]
    assert [(each.case_no, each.line_no) for each in parts] == [("A-1", 1), ("B-1", 1), ("C-1", 1)]
    assert {each.end_to_end_id for each in parts} == {"U-1"}
    assert total(each.amount for each in parts) == kr(100)
    settled = story.does(paid("U-1", kr(100)))
    assert statuses(settled) == ["settled"]


def test_of_several_cases_they_are_listed_by_day_then_by_number() -> None:
    parts = [
        each for no in ("C-1", "A-1") for each in told(SPREAD.does(approve_shared()), AFTER, no)
    ]
    earlier = parts[0].model_copy(update={"ordered_on": date(2019, 1, 1)})
    assert [each.case_no for each in sorted(parts, key=by_day)] == ["A-1", "C-1"]
    assert min([*parts, earlier], key=by_day) == earlier


def test_in_a_long_story_they_add_up_to_what_the_lines_say() -> None:
    """At every step: what is ordered, and which advances stand."""
    for length in range(1, len(EVERYTHING.log) + 1):
        story = Story(EVERYTHING.log[:length])
        for row in fold(worklists, story.log).values():
            found = list(payouts(row, AFTER))
            for line in story(cases, row.case_no).lines.values():
                mine = [each for each in found if each.line_no == line.line_no]
                assert line.ordered == amounts(mine, "ordered")
                assert line.advance == amounts([e for e in mine if e.kind == "tranche"], "settled")


def amounts(found: list[Payout], status: str) -> Money:
    return total(each.amount for each in found if each.status.value == status)
