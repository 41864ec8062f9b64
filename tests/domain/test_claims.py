"""A claim's way to its decision: raised with its evidence, heard, decided by another person, or dropped."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given as for_all
from hypothesis import strategies as st
from pydantic import ValidationError

from domain.case.claim import Claim, ClaimStage
from domain.case.claims import (
    ClaimDecided,
    ClaimDropped,
    ClaimRaised,
    ClaimSeen,
    HearingAnswered,
    HearingOpened,
)
from domain.case.line import Line
from domain.case.recovery import MisuseConfirmed
from domain.case.state import cases
from domain.money import ZERO, kr
from domain.programme import Rules
from domain.reference import ReferenceTaken
from domain.words import Refused, decide
from tests.examples import (
    COURSE,
    RULES,
    SETTLED,
    SHA256,
    WORDS,
    accept_receipt,
    approve_tranche,
    confirm_misuse,
    declare_loss,
    hand_in,
    handed_back,
    payment,
    receive,
    request_tranche,
    stop,
    write_off,
)
from tests.examples_claims import (
    AFTER,
    ANSWERED,
    DEADLINE,
    DECIDED,
    DECIDER,
    HEARING,
    PAID,
    RAISED,
    RAISER,
    agree_instalments,
    answer_hearing,
    decide_claim,
    drop_claim,
    instalments,
    lodge_appeal,
    open_hearing,
    order_refund,
    raise_claim,
    reject_appeal,
    set_off,
    uphold_appeal,
    write_off_claim,
)
from tests.scenario import DAY, Story

CLAIM: dict[str, Any] = {"case_no": "A-1", "line_no": 1, "ref": "R-1"}


def line(story: Story) -> Line:
    return story(cases, "A-1").lines[1]


def claim(story: Story) -> Claim:
    return line(story).claims["R-1"]


# Raised ------------------------------------------------------------------------------------------


def test_a_claim_is_raised_with_what_it_rests_on_and_takes_a_number_of_its_own() -> None:
    story = PAID.does(hand_in())
    ask = raise_claim(receipts=("K-1",), vouchers=(SHA256,))
    raised = ClaimRaised(
        **CLAIM,
        amount=kr(1_500),
        kind="private_consumption",
        receipts=("K-1",),
        vouchers=(SHA256,),
        words=WORDS,
        raised_by=RAISER,
    )
    taken = ReferenceTaken(programme="NP", reference="R-1", case_no="A-1", line_no=1)
    story.when(ask).then(raised, taken)
    streams = [entry.stream for entry in story.does(ask).log[-2:]]
    assert streams == ["case-A-1", "claim-NP/R-1"]


def test_nothing_is_claimed_before_the_decision() -> None:
    for story in (RAISED, HEARING, ANSWERED):
        assert (line(story).claim, line(story).misuse, claim(story).left) == (ZERO, ZERO, ZERO)
        assert line(story).undocumented == kr(5_000)
    assert line(DECIDED).claim == claim(DECIDED).left == kr(1_500)


@pytest.mark.parametrize(
    "evidence", [{"receipts": ("K-1",)}, {"vouchers": (SHA256,)}, {"words": WORDS}]
)
def test_any_evidence_will_do_but_there_must_be_some(evidence: dict[str, Any]) -> None:
    story = PAID.does(hand_in())
    story.does(raise_claim(**{"words": None} | evidence))
    story.when(raise_claim(words=None)).then_refused("no_evidence")


def test_a_receipt_is_evidence_on_its_own_line() -> None:
    PAID.when(raise_claim(receipts=("K-1",))).then_refused("not_found", what="receipt")


def test_a_claim_is_of_a_kind_that_the_programme_knows() -> None:
    PAID.when(raise_claim(kind="bad_luck")).then_refused("not_found", what="kind")


def test_claims_that_are_raised_share_the_undocumented_advance() -> None:
    rest = {"ref": "R-2", "amount": kr(3_500)}
    RAISED.does(raise_claim(**rest))
    above = raise_claim(**rest | {"amount": kr(3_500, 1)})
    RAISED.when(above).then_refused("above_advance", undocumented="5000.00", reserved="1500.00")
    HEARING.when(above).then_refused("above_advance", reserved="1500.00")
    RAISED.does(drop_claim(), above)
    DECIDED.when(above).then_refused("above_advance", undocumented="3500.00", reserved="0.00")


def test_a_raised_claim_does_not_stop_the_citizen_from_explaining_the_money() -> None:
    story = ANSWERED.does(
        hand_in(),
        accept_receipt(),
        declare_loss(),
        receive(handed_back(amount=kr(1_500)), statement="S-2"),
    )
    story.when(decide_claim()).then_refused("above_advance", undocumented="1200.00")
    story.does(decide_claim(amount=kr(1_200)))


def test_a_number_is_used_once_by_claims_and_tranches_alike() -> None:
    RAISED.when(raise_claim()).then_refused("wrong_state", reference="R-1", taken_by="A-1/1")
    RAISED.when(request_tranche(ref="R-1")).then_refused("wrong_state", reference="R-1")
    PAID.when(raise_claim(ref="T-1")).then_refused("wrong_state", reference="T-1")


def test_without_hearings_in_the_programme_there_is_nothing_to_raise() -> None:
    SETTLED.when(raise_claim()).then_refused("wrong_state", missing="hearing_days")


def test_with_hearings_in_the_programme_nothing_is_claimed_at_once() -> None:
    PAID.when(confirm_misuse()).then_refused("not_heard")


@pytest.mark.parametrize("days", [0, -1, 366])
def test_a_hearing_takes_at_least_a_day_and_at_most_a_year(days: int) -> None:
    with pytest.raises(ValidationError, match="hearing_days"):
        Rules.model_validate(RULES.model_dump() | {"hearing_days": days})


def test_rules_without_a_hearing_are_written_as_they_always_were() -> None:
    assert "hearing_days" not in RULES.model_dump()
    assert RULES.model_copy(update={"hearing_days": 14}).model_dump()["hearing_days"] == 14
    assert "claim" not in write_off().model_dump()
    assert write_off().digest() != write_off_claim().digest()


# Heard -------------------------------------------------------------------------------------------


def test_the_citizen_has_at_least_the_programmes_days() -> None:
    RAISED.when(open_hearing()).then(HearingOpened(**CLAIM, deadline=DEADLINE))
    day_before = open_hearing(deadline=DEADLINE - timedelta(days=1))
    RAISED.when(day_before).then_refused("hearing_too_short", earliest=str(DEADLINE))
    RAISED.does(open_hearing(deadline=date(2020, 1, 1), by=RAISER))


def test_a_hearing_is_opened_once_and_answered_while_it_is_open() -> None:
    HEARING.when(open_hearing()).then_refused("wrong_state", stage="hearing")
    RAISED.when(answer_hearing()).then_refused("wrong_state", stage="raised")
    HEARING.when(answer_hearing()).then(HearingAnswered(**CLAIM, words=WORDS))
    ANSWERED.does(answer_hearing(effective_on=AFTER))
    DECIDED.when(answer_hearing()).then_refused("wrong_state", stage="decided")


# Decided -----------------------------------------------------------------------------------------


def test_another_controller_decides_and_what_was_in_view_is_kept() -> None:
    decided = ClaimDecided(
        **CLAIM,
        amount=kr(1_000),
        decided_by=DECIDER,
        reason=WORDS,
        seen=ClaimSeen(rules=1, deadline=DEADLINE, answered=True, undocumented=kr(5_000)),
    )
    confirmed = MisuseConfirmed(
        case_no="A-1",
        line_no=1,
        amount=kr(1_000),
        kind="private_consumption",
        account_string=COURSE,
        claim="R-1",
        holds_from=DAY,
    )
    ANSWERED.when(decide_claim(amount=kr(1_000))).then(decided, confirmed)
    assert line(ANSWERED.does(decide_claim(amount=kr(1_000)))).claim == kr(1_000)


def test_whoever_raised_a_claim_does_not_decide_it() -> None:
    ANSWERED.when(decide_claim(by=RAISER)).then_refused("same_person", raised_by=RAISER)


def test_a_claim_that_was_not_put_to_the_citizen_is_not_decided() -> None:
    RAISED.when(decide_claim()).then_refused("not_heard", deadline=None)


def test_without_an_answer_the_whole_day_of_the_deadline_is_the_citizens() -> None:
    for day in (DAY, DEADLINE):
        early = decide_claim(effective_on=day)
        HEARING.when(early).then_refused("not_heard", deadline=str(DEADLINE))
        ANSWERED.does(early)
    HEARING.does(decide_claim(effective_on=AFTER))


def test_nothing_is_decided_above_what_the_citizen_was_heard_about() -> None:
    above = decide_claim(amount=kr(1_500, 1))
    ANSWERED.when(above).then_refused("not_heard", heard="1500.00")


def test_a_claim_is_dropped_and_frees_what_it_was_raised_about() -> None:
    for story in (RAISED, HEARING, ANSWERED):
        story.when(drop_claim(reason=WORDS)).then(ClaimDropped(**CLAIM, reason=WORDS))
        dropped = story.does(drop_claim())
        assert (line(dropped).reserved, claim(dropped).left) == (ZERO, ZERO)
        assert line(story).reserved == kr(1_500)


def test_what_is_decided_or_dropped_is_neither_decided_nor_dropped_again() -> None:
    for story, stage in ((DECIDED, "decided"), (RAISED.does(drop_claim()), "dropped")):
        for command in (decide_claim(by="both-1"), drop_claim(), open_hearing()):
            story.when(command).then_refused("wrong_state", stage=stage)


def test_claims_go_on_in_a_closed_case() -> None:
    story = PAID.does(
        stop(), raise_claim(), open_hearing(), answer_hearing(), decide_claim(), write_off_claim()
    )
    assert claim(story).stage is ClaimStage.DECIDED


def test_a_hearing_holds_nothing_else_up() -> None:
    HEARING.does(*payment("T-2", kr(1_000)), request_tranche(ref="T-3"), approve_tranche(ref="T-3"))


EVERY = [
    raise_claim(),
    open_hearing(),
    answer_hearing(),
    decide_claim(),
    drop_claim(),
    agree_instalments(instalments=instalments((DAY, kr(1)))),
    set_off(),
    write_off_claim(),
    lodge_appeal(),
    reject_appeal(),
    uphold_appeal(),
    order_refund(),
]


@pytest.mark.parametrize("command", EVERY, ids=lambda each: type(each).__name__)
def test_every_step_is_on_a_line_that_exists_by_somebody_who_may(command: Any) -> None:
    def but(**change: Any) -> Any:
        return command.model_copy(update=change)

    DECIDED.when(but(line_no=4)).then_refused("not_found", what="line")
    DECIDED.when(but(case_no="A-2")).then_refused("not_found", what="case")
    for nobody in ("rev-1", "system", "stranger"):
        DECIDED.when(but(by=nobody)).then_refused("forbidden")
    by_caseworker = {"OpenHearing", "AnswerHearing", "AgreeInstalments", "LodgeAppeal"}
    if type(command).__name__ not in by_caseworker:
        DECIDED.when(but(by="kons-1")).then_refused("forbidden", needs=["controller"])


@pytest.mark.parametrize("command", EVERY[1:], ids=lambda each: type(each).__name__)
def test_every_step_is_of_a_claim_on_its_own_line(command: Any) -> None:
    number = "claim" if type(command).__name__ == "WriteOffClaim" else "ref"
    for change in ({number: "R-9"}, {"line_no": 2}):
        asked = command.model_copy(update=change)
        DECIDED.when(asked).then_refused("not_found", what="claim")


# What always holds -------------------------------------------------------------------------------


@for_all(
    days=st.integers(1, 365),
    given_days=st.integers(-3, 400),
    decided_after=st.integers(-3, 400),
    answered=st.booleans(),
)
def test_nobody_is_decided_about_unheard(
    *, days: int, given_days: int, decided_after: int, answered: bool
) -> None:
    """Whatever the days: a decision follows an answer, or a deadline that gave the programme's days, and
    holds from no day before the money was there."""
    story = raised_under(days)
    deadline, on = DAY + timedelta(days=given_days), DAY + timedelta(days=decided_after)
    steps = [open_hearing(deadline=deadline), *([answer_hearing()] if answered else [])]
    heard = given_days >= days
    done = True
    for step in [*steps, decide_claim(effective_on=on)]:
        try:
            story = story.tells(*decide(step, story))
        except Refused as no:
            assert no.code in ("hearing_too_short", "wrong_state", "not_heard", "backdated")
            done = False
    assert done == (heard and (answered or on > deadline) and on >= DAY)
    assert line(story).claim == (kr(1_500) if done else ZERO)


def raised_under(days: int) -> Story:
    """The claim as raised, in a programme with that many days."""
    first, *rest = RAISED.log
    told: Any = first.event
    rules = told.terms.rules.model_copy(update={"hearing_days": days})
    terms = told.terms.model_copy(update={"rules": rules})
    return Story((replace(first, event=told.model_copy(update={"terms": terms})), *rest))
