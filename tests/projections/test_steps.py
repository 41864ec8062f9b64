"""A case step by step: what each event changed, and what its approver saw beside what was so."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from domain.case.budget import LineGranted
from domain.case.claims import ClaimDecided
from domain.case.expenses import ExpenseApproved
from domain.case.payouts import TrancheApproved, TrancheReleased
from domain.money import kr
from domain.words import Event, Recorded
from projections.balances import balances
from projections.steps import Step, steps
from tests.everything import ALL
from tests.examples import ASSESSED, LATER, RELEASED, SETTLED, approve_line, rules
from tests.examples_rules import change_rules
from tests.scenario import DAY, fold, noon

CASES = sorted({entry.stream.removeprefix("case-") for entry in ALL.log if "case-" in entry.stream})
APPROVALS = (LineGranted, TrancheApproved, TrancheReleased, ExpenseApproved, ClaimDecided)


@pytest.mark.parametrize("case_no", CASES)
def test_every_event_of_the_case_is_a_step_and_every_approver_saw_what_was_so(case_no: str) -> None:
    told = list(steps(case_no, ALL.log))
    mine = [entry for entry in ALL.log if entry.stream == f"case-{case_no}"]
    assert [step.position for step in told] == [entry.position for entry in mine]
    for step, entry in zip(told, mine, strict=True):
        assert step.agrees, step.seen
        assert bool(step.seen) == isinstance(entry.event, APPROVALS)


@pytest.mark.parametrize("case_no", CASES)
def test_the_changes_lead_from_nothing_to_the_balances_of_the_case(case_no: str) -> None:
    figures: dict[tuple[int | None, str], Any] = {}
    for step in steps(case_no, ALL.log):
        for each in step.changes:
            key = each.line_no, each.amount
            assert figures.get(key, kr(0)) == each.before != each.after
            figures[key] = each.after
    rows = fold(balances, ALL.log)
    for row in rows.values():
        if row.dimension in ("case", "line") and row.value.split("/")[0] == case_no:
            line_no = int(row.value.split("/")[1]) if "/" in row.value else None
            for name, amount in row.figures(date.max):
                assert figures.get((line_no, name), kr(0)) == amount


def test_a_step_tells_who_did_it_under_which_command_and_both_its_times() -> None:
    [entry] = [each for each in RELEASED.log if isinstance(each.event, TrancheReleased)]
    [step] = [each for each in steps("A-1", RELEASED.log) if each.event == "TrancheReleased"]
    assert (step.actor, step.command, step.line_no) == (entry.actor, entry.command, 1)
    assert (step.at, step.effective_on) == (entry.at, entry.effective_on)
    assert step.recorded_at == entry.recorded_at
    assert step.sentence.startswith("Rate ")
    assert {each.what for each in step.seen} == {"rules", "line_left", "exposure", "overdue"}


def with_seen(kind: type[Event], **changed: Any) -> list[Recorded[Event]]:
    """The log, with something else in the view of an approver than what was there."""
    log = list(ALL.log)
    place = next(n for n, entry in enumerate(log) if isinstance(entry.event, kind))
    event: Any = log[place].event
    seen = event.seen.model_copy(update=changed)
    log[place] = replace(log[place], event=event.model_copy(update={"seen": seen}))
    return log


@pytest.mark.parametrize(
    ("kind", "changed"),
    [
        (LineGranted, {"cap_left": kr(1)}),
        (LineGranted, {"fund_left": kr(1)}),
        (LineGranted, {"rules": 7}),
        (LineGranted, {"assessments": {}}),
        (TrancheApproved, {"line_left": kr(1)}),
        (TrancheReleased, {"exposure": kr(7)}),
        (TrancheReleased, {"overdue": kr(7)}),
        (ExpenseApproved, {"line_left": kr(1)}),
        (ClaimDecided, {"undocumented": kr(7)}),
        (ClaimDecided, {"answered": False}),
    ],
    ids=str,
)
def test_where_an_approver_saw_something_else_the_step_says_so(
    kind: type[Event], changed: dict[str, Any]
) -> None:
    differing = _differing(with_seen(kind, **changed))
    [step] = differing
    assert step.event == kind.__name__
    assert {each.what for each in step.seen if not each.agrees} == set(changed)


def _differing(log: list[Recorded[Event]]) -> list[Step]:
    return [step for case_no in CASES for step in steps(case_no, log) if not step.agrees]


def test_what_is_approved_for_an_earlier_day_is_seen_by_the_rules_of_that_day() -> None:
    stricter = change_rules(rules=rules(cap=kr(40_000)), effective_on=LATER)
    late = approve_line(effective_on=DAY, at=noon(LATER))
    told = list(steps("A-1", ASSESSED.does(stricter, late).log))
    [granted] = [step for step in told if step.event == "LineGranted"]
    assert {each.what: each.saw for each in granted.seen}["rules"] == "1"
    assert granted.agrees


def test_an_event_that_was_put_in_before_an_approval_shows_in_what_it_saw() -> None:
    """The approver's own event is untouched."""
    log = list(SETTLED.log)
    place = next(n for n, entry in enumerate(log) if isinstance(entry.event, LineGranted))
    event: Any = log[place].event
    log[place] = replace(log[place], event=event.model_copy(update={"amount": kr(19_000)}))
    differing = {step.event for step in steps("A-1", log) if not step.agrees}
    assert differing == {"LineGranted", "TrancheApproved", "TrancheReleased"}
