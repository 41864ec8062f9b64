"""What is owed on claims, as it was known on a day."""

from datetime import date, timedelta

import pytest
from hypothesis import given as for_all
from hypothesis import strategies as st

from domain.money import ZERO, Money, kr, total
from projections.claims import Claims, claims, instalments_overdue, overpaid
from tests.everything import ALL
from tests.examples import MISUSED
from tests.examples_claims import (
    APPEALED,
    DECIDED,
    OVERPAID,
    agree_instalments,
    instalments,
    lodge_appeal,
    order_refund,
    refund,
    refund_returned,
    repay,
    set_off,
    uphold_appeal,
    write_off_claim,
)
from tests.scenario import DAY, Story, fold, noon

MAY, JUNE, JULY = (date(2019, month, 1) for month in (5, 6, 7))
PLAN = instalments((JUNE, kr(500)), (MAY, kr(500)), (JULY, kr(500)))
AGREED = DECIDED.does(agree_instalments(instalments=PLAN))
LATER = date(2020, 1, 1)


def row(story: Story, case_no: str = "A-1") -> Claims:
    return fold(claims, story.log)[f"case-{case_no}"]


def overdue(story: Story, as_of: date = LATER) -> list[tuple[date, Money]]:
    return [(each.due, each.lacking) for each in instalments_overdue(row(story), as_of)]


def test_an_instalment_is_overdue_from_the_day_after_it_was_due() -> None:
    assert overdue(AGREED, MAY) == []
    assert overdue(AGREED, MAY + timedelta(days=1)) == [(MAY, kr(500))]
    assert overdue(AGREED, JULY) == [(MAY, kr(500)), (JUNE, kr(500))]
    [first, *_] = instalments_overdue(row(AGREED), LATER)
    assert (first.case, first.line, first.claim) == ("A-1", "1", "R-1")


@pytest.mark.parametrize("less", [repay(kr(700)), set_off(amount=kr(700))])
def test_what_is_paid_counts_against_the_oldest_instalment_first(less: object) -> None:
    story = AGREED.does(less)  # type: ignore[arg-type]
    assert overdue(story) == [(JUNE, kr(300)), (JULY, kr(500))]


def test_so_does_what_is_given_up_and_what_an_appeal_takes_back() -> None:
    assert overdue(AGREED.does(write_off_claim())) == [
        (MAY, kr(100)),
        (JUNE, kr(500)),
        (JULY, kr(500)),
    ]
    lowered = AGREED.does(lodge_appeal(), uphold_appeal(amount=kr(600)))
    assert overdue(lowered) == [(JUNE, kr(100)), (JULY, kr(500))]


def test_nothing_is_overdue_of_a_claim_that_is_paid_or_overpaid() -> None:
    assert overdue(AGREED.does(repay(kr(1_500)))) == []
    assert overdue(AGREED.does(repay(kr(1_500)), lodge_appeal(), uphold_appeal())) == []


def test_a_new_agreement_replaces_the_one_before_from_its_own_day() -> None:
    new = agree_instalments(instalments=instalments((JULY, kr(1_500))), effective_on=JUNE)
    story = AGREED.does(new)
    assert overdue(story, JUNE - timedelta(days=1)) == [(MAY, kr(500))]
    assert overdue(story, JUNE) == overdue(story, JULY) == []
    assert overdue(story) == [(JULY, kr(1_500))]


def test_a_payment_counts_from_its_day() -> None:
    story = AGREED.does(repay(kr(500)).model_copy(update={"effective_on": JUNE, "at": noon(JUNE)}))
    assert overdue(story, JUNE - timedelta(days=1)) == [(MAY, kr(500))]
    assert overdue(story, JUNE) == []


def test_without_an_agreement_no_instalment_is_overdue() -> None:
    assert overdue(DECIDED) == []


def test_what_the_citizen_paid_too_much_is_listed_until_the_bank_has_refunded_it() -> None:
    def owed(story: Story) -> list[Money]:
        return [each.owed for each in overpaid(row(story), LATER)]

    assert owed(APPEALED) == []
    assert owed(OVERPAID) == owed(OVERPAID.does(order_refund())) == [kr(1_000)]
    refunded = OVERPAID.does(order_refund(), refund(kr(1_000)))
    assert owed(refunded) == []
    assert owed(refunded.does(refund_returned(kr(1_000)))) == [kr(1_000)]
    [told] = overpaid(row(ALL, "D-1"), LATER)
    assert (told.case, told.line, told.claim, told.owed) == ("D-1", "1", "R-1", kr(600))


def test_what_was_claimed_at_once_has_no_number_and_is_not_here() -> None:
    assert row(MISUSED) == Claims(programme="NP", case_no="A-1")


@for_all(
    paid=st.integers(0, 150_000),
    dues=st.lists(st.integers(0, 400), min_size=3, max_size=3),
)
def test_whatever_is_paid_what_lacks_is_what_is_left(paid: int, dues: list[int]) -> None:
    """Once all of them are due; and what lacks is of the latest, for the oldest are met first."""
    days = [DAY + timedelta(days=due) for due in dues]
    plan = instalments(*((day, kr(500)) for day in days))
    story = DECIDED.does(agree_instalments(instalments=plan))
    if paid:
        story = story.does(repay(Money(paid)))
    lacking = overdue(story, date(2021, 1, 1))
    assert total(amount for _, amount in lacking) == Money(150_000 - paid)
    assert [day for day, _ in lacking] == sorted(days)[3 - len(lacking) :]
    assert all(amount == kr(500) for _, amount in lacking[1:])
    assert all(amount > ZERO for _, amount in lacking)
