"""A receipt is asked about: a flag is raised, passed on, upheld in part, and claimed after a hearing."""

from datetime import timedelta

from domain.case.state import cases
from domain.flags import FlagStage, flags
from domain.money import kr
from tests.examples import approve_tranche, hand_in, request_tranche
from tests.examples_claims import DEADLINE, PAID, answer_hearing, decide_claim, open_hearing
from tests.examples_flags import (
    FLAG,
    assign_flag,
    claim_on_flag,
    raise_flag,
    uphold_flag,
)
from tests.scenario import DAY


def test_from_a_question_to_a_claim() -> None:
    # A receipt of 2,000 kr. is handed in, and a rule asks about it. Nothing stops.
    asked = PAID.does(hand_in(), raise_flag())
    paid_on = asked.does(request_tranche(ref="T-2"), approve_tranche(ref="T-2"))
    assert getattr(paid_on.log[-1].event, "seen").flags == (FLAG,)  # noqa: B009
    # The caseworker who granted the line may not answer it, and passes it on.
    asked.when(uphold_flag(by="kons-1")).then_refused("same_person", took_part="kons-1")
    passed_on = asked.does(assign_flag(by="kons-1", to="kons-2"))
    # The colleague finds that three quarters of it hold. Nothing is claimed by that.
    upheld = passed_on.does(uphold_flag(amount=kr(1_500)))
    assert upheld(flags, "NP", "A-1").by_id[FLAG].stage(DAY) is FlagStage.UPHELD
    assert not upheld(cases, "A-1").lines[1].claim
    # The economy raises a claim on it, for no more; the citizen is heard, and answers.
    upheld.when(claim_on_flag(amount=kr(1_501))).then_refused("above_flag", left="1500.00")
    raised = upheld.does(claim_on_flag())
    raised.when(decide_claim()).then_refused("not_heard")
    raised.when(open_hearing(deadline=DEADLINE - timedelta(days=1))).then_refused(
        "hearing_too_short"
    )
    heard = raised.does(open_hearing(), answer_hearing())
    # What the citizen says halves it, and another controller decides so.
    decided = heard.does(decide_claim(amount=kr(750)))
    assert decided(cases, "A-1").lines[1].claim == kr(750)
