"""A merchant's refund: what was explained is to be explained anew."""

from datetime import date
from typing import Any

import pytest

from domain.case.merchant_refunds import ReceiptRefunded
from domain.case.sources import SourceWanted
from domain.case.state import cases
from domain.money import Money, kr
from tests.examples import (
    COURSE,
    HANDED_IN,
    LATER,
    SETTLED,
    WORDS,
    accept_receipt,
    approve_tranche,
    hand_in,
    handed_back,
    payment,
    receive,
    refund,
    reject_receipt,
    release_tranche,
    request_tranche,
    returned_payment,
    stop,
)
from tests.examples_sources import BY_SHARE, IN_TURN, granted
from tests.scenario import Story, noon

ACCEPTED = HANDED_IN.does(accept_receipt())  # 2,000 kr. of 5,000 kr.
EXPLAINED = SETTLED.does(hand_in(amount=kr(5_000)), accept_receipt(amount=kr(5_000)))


def undocumented(story: Story) -> Money:
    return story(cases, "A-1").lines[1].undocumented


def test_a_refund_lowers_what_is_documented_and_is_to_be_explained_anew() -> None:
    ACCEPTED.when(refund(words=WORDS)).then(
        ReceiptRefunded(
            case_no="A-1",
            line_no=1,
            ref="K-1",
            amount=kr(500),
            refunded_on=date(2019, 3, 20),
            account_string=COURSE,
            words=WORDS,
            holds_from=LATER,
        )
    )
    assert undocumented(ACCEPTED.does(refund())) == kr(3_500)


def test_no_more_is_refunded_than_was_accepted_less_earlier_refunds() -> None:
    part = HANDED_IN.does(accept_receipt(amount=kr(1_200)))
    above = refund(amount=kr(1_200, 1))
    part.when(above).then_refused("above_accepted", accepted="1200.00")
    once = part.does(refund(amount=kr(1_000)))
    once.does(refund(amount=kr(200)))
    once.when(refund(amount=kr(200, 1))).then_refused("above_accepted", accepted="200.00")


@pytest.mark.parametrize("judged", [(), (reject_receipt(),)], ids=["waits", "rejected"])
def test_only_what_was_accepted_is_refunded(judged: Any) -> None:
    HANDED_IN.does(*judged).when(refund()).then_refused("wrong_state")


def test_a_refund_is_of_a_receipt_of_that_line() -> None:
    ACCEPTED.when(refund(ref="K-2")).then_refused("not_found", what="receipt")
    ACCEPTED.when(refund(line_no=2)).then_refused("not_found", what="receipt")


def test_a_refund_is_made_between_the_purchase_and_today() -> None:
    early = refund(refunded_on=date(2019, 3, 5))
    ACCEPTED.when(early).then_refused("before_purchase", purchased_on="2019-03-06")
    ACCEPTED.does(refund(refunded_on=date(2019, 3, 6)))
    ACCEPTED.does(refund(refunded_on=LATER))
    tomorrow = refund(refunded_on=date(2019, 4, 2))
    ACCEPTED.when(tomorrow).then_refused("not_yet", asked_on="2019-04-01")
    ACCEPTED.does(refund(refunded_on=LATER, effective_on=date(2019, 3, 31), at=noon(LATER)))


def test_what_was_refunded_is_not_accepted_again_by_the_same_receipt() -> None:
    part = HANDED_IN.does(accept_receipt(amount=kr(1_800)), refund(amount=kr(800)))
    part.does(accept_receipt(amount=kr(200), rest=True))
    above = accept_receipt(amount=kr(200, 1), rest=True)
    part.when(above).then_refused("above_receipt", left="200.00")


def test_refunded_money_is_explained_by_another_receipt_or_handed_back() -> None:
    reopened = EXPLAINED.does(refund())
    another: Any = {"ref": "K-2", "amount": kr(500), "effective_on": LATER}
    receipt = reopened.does(hand_in(**another, sha256="cd" * 32), accept_receipt(**another))
    back = reopened.does(receive(handed_back(amount=kr(500)), statement="S-2", effective_on=LATER))
    assert undocumented(receipt) == undocumented(back) == kr(0)


def test_a_tranche_whose_receipt_was_refunded_is_overdue_once_more() -> None:
    day, deadline = date(2019, 6, 1), 30
    assert not list(EXPLAINED(cases, "A-1").overdue(day, deadline))
    reopened = EXPLAINED.does(refund())
    [(_, tranche, lacking)] = reopened(cases, "A-1").overdue(day, deadline)
    assert (tranche.ref, lacking) == ("T-1", kr(500))
    june: Any = {"effective_on": day, "at": noon(day), "ref": "T-2"}
    waits = reopened.does(request_tranche(**june), approve_tranche(**june))
    waits.when(release_tranche(**june)).then_refused("receipts_overdue")


def test_a_refund_is_recorded_in_a_closed_case_and_after_the_payment_came_back() -> None:
    assert undocumented(ACCEPTED.does(stop(), refund())) == kr(3_500)
    returned = ACCEPTED.does(receive(returned_payment(), statement="S-2"))
    assert undocumented(returned.does(refund())) == -kr(1_500)


# Of several sources ------------------------------------------------------------------------------


def refunded(sources: tuple[SourceWanted, ...], amount: Money) -> dict[str, str]:
    """By source, what a refund of a receipt of 5,000 kr. draws back."""
    bought = {"amount": kr(5_000)}
    story = granted(sources).does(*payment(), hand_in(**bought), accept_receipt(**bought))
    event: Any = story.does(refund(amount=amount)).log[-1].event
    return {part.account_string.funding: str(part.amount) for part in event.parts}


def test_a_refund_goes_back_to_the_sources_by_their_share() -> None:
    assert refunded(BY_SHARE, kr(1_000)) == {"AARHUS": "666.67", "VELUX": "333.33"}
    assert refunded(BY_SHARE, kr(5_000)) == {"AARHUS": "3333.33", "VELUX": "1666.67"}


def test_a_refund_goes_back_to_the_source_that_was_drawn_last() -> None:
    """So that the books are what they would be, had the receipt been so much smaller."""
    assert refunded(IN_TURN, kr(1_000)) == {"VELUX": "1000.00"}
    assert refunded(IN_TURN, kr(1_500)) == {"VELUX": "1000.00", "AARHUS": "500.00"}
