"""Flags are raised once, and say for good what they said then; rules are changed by programmes."""

from datetime import date, timedelta

import pytest
from hypothesis import given as for_all
from hypothesis import strategies as st
from pydantic import ValidationError

from domain.case.forgetting import CitizenForgotten
from domain.case.payouts import TrancheApproved, TrancheReleased
from domain.case.state import cases
from domain.flag_rules import FlagRuleChanged, RuleStage, ShippedRule, flag_rules, rule_in_force
from domain.flags import FlagRaised, flag_id, flags
from domain.words import Command, decide
from tests.examples import (
    SETTLED,
    approve_tranche,
    hand_in,
    release_tranche,
    request_tranche,
)
from tests.examples_expenses import ATTESTED, approve
from tests.examples_flags import (
    FLAG,
    FLAGGED,
    SHIPPED,
    UNTIL,
    UPHELD,
    assign_flag,
    change_flag_rule,
    dismiss_flag,
    mute_flag,
    raise_flag,
)
from tests.scenario import DAY, Story

HANDED_IN = SETTLED.does(hand_in())
RAISED = FlagRaised(**raise_flag().model_dump(include=set(FlagRaised.model_fields)), flag=FLAG)
CHANGED = FlagRuleChanged(
    programme="NP",
    rule="round-sums",
    stage=RuleStage.LIVE,
    version=2,
    parameters={"whole_kroner": 1_000, "where": "account"},
    reason=None,
)


# Raised ------------------------------------------------------------------------------------------


def test_a_flag_holds_the_whole_finding_in_the_stream_of_its_case() -> None:
    HANDED_IN.when(raise_flag()).then(RAISED)
    assert HANDED_IN.does(raise_flag()).log[-1].stream == "flags-NP/A-1"


def test_a_flag_about_no_single_case_is_in_a_stream_of_those() -> None:
    story = HANDED_IN.does(raise_flag(case_no=None, line_no=None))
    assert story.log[-1].stream == "flags-NP/-"


def test_a_finding_is_raised_once_by_whichever_version_of_its_rule() -> None:
    for story in (FLAGGED, FLAGGED.does(dismiss_flag()), UPHELD):
        story.when(raise_flag()).then_refused("wrong_state", what="flag", is_already="raised")
        story.when(raise_flag(version=2)).then_refused("wrong_state", is_already="raised")
    FLAGGED.does(raise_flag(key="A-1/K-2"), raise_flag(rule="odd-hours"))


def test_a_flag_is_named_by_its_rule_its_version_and_what_it_found() -> None:
    others = {flag_id("round-sums", 2, "A-1/K-1"), flag_id("round-sums", 1, "A-1/K-2")}
    assert FLAG == flag_id("round-sums", 1, "A-1/K-1") not in others
    assert FLAG.startswith("round-sums-")


def test_a_flag_is_about_a_case_that_there_is_and_whose_citizen_is_not_forgotten() -> None:
    HANDED_IN.when(raise_flag(case_no="X-9")).then_refused("not_found", what="case")
    forgotten = CitizenForgotten(
        case_no="A-1", citizen="citizen-0123456789abcdef", last_on=DAY, retained_until=DAY
    )
    story = HANDED_IN.tells(cases.news(forgotten, "A-1"))
    story.when(raise_flag()).then_refused("citizen_forgotten")


# What the approver saw ---------------------------------------------------------------------------

TWO = {"ref": "T-2"}


@pytest.mark.parametrize(
    ("flagged", "seen"),
    [
        (HANDED_IN, ()),
        (FLAGGED, (FLAG,)),
        (FLAGGED.does(assign_flag()), (FLAG,)),
        (FLAGGED.does(mute_flag()), ()),
        (FLAGGED.does(dismiss_flag()), ()),
        (UPHELD, ()),
    ],
)
def test_both_pairs_of_eyes_see_the_flags_that_nobody_has_answered(
    flagged: Story, seen: tuple[str, ...]
) -> None:
    story = flagged.does(request_tranche(**TWO), approve_tranche(**TWO), release_tranche(**TWO))
    approved, released = (entry.event for entry in story.log[-2:])
    assert isinstance(approved, TrancheApproved)
    assert isinstance(released, TrancheReleased)
    assert approved.seen.flags == released.seen.flags == seen


def test_a_muted_flag_is_seen_again_from_its_day_on() -> None:
    muted = FLAGGED.does(mute_flag())
    of_case = muted(flags, "NP", "A-1")
    assert of_case.waiting(UNTIL - timedelta(days=1)) == ()
    assert of_case.waiting(UNTIL) == (FLAG,)


def test_who_approves_an_expense_sees_them_too() -> None:
    [news] = decide(approve(), ATTESTED.does(raise_flag(line_no=3)))
    assert getattr(news.event, "seen").flags == (FLAG,)  # noqa: B009 - of an expense


def test_a_flag_refuses_no_payment() -> None:
    """Whatever is flagged, how often and for how much."""
    keys = [f"A-1/{number}" for number in range(20)]
    flagged = HANDED_IN.does(*(raise_flag(key=key) for key in keys))
    request = request_tranche(**TWO)
    asked: list[Command] = [request, approve_tranche(**TWO), release_tranche(**TWO)]
    for story in (flagged, UPHELD, FLAGGED.does(mute_flag()), FLAGGED.does(dismiss_flag())):
        story.does(*asked)


# Rules -------------------------------------------------------------------------------------------


def test_an_administrator_changes_a_rule_for_the_programme() -> None:
    HANDED_IN.when(change_flag_rule()).then(CHANGED)
    assert HANDED_IN.does(change_flag_rule()).log[-1].stream == "flagrules-NP"


def test_changing_a_rule_never_changes_what_was_flagged_then() -> None:
    story = FLAGGED.does(change_flag_rule(), change_flag_rule(stage=RuleStage.OFF))
    assert story(flags, "NP", "A-1").by_id[FLAG].raised == RAISED
    assert story(flags, "NP", "A-1") == FLAGGED(flags, "NP", "A-1")


def test_a_rule_that_was_changed_raises_by_what_it_is_now() -> None:
    changed = HANDED_IN.does(change_flag_rule())
    changed.when(raise_flag()).then_refused("wrong_state", what="rule", version=2)
    changed.does(raise_flag(version=2))
    changed.does(raise_flag(rule="odd-hours"))


@pytest.mark.parametrize("stage", [RuleStage.DRAFT, RuleStage.OFF])
def test_a_draft_and_a_rule_that_is_off_raise_nothing(stage: RuleStage) -> None:
    story = HANDED_IN.does(change_flag_rule(stage=stage))
    story.when(raise_flag(version=2)).then_refused("wrong_state", is_already=stage.value)


def test_nobody_changes_a_rule_that_they_have_not_seen() -> None:
    changed = HANDED_IN.does(change_flag_rule())
    more = {"parameters": {"whole_kroner": 2_000, "where": "account"}}
    changed.when(change_flag_rule(**more)).then_refused("wrong_state", what="rule", version=2)
    changed.does(change_flag_rule(version=3, **more))


def test_turning_a_rule_off_and_on_leaves_its_version() -> None:
    off = HANDED_IN.does(change_flag_rule(), change_flag_rule(stage=RuleStage.OFF))
    off.does(change_flag_rule())
    off.when(change_flag_rule(stage=RuleStage.OFF)).then_refused("wrong_state", is_already="off")
    off.when(change_flag_rule(version=3)).then_refused("wrong_state", version=2)


@pytest.mark.parametrize(
    "parameters",
    [{"whole_kroner": 1}, {"whole_kroner": "1", "where": "x"}, {"whole_kroner": 1, "were": "x"}],
)
def test_a_rule_has_the_parameters_that_its_code_has(parameters: dict[str, int | str]) -> None:
    ask = change_flag_rule(parameters=parameters)
    HANDED_IN.when(ask).then_refused("not_found", what="parameters")


@pytest.mark.parametrize("number", [0, -1, 1_000_001])
def test_a_rule_can_be_run_with_whatever_it_was_changed_to(number: int) -> None:
    wrong = change_flag_rule(parameters={"whole_kroner": number, "where": "account"})
    HANDED_IN.when(wrong).then_refused(
        "wrong_state", what="parameters", parameter="whole_kroner", least=1, most=1_000_000
    )


def test_a_parameter_that_is_nothing_by_itself_may_be_nothing() -> None:
    none = {"days": 0}
    shipped = ShippedRule(version=1, stage=RuleStage.LIVE, parameters=none)
    off = change_flag_rule(shipped=shipped, parameters=none, version=1, stage=RuleStage.OFF)
    HANDED_IN.does(off)


def test_a_rule_that_is_not_in_the_code_is_not_found() -> None:
    HANDED_IN.when(change_flag_rule(shipped=None)).then_refused("not_found", what="rule")


def test_what_is_looked_up_is_no_part_of_the_wish() -> None:
    assert change_flag_rule().digest() == change_flag_rule(shipped=None).digest()
    assert change_flag_rule().digest() != change_flag_rule(version=3).digest()


def test_what_a_programme_set_outlives_a_new_release_of_the_rule() -> None:
    assert rule_in_force(SHIPPED, None) == SHIPPED
    changed = HANDED_IN.does(change_flag_rule())(flag_rules, "NP").changed["round-sums"]
    newer = ShippedRule(
        version=4, stage=RuleStage.DRAFT, parameters={"whole_kroner": 250, "days": 9}
    )
    assert rule_in_force(newer, changed) == ShippedRule(
        version=5, stage=RuleStage.LIVE, parameters={"whole_kroner": 1_000, "days": 9}
    )


@for_all(
    steps=st.lists(st.one_of(st.just("release"), st.sampled_from(RuleStage)), max_size=12),
    begins=st.integers(1, 3),
)
def test_whoever_changes_a_rule_and_whenever_each_one_has_a_version_of_its_own(
    steps: list[RuleStage | str], begins: int
) -> None:
    """So that what answers say of one never counts for another, the code's or the programme's."""
    shipped = SHIPPED.model_copy(update={"version": begins})
    story, kroner, seen = HANDED_IN, 500, set()
    for step in steps:
        if isinstance(step, RuleStage):
            now = in_force(story, shipped)
            kroner += 1
            own = {"whole_kroner": kroner, "where": "account"}
            version = now.version + 1
            wish = {"stage": step, "shipped": shipped, "parameters": own, "version": version}
            story = story.does(change_flag_rule(**wish))
        else:
            shipped = shipped.model_copy(update={"version": shipped.version + 1})
        version = in_force(story, shipped).version
        assert version not in seen
        seen.add(version)


def in_force(story: Story, shipped: ShippedRule) -> ShippedRule:
    return rule_in_force(shipped, story(flag_rules, "NP").changed.get("round-sums"))


def test_a_flag_is_found_on_a_day_and_says_something() -> None:
    for wrong in ({"sentence_da": ""}, {"found_on": date(1, 1, 1)}, {"key": ""}):
        with pytest.raises(ValidationError):
            raise_flag(**wrong)
