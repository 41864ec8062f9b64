"""Frozen payouts: nothing is ordered while the case, its fund or the programme is frozen."""

from typing import Any

import pytest

from domain.case.state import cases
from domain.case.stops import PayoutsFrozen, PayoutsResumed
from domain.money import kr
from domain.words import Command
from tests.examples import (
    APPROVED,
    ESTABLISHED,
    GRANTED,
    REGISTERED,
    RELEASED,
    WORDS,
    approve_tranche,
    debit,
    establish,
    receive,
    register,
    release_tranche,
    request_tranche,
    stop,
)
from tests.examples_expenses import (
    ATTESTED,
    SPREAD,
    approve,
    approve_shared,
    confirm_month,
    plan_support,
)
from tests.examples_rules import freeze, resume
from tests.scenario import Story

STOPS = [
    ("case", "A-1", "case-A-1"),
    ("fund", "AARHUS", "fund-NP/AARHUS"),
    ("programme", "NP", "programme-NP"),
]
stops = pytest.mark.parametrize(("scope", "key", "stream"), STOPS, ids=lambda it: it)
grounds = pytest.mark.parametrize("ground", ["audit", "year_end", "doubt"])


CONFIRMED = GRANTED.does(plan_support(), confirm_month())
ORDERS: list[tuple[Story, Command, str]] = [
    (APPROVED, release_tranche(), "AARHUS"),
    (ATTESTED, approve(), "VELUX"),
    (CONFIRMED, approve(line_no=1, ref="A-1.1.2019-03"), "AARHUS"),
]
orders = pytest.mark.parametrize(
    ("story", "order", "fund"), ORDERS, ids=["tranche", "invoice", "support"]
)


@stops
@grounds
def test_payouts_are_frozen_and_resumed_with_a_ground_and_a_reason(
    scope: str, key: str, stream: str, ground: str
) -> None:
    of: dict[str, Any] = {"programme": "NP", "scope": scope, "key": key, "ground": ground}
    asked = freeze(scope=scope, key=key, ground=ground, reason=WORDS)
    GRANTED.when(asked).then(PayoutsFrozen(**of, reason=WORDS))
    frozen = GRANTED.does(asked)
    again = resume(scope=scope, key=key, reason=WORDS)
    frozen.when(again).then(PayoutsResumed(**of, reason=WORDS))
    assert {entry.stream for entry in frozen.does(again).log[-2:]} == {stream}


@orders
@grounds
def test_no_payment_is_ordered_while_its_case_its_fund_or_the_programme_is_frozen(
    story: Story, order: Command, fund: str, ground: str
) -> None:
    for scope, key in (("case", "A-1"), ("fund", fund), ("programme", "NP")):
        frozen = story.does(freeze(scope=scope, key=key, ground=ground))
        frozen.when(order).then_refused("frozen", scope=scope, key=key, ground=ground)
        frozen.does(resume(scope=scope, key=key), order)


@orders
def test_what_another_case_or_another_fund_is_frozen_for_stops_nothing_here(
    story: Story, order: Command, fund: str
) -> None:
    other = {"AARHUS": "VELUX", "VELUX": "AARHUS"}[fund]
    story = story.does(register(case_no="B-1"), freeze(key="B-1"), freeze(scope="fund", key=other))
    story.does(order)


def test_several_may_be_frozen_at_once_and_each_is_resumed_for_itself() -> None:
    story = APPROVED
    for scope, key, _ in STOPS:
        story = story.does(freeze(scope=scope, key=key))
    for scope, key, _ in STOPS:
        story.when(release_tranche()).then_refused("frozen", scope=scope, key=key)
        story = story.does(resume(scope=scope, key=key))
    story.does(release_tranche())


@stops
def test_what_is_frozen_is_not_frozen_again_and_what_flows_is_not_resumed(
    scope: str, key: str, stream: str
) -> None:
    which = {"scope": scope, "key": key}
    GRANTED.when(resume(**which)).then_refused("wrong_state", is_already="resumed")
    frozen = GRANTED.does(freeze(**which, ground="audit"))
    frozen.when(freeze(**which)).then_refused("wrong_state", ground="audit")
    resumed = frozen.does(resume(**which))
    resumed.when(resume(**which)).then_refused("wrong_state")
    resumed.does(freeze(**which))


@pytest.mark.parametrize("asks", [freeze, resume])
@pytest.mark.parametrize(
    ("scope", "key"), [("case", "A-2"), ("fund", "NOVO"), ("fund", "A-1"), ("programme", "LTT")]
)
def test_what_is_not_there_is_not_found(asks: Any, scope: str, key: str) -> None:
    both = GRANTED.does(establish(programme="LTT"))
    both.when(asks(scope=scope, key=key)).then_refused("not_found", what=scope, key=key)


def test_a_case_and_a_fund_of_another_programme_are_not_found() -> None:
    other = {"programme": "LTT"}
    story = GRANTED.does(establish(programme="LTT", funding=()))
    story.when(freeze(**other)).then_refused("not_found", what="case")
    story.when(freeze(**other, scope="fund", key="VELUX")).then_refused("not_found", what="fund")


def test_what_was_ordered_before_is_settled_and_all_else_goes_on() -> None:
    frozen = RELEASED.does(freeze(), freeze(scope="programme", key="NP"))
    settled = frozen.does(
        receive(debit()), request_tranche(ref="T-2"), approve_tranche(ref="T-2"), stop()
    )
    assert settled(cases, "A-1").lines[1].paid == kr(5_000)


def test_payouts_of_a_closed_case_may_be_frozen_for_what_an_auditor_looks_at() -> None:
    RELEASED.does(stop(), freeze(ground="audit"), resume())


def test_a_frozen_case_is_frozen_whatever_its_stage() -> None:
    ESTABLISHED.when(freeze()).then_refused("not_found")
    REGISTERED.does(freeze())


def test_a_cost_that_is_shared_is_not_paid_while_one_participants_payouts_are_frozen() -> None:
    for stop_ in (freeze(key="C-1"), freeze(scope="fund", key="AARHUS")):
        frozen = SPREAD.does(stop_)
        frozen.when(approve_shared()).then_refused("frozen", scope=stop_.scope, key=stop_.key)
    SPREAD.does(freeze(scope="fund", key="VELUX"), approve_shared())
