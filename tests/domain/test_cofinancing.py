"""Agreements on who bears a fund's money: agreed, recommended otherwise, and decided on by a board."""

from datetime import timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from domain.cofinancing import (
    AmendmentRecommended,
    AmendmentRejected,
    CofinancingAgreed,
    CofinancingAmended,
    PartnerShare,
)
from domain.programme import Role
from tests.examples import ESTABLISHED, LATER, WORDS
from tests.examples_funding import (
    HALVES,
    THIRDS,
    agree_cofinancing,
    decide_amendment,
    recommend,
    shares,
)
from tests.examples_rules import assign_roles
from tests.scenario import DAY

OF: dict[str, Any] = {"programme": "NP", "fund": "AARHUS"}
AGREED = ESTABLISHED.does(agree_cofinancing())
RECOMMENDED = AGREED.does(recommend())
AMENDED = RECOMMENDED.does(decide_amendment(effective_on=LATER))


# Agreeing ----------------------------------------------------------------------------------------


def test_partners_agree_on_their_shares_from_a_day_on() -> None:
    ESTABLISHED.when(agree_cofinancing(effective_on=LATER)).then(
        CofinancingAgreed(**OF, shares=THIRDS, in_force_from=LATER)
    )


def test_an_administrator_writes_the_agreement_down() -> None:
    for by in ("kons-1", "fin-1", "system"):
        ESTABLISHED.when(agree_cofinancing(by=by)).then_refused("forbidden")


def test_an_agreement_is_of_a_fund_that_there_is() -> None:
    ESTABLISHED.when(agree_cofinancing(fund="X-9")).then_refused(
        "not_found", what="fund", key="X-9"
    )


def test_a_second_agreement_is_an_amendment_and_takes_a_board() -> None:
    AGREED.when(agree_cofinancing(shares=HALVES)).then_refused(
        "wrong_state", what="cofinancing", in_force_from=str(DAY)
    )


def test_each_fund_has_an_agreement_of_its_own() -> None:
    AGREED.when(agree_cofinancing(fund="VELUX")).then(
        CofinancingAgreed(programme="NP", fund="VELUX", shares=THIRDS, in_force_from=DAY)
    )
    AGREED.when(recommend(fund="VELUX")).then_refused("not_found")


@pytest.mark.parametrize(
    "wrong",
    [
        (),
        (*shares(BO=1), *shares(BO=2)),
        [{"partner": "BO", "weight": 0}],
        [{"partner": "BO", "weight": -1}],
        [{"partner": "BO", "weight": 1_000_001}],
        [{"partner": "010190-1234", "weight": 1}],
    ],
)
@pytest.mark.parametrize("asked", [agree_cofinancing, recommend])
def test_an_agreement_names_each_of_its_partners_once_with_a_sensible_weight(
    asked: Any, wrong: Any
) -> None:
    with pytest.raises(ValidationError):
        asked(shares=wrong)


def test_a_single_partner_bears_all() -> None:
    alone = (PartnerShare(partner="BO", weight=1_000_000),)
    assert agree_cofinancing(shares=alone).shares == alone


# Recommending ------------------------------------------------------------------------------------


@pytest.mark.parametrize("by", ["kons-1", "fin-1"])
def test_a_caseworker_or_a_controller_recommends_other_shares(by: str) -> None:
    AGREED.when(recommend(by=by, words=WORDS)).then(
        AmendmentRecommended(**OF, ref="I-1", shares=HALVES, recommended_by=by, words=WORDS)
    )


def test_nobody_else_recommends() -> None:
    for by in ("adm-1", "rev-1", "system"):
        AGREED.when(recommend(by=by)).then_refused("forbidden", needs=["caseworker", "controller"])


def test_there_must_be_an_agreement_to_recommend_otherwise() -> None:
    ESTABLISHED.when(recommend()).then_refused("not_found", what="cofinancing", key="AARHUS")


def test_a_number_is_used_once_whatever_became_of_it() -> None:
    for story in (RECOMMENDED, AMENDED, RECOMMENDED.does(decide_amendment(adopted=False))):
        story.when(recommend()).then_refused(
            "wrong_state", what="amendment", is_already="recommended"
        )


# Deciding ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("by", ["adm-1", "both-1"])
def test_what_the_board_follows_holds_from_its_day_on(by: str) -> None:
    asked = decide_amendment(by=by, effective_on=LATER, decision=WORDS)
    RECOMMENDED.when(asked).then(
        CofinancingAmended(**OF, ref="I-1", shares=HALVES, in_force_from=LATER, decision=WORDS)
    )


def test_what_the_board_does_not_follow_changes_nothing_on_any_day() -> None:
    asked = decide_amendment(adopted=False, decision=WORDS, effective_on=DAY - timedelta(days=1))
    RECOMMENDED.when(asked).then(AmendmentRejected(**OF, ref="I-1", decision=WORDS))


def test_who_recommended_does_not_write_down_the_decision() -> None:
    for adopted in (True, False):
        RECOMMENDED.when(decide_amendment(by="fin-1", adopted=adopted)).then_refused(
            "same_person", recommended_by="fin-1"
        )
    promoted = AGREED.does(
        recommend(by="kons-1"), assign_roles(person="kons-1", roles=(Role.ADMINISTRATOR,))
    )
    promoted.when(decide_amendment(by="kons-1")).then_refused("same_person")


def test_nobody_else_writes_down_the_decision() -> None:
    for by in ("kons-1", "rev-1", "system"):
        RECOMMENDED.when(decide_amendment(by=by)).then_refused("forbidden")


def test_a_decision_is_of_something_recommended() -> None:
    for story in (ESTABLISHED, AGREED, RECOMMENDED):
        story.when(decide_amendment(ref="I-9")).then_refused(
            "not_found", what="amendment", ref="I-9"
        )


def test_a_decision_is_made_once() -> None:
    rejected = RECOMMENDED.does(decide_amendment(adopted=False))
    for story in (AMENDED, rejected):
        for adopted in (True, False):
            story.when(decide_amendment(adopted=adopted)).then_refused(
                "wrong_state", what="amendment", is_already="decided"
            )


def test_an_amendment_never_holds_from_before_an_earlier_one() -> None:
    too_early = DAY - timedelta(days=1)
    RECOMMENDED.when(decide_amendment(effective_on=too_early)).then_refused(
        "wrong_state", what="cofinancing", in_force_from=str(DAY)
    )
    again = AMENDED.does(recommend(ref="I-2"))
    again.when(decide_amendment(ref="I-2", effective_on=LATER - timedelta(days=1))).then_refused(
        "wrong_state", in_force_from=str(LATER)
    )
    again.when(decide_amendment(ref="I-2", effective_on=LATER)).then(
        CofinancingAmended(**OF, ref="I-2", shares=HALVES, in_force_from=LATER, decision=None)
    )


def test_several_recommendations_may_wait_for_the_board() -> None:
    both = RECOMMENDED.does(recommend(ref="I-2", by="both-1"))
    followed = both.does(decide_amendment(ref="I-2"), decide_amendment(adopted=False))
    assert [type(entry.event) for entry in followed.log[-2:]] == [
        CofinancingAmended,
        AmendmentRejected,
    ]
