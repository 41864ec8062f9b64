"""A sample's population, read from the log: what was given, what took it back, and nothing of others."""

from datetime import date

import pytest

from domain.money import Money, kr
from domain.programme import Route
from domain.sampling.population import Item, Kind
from projections.ledger import Account, postings
from projections.population import MADE_OF, population
from tests.everything import ALL
from tests.examples import (
    GRANTED,
    PAID_ON,
    SETTLED,
    accept_receipt,
    declare_loss,
    hand_in,
    handed_back,
    payment,
    receive,
    returned_payment,
)
from tests.scenario import Story

FIRST, LAST = date(2019, 1, 1), date(2019, 12, 31)


def items(
    story: Story,
    kind: Kind = Kind.PAYMENTS,
    first: date = FIRST,
    last: date = LAST,
    through: int = 10**6,
) -> list[Item]:
    return population(story.log, "NP", kind, first, last, through)


def told(story: Story, kind: Kind = Kind.PAYMENTS) -> list[tuple[str, str, Money]]:
    return [(each.event, each.ref, each.amount) for each in items(story, kind)]


def test_an_item_is_an_event_with_its_position_and_what_its_stratum_goes_by() -> None:
    [settled] = [e for e in SETTLED.log if type(e.event).__name__ == "TrancheSettled"]
    assert items(SETTLED) == [
        Item(
            position=settled.position,
            ref="T-1",
            case_no="A-1",
            line_no=1,
            amount=kr(5_000),
            event="TrancheSettled",
            route=Route.ACCOUNT,
            undocumented=True,
        )
    ]


def test_what_comes_back_is_an_item_below_0() -> None:
    back = SETTLED.does(receive(returned_payment(), statement="S-2"))
    assert told(back) == [
        ("TrancheSettled", "T-1", kr(5_000)),
        ("TrancheReturned", "T-1", kr(-5_000)),
    ]


def test_receipts_and_declarations_explain_an_advance() -> None:
    explained = SETTLED.does(hand_in(), accept_receipt(), declare_loss())
    assert told(explained, Kind.RECEIPTS) == [
        ("ReceiptAccepted", "K-1", kr(2_000)),
        ("LossDeclared", "", kr(300)),
    ]


def test_a_line_is_documented_when_all_its_advance_is_accounted_for() -> None:
    explained = SETTLED.does(
        hand_in(amount=kr(4_300)), accept_receipt(amount=kr(4_300)), declare_loss()
    )
    assert [each.undocumented for each in items(explained)] == [True]
    all_of_it = explained.does(receive(handed_back(amount=kr(400)), statement="S-2"))
    assert [each.undocumented for each in items(all_of_it)] == [False]


def test_a_period_is_of_the_days_from_which_events_hold() -> None:
    known = date(2019, 3, 5)  # The day after the booking.
    story = GRANTED.does(*payment(received_on=known))
    assert len(items(story, first=known, last=known)) == 1
    assert items(story, last=PAID_ON) == items(story, first=date(2019, 3, 6)) == []


def test_what_came_after_the_position_is_in_another_population() -> None:
    story = GRANTED.does(*payment(), *payment("T-2", kr(3_000)))
    first, second = (each.position for each in items(story))
    assert [each.position for each in items(story, through=second - 1)] == [first]


def test_another_programmes_money_is_not_in_it() -> None:
    assert population(SETTLED.log, "LTT", Kind.PAYMENTS, FIRST, LAST, 10**6) == []


@pytest.mark.parametrize("kind", Kind)
def test_everything_of_its_kind_is_in_it(kind: Kind) -> None:
    kinds = {event for both in MADE_OF[kind] for event in both}
    there = {type(e.event).__name__ for e in ALL.log if type(e.event) in kinds}
    found = items(ALL, kind, last=date(2020, 12, 31))
    assert {each.event for each in found} == there == {event.__name__ for event in kinds}


def test_payments_are_what_the_bank_account_says_went_out_and_came_back() -> None:
    """Unspent money and claims apart: those are no payments that came back."""
    apart = {"UnspentReturned", "ClaimRepaid", "ClaimRefunded", "RefundReturned"}
    bank = sum(
        -posting.amount.ore
        for entry in ALL.log
        if type(entry.event).__name__ not in apart
        for posting in postings(entry.event)
        if posting.account is Account.BANK and posting.account_string.programme == "NP"
    )
    found = items(ALL, last=date(2020, 12, 31))
    assert sum(each.amount.ore for each in found) == bank
