"""What becomes of a decided claim: instalments, repayment, set-off, write-off, and its end."""

from typing import Any

import pytest
from hypothesis import given as for_all
from hypothesis import strategies as st
from pydantic import ValidationError

from domain.case.claim import Claim, ClaimStage
from domain.case.line import Line
from domain.case.recovery import (
    ClaimClosed,
    ClaimRepaid,
    ClaimSetOff,
    ClaimWrittenOff,
    InstalmentsAgreed,
    shares,
)
from domain.case.state import cases
from domain.money import ZERO, Money, kr, total
from domain.remittance import EntryUnreconciled
from domain.words import Command, Event, decide
from projections.balances import balances
from tests.examples import (
    COURSE,
    MISUSED,
    WORDS,
    confirm_misuse,
    receive,
    returned_payment,
    write_off,
)
from tests.examples_claims import (
    AFTER,
    ANSWERED,
    APPEALED,
    DECIDED,
    DECIDER,
    HEARING,
    OVERPAID,
    PAID,
    RAISED,
    RAISER,
    agree_instalments,
    answer_hearing,
    decide_claim,
    instalments,
    open_hearing,
    raise_claim,
    repay,
    set_off,
    write_off_claim,
)
from tests.scenario import DAY, Story, fold

LINE: dict[str, Any] = {"case_no": "A-1", "line_no": 1, "account_string": COURSE}
CLOSED = ClaimClosed(case_no="A-1", line_no=1, ref="R-1")


def line(story: Story) -> Line:
    return story(cases, "A-1").lines[1]


def claim(story: Story, ref: str = "R-1") -> Claim:
    return line(story).claims[ref]


def another(ref: str, amount: Money, **raised: Any) -> list[Command]:
    """What it takes to decide one more claim."""
    which = {"ref": ref}
    return [
        raise_claim(**which, amount=amount, **raised),
        open_hearing(**which),
        answer_hearing(**which),
        decide_claim(**which, amount=amount),
    ]


TWO = DECIDED.does(*another("R-2", kr(1_000)))


def answered(story: Story, command: Command) -> list[Event]:
    return [new.event for new in decide(command, story)]


# Instalments -------------------------------------------------------------------------------------


def test_instalments_are_agreed_and_agreed_anew_for_what_is_left() -> None:
    plan = instalments((DAY, kr(500)), (AFTER, kr(1_000)))
    agreed = InstalmentsAgreed(case_no="A-1", line_no=1, ref="R-1", instalments=plan)
    DECIDED.when(agree_instalments(instalments=plan)).then(agreed)
    story = DECIDED.does(agree_instalments(instalments=plan), repay(kr(600)))
    story.does(agree_instalments(instalments=instalments((AFTER, kr(900)))))
    again = agree_instalments(instalments=plan, by=RAISER)
    story.when(again).then_refused("instalments_differ", agreed="1500.00", claim="900.00")


@pytest.mark.parametrize("ore", [-1, 1])
def test_instalments_sum_to_what_is_left_to_the_ore(ore: int) -> None:
    plan = instalments((DAY, kr(500)), (AFTER, kr(1_000, 0) + Money(ore)))
    DECIDED.when(agree_instalments(instalments=plan)).then_refused("instalments_differ")


def test_an_agreement_has_instalments() -> None:
    with pytest.raises(ValidationError, match="instalments"):
        agree_instalments(instalments=())


def test_nothing_is_agreed_settled_or_given_up_before_the_decision_or_after_the_end() -> None:
    over = DECIDED.does(repay(kr(1_500)))
    plan = agree_instalments(instalments=instalments((DAY, kr(1_500))))
    for story, stage in ((RAISED, "raised"), (HEARING, "hearing"), (over, "closed")):
        for command in (plan, set_off(), write_off_claim()):
            story.when(command).then_refused("wrong_state", stage=stage)


# Repaid ------------------------------------------------------------------------------------------


def test_what_the_bank_reports_is_spent_on_the_oldest_claim_first() -> None:
    moved = LINE | {"statement": "S-R", "entry": "E-S-R"}
    _, *events = answered(TWO, repay(kr(2_000)))
    assert events == [
        ClaimRepaid(**moved, amount=kr(1_500), claim="R-1"),
        CLOSED,
        ClaimRepaid(**moved, amount=kr(500), claim="R-2"),
    ]
    story = TWO.does(repay(kr(2_000)))
    assert (claim(story).left, claim(story, "R-2").left) == (ZERO, kr(500))
    assert (line(story).repaid, line(story).claim) == (kr(2_000), kr(500))


def test_no_more_is_repaid_than_is_owed() -> None:
    for story, owed in ((TWO, kr(2_500)), (DECIDED, kr(1_500))):
        story.does(repay(owed))
        _, event = answered(story, repay(owed + Money(1)))
        assert isinstance(event, EntryUnreconciled)


def test_what_is_not_decided_is_not_repaid() -> None:
    for story in (PAID, RAISED, HEARING, ANSWERED):
        _, event = answered(story, repay(kr(1)))
        assert isinstance(event, EntryUnreconciled)


def test_what_a_citizen_is_owed_on_one_claim_does_not_lower_another() -> None:
    story = OVERPAID.does(*another("R-2", kr(1_200)))
    assert line(story).claim == kr(200)
    paid = story.does(repay(kr(1_200), "S-R9"))
    assert (claim(paid).left, claim(paid, "R-2").stage) == (-kr(1_000), ClaimStage.CLOSED)


def test_a_claim_stays_when_the_tranche_came_back() -> None:
    story = DECIDED.does(receive(returned_payment(), statement="S-2"))
    assert (line(story).claim, line(story).undocumented) == (kr(1_500), -kr(1_500))


# Set off and written off -------------------------------------------------------------------------


def test_a_claim_is_set_off_against_what_the_citizen_was_to_get() -> None:
    event = ClaimSetOff(**LINE, ref="R-1", amount=kr(300), against="YDELSE-7")
    DECIDED.when(set_off()).then(event)
    story = DECIDED.does(set_off())
    assert (line(story).repaid, claim(story).left) == (kr(300), kr(1_200))
    figures = fold(balances, story.log)["line/NP/A-1/1"].figures(AFTER)
    assert (figures.repaid, figures.claim) == (kr(300), kr(1_200))


def test_another_controller_writes_a_claim_off() -> None:
    event = ClaimWrittenOff(**LINE, amount=kr(400), reason=WORDS, claim="R-1")
    DECIDED.when(write_off_claim(reason=WORDS)).then(event)
    DECIDED.when(write_off_claim(by=RAISER)).then_refused("same_person", raised_by=RAISER)
    story = DECIDED.does(write_off_claim())
    assert (line(story).written_off, claim(story).left) == (kr(400), kr(1_100))


def test_whoever_raised_one_claim_writes_off_anothers() -> None:
    by = {"by": DECIDER}
    story = DECIDED.does(
        raise_claim(ref="R-2", **by),
        open_hearing(ref="R-2"),
        answer_hearing(ref="R-2"),
        decide_claim(ref="R-2", by=RAISER),
    )
    story.does(write_off_claim(claim="R-2", by=RAISER), write_off_claim(claim="R-1", **by))
    story.when(write_off_claim(claim="R-2", **by)).then_refused("same_person", raised_by=DECIDER)


@pytest.mark.parametrize("command", [set_off, write_off_claim])
def test_no_more_is_set_off_or_written_off_than_is_left(command: Any) -> None:
    story = TWO.does(repay(kr(1_000)))
    story.when(command(amount=kr(500, 1))).then_refused("above_claim", claim="500.00")
    assert answered(story, command(amount=kr(500)))[-1] == CLOSED


@pytest.mark.parametrize("command", [set_off(), write_off_claim()])
def test_under_an_appeal_nothing_is_set_off_or_written_off_and_the_citizen_may_pay(
    command: Command,
) -> None:
    APPEALED.when(command).then_refused("appealed", ref="R-1")
    assert claim(APPEALED.does(repay(kr(100)))).left == kr(1_400)


def test_a_heard_claim_is_written_off_by_its_number() -> None:
    DECIDED.when(write_off(by=DECIDER)).then_refused("above_claim", claim="0.00")


def test_without_hearings_a_claim_has_no_number() -> None:
    MISUSED.when(write_off(claim="R-1")).then_refused("not_found", what="claim")
    MISUSED.does(write_off())


def test_claims_of_before_there_were_hearings_are_owed_first() -> None:
    """A claim that was booked at once, in a line that has heard claims too."""
    [confirmed] = answered(MISUSED, confirm_misuse(amount=kr(200)))
    story = DECIDED.tells(cases.news(confirmed, "A-1"))
    assert line(story).owed == {None: kr(200), "R-1": kr(1_500)}
    _, first, second = answered(story, repay(kr(300)))
    assert isinstance(first, ClaimRepaid)
    assert isinstance(second, ClaimRepaid)
    assert [(each.claim, each.amount) for each in (first, second)] == [
        (None, kr(200)),
        ("R-1", kr(100)),
    ]
    story.when(write_off(amount=kr(200, 1))).then_refused("above_claim", claim="200.00")
    assert line(story.does(write_off(amount=kr(200)))).owed == {"R-1": kr(1_500)}


# The end -----------------------------------------------------------------------------------------


def test_a_claim_is_closed_by_whatever_takes_the_last_ore() -> None:
    story = DECIDED.does(repay(kr(1_000)))
    for last in (repay(kr(500), "S-R2"), set_off(amount=kr(500)), write_off_claim(amount=kr(500))):
        assert answered(story, last)[-1] == CLOSED
        assert claim(story.does(last)).stage is ClaimStage.CLOSED
    for not_last in (
        repay(kr(499), "S-R2"),
        set_off(amount=kr(499)),
        write_off_claim(amount=kr(499)),
    ):
        assert CLOSED not in answered(story, not_last)


def test_the_whole_life_of_a_claim() -> None:
    story = DECIDED.does(
        agree_instalments(instalments=instalments((DAY, kr(700)), (AFTER, kr(800)))),
        repay(kr(700)),
        set_off(),
        write_off_claim(amount=kr(500)),
    )
    figures = fold(balances, story.log)["line/NP/A-1/1"].figures(AFTER)
    told = (figures.misuse, figures.repaid, figures.written_off, figures.claim)
    assert told == (kr(1_500), kr(1_000), kr(500), ZERO)
    assert claim(story).stage is ClaimStage.CLOSED


# What always holds -------------------------------------------------------------------------------

AMOUNTS = st.integers(1, 10**6).map(Money)


@for_all(st.dictionaries(st.text(min_size=1), AMOUNTS), st.integers(0, 10**7).map(Money))
def test_an_amount_is_spent_to_the_ore_and_never_above_what_is_owed(
    owed: dict[str | None, Money], amount: Money
) -> None:
    spent = dict(shares(owed, amount))
    assert total(spent.values()) == min(amount, total(owed.values()))
    assert all(ZERO < share <= owed[ref] for ref, share in spent.items())
    # Oldest first: only the last that got something may lack something.
    refs = list(owed)
    assert list(spent) == refs[: len(spent)]
    assert all(spent[ref] == owed[ref] for ref in list(spent)[:-1])
