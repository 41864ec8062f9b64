"""The words that everything else is written in."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from domain.case.enrolment import CaseStopped, OfferProgramme, ProgrammeOffered
from domain.case.state import Case, Stage, cases
from domain.fund import Fund, FundAgreed, FundCommitted, funds
from domain.money import kr
from domain.reference import (
    Reference,
    ReferenceTaken,
    receipt_files,
    receipt_numbers,
    tranche_numbers,
)
from domain.words import COMMANDS, DECISIONS, EVENTS, Command, Draft, Event, Refused, decides
from tests.everything import EVERYTHING
from tests.examples import (
    GRANTED,
    OFFERED,
    REGISTERED,
    debit,
    extend,
    offer,
    receive,
    stop,
)
from tests.scenario import DAY, NOON, given

AGREED = FundAgreed(programme="NP", fund="AARHUS", name="Aarhus Kommune", amount=kr(10))
COMMITTED = FundCommitted(programme="NP", fund="AARHUS", case_no="A-1", line_no=1, amount=kr(4))


# Events and commands -----------------------------------------------------------------------------


def test_an_event_is_known_by_its_name_and_no_two_share_one() -> None:
    assert EVENTS["ProgrammeOffered"] is ProgrammeOffered
    with pytest.raises(TypeError, match="two events are called ProgrammeOffered"):
        type("ProgrammeOffered", (Event,), {})


def test_a_command_is_known_by_its_name_and_no_two_share_one() -> None:
    assert COMMANDS["OfferProgramme"] is OfferProgramme
    another = type("OfferProgramme", (Command,), {})
    with pytest.raises(TypeError, match="two commands are called OfferProgramme"):
        decides(another)(lambda *_: [])


def test_an_event_cannot_be_changed_and_holds_nothing_unknown() -> None:
    with pytest.raises(ValidationError):
        AGREED.amount = kr(20)  # type: ignore[misc]
    with pytest.raises(ValidationError):
        ProgrammeOffered(case_no="A-1", mood="good")  # type: ignore[call-arg]


def test_a_command_cannot_be_changed_and_holds_nothing_unknown() -> None:
    with pytest.raises(ValidationError):
        offer().by = "kons-2"  # type: ignore[misc]
    with pytest.raises(ValidationError):
        offer(urgent=True)


def test_a_field_that_came_later_is_not_written_until_it_says_something() -> None:
    """So that what was stored before keeps its bytes, and what was asked before its digest."""
    before, after = extend(), extend(ground="illness")
    assert set(type(before).model_fields) - set(before.model_dump()) == {"ground"}
    assert after.model_dump(mode="json")["ground"] == "illness"
    assert type(after).model_validate_json(after.model_dump_json()) == after
    assert before.digest() == extend(ground=None).digest() != after.digest()
    assert before.digest() == "51b2e7709fcc320402cb7af420c1fa3a75894b55461fa59ec4547bde08c2b10a"


def test_a_moment_says_its_time_zone() -> None:
    with pytest.raises(ValidationError):
        offer(at=datetime(2019, 3, 1, 12))  # noqa: DTZ001 - that is the point


def test_a_day_is_no_moment() -> None:
    with pytest.raises(ValidationError):
        offer(effective_on=NOON)


def test_only_what_has_a_decision_may_be_asked_for() -> None:
    assert {kind.__name__: kind for kind in DECISIONS} == COMMANDS
    assert "LineCommand" not in COMMANDS


@pytest.mark.parametrize("cause", ["", "journal.csv:7", "screen: budget/A-1", "x" * 100])
def test_a_cause_is_a_short_reference(cause: str) -> None:
    assert offer(cause=cause).cause == cause


@pytest.mark.parametrize("cause", ["x" * 101, "første\nlinje", "<b>", "anna@example.dk"])
def test_a_cause_is_no_place_for_free_text(cause: str) -> None:
    with pytest.raises(ValidationError):
        offer(cause=cause)


@pytest.mark.parametrize("day", [date(1899, 12, 31), date(2200, 1, 1), date.max])
def test_a_day_that_no_deadline_can_follow_is_no_day_of_a_command_or_an_entry(day: date) -> None:
    with pytest.raises(ValidationError):
        offer(effective_on=day)
    with pytest.raises(ValidationError):
        debit(booked_on=day)


# Digests -----------------------------------------------------------------------------------------


def test_a_retry_has_the_same_digest_whatever_the_clock_says() -> None:
    later = {"at": NOON + timedelta(hours=1), "cause": "journal.csv:7"}
    assert offer().digest() == offer(**later).digest()


@pytest.mark.parametrize(
    "but",
    [
        {"case_no": "B-1"},
        {"by": "kons-2"},
        {"effective_on": DAY + timedelta(days=1)},
        {"programme": "LTT"},
        {"id": "2"},
    ],
)
def test_another_wish_has_another_digest(but: dict[str, Any]) -> None:
    assert offer(**but).digest() != offer().digest()


def test_another_kind_of_command_has_another_digest() -> None:
    assert offer().digest() != stop(**offer().model_dump()).digest()


# Deciders ----------------------------------------------------------------------------------------


def test_a_stream_is_named_by_its_kind_and_its_key() -> None:
    assert funds.stream("NP", "AARHUS") == "fund-NP/AARHUS"
    assert cases.news(ProgrammeOffered(case_no="A-1"), "A-1").stream == "case-A-1"


def test_no_two_streams_share_a_name() -> None:
    kinds = (tranche_numbers, receipt_numbers, receipt_files)
    assert len({kind.stream("NP", "1") for kind in kinds}) == len(kinds)


def test_state_is_folded_from_nothing_or_from_where_it_stood() -> None:
    assert funds.fold([]) == Fund()
    whole = funds.fold([AGREED, COMMITTED])
    assert whole == funds.fold([COMMITTED], funds.fold([AGREED])) == Fund(kr(10), kr(4))


def test_a_fold_leaves_alone_what_it_does_not_know() -> None:
    assert cases.evolve(Case(), AGREED) == Case()


def test_a_fold_believes_its_event_and_checks_nothing() -> None:
    assert cases.evolve(Case(), CaseStopped(case_no="A-1", reason=None)).stage is Stage.STOPPED
    assert funds.evolve(Fund(), COMMITTED).available == -kr(4)


def test_a_number_remembers_whom_it_belongs_to() -> None:
    taken = ReferenceTaken(programme="NP", reference="T-1", case_no="A-1", line_no=1)
    for kind in (tranche_numbers, receipt_numbers, receipt_files):
        assert kind.fold([taken]) == Reference(taken)


def test_every_event_of_a_case_is_told_to_its_decider_or_needs_no_memory() -> None:
    told = set(cases.folds)
    forgotten = {
        type(entry.event).__name__ for entry in EVERYTHING.log if entry.stream.startswith("case-")
    } - {kind.__name__ for kind in told}
    assert forgotten == {"OutcomeRecorded", "CardUsed", "ReceiptRead", "ReceiptUnreadable"}


# Drafts ------------------------------------------------------------------------------------------


def test_a_draft_is_the_past_with_some_news_on_top() -> None:
    draft = Draft(given(funds.news(AGREED, "NP", "AARHUS")))
    draft.add(funds.news(COMMITTED, "NP", "AARHUS"))
    draft.add(funds.news(COMMITTED, "NP", "AARHUS"))
    assert draft(funds, "NP", "AARHUS") == Fund(kr(10), kr(8))
    assert [new.event for new in draft.news] == [COMMITTED, COMMITTED]


def test_a_draft_leaves_the_past_as_it_was() -> None:
    past = given(funds.news(AGREED, "NP", "AARHUS"))
    Draft(past).add(funds.news(COMMITTED, "NP", "AARHUS"))
    assert past(funds, "NP", "AARHUS").committed == kr(0)


def test_a_draft_reads_a_stream_of_the_past_once() -> None:
    asked = []

    def past(decider: Any, *key: str) -> Any:
        asked.append(decider.stream(*key))
        return GRANTED(decider, *key)

    draft = Draft(past)
    assert draft(cases, "A-1") is draft(cases, "A-1")
    assert asked == ["case-A-1"]


# Refusals ----------------------------------------------------------------------------------------


def test_a_refusal_names_its_code_and_its_facts() -> None:
    no = Refused("above_grant", left="1.00")
    assert (str(no), no.code, no.facts) == ("above_grant", "above_grant", {"left": "1.00"})


@pytest.mark.parametrize(("story", "command"), [(REGISTERED, offer()), (OFFERED, receive())])
def test_a_decision_changes_nothing_itself(story: Any, command: Command) -> None:
    before = story.log
    story.does(command)
    assert story.log == before
