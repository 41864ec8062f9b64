"""Misuse, and the repayment claim that follows from it."""

from typing import Any

import pytest

from domain.case.recovery import ClaimRepaid, ClaimWrittenOff, MisuseConfirmed
from domain.case.state import cases
from domain.money import Money, kr
from domain.remittance import StatementReceived
from tests.examples import (
    ACCEPTED,
    COURSE,
    GRANTED,
    HANDED_IN,
    MISUSED,
    RELEASED,
    SETTLED,
    TERMS,
    WORDS,
    accept_receipt,
    confirm_misuse,
    declare_loss,
    handed_back,
    receive,
    returned_payment,
    write_off,
)
from tests.scenario import DAY, Story

LINE: dict[str, Any] = {"case_no": "A-1", "line_no": 1, "account_string": COURSE}


def claim(story: Story) -> Money:
    return story(cases, "A-1").lines[1].claim


def repaid(amount: Money, statement: str = "S-2") -> Any:
    entry = handed_back(amount=amount, hands_back="REPAY A-1/1", entry=f"E-{statement}")
    return receive(entry, statement=statement)


def test_confirmed_misuse_becomes_a_claim_on_the_citizen() -> None:
    confirmed = MisuseConfirmed(
        **LINE, amount=kr(1_500), kind="private_consumption", holds_from=DAY
    )
    SETTLED.when(confirm_misuse()).then(confirmed)
    assert claim(MISUSED) == kr(1_500)


@pytest.mark.parametrize("kind", TERMS.misuse_kinds)
def test_misuse_is_of_a_kind_that_the_programme_knows(kind: str) -> None:
    SETTLED.does(confirm_misuse(kind=kind))
    SETTLED.when(confirm_misuse(kind="bad_luck")).then_refused("not_found", what="kind")


def test_the_whole_undocumented_advance_may_be_misused_and_not_an_ore_more() -> None:
    story = HANDED_IN.does(accept_receipt(), declare_loss())  # 2,000 + 300 of 5,000 kr.
    story.does(confirm_misuse(amount=kr(2_700)))
    above = confirm_misuse(amount=kr(2_700, 1))
    story.when(above).then_refused("above_advance", undocumented="2700.00")


def test_money_that_is_not_paid_is_not_misused() -> None:
    for story in (GRANTED, RELEASED):
        story.when(confirm_misuse(amount=kr(0, 1))).then_refused("above_advance")


def test_misused_money_is_not_explained_as_well() -> None:
    whole = SETTLED.does(confirm_misuse(amount=kr(5_000)))
    whole.when(declare_loss(amount=kr(0, 1))).then_refused("above_advance")


def test_a_claim_stays_when_the_payment_came_back() -> None:
    story = MISUSED.does(receive(returned_payment(), statement="S-2"))
    line = story(cases, "A-1").lines[1]
    assert (line.claim, line.undocumented) == (kr(1_500), -kr(1_500))


def test_the_citizen_repays_the_claim_bit_by_bit() -> None:
    ask = repaid(kr(1_000))
    MISUSED.when(ask).then(
        StatementReceived(programme="NP", **ask.model_dump(include=RECEIVED)),
        ClaimRepaid(**LINE, amount=kr(1_000), statement="S-2", entry="E-S-2"),
    )
    assert claim(MISUSED.does(ask, repaid(kr(500), "S-3"))) == kr(0)


RECEIVED = set(StatementReceived.model_fields) - {"programme"}


def test_a_claim_is_written_off_to_the_last_ore_and_no_further() -> None:
    written_off = ClaimWrittenOff(**LINE, amount=kr(1_500), reason=WORDS)
    MISUSED.when(write_off(amount=kr(1_500), reason=WORDS)).then(written_off)
    above = write_off(amount=kr(1_500, 1))
    MISUSED.when(above).then_refused("above_claim", claim="1500.00")


def test_what_is_repaid_is_not_written_off() -> None:
    story = MISUSED.does(repaid(kr(1_000)))
    story.does(write_off(amount=kr(500)))
    story.when(write_off(amount=kr(500, 1))).then_refused("above_claim", claim="500.00")


def test_what_is_written_off_is_not_written_off_again() -> None:
    story = MISUSED.does(write_off(amount=kr(400)), write_off(amount=kr(1_100)))
    story.when(write_off(amount=kr(0, 1))).then_refused("above_claim", claim="0.00")


def test_without_misuse_there_is_no_claim() -> None:
    SETTLED.when(write_off(amount=kr(0, 1))).then_refused("above_claim")


def test_repaying_a_claim_changes_nothing_about_what_is_documented() -> None:
    line = MISUSED.does(repaid(kr(1_500)))(cases, "A-1").lines[1]
    assert (line.undocumented, line.misuse, line.paid) == (kr(3_500), kr(1_500), kr(5_000))


@pytest.mark.parametrize("command", [confirm_misuse, write_off])
def test_misuse_and_claims_are_of_a_line_that_exists(command: Any) -> None:
    ACCEPTED.when(command()).then_refused("not_found", what="line")
    SETTLED.when(command(line_no=4)).then_refused("not_found", what="line")
    SETTLED.when(command(case_no="A-2")).then_refused("not_found", what="case")
