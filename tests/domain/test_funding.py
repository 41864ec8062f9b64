"""Funding that changes while the programme runs: new sources, and other amounts of old ones."""

from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from domain.fund import FundAgreed, funds
from domain.funding import FundAmended
from domain.money import ZERO, Money, kr
from domain.words import Refused, decide
from projections.balances import balances
from tests.examples import ASSESSED, ESTABLISHED, GRANTED, WORDS, approve_line, stop
from tests.examples_funding import agree_funding, amend_funding
from tests.examples_rules import freeze
from tests.scenario import DAY, NOON, fold, noon

amend_velux = partial(amend_funding, fund="VELUX")
TOMORROW = DAY + timedelta(days=1)


def amended(amount: Money, change: Money, **but: Any) -> FundAmended:
    told = {"programme": "NP", "fund": "VELUX", "decision": None} | but
    return FundAmended(**told, amount=amount, change=change)


# A new source ------------------------------------------------------------------------------------


def test_a_new_source_joins_a_running_programme() -> None:
    agreed = FundAgreed(programme="NP", fund="REALDANIA", name="Realdania", amount=kr(5_000))
    GRANTED.when(agree_funding()).then(agreed)
    assert decide(freeze(scope="fund", key="REALDANIA"), GRANTED.does(agree_funding()))


def test_a_source_is_agreed_once() -> None:
    ESTABLISHED.when(agree_funding(fund="VELUX")).then_refused(
        "wrong_state", what="fund", is_already="agreed"
    )


@pytest.mark.parametrize("asked", [agree_funding, amend_funding])
def test_only_an_administrator_changes_the_funding(asked: Any) -> None:
    for by in ("kons-1", "fin-1", "system", "nobody"):
        ESTABLISHED.when(asked(by=by)).then_refused("forbidden", needs=["administrator"])


@pytest.mark.parametrize("asked", [agree_funding, amend_funding])
def test_money_of_a_later_day_is_not_counted_in_before_that_day(asked: Any) -> None:
    ahead = asked(effective_on=TOMORROW, at=NOON)
    ESTABLISHED.when(ahead).then_refused("not_yet", asked_on=str(DAY))
    assert decide(asked(effective_on=TOMORROW, at=noon(TOMORROW)), ESTABLISHED)


@pytest.mark.parametrize("name", ["", " ", "\n", " VELUX", "VELUX\0"])
def test_a_source_has_a_name_that_can_be_read(name: str) -> None:
    with pytest.raises(ValidationError):
        agree_funding(name=name)


# Another amount ----------------------------------------------------------------------------------


def test_more_and_less_are_told_as_the_new_amount_and_the_change() -> None:
    GRANTED.when(amend_velux(decision=WORDS)).then(amended(kr(50_000), kr(10_000), decision=WORDS))
    GRANTED.when(amend_velux(amount=kr(24_000))).then(amended(kr(24_000), -kr(16_000)))


def test_never_below_what_is_committed() -> None:
    committed = funds.fold(
        entry.event for entry in GRANTED.log if entry.stream == "fund-NP/VELUX"
    ).committed
    GRANTED.when(amend_velux(amount=committed)).then(amended(committed, committed - kr(40_000)))
    GRANTED.when(amend_velux(amount=committed - kr(0, 1))).then_refused(
        "funding_exhausted", fund="VELUX", committed=str(committed)
    )


def test_what_is_released_may_be_taken_away() -> None:
    asked = amend_velux(amount=kr(0, 1))
    GRANTED.when(asked).then_refused("funding_exhausted")
    GRANTED.does(stop()).when(asked).then(amended(kr(0, 1), kr(0, 1) - kr(40_000)))


def test_the_same_amount_is_no_amendment() -> None:
    ESTABLISHED.when(amend_velux(amount=kr(40_000))).then_refused(
        "wrong_state", what="fund", is_already="40000.00"
    )


def test_a_source_that_nobody_agreed_to_cant_be_amended() -> None:
    ESTABLISHED.when(amend_funding(fund="REALDANIA")).then_refused(
        "not_found", what="fund", key="REALDANIA"
    )


def test_what_is_granted_goes_by_the_amended_amount() -> None:
    less = ASSESSED.does(amend_funding(amount=kr(19_999)))
    less.when(approve_line()).then_refused("funding_exhausted", available="19999.00")
    more = less.does(amend_funding(amount=kr(20_000)))
    assert decide(approve_line(), more)


@given(st.lists(st.integers(1, 9_000_000).map(Money), max_size=6))
def test_whatever_is_amended_the_books_follow_the_fund(amounts: list[Money]) -> None:
    story = GRANTED
    for amount in amounts:
        try:
            story = story.does(amend_velux(amount=amount))
        except Refused:
            continue
        fund = story(funds, "NP", "VELUX")
        row = fold(balances, story.log)["funding/NP/VELUX"]
        assert row.agreed(DAY) == fund.agreed == amount
        assert row.available(DAY) == fund.available >= ZERO
        whole = fold(balances, story.log)["programme/NP"]
        assert whole.agreed(DAY) == amount + kr(40_000)
