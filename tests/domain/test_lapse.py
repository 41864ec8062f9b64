"""A released tranche that the bank hasn't paid in time lapses, and its part of the grant is left again."""

from datetime import date, timedelta
from typing import Any

import pytest

from domain.case.annulment import GrantAnnulled
from domain.case.lapse import TrancheLapsed
from domain.case.payouts import TrancheReleased
from domain.case.state import cases
from domain.fund import CommitmentReleased, funds
from domain.money import kr
from domain.remittance import EntryUnreconciled
from domain.words import decide
from tests.examples import (
    APPROVED,
    COURSE,
    RELEASED,
    REQUESTED,
    SETTLED,
    approve_tranche,
    cancel_tranche,
    complete,
    debit,
    payment,
    receive,
    release_tranche,
    request_tranche,
    returned_payment,
    rules,
    stop,
)
from tests.examples_rules import change_rules, lapse_tranche
from tests.scenario import DAY, Story

LAPSES = change_rules(rules=rules(lapse_days=14))
LAST_DAY = DAY + timedelta(days=14)
DAY_AFTER = LAST_DAY + timedelta(days=1)
TRANCHE: dict[str, Any] = {"case_no": "A-1", "line_no": 1, "ref": "T-1"}
WAITING = RELEASED.does(LAPSES)


def lapsed(story: Story = WAITING) -> Story:
    return story.does(lapse_tranche(effective_on=DAY_AFTER))


def test_a_tranche_lapses_the_day_after_its_last_day() -> None:
    WAITING.when(lapse_tranche(effective_on=DAY_AFTER)).then(
        TrancheLapsed(**TRANCHE, amount=kr(5_000), account_string=COURSE, rules=2)
    )
    early = lapse_tranche(effective_on=LAST_DAY)
    WAITING.when(early).then_refused("wrong_state", last_day="2019-03-15", rules=2)


def test_the_days_run_from_the_release_not_from_the_request() -> None:
    story = APPROVED.does(LAPSES, release_tranche(effective_on=DAY_AFTER))
    early = lapse_tranche(effective_on=DAY_AFTER + timedelta(days=14))
    story.when(early).then_refused("wrong_state", last_day="2019-03-30")
    story.does(lapse_tranche(effective_on=DAY_AFTER + timedelta(days=15)))


def test_without_such_a_rule_nothing_lapses() -> None:
    late = lapse_tranche(effective_on=date(2030, 1, 1))
    RELEASED.when(late).then_refused("wrong_state", missing="lapse_days", rules=1)


def test_whether_it_lapses_is_judged_by_the_rules_of_the_day() -> None:
    april = date(2019, 4, 1)
    story = WAITING.does(change_rules(rules=rules(3), effective_on=april))
    lapsed(story)
    on_that_day = lapse_tranche(effective_on=april)
    story.when(on_that_day).then_refused("wrong_state", missing="lapse_days", rules=3)


def test_with_no_days_at_all_it_lapses_the_day_after_the_release() -> None:
    story = RELEASED.does(change_rules(rules=rules(lapse_days=0)))
    story.when(lapse_tranche()).then_refused("wrong_state", last_day="2019-03-01")
    story.does(lapse_tranche(effective_on=DAY + timedelta(days=1)))


def test_a_tranche_whose_day_of_release_was_not_told_does_not_lapse() -> None:
    [new] = decide(release_tranche(), APPROVED)
    assert isinstance(new.event, TrancheReleased)
    untold = new.event.model_copy(update={"released_on": None})
    story = APPROVED.tells(cases.news(untold, "A-1")).does(LAPSES)
    late = lapse_tranche(effective_on=DAY_AFTER)
    story.when(late).then_refused("wrong_state", missing="released_on")


@pytest.mark.parametrize(
    "story", [REQUESTED, APPROVED, REQUESTED.does(cancel_tranche()), SETTLED, lapsed()]
)
def test_only_what_is_released_and_not_paid_lapses_and_only_once(story: Story) -> None:
    late = lapse_tranche(effective_on=DAY_AFTER)
    story.when(late).then_refused(
        "wrong_state", stage=story(cases, "A-1").lines[1].tranches["T-1"].stage
    )


@pytest.mark.parametrize(
    ("but", "what"),
    [({"ref": "T-2"}, "tranche"), ({"line_no": 4}, "line"), ({"case_no": "A-2"}, "case")],
)
def test_a_tranche_that_is_not_there_does_not_lapse(but: dict[str, Any], what: str) -> None:
    WAITING.when(lapse_tranche(**but)).then_refused("not_found", what=what)


def test_what_lapsed_is_left_of_the_grant_again_and_out_of_nobodys_hands() -> None:
    before, after = (story(cases, "A-1").lines[1] for story in (WAITING, lapsed()))
    assert (before.left, before.ordered, before.exposure) == (kr(15_000), kr(5_000), kr(5_000))
    assert (after.left, after.ordered, after.exposure) == (kr(20_000), kr(0), kr(0))
    assert after.granted == kr(20_000)
    again = {"ref": "T-2", "effective_on": DAY_AFTER}
    lapsed().does(request_tranche(**again), approve_tranche(**again), release_tranche(**again))


@pytest.mark.parametrize("closing", [stop(), complete()], ids=["stopped", "completed"])
def test_in_a_closed_case_what_lapsed_is_annulled(closing: Any) -> None:
    closed = WAITING.does(closing)
    of: dict[str, Any] = {"case_no": "A-1", "line_no": 1, "amount": kr(5_000)}
    closed.when(lapse_tranche(effective_on=DAY_AFTER)).then(
        TrancheLapsed(**of, ref="T-1", account_string=COURSE, rules=2),
        GrantAnnulled(**of, account_string=COURSE),
        CommitmentReleased(**of, programme="NP", fund="AARHUS"),
    )
    story = lapsed(closed)
    assert story(cases, "A-1").granted == kr(0)
    assert story(funds, "NP", "AARHUS").committed == kr(0)


@pytest.mark.parametrize("entry", [debit(), returned_payment()], ids=["paid", "returned"])
def test_a_bank_entry_of_a_lapsed_tranche_is_left_to_a_person(entry: Any) -> None:
    late = receive(entry, effective_on=DAY_AFTER)
    [_, kept] = decide(late, lapsed())
    assert isinstance(kept.event, EntryUnreconciled)
    assert lapsed().does(late)(cases, "A-1").lines[1].paid == kr(0)


def test_only_the_tranche_that_is_named_lapses() -> None:
    story = lapsed(WAITING.does(*payment("T-2", kr(1_000))[:3]))
    assert story(cases, "A-1").lines[1].ordered == kr(1_000)
