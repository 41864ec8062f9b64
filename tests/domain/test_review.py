"""Answers to flags: by whom, how they are taken back, and what may be claimed on them."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from domain.case.claims import ClaimRaised
from domain.case.state import cases
from domain.flags import (
    FlagAssigned,
    FlagDismissed,
    FlagMuted,
    FlagReopened,
    FlagStage,
    FlagUpheld,
    flags,
)
from domain.money import ZERO, kr
from domain.words import Command, Draft, Refused, decide
from tests import examples as ask
from tests.domain.crowd import ANYBODY
from tests.examples import (
    GRANTED,
    SETTLED,
    WORDS,
    accept_receipt,
    approve_tranche,
    confirm_misuse,
    hand_in,
    release_tranche,
    request_tranche,
)
from tests.examples_claims import (
    AFTER,
    DEADLINE,
    RAISER,
    answer_hearing,
    decide_claim,
    drop_claim,
    lodge_appeal,
    open_hearing,
    uphold_appeal,
)
from tests.examples_expenses import ATTESTED, approve, claim_outlay
from tests.examples_flags import (
    FLAG,
    FLAGGED,
    REVIEWER,
    UNTIL,
    UPHELD,
    UPHELD_WITH_HEARINGS,
    assign_flag,
    claim_on_flag,
    dismiss_flag,
    evidence,
    mute_flag,
    raise_flag,
    reopen_flag,
    uphold_flag,
)
from tests.examples_reminders import waive
from tests.scenario import DAY, Story

OF: dict[str, Any] = {"programme": "NP", "flag": FLAG, "case_no": "A-1"}
ANSWERS = [mute_flag, dismiss_flag, uphold_flag]
PART = "it took part"


def stage(story: Story) -> FlagStage:
    return story(flags, "NP", "A-1").by_id[FLAG].stage(DAY)


# Answered ----------------------------------------------------------------------------------------


def test_somebody_looks_at_it() -> None:
    FLAGGED.when(assign_flag()).then(FlagAssigned(**OF, to=REVIEWER, assigned_by=REVIEWER))
    assert (stage(FLAGGED), stage(FLAGGED.does(assign_flag()))) == ("open", "assigned")


def test_it_is_dismissed_with_a_reason() -> None:
    FLAGGED.when(dismiss_flag()).then(FlagDismissed(**OF, reason=WORDS, answered_by=REVIEWER))
    assert stage(FLAGGED.does(dismiss_flag())) == FlagStage.DISMISSED
    with pytest.raises(ValidationError):
        dismiss_flag(reason=None)


def test_it_is_upheld_for_an_amount_and_nothing_is_claimed_by_that() -> None:
    upheld = FlagUpheld(**OF, amount=kr(1_500), reason=WORDS, answered_by=REVIEWER)
    FLAGGED.when(uphold_flag()).then(upheld)
    assert stage(UPHELD) == FlagStage.UPHELD
    assert UPHELD(cases, "A-1") == FLAGGED(cases, "A-1")


def test_it_may_hold_for_nothing_and_never_for_less() -> None:
    FLAGGED.does(uphold_flag(amount=ZERO))
    with pytest.raises(ValidationError):
        uphold_flag(amount=-kr(1))


def test_it_is_muted_until_a_day_and_open_again_from_then_on() -> None:
    FLAGGED.when(mute_flag()).then(FlagMuted(**OF, until=UNTIL, reason=WORDS, muted_by=REVIEWER))
    flag = FLAGGED.does(mute_flag())(flags, "NP", "A-1").by_id[FLAG]
    assert flag.stage(UNTIL - timedelta(days=1)) == FlagStage.MUTED
    assert flag.stage(UNTIL) == FlagStage.OPEN
    FLAGGED.when(mute_flag(until=DAY)).then_refused("wrong_state", what="until")


@pytest.mark.parametrize("answered", [FLAGGED.does(dismiss_flag()), UPHELD])
@pytest.mark.parametrize("again", [*ANSWERS, assign_flag])
def test_it_is_answered_once(answered: Story, again: Any) -> None:
    answered.when(again()).then_refused("wrong_state", what="flag", is_already=stage(answered))


@pytest.mark.parametrize("story", [FLAGGED.does(dismiss_flag()), UPHELD, FLAGGED.does(mute_flag())])
def test_an_answer_can_be_taken_back(story: Story) -> None:
    story.when(reopen_flag()).then(FlagReopened(**OF, reason=None, reopened_by=REVIEWER))
    assert stage(story.does(reopen_flag())) == FlagStage.OPEN
    story.does(reopen_flag(), dismiss_flag())


def test_what_waits_is_not_reopened() -> None:
    FLAGGED.when(reopen_flag()).then_refused("wrong_state", is_already="open")
    FLAGGED.does(assign_flag()).when(reopen_flag()).then_refused(
        "wrong_state", is_already="assigned"
    )


@pytest.mark.parametrize("asked", [*ANSWERS, assign_flag, reopen_flag])
def test_what_was_not_raised_is_not_found(asked: Any) -> None:
    for but in ({"flag": "no-such"}, {"case_no": None}):
        FLAGGED.when(asked(**but)).then_refused("not_found", what="flag")
    FLAGGED.when(asked(case_no="X-9")).then_refused("not_found", what="case")


def test_it_is_passed_to_who_may_answer_it() -> None:
    for to in ("rev-1", "adm-1", "nobody"):
        FLAGGED.when(assign_flag(to=to)).then_refused("forbidden", of=[to])
    for to in ("kons-1", "fin-1"):
        FLAGGED.when(assign_flag(to=to)).then_refused("same_person", took_part=to)
    FLAGGED.does(assign_flag(by="kons-1"))
    assigned = FLAGGED.does(assign_flag())
    assigned.when(assign_flag()).then_refused("wrong_state", is_already="assigned")
    assigned.does(assign_flag(to="both-1"))


# By somebody who took no part --------------------------------------------------------------------

ON_LINE_3 = {"line_no": 3}


@pytest.mark.parametrize("asked", [*ANSWERS, reopen_flag])
@pytest.mark.parametrize(
    ("story", "person"),
    [
        (SETTLED.does(raise_flag()), "kons-1"),  # Granted, requested and approved.
        (SETTLED.does(raise_flag()), "fin-1"),  # Released.
        (GRANTED.does(request_tranche(by="kons-2"), raise_flag()), "kons-2"),
        (GRANTED.does(request_tranche(), approve_tranche(by="both-1"), raise_flag()), "both-1"),
        (SETTLED.does(hand_in(), accept_receipt(by="kons-2"), raise_flag()), "kons-2"),
        (SETTLED.does(ask.declare_loss(by="both-1"), raise_flag()), "both-1"),
        (SETTLED.does(waive(by="both-1"), raise_flag()), "both-1"),
        (ATTESTED.does(raise_flag(line_no=3)), "kons-1"),
        (ATTESTED.does(approve(), raise_flag(line_no=3)), "fin-1"),
        (SETTLED.does(claim_outlay(by="kons-2"), raise_flag()), "kons-2"),
    ],
)
def test_who_took_part_in_the_payment_does_not_answer(
    story: Story, person: str, asked: Any
) -> None:
    if asked is reopen_flag:
        story = story.does(dismiss_flag(by=_other(story)))
    story.when(asked(by=person)).then_refused("same_person", took_part=person)


def _other(story: Story) -> str:
    for person in ("kons-2", "both-1", "fin-1"):
        try:
            decide(dismiss_flag(by=person), story)
        except Refused:
            continue
        return person
    raise AssertionError("somebody always can")


def test_of_another_line_it_is_another_payment() -> None:
    story = ATTESTED.does(request_tranche(by="kons-2"), raise_flag(line_no=3))
    story.does(dismiss_flag(by="kons-2"))


def test_where_no_line_is_named_every_line_of_the_case_counts() -> None:
    story = ATTESTED.does(request_tranche(by="kons-2"), raise_flag(line_no=None))
    story.when(dismiss_flag(by="kons-2")).then_refused("same_person", line_no=1)


def test_where_no_case_is_named_what_it_rests_on_counts() -> None:
    about_none = {"case_no": None, "line_no": None}
    rests_on = (evidence(), evidence(case_no=None, ref="S-1"), evidence(ref="K-9"))
    story = SETTLED.does(hand_in(), raise_flag(**about_none, evidence=rests_on))
    for person in ("kons-1", "fin-1"):
        story.when(dismiss_flag(case_no=None, by=person)).then_refused("same_person", line_no=1)
    story.does(dismiss_flag(case_no=None))


def test_nobody_answers_a_flag_about_themselves() -> None:
    story = SETTLED.does(raise_flag(case_no=None, line_no=None, evidence=(), about="both-1"))
    for asked in ANSWERS:
        story.when(asked(case_no=None, by="both-1")).then_refused("same_person", about="both-1")
    story.when(assign_flag(case_no=None, to="both-1")).then_refused("same_person", about="both-1")
    story.does(dismiss_flag(case_no=None, by="fin-1"))


def test_having_answered_keeps_nobody_from_a_later_payment() -> None:
    by = {"by": "both-1"}
    steps = [request_tranche(ref="T-2"), approve_tranche(ref="T-2"), release_tranche(ref="T-2")]
    FLAGGED.does(dismiss_flag(**by), *steps[:2], release_tranche(ref="T-2", **by))


ACTS: list[Command] = [
    *(ask.request_tranche(ref=f"T-{n}", amount=kr(100)) for n in (2, 3)),
    *(ask.approve_tranche(ref=f"T-{n}") for n in (2, 3)),
    *(ask.release_tranche(ref=f"T-{n}") for n in (2, 3)),
    ask.accept_receipt(amount=kr(500)),
    ask.declare_loss(),
    waive(),
    ask.approve_line(),
    ask.amend_line(amount=kr(20_500)),
    assign_flag(to="both-1"),
    assign_flag(to="kons-2"),
    mute_flag(),
    dismiss_flag(),
    uphold_flag(),
    reopen_flag(),
]
PARTS = {
    "LineGranted": "granted_by",
    "TrancheRequested": "requested_by",
    "TrancheApproved": "approver",
    "TrancheReleased": "released_by",
    "ReceiptAccepted": "accepted_by",
    "LossDeclared": "declared_by",
    "ReceiptsWaived": "waived_by",
}
ANSWERED = ("FlagMuted", "FlagDismissed", "FlagUpheld", "FlagReopened")
acts = st.tuples(st.sampled_from(ACTS), st.sampled_from(ANYBODY))


@settings(max_examples=150)
@given(st.lists(acts, max_size=20))
def test_whoever_took_part_never_answers_in_whatever_order(asked: list[tuple[Any, str]]) -> None:
    past, took_part = Draft(FLAGGED), {"kons-1", "fin-1"}  # By what was done until then.
    for command, person in asked:
        try:
            news = decide(command.model_copy(update={"by": person}), past)
        except Refused:
            continue
        for new in news:
            name = type(new.event).__name__
            assert name not in ANSWERED or person not in took_part
            assert name != "FlagAssigned" or getattr(new.event, "to", "") not in took_part
            took_part |= {getattr(new.event, PARTS[name])} if name in PARTS else set()
        past.add(*news)


# Claimed -----------------------------------------------------------------------------------------


def test_what_a_flag_found_is_never_claimed_at_once() -> None:
    at_once = confirm_misuse(amount=kr(1))
    for upheld in (UPHELD, SETTLED.does(raise_flag(line_no=None), uphold_flag())):
        upheld.when(at_once).then_refused("not_heard", flag=FLAG)
    UPHELD.does(claim_on_flag(amount=kr(1_499))).when(at_once).then_refused("not_heard", flag=FLAG)


def test_what_no_flag_is_behind_is_claimed_as_the_programme_does() -> None:
    at_once = confirm_misuse(amount=kr(1))
    for story in (FLAGGED, FLAGGED.does(dismiss_flag()), UPHELD.does(reopen_flag())):
        story.does(at_once)  # What the pilot did.
    UPHELD.does(claim_on_flag(), at_once)
    SETTLED.does(raise_flag(line_no=2), uphold_flag(by="both-1"), at_once)


def test_a_claim_that_rests_on_a_flag_goes_by_a_hearing_in_any_programme() -> None:
    for story in (UPHELD, UPHELD_WITH_HEARINGS):
        raised = story.does(claim_on_flag())
        event = raised.log[-2].event
        assert isinstance(event, ClaimRaised)
        assert (event.flag, event.amount) == (FLAG, kr(1_500))
        early = open_hearing(deadline=DEADLINE - timedelta(days=1))
        raised.when(early).then_refused("hearing_too_short", earliest=str(DEADLINE))
        heard = raised.does(open_hearing())
        heard.when(decide_claim()).then_refused("not_heard")
        heard.does(answer_hearing(), decide_claim())
        heard.does(decide_claim(effective_on=AFTER))


def test_without_a_flag_a_programme_without_hearings_claims_as_it_did() -> None:
    without = claim_on_flag(flag=None, words=WORDS)
    UPHELD.when(without).then_refused("wrong_state", missing="hearing_days")


def test_a_claim_rests_on_a_flag_that_was_upheld_on_its_line() -> None:
    story = FLAGGED
    story.when(claim_on_flag()).then_refused("wrong_state", what="flag", stage="open")
    story.does(dismiss_flag()).when(claim_on_flag()).then_refused("wrong_state", stage="dismissed")
    story.when(claim_on_flag(flag="no-such")).then_refused("not_found", what="flag")
    other_line = SETTLED.does(raise_flag(line_no=2), uphold_flag(by="both-1"))
    other_line.when(claim_on_flag()).then_refused("not_found", what="flag")
    SETTLED.does(raise_flag(line_no=None), uphold_flag(), claim_on_flag())


def test_claims_on_a_flag_are_together_at_most_what_it_was_upheld_for() -> None:
    UPHELD.when(claim_on_flag(amount=kr(1_500, 1))).then_refused("above_flag", left="1500.00")
    once = UPHELD.does(claim_on_flag(amount=kr(1_000)))
    more = claim_on_flag(ref="R-2", amount=kr(501))
    once.when(more).then_refused("above_flag", left="500.00", upheld="1500.00")
    once.does(claim_on_flag(ref="R-2", amount=kr(500)))
    once.does(drop_claim(), claim_on_flag(ref="R-2"))


def test_what_was_heard_and_not_decided_is_not_claimed_again_on_the_same_flag() -> None:
    heard = UPHELD.does(claim_on_flag(), open_hearing(), answer_hearing())
    decided = heard.does(decide_claim(amount=kr(500)))
    appealed = decided.does(lodge_appeal(), uphold_appeal(amount=ZERO))
    for story in (decided, appealed):
        again = claim_on_flag(ref="R-2", amount=kr(1))
        story.when(again).then_refused("above_flag", left="0.00", upheld="1500.00")
    decided.when(reopen_flag()).then_refused("wrong_state", what="flag", is_already="claimed")
    appealed.does(reopen_flag(), dismiss_flag())


def test_who_upheld_the_flag_does_not_decide_the_claim() -> None:
    upheld = FLAGGED.does(uphold_flag(by="both-1"), claim_on_flag(by=RAISER), open_hearing())
    heard = upheld.does(answer_hearing())
    heard.when(decide_claim(by="both-1")).then_refused("same_person", upheld_by="both-1")


def test_a_flag_with_a_claim_on_it_is_not_reopened() -> None:
    claimed = UPHELD.does(claim_on_flag())
    claimed.when(reopen_flag()).then_refused("wrong_state", what="flag", is_already="claimed")
    claimed.does(drop_claim(), reopen_flag())
