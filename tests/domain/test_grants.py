"""Grants (bevillinger): approved line by line, rejected, amended, and never past the cap or the fund."""

from datetime import date
from typing import Any

import pytest

from domain.case.budget import (
    BudgetSeen,
    LineAmended,
    LineGranted,
    LineRejected,
)
from domain.case.state import cases
from domain.case.time_frame import TimeFrameSet
from domain.fund import CommitmentReleased, FundCommitted
from domain.money import Money, kr
from tests.examples import (
    ACCEPTED,
    ASSESSED,
    COURSE,
    END_DATE,
    FUNDING,
    GRANTED,
    SETTLED,
    SUBMITTED,
    WORDS,
    amend_line,
    approve_line,
    assess,
    assessed_under,
    assessing,
    reject_line,
    request_tranche,
)
from tests.scenario import Story

LINE: dict[str, Any] = {"case_no": "A-1", "line_no": 1}


def granted(change: Money, amount: Money, seen: BudgetSeen) -> LineGranted:
    return LineGranted(
        **LINE,
        amount=amount,
        change=change,
        account_string=COURSE,
        seen=seen,
        granted_by="kons-1",
    )


def seen(**but: Any) -> BudgetSeen:
    usual = {"cap_left": kr(50_000), "fund_left": kr(40_000), "assessments": {"kons-2": "green"}}
    return BudgetSeen(**({"rules": 1} | usual | but))


# Approved ----------------------------------------------------------------------------------------


def test_the_first_approved_line_gets_its_grant_and_starts_the_clock() -> None:
    ASSESSED.when(approve_line()).then(
        granted(kr(20_000), kr(20_000), seen()),
        TimeFrameSet(case_no="A-1", end_date=END_DATE),
        FundCommitted(**LINE, programme="NP", fund="AARHUS", amount=kr(20_000)),
    )


def test_the_clock_starts_once() -> None:
    later = approve_line(line_no=3, effective_on=date(2019, 4, 1))
    story = ASSESSED.does(approve_line(), later)
    assert story(cases, "A-1").end_date == END_DATE


def test_what_the_approver_saw_is_kept_with_the_grant() -> None:
    story = ASSESSED.does(assess(by="both-1", colour="yellow"), approve_line(line_no=3))
    saw = seen(cap_left=kr(42_000), assessments={"kons-2": "green", "both-1": "yellow"})
    story.when(approve_line()).then(
        granted(kr(20_000), kr(20_000), saw),
        FundCommitted(**LINE, programme="NP", fund="AARHUS", amount=kr(20_000)),
    )


def test_a_line_is_approved_once() -> None:
    GRANTED.when(approve_line()).then_refused("wrong_state")


def test_a_rejected_line_is_not_approved() -> None:
    ASSESSED.does(reject_line()).when(approve_line()).then_refused("wrong_state")


@pytest.mark.parametrize("command", [approve_line, reject_line, amend_line, request_tranche])
def test_a_line_exists_once_its_budget_is_submitted(command: Any) -> None:
    ACCEPTED.when(command()).then_refused("not_found", what="line")
    SUBMITTED.when(command(line_no=4)).then_refused("not_found", what="line")


def test_a_fund_may_be_committed_to_its_last_ore_and_not_past_it() -> None:
    def with_only(left: Money) -> Story:
        return assessed_under(funding=(FUNDING[0].model_copy(update={"amount": left}), FUNDING[1]))

    with_only(kr(20_000)).does(approve_line())
    with_only(kr(19_999, 99)).when(approve_line()).then_refused(
        "funding_exhausted", fund="AARHUS", available="19999.99"
    )


def test_a_fund_is_shared_by_all_cases() -> None:
    story = GRANTED.does(*assessing("B-1"))
    story.does(approve_line(case_no="B-1"))
    above = story.does(amend_line(case_no="B-1", amount=kr(20_000, 1)))
    above.when(approve_line(case_no="B-1")).then_refused("funding_exhausted", available="20000.00")
    freed = above.does(amend_line(amount=kr(19_999, 99)), approve_line())
    freed.does(approve_line(case_no="B-1"))


def test_the_case_may_not_be_granted_more_than_the_cap_though_less_is_asked_for() -> None:
    lowered = GRANTED.does(amend_line(amount=kr(10_000)))  # Granted still: 20,000 kr.
    lowered.does(amend_line(line_no=3, amount=kr(14_000)), approve_line(line_no=3))
    above = lowered.does(amend_line(line_no=3, amount=kr(14_000, 1)))
    above.when(approve_line(line_no=3)).then_refused("cap_exceeded", left="6000.00")
    above.does(approve_line(line_no=1), approve_line(line_no=3))


# Rejected ----------------------------------------------------------------------------------------


def test_a_line_is_rejected() -> None:
    rejected = LineRejected(**LINE, reason=WORDS)
    SUBMITTED.when(reject_line(reason=WORDS)).then(rejected)


def test_only_a_line_that_was_never_granted_is_rejected() -> None:
    GRANTED.when(reject_line()).then_refused("wrong_state")
    GRANTED.does(amend_line()).when(reject_line()).then_refused("wrong_state")


def test_a_line_is_rejected_once() -> None:
    SUBMITTED.does(reject_line()).when(reject_line()).then_refused("wrong_state")


# Amended -----------------------------------------------------------------------------------------


def test_another_amount_is_asked_for() -> None:
    amended = LineAmended(**LINE, amount=kr(21_000), reason=WORDS)
    GRANTED.when(amend_line(reason=WORDS)).then(amended)
    SUBMITTED.when(amend_line(reason=WORDS)).then(amended)


def test_a_rejected_line_is_not_amended() -> None:
    SUBMITTED.does(reject_line()).when(amend_line()).then_refused("wrong_state")


def test_the_cap_counts_each_lines_latest_amount() -> None:
    GRANTED.does(amend_line(amount=kr(26_000)))  # And 16,000 + 8,000 kr. make 50,000 kr.
    GRANTED.when(amend_line(amount=kr(26_000, 1))).then_refused("cap_exceeded", asked="50000.01")
    lowered = GRANTED.does(amend_line(line_no=3, amount=kr(1_000)))
    lowered.does(amend_line(amount=kr(33_000)))
    lowered.when(amend_line(amount=kr(33_000, 1))).then_refused("cap_exceeded")


def test_the_cap_leaves_rejected_lines_out() -> None:
    story = SUBMITTED.does(reject_line(line_no=2))
    story.does(amend_line(amount=kr(42_000)))
    story.when(amend_line(amount=kr(42_000, 1))).then_refused("cap_exceeded")


def test_the_grant_stays_as_it_was_until_the_line_is_approved_again() -> None:
    raised = GRANTED.does(amend_line(amount=kr(21_000)))
    assert raised(cases, "A-1").lines[1].granted == kr(20_000)
    lowered = GRANTED.does(amend_line(amount=kr(1_000)))
    assert lowered(cases, "A-1").lines[1].left == kr(20_000)


def test_an_amended_line_is_approved_without_a_new_assessment() -> None:
    saw = seen(cap_left=kr(6_000), fund_left=kr(20_000))
    GRANTED.does(amend_line()).when(approve_line()).then(
        granted(kr(1_000), kr(21_000), saw),
        FundCommitted(**LINE, programme="NP", fund="AARHUS", amount=kr(1_000)),
    )


def test_a_lowered_grant_frees_the_funds_commitment() -> None:
    saw = seen(cap_left=kr(6_000), fund_left=kr(20_000))
    GRANTED.does(amend_line(amount=kr(15_000))).when(approve_line()).then(
        granted(-kr(5_000), kr(15_000), saw),
        CommitmentReleased(**LINE, programme="NP", fund="AARHUS", amount=kr(5_000)),
    )


def test_a_line_amended_to_what_it_was_is_approved_and_moves_no_money() -> None:
    saw = seen(cap_left=kr(6_000), fund_left=kr(20_000))
    GRANTED.does(amend_line(amount=kr(20_000))).when(approve_line()).then(
        granted(kr(0), kr(20_000), saw)
    )


def test_an_amended_grant_cannot_go_below_what_live_tranches_use() -> None:
    used = SETTLED.does(request_tranche(ref="T-2", amount=kr(2_000)))
    used.does(amend_line(amount=kr(7_000)), approve_line())
    below = used.does(amend_line(amount=kr(6_999, 99)))
    below.when(approve_line()).then_refused("above_grant", used="7000.00")
