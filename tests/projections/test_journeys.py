"""Each citizen's way through the programme, and the counts that the reports give."""

from datetime import date
from typing import Any

import pytest

from projections.journeys import COUNTED, Journey, counts, journeys
from tests.everything import EVERYTHING
from tests.examples import (
    ACCEPTED,
    ASSESSED,
    ESTABLISHED,
    GRANTED,
    OFFERED,
    REGISTERED,
    TERMS,
    accept_offer,
    approve_line,
    complete,
    decline_offer,
    offer,
    record_outcome,
    register,
    stop,
)
from tests.examples_rules import reassign_case
from tests.scenario import DAY, Story, fold

MARCH, APRIL, MAY, JUNE = (date(2019, month, 1) for month in (3, 4, 5, 6))


def journey(story: Story, case_no: str = "A-1") -> Journey:
    return fold(journeys, story.log)[f"case-{case_no}"]


def counted(story: Story, as_of: date) -> dict[str, Any]:
    told = fold(journeys, story.log).values()
    return counts(list(told), ("1", "2"), TERMS.outcomes, TERMS.outcomes_left, as_of)


# One journey -------------------------------------------------------------------------------------


def test_a_journey_begins_when_a_citizen_is_selected() -> None:
    assert journey(REGISTERED) == Journey(
        programme="NP", case_no="A-1", phase="1", caseworker="kons-1"
    )


@pytest.mark.parametrize(
    ("story", "milestone", "stage"),
    [
        (REGISTERED, "", "registered"),
        (OFFERED, "offered", "offered"),
        (ACCEPTED, "participants", "accepted"),
        (OFFERED.does(decline_offer()), "declined", "declined"),
        (ACCEPTED.does(stop()), "stopped", "stopped"),
        (ACCEPTED.does(complete()), "completed", "completed"),
        (GRANTED, "with_grant", "accepted"),
    ],
)
def test_a_milestone_is_reached_on_a_day(story: Story, milestone: str, stage: str) -> None:
    told = journey(story)
    assert told.stage(DAY) == stage
    assert told.stage(date(2019, 2, 28)) == "registered"
    if milestone:
        assert told.reached(milestone, DAY)
        assert not told.reached(milestone, date(2019, 2, 28))
    assert not any(told.reached(name, date.min) for name in COUNTED)


def test_the_first_grant_counts_and_no_later_one() -> None:
    story = ASSESSED.does(
        approve_line(effective_on=APRIL), approve_line(line_no=2, effective_on=MAY)
    )
    assert journey(story).with_grant == APRIL


def test_the_first_grant_is_the_earliest_whenever_it_was_entered() -> None:
    story = ASSESSED.does(
        approve_line(effective_on=MAY), approve_line(line_no=2, effective_on=APRIL)
    )
    assert journey(story).with_grant == APRIL


def test_a_grant_that_was_annulled_was_a_grant() -> None:
    assert journey(GRANTED.does(stop())).reached("with_grant", DAY)


def test_the_outcome_is_the_latest_that_was_entered_by_that_day() -> None:
    told = journey(
        ACCEPTED.does(
            record_outcome(outcome="employed", effective_on=APRIL),
            record_outcome(outcome="on_benefits", effective_on=MAY),
        )
    )
    assert [told.outcome(day) for day in (MARCH, APRIL, MAY)] == [None, "employed", "on_benefits"]


def test_what_is_no_milestone_is_no_part_of_a_journey() -> None:
    told = {type(entry.event): entry for entry in EVERYTHING.log}
    kept = {kind.__name__ for kind, entry in told.items() if journeys.keys(entry)}
    assert kept == {
        "CaseReassigned",
        "CaseRegistered",
        "ProgrammeOffered",
        "OfferAccepted",
        "OfferDeclined",
        "CaseStopped",
        "CaseCompleted",
        "LineGranted",
        "OutcomeRecorded",
    }


# Counts ------------------------------------------------------------------------------------------


def many() -> Story:
    """Four citizens of phase 1 and one of phase 2, offered in March."""
    names = {"A-1": "1", "A-2": "1", "A-3": "1", "A-4": "1", "B-1": "2"}
    story = ESTABLISHED
    for case_no, phase in names.items():
        story = story.does(register(case_no=case_no, phase=phase), offer(case_no=case_no))
    for case_no in ("A-1", "A-2", "B-1"):
        story = story.does(accept_offer(case_no=case_no, effective_on=APRIL))
    return story.does(
        decline_offer(case_no="A-3", effective_on=APRIL),
        complete(case_no="A-1", effective_on=MAY),
        stop(case_no="A-2", effective_on=MAY),
        record_outcome(case_no="A-1", outcome="employed", effective_on=MAY),
        record_outcome(case_no="B-1", outcome="education", effective_on=MAY),
        record_outcome(case_no="A-1", outcome="on_benefits", effective_on=JUNE),
    )


def test_how_many_had_come_how_far_by_phase_and_in_total() -> None:
    told = counted(many(), JUNE)
    assert {name: told[name] for name in COUNTED} == {
        "offered": {"1": 4, "2": 1, "total": 5},
        "participants": {"1": 2, "2": 1, "total": 3},
        "declined": {"1": 1, "2": 0, "total": 1},
        "completed": {"1": 1, "2": 0, "total": 1},
        "stopped": {"1": 1, "2": 0, "total": 1},
        "with_grant": {"1": 0, "2": 0, "total": 0},
    }


def test_an_earlier_day_counts_what_had_happened_by_then() -> None:
    told = counted(many(), MARCH)
    assert told["offered"]["total"] == 5
    assert told["participants"]["total"] == told["declined"]["total"] == 0
    assert counted(many(), date(2019, 2, 28))["offered"] == {"1": 0, "2": 0, "total": 0}


def test_the_latest_outcome_counts_and_some_of_them_mean_left_benefits() -> None:
    in_may, in_june = counted(many(), MAY), counted(many(), JUNE)
    assert in_may["outcomes"]["employed"]["total"] == 1
    assert in_may["left_benefits"] == {"1": 1, "2": 1, "total": 2}
    assert in_june["outcomes"] == {
        "employed": {"1": 0, "2": 0, "total": 0},
        "self_employed": {"1": 0, "2": 0, "total": 0},
        "education": {"1": 0, "2": 1, "total": 1},
        "on_benefits": {"1": 1, "2": 0, "total": 1},
        "other": {"1": 0, "2": 0, "total": 0},
    }
    assert in_june["left_benefits"] == {"1": 0, "2": 1, "total": 1}


def test_nobody_counts_as_nobody() -> None:
    assert counted(ESTABLISHED, JUNE)["offered"] == {"1": 0, "2": 0, "total": 0}


def test_a_journey_goes_on_with_the_caseworker_that_it_was_handed_to() -> None:
    handed = ACCEPTED.does(reassign_case())
    assert fold(journeys, handed.log)["case-A-1"].caseworker == "both-1"
