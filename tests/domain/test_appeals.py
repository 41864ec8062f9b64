"""An appeal: judged anew by another person. What was too much is taken back, and paid back."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given as for_all
from hypothesis import strategies as st

from domain.case.appeals import (
    AppealLodged,
    AppealRejected,
    AppealUpheld,
    ClaimRefunded,
    MisuseReversed,
    RefundOrdered,
    RefundReturned,
    WriteOffReversed,
)
from domain.case.claim import Claim, ClaimStage
from domain.case.line import Line
from domain.case.recovery import ClaimClosed
from domain.case.state import cases
from domain.money import ZERO, Money, kr
from domain.remittance import EntryUnreconciled, ReceiveStatement
from domain.words import Command, Event, decide
from projections.balances import Figures, balances
from projections.ledger import Account
from tests.examples import COURSE, WORDS, declare_loss
from tests.examples_claims import (
    ANSWERED,
    APPEALED,
    DECIDED,
    DECIDER,
    HEARING,
    OVERPAID,
    RAISED,
    RAISER,
    drop_claim,
    lodge_appeal,
    order_refund,
    refund,
    refund_returned,
    reject_appeal,
    repay,
    set_off,
    uphold_appeal,
    write_off_claim,
)
from tests.examples_rules import freeze
from tests.scenario import DAY, Story, fold

CLAIM: dict[str, Any] = {"case_no": "A-1", "line_no": 1, "ref": "R-1"}
LINE: dict[str, Any] = {"case_no": "A-1", "line_no": 1, "account_string": COURSE}
OF_CLAIM = LINE | {"claim": "R-1"}
CLOSED = ClaimClosed(**CLAIM)
ORDERED = OVERPAID.does(order_refund())
REFUNDED = ORDERED.does(refund(kr(1_000)))
LATER = date(2021, 1, 1)


def line(story: Story) -> Line:
    return story(cases, "A-1").lines[1]


def claim(story: Story) -> Claim:
    return line(story).claims["R-1"]


def figures(story: Story) -> Figures:
    return fold(balances, story.log)["line/NP/A-1/1"].figures(LATER)


def answered(story: Story, command: Command) -> list[Event]:
    return [new.event for new in decide(command, story)]


# Lodged ------------------------------------------------------------------------------------------


def test_a_decision_is_appealed_one_appeal_at_a_time() -> None:
    DECIDED.when(lodge_appeal()).then(AppealLodged(**CLAIM, words=WORDS))
    APPEALED.when(lodge_appeal()).then_refused("appealed", ref="R-1")
    APPEALED.does(reject_appeal(), lodge_appeal(by=RAISER))


def test_what_is_not_decided_is_not_appealed() -> None:
    for story in (RAISED, HEARING, ANSWERED, RAISED.does(drop_claim())):
        story.when(lodge_appeal()).then_refused("wrong_state")


def test_without_an_appeal_there_is_nothing_to_answer() -> None:
    for story in (DECIDED, APPEALED.does(reject_appeal())):
        for command in (reject_appeal(), uphold_appeal()):
            story.when(command).then_refused("wrong_state", missing="appeal")


def test_whoever_decided_does_not_answer_the_appeal() -> None:
    for command in (reject_appeal(by=DECIDER), uphold_appeal(by=DECIDER)):
        APPEALED.when(command).then_refused("same_person", decided_by=DECIDER)


def test_an_upheld_appeal_is_a_decision_that_somebody_else_judges() -> None:
    story = APPEALED.does(uphold_appeal(), lodge_appeal())
    story.when(reject_appeal()).then_refused("same_person", decided_by=RAISER)
    story.does(reject_appeal(by=DECIDER))


# Rejected ----------------------------------------------------------------------------------------


def test_a_rejected_appeal_leaves_the_claim_as_it_was() -> None:
    APPEALED.when(reject_appeal()).then(AppealRejected(**CLAIM, reason=WORDS))
    story = APPEALED.does(reject_appeal())
    assert claim(story) == claim(DECIDED)
    story.does(set_off(), write_off_claim())


def test_a_claim_that_is_paid_under_an_appeal_is_closed_when_the_appeal_is_answered() -> None:
    paid = APPEALED.does(repay(kr(1_500)))
    assert claim(paid).stage is ClaimStage.DECIDED
    paid.when(reject_appeal()).then(AppealRejected(**CLAIM, reason=WORDS), CLOSED)


def test_a_closed_claim_is_open_again_while_it_is_appealed() -> None:
    story = DECIDED.does(repay(kr(1_500)), lodge_appeal())
    assert claim(story).stage is ClaimStage.DECIDED
    assert answered(story, reject_appeal())[-1] == CLOSED


# Upheld ------------------------------------------------------------------------------------------


def test_an_upheld_appeal_takes_back_what_was_too_much() -> None:
    APPEALED.when(uphold_appeal()).then(
        AppealUpheld(**CLAIM, amount=kr(500), decided_by=RAISER, reason=WORDS),
        MisuseReversed(**OF_CLAIM, amount=kr(1_000), holds_from=DAY),
    )
    story = APPEALED.does(uphold_appeal())
    assert (line(story).claim, claim(story).left) == (kr(500), kr(500))
    told = figures(story)
    assert (told.misuse, told.claim, told.undocumented) == (kr(500), kr(500), kr(4_500))


def test_what_was_taken_back_is_to_be_explained_again() -> None:
    whole = APPEALED.does(uphold_appeal(amount=ZERO))
    assert line(whole).undocumented == kr(5_000)
    whole.does(declare_loss())


def test_an_appeal_that_is_upheld_in_full_closes_the_claim() -> None:
    *_, last = answered(APPEALED, uphold_appeal(amount=ZERO))
    assert last == CLOSED
    assert figures(APPEALED.does(uphold_appeal(amount=ZERO))).misuse == ZERO


@pytest.mark.parametrize("amount", [kr(1_500), kr(1_500, 1), kr(2_000), -kr(0, 1)])
def test_an_upheld_appeal_lowers_the_claim_and_not_below_nothing(amount: Money) -> None:
    ask = uphold_appeal(amount=amount)
    APPEALED.when(ask).then_refused("not_lowered", claim="1500.00")


def test_what_was_written_off_of_what_is_not_owed_is_no_loss() -> None:
    """1,500 kr., of which 400 were given up; 1,300 were too much, so 200 of the 400 never were a loss."""
    story = DECIDED.does(write_off_claim(), lodge_appeal())
    upheld, reversed_, no_loss, closed = answered(story, uphold_appeal(amount=kr(200)))
    assert isinstance(upheld, AppealUpheld)
    assert reversed_ == MisuseReversed(**OF_CLAIM, amount=kr(1_300), holds_from=DAY)
    assert no_loss == WriteOffReversed(**OF_CLAIM, amount=kr(200))
    assert closed == CLOSED
    told = figures(story.does(uphold_appeal(amount=kr(200))))
    assert (told.misuse, told.written_off, told.claim) == (kr(200), kr(200), ZERO)


def test_what_nobody_paid_is_not_owed_to_the_citizen() -> None:
    paid = DECIDED.does(repay(kr(300)), write_off_claim(amount=kr(1_200)), lodge_appeal())
    story = paid.does(uphold_appeal(amount=kr(100)))
    assert (claim(story).left, line(story).written_off) == (-kr(200), ZERO)


# Refunded ----------------------------------------------------------------------------------------


def test_what_the_citizen_paid_above_the_claim_is_owed_and_paid_back_by_two() -> None:
    assert (claim(OVERPAID).left, line(OVERPAID).claim) == (-kr(1_000), -kr(1_000))
    OVERPAID.when(order_refund()).then(RefundOrdered(**CLAIM, amount=kr(1_000)))
    OVERPAID.when(order_refund(by=RAISER)).then_refused("same_person", decided_by=RAISER)


def test_a_refund_is_ordered_once_of_what_is_owed_and_not_under_an_appeal() -> None:
    ORDERED.when(order_refund()).then_refused("wrong_state", is_already="1000.00")
    DECIDED.when(order_refund(by=RAISER)).then_refused("wrong_state", what="refund")
    REFUNDED.when(order_refund()).then_refused("wrong_state", stage="closed")
    appealed = OVERPAID.does(lodge_appeal())
    appealed.when(order_refund()).then_refused("appealed", ref="R-1")


def test_nothing_is_set_off_or_written_off_of_a_claim_that_is_owed_to_the_citizen() -> None:
    OVERPAID.when(set_off()).then_refused("above_claim", claim="-1000.00")
    OVERPAID.when(write_off_claim()).then_refused("above_claim", claim="-1000.00")


def test_the_bank_settles_the_refund_and_the_claim_is_closed() -> None:
    ask = refund(kr(1_000))
    _, *events = answered(ORDERED, ask)
    moved = LINE | {"ref": "R-1", "statement": "S-F", "entry": "E-S-F"}
    assert events == [ClaimRefunded(**moved, amount=kr(1_000)), CLOSED]
    told = figures(REFUNDED)
    assert (told.misuse, told.repaid, told.claim) == (kr(500), kr(500), ZERO)


@pytest.mark.parametrize(
    ("story", "ask"),
    [
        (OVERPAID, refund(kr(1_000))),
        (ORDERED, refund(kr(999))),
        (ORDERED, refund_returned(kr(1_000))),
        (REFUNDED, refund(kr(1_000), "S-9")),
        (REFUNDED, refund_returned(kr(999))),
        (DECIDED, refund(ZERO)),
        (DECIDED, refund_returned(ZERO)),
    ],
)
def test_what_is_not_the_refund_is_left_for_a_person(story: Story, ask: ReceiveStatement) -> None:
    _, event = answered(story, ask)
    assert isinstance(event, EntryUnreconciled)


def test_a_debit_that_says_it_is_a_return_is_no_refund() -> None:
    ask = refund(kr(1_000))
    odd = ask.entries[0].model_copy(update={"return_reason": "AC04"})
    _, event = answered(ORDERED, ask.model_copy(update={"entries": (odd,)}))
    assert isinstance(event, EntryUnreconciled)


def test_a_refund_that_comes_back_is_owed_again_and_ordered_anew() -> None:
    _, event = answered(REFUNDED, refund_returned(kr(1_000)))
    assert event == RefundReturned(
        **LINE,
        ref="R-1",
        amount=kr(1_000),
        return_reason="AC04",
        statement="S-G",
        entry="E-S-G",
    )
    back = REFUNDED.does(refund_returned(kr(1_000)))
    assert (claim(back).left, claim(back).stage) == (-kr(1_000), ClaimStage.DECIDED)
    again = back.does(order_refund(), refund(kr(1_000), "S-H"))
    assert claim(again).stage is ClaimStage.CLOSED
    [bank] = {
        fold(balances, s.log)["line/NP/A-1/1"].on(Account.BANK, LATER) for s in (again, REFUNDED)
    }
    assert bank == -kr(4_500)  # 5,000 kr. advanced, 1,500 repaid, 1,000 of them refunded.


# What always holds -------------------------------------------------------------------------------

ORE = st.integers(0, 150_000)


@for_all(repaid=ORE, given_up=ORE, new=st.integers(0, 149_999))
def test_an_upheld_appeal_owes_the_citizen_what_was_paid_above_the_new_claim_and_no_more(
    repaid: int, given_up: int, new: int
) -> None:
    repaid = min(repaid, 150_000)
    given_up = min(given_up, 150_000 - repaid)
    story = DECIDED
    if repaid:
        story = story.does(repay(Money(repaid)))
    if given_up:
        story = story.does(write_off_claim(amount=Money(given_up)))
    story = story.does(lodge_appeal(), uphold_appeal(amount=Money(new)))
    left = claim(story).left
    assert left == line(story).claim == figures(story).claim
    assert min(left, ZERO) == Money(min(0, new - repaid))
    assert max(left, ZERO) == Money(max(0, new - repaid - given_up))
    assert line(story).written_off == figures(story).written_off <= Money(given_up)
    assert (claim(story).stage is ClaimStage.CLOSED) == (not left)


def test_no_refund_is_ordered_while_payouts_are_frozen() -> None:
    stopped = OVERPAID.does(freeze())
    stopped.when(order_refund()).then_refused("frozen", scope="case", key="A-1")
    ORDERED.does(freeze(), refund(kr(1_000)))
