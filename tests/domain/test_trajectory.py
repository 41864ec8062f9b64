"""The phases of a trajectory: one after the other, none past its greatest length."""

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given as whatever
from hypothesis import strategies as st
from pydantic import ValidationError

from domain.case.payouts import TrancheRequested
from domain.case.state import cases
from domain.case.trajectory import TrajectoryPhaseEntered
from domain.money import kr
from domain.programme import Rules, TrajectoryPhase
from domain.words import Refused, decide
from tests.examples import (
    ACCEPTED,
    GRANTED,
    OFFERED,
    RULES,
    accept_offer,
    approve_line,
    assessed_under,
    establish,
    extend,
    granted_under,
    offer,
    register,
    request_tranche,
    terms,
)
from tests.examples_plan import TRAJECTORY, enter_phase
from tests.scenario import DAY, given

# A programme of nine months from the first grant, whose first phase lasts for six of them at most.
OUTSIDE = granted_under(trajectory=TRAJECTORY, months=9)
CONTACT = OUTSIDE.does(enter_phase())
LAST_DAY = date(2019, 9, 1)
AFTER = LAST_DAY + timedelta(days=1)
work = enter_phase(phase="work", effective_on=AFTER)


# Entered -----------------------------------------------------------------------------------------


def test_a_phase_is_entered_and_lasts_for_its_months_at_most() -> None:
    entered = TrajectoryPhaseEntered(case_no="A-1", phase="contact", last_day=LAST_DAY)
    OUTSIDE.when(enter_phase()).then(entered)


@pytest.mark.parametrize(
    ("on", "last_day"),
    [(date(2019, 8, 31), date(2020, 2, 29)), (date(2019, 6, 15), date(2019, 12, 15))],
)
def test_the_last_day_is_reckoned_as_the_end_date_is(on: date, last_day: date) -> None:
    story = OUTSIDE.does(enter_phase(effective_on=on))
    assert story(cases, "A-1").trajectory == {"contact": last_day}


def test_phases_are_entered_in_their_order_and_each_once() -> None:
    OUTSIDE.when(enter_phase(phase="work")).then_refused("wrong_state", entered=[])
    CONTACT.when(enter_phase()).then_refused("wrong_state", entered=["contact"])
    CONTACT.does(enter_phase(phase="work"))  # No sooner than it must be, nor later than it may be.
    both = CONTACT.does(work)
    for phase in ("contact", "work"):
        both.when(enter_phase(phase=phase)).then_refused("wrong_state", what="phase")


def test_a_phase_is_one_of_the_programmes() -> None:
    OUTSIDE.when(enter_phase(phase="rest")).then_refused("not_found", known=["contact", "work"])
    ACCEPTED.when(enter_phase()).then_refused("not_found", what="phase", known=[])


def test_only_who_takes_part_enters_a_phase() -> None:
    programme = given().does(establish(terms=terms(trajectory=TRAJECTORY)))
    registered = programme.does(register())
    for story in (registered, registered.does(offer())):
        story.when(enter_phase()).then_refused("wrong_state")
    registered.does(offer(), accept_offer(), enter_phase())


def test_the_phase_of_the_pilot_is_another_thing() -> None:
    assert CONTACT(cases, "A-1").phase == "1"
    assert not OFFERED(cases, "A-1").trajectory


@pytest.mark.parametrize(
    "wrong",
    [
        {"trajectory": TRAJECTORY[:1] * 2},
        {"trajectory": [{"id": "contact", "name": "Contact", "months_max": 0}]},
        {"trajectory": [{"id": "contact", "name": "Contact", "months_max": 1_201}]},
    ],
)
def test_a_trajectory_has_each_phase_once_and_for_a_time(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Rules(**RULES.model_dump() | wrong)
    Rules(**RULES.model_dump() | {"trajectory": TRAJECTORY})


def test_the_longest_phase_still_has_a_last_day() -> None:
    longest = TrajectoryPhase(id="long", name="Long", months_max=1_200)
    story = granted_under(trajectory=(longest,))
    story = story.does(enter_phase(phase="long", effective_on=date(2199, 12, 31)))
    assert story(cases, "A-1").trajectory == {"long": date(2299, 12, 31)}


# What waits for a phase --------------------------------------------------------------------------


def test_a_tranche_is_requested_within_a_phase() -> None:
    OUTSIDE.when(request_tranche()).then_refused("outside_phase", known=["contact", "work"])
    CONTACT.does(request_tranche(effective_on=LAST_DAY))
    CONTACT.when(request_tranche(effective_on=AFTER)).then_refused(
        "phase_ended", phase="contact", last_day="2019-09-01"
    )
    CONTACT.does(work, request_tranche(effective_on=AFTER))


def test_the_latest_phase_counts_even_before_the_one_before_it_has_ended() -> None:
    short = (TRAJECTORY[0], TrajectoryPhase(id="work", name="Werk", months_max=1))
    story = granted_under(trajectory=short).does(enter_phase(), enter_phase(phase="work"))
    story.does(request_tranche(effective_on=date(2019, 4, 1)))
    story.when(request_tranche(effective_on=date(2019, 4, 2))).then_refused(
        "phase_ended", phase="work", last_day="2019-04-01"
    )


def test_the_end_date_holds_within_a_phase_as_well() -> None:
    story = CONTACT.does(work)
    late = request_tranche(effective_on=date(2019, 12, 2))
    story.when(late).then_refused("after_end_date", end_date="2019-12-01")


def test_the_time_frame_is_not_extended_past_the_phase() -> None:
    story = assessed_under(trajectory=TRAJECTORY, months=3).does(approve_line())
    story.when(extend(end_date=LAST_DAY)).then_refused("outside_phase")
    story.does(enter_phase(), extend(end_date=LAST_DAY))
    story.does(enter_phase()).when(extend(end_date=AFTER)).then_refused(
        "phase_ended", phase="contact", last_day="2019-09-01"
    )
    story.does(enter_phase(), work, extend(end_date=AFTER))


def test_without_a_trajectory_no_phase_is_waited_for() -> None:
    GRANTED.when(request_tranche()).then(
        TrancheRequested(
            case_no="A-1", line_no=1, ref="T-1", amount=kr(5_000), requested_by="kons-1"
        ),
        *[new.event for new in decide(request_tranche(), GRANTED)][1:],
    )
    GRANTED.does(extend(end_date=date(2199, 12, 31)))


MONTHS = st.integers(1, 4)
STEPS = st.lists(st.tuples(st.sampled_from(["one", "two", "pay"]), st.integers(0, 100)), max_size=9)


@whatever(months=st.tuples(MONTHS, MONTHS), steps=STEPS)
def test_no_money_is_asked_for_but_in_the_latest_phase_and_by_its_last_day(
    months: tuple[int, int], steps: list[tuple[str, int]]
) -> None:
    one, two = (
        TrajectoryPhase(id=name, name=name, months_max=most)
        for name, most in zip(("one", "two"), months, strict=True)
    )
    story, today, lasts = granted_under(trajectory=(one, two), months=48), DAY, date.min
    for number, (what, days) in enumerate(steps):
        today += timedelta(days=days)
        ask = (
            request_tranche(ref=f"T-{number}", amount=kr(1), effective_on=today)
            if what == "pay"
            else enter_phase(phase=what, effective_on=today)
        )
        try:
            news = decide(ask, story)
        except Refused as no:
            assert no.code in ("outside_phase", "phase_ended", "wrong_state")
            assert what != "pay" or today > lasts
            continue
        story = story.does(ask)
        if isinstance(news[0].event, TrajectoryPhaseEntered):
            lasts = news[0].event.last_day
        else:
            assert today <= lasts
