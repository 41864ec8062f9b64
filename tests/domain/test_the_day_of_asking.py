"""Nothing is done as from a day that has not come, and no deadline is got around by writing another."""

from datetime import date, timedelta
from typing import Any

import pytest

from domain.words import DECISIONS, Command
from tests.examples import (
    APPROVED,
    GRANTED,
    SETTLED,
    confirm_misuse,
    declare_loss,
    receive,
    release_tranche,
    request_tranche,
)
from tests.examples_claims import HEARING, decide_claim, order_refund
from tests.examples_expenses import ATTESTED, approve, approve_shared, confirm_month
from tests.examples_funding import agree_cofinancing
from tests.examples_reminders import remind, waive
from tests.examples_rules import lapse_tranche
from tests.scenario import DAY, Story, noon

TOMORROW, YESTERDAY = DAY + timedelta(days=1), DAY - timedelta(days=1)
AT_ONCE = {
    *("RequestTranche", "ReleaseTranche", "ApproveExpense", "ApproveSharedCost", "OrderRefund"),
    *(
        "ConfirmMisuse",
        "DecideClaim",
        "UpholdAppeal",
        "LapseTranche",
        "ChangeRules",
        "ForgetCitizen",
    ),
    *("RemindOfReceipts", "HoldTranches", "TellCaseworker", "ProposeClaim", "WaiveReceipts"),
    *("RaiseFlag", "AssignFlag", "MuteFlag", "DismissFlag", "UpholdFlag", "ReopenFlag"),
    "ChangeFlagRule",
    *("FixPopulation", "DrawSample", "EnterResult", "CorrectResult", "CloseSample"),
}


@pytest.mark.parametrize("ask", [declare_loss, receive, confirm_month, release_tranche])
def test_nothing_holds_from_a_day_that_has_not_come(ask: Any) -> None:
    early = ask(effective_on=TOMORROW, at=noon(DAY))
    SETTLED.when(early).then_refused("not_yet", asked_on=str(DAY))


def test_a_board_may_decide_on_days_to_come() -> None:
    GRANTED.does(agree_cofinancing(effective_on=TOMORROW, at=noon(DAY)))


@pytest.mark.parametrize(
    ("story", "ask"),
    [
        (GRANTED, request_tranche),
        (APPROVED, release_tranche),
        (ATTESTED, approve),
        (GRANTED, approve_shared),
        (GRANTED, order_refund),
        (SETTLED, confirm_misuse),
        (HEARING, decide_claim),
        (GRANTED, lapse_tranche),
        (SETTLED, remind),
        (SETTLED, waive),
    ],
)
def test_money_and_deadlines_go_by_the_day_of_asking(story: Story, ask: Any) -> None:
    late = ask(effective_on=YESTERDAY, at=noon(DAY))
    story.when(late).then_refused("backdated", asked_on=str(DAY))


def test_which_commands_hold_from_no_day_gone_by() -> None:
    kinds: set[type[Command]] = set(DECISIONS)
    assert {kind.__name__ for kind in kinds if not kind.may_hold_earlier} == AT_ONCE


def test_the_rest_may_be_entered_late() -> None:
    SETTLED.does(declare_loss(effective_on=DAY, at=noon(date(2019, 4, 1))))
