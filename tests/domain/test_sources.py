"""A line paid from several sources, by share or in turn: the source of each krone is known."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from domain.case.budget import LineGranted
from domain.case.sources import AccountString, Source, SourceWanted, drawn
from domain.case.state import cases
from domain.case.stops import FreezePayouts
from domain.fund import funds
from domain.money import ZERO, Money, kr, total
from domain.programme import FundingAgreement
from tests.examples import (
    ACCEPTED,
    COURSE,
    accept_offer,
    accept_receipt,
    amend_line,
    approve_line,
    approve_tranche,
    assess,
    assessed_under,
    confirm_misuse,
    course,
    declare_loss,
    establish,
    hand_in,
    handed_back,
    offer,
    payment,
    receive,
    register,
    release_tranche,
    request_changes,
    request_tranche,
    returned_payment,
    stop,
    submit,
    terms,
    write_off,
)
from tests.examples_claims import (
    HEARING_DAYS,
    answer_hearing,
    decide_claim,
    lodge_appeal,
    open_hearing,
    order_refund,
    raise_claim,
    refund,
    repay,
    uphold_appeal,
)
from tests.examples_expenses import CVR, approve, attest, credit_note, invoice, paid, refunded
from tests.examples_rules import freeze
from tests.examples_sources import BY_SHARE, IN_TURN, OURS, SHARED, THEIRS, TURNS, granted
from tests.scenario import Story

REF = {"line_no": 1, "ref": f"{CVR}:F-1"}


def parts(story: Story, *commands: Any) -> list[dict[str, str]]:
    """By source, what each event moved that the commands led to."""
    before = len(story.log)
    events = [entry.event for entry in story.does(*commands).log[before:]]
    return [
        {part.account_string.funding: str(part.amount) for part in event.parts}
        for event in events
        if hasattr(event, "parts")
    ]


def grant_of(story: Story) -> LineGranted:
    [found] = [each.event for each in story.log if isinstance(each.event, LineGranted)]
    return found


def committed(story: Story) -> tuple[str, str]:
    ours, theirs = (story(funds, "NP", fund).committed for fund in ("AARHUS", "VELUX"))
    return str(ours), str(theirs)


# Granted -----------------------------------------------------------------------------------------


def test_a_grant_is_promised_by_each_source_by_its_share_or_in_its_turn() -> None:
    assert committed(SHARED) == ("6666.66", "3333.34")
    assert committed(TURNS) == ("4000.00", "6000.00")
    told = [(part.account_string, str(part.amount)) for part in grant_of(SHARED).parts]
    theirs = COURSE.model_copy(update={"funding": "VELUX", "legal_basis": "LAB-76"})
    assert told == [(COURSE, "6666.66"), (theirs, "3333.34")]


def test_the_approver_sees_what_is_left_of_every_source() -> None:
    seen = grant_of(SHARED).seen
    assert (seen.fund_left, seen.other_funds_left) == (kr(40_000), {"VELUX": kr(40_000)})


def test_a_source_that_runs_dry_refuses_the_whole_grant() -> None:
    small = (
        FundingAgreement(id="AARHUS", name="Aarhus Kommune", amount=kr(40_000)),
        FundingAgreement(id="VELUX", name="VELUX FONDEN", amount=kr(3_000)),
    )
    lines = (course(amount=kr(10_000), sources=BY_SHARE),)
    story = assessed_under(funding=small).does(request_changes(), submit(lines=lines))
    story.when(approve_line()).then_refused("funding_exhausted", fund="VELUX", available="3000.00")


def test_a_lower_grant_is_given_back_by_the_last_in_turn_first_and_by_share_by_all() -> None:
    lower = (amend_line(amount=kr(5_500)), approve_line())
    assert parts(TURNS, *lower) == [{"VELUX": "-4500.00"}]
    assert committed(TURNS.does(*lower)) == ("4000.00", "1500.00")
    assert committed(SHARED.does(*lower)) == ("3666.66", "1833.34")
    again = (amend_line(amount=kr(6_000)), approve_line())
    assert parts(TURNS.does(*lower), *again) == [{"VELUX": "500.00"}]


def test_a_grant_that_stays_as_it_was_moves_nothing() -> None:
    same = (amend_line(amount=kr(10_000)), approve_line())
    assert parts(SHARED, *same) == [{}]
    assert committed(SHARED.does(*same)) == committed(SHARED)


@pytest.mark.parametrize(
    "sources",
    [
        (SourceWanted(**OURS, share=1),),
        (SourceWanted(**OURS, share=1), SourceWanted(**OURS, share=2)),
        (SourceWanted(**OURS, share=1), SourceWanted(**THEIRS)),
        (SourceWanted(**OURS, share=0), SourceWanted(**THEIRS, share=1)),
        (SourceWanted(**OURS, share=1, up_to=kr(1)), SourceWanted(**THEIRS, share=1)),
        (SourceWanted(**OURS), SourceWanted(**THEIRS)),
        (SourceWanted(**OURS, up_to=kr(1)), SourceWanted(**THEIRS, up_to=kr(1))),
        (SourceWanted(**OURS, up_to=kr(1), share=1), SourceWanted(**THEIRS)),
        (SourceWanted(**THEIRS, share=1), SourceWanted(**OURS, share=1)),
    ],
    ids=["one", "twice", "half", "nothing", "both", "open", "closed", "mixed", "other first"],
)
def test_sources_are_two_or_more_and_all_by_share_or_all_in_turn(sources: Any) -> None:
    with pytest.raises(ValidationError):
        course(sources=sources)


def test_the_programme_knows_every_source() -> None:
    unknown = (
        SourceWanted(**OURS, share=1),
        SourceWanted(legal_basis="X", funding="VELUX", share=1),
    )
    asked = submit(lines=(course(sources=unknown),))
    ACCEPTED.when(asked).then_refused("not_found", what=["legal_basis"])


def test_a_granted_line_keeps_its_sources_and_another_may_change_them() -> None:
    other = submit(lines=(course(amount=kr(10_000), sources=IN_TURN),))
    SHARED.does(request_changes()).when(other).then_refused("wrong_state", is_already="granted")
    asked = ACCEPTED.does(submit(lines=(course(amount=kr(10_000), sources=BY_SHARE),)), assess())
    turned = asked.does(request_changes(), other, approve_line())
    assert committed(turned) == ("4000.00", "6000.00")


# Paid and accounted for --------------------------------------------------------------------------


def test_a_payment_takes_of_each_source_and_what_becomes_of_it_follows_its_parts() -> None:
    assert (
        parts(SHARED, *payment("T-1", kr(1_000))) == [{"AARHUS": "666.66", "VELUX": "333.34"}] * 2
    )
    assert (
        parts(TURNS, *payment("T-1", kr(5_000))) == [{"AARHUS": "4000.00", "VELUX": "1000.00"}] * 2
    )
    back = receive(returned_payment(amount=kr(5_000)), statement="S-2")
    turned = TURNS.does(*payment("T-1", kr(5_000)))
    assert parts(turned, back) == [{"AARHUS": "4000.00", "VELUX": "1000.00"}]
    assert parts(turned.does(back), *payment("T-2", kr(3_000)))[0] == {"AARHUS": "3000.00"}


def test_a_payment_that_comes_back_frees_the_sources_that_paid_it_and_no_other() -> None:
    """The second tranche was the foundation's, and stays the foundation's."""
    first, second = payment("T-1", kr(4_000)), payment("T-2", kr(2_000))
    story = TURNS.does(*first, *second)
    back = receive(returned_payment(amount=kr(4_000)), statement="S-9")
    closed = story.does(back, stop())
    assert committed(closed) == ("0.00", "2000.00")
    other = receive(returned_payment(end_to_end_id="T-2", amount=kr(2_000)), statement="S-9")
    assert parts(story, other) == [{"VELUX": "2000.00"}]


def test_what_explains_an_advance_explains_that_of_each_source() -> None:
    story = TURNS.does(*payment("T-1", kr(5_000)), hand_in(amount=kr(4_200)))
    receipt = accept_receipt(amount=kr(4_200))
    assert parts(story, receipt) == [{"AARHUS": "4000.00", "VELUX": "200.00"}]
    assert parts(story.does(receipt), declare_loss()) == [{"VELUX": "300.00"}]
    unspent = receive(handed_back(amount=kr(100)), statement="S-2")
    assert parts(story.does(receipt), unspent) == [{"VELUX": "100.00"}]


def test_a_claim_is_owed_to_the_sources_whose_money_was_misused() -> None:
    story = granted(BY_SHARE, kr(9_000)).does(
        *payment("T-1", kr(3_000)), confirm_misuse(amount=kr(1_500))
    )
    repaid = receive(handed_back(amount=kr(600), hands_back="REPAY A-1/1"), statement="S-2")
    assert parts(story, repaid) == [{"AARHUS": "400.00", "VELUX": "200.00"}]
    assert parts(story.does(repaid), write_off(amount=kr(900))) == [
        {"AARHUS": "600.00", "VELUX": "300.00"}
    ]


def test_a_suppliers_refund_goes_back_to_the_sources_that_paid_and_is_not_used_before() -> None:
    story = TURNS.does(
        invoice(amount=kr(5_000), order_reference="A-1/1"),
        attest(**REF),
        approve(**REF),
        paid(amount=kr(5_000)),
        credit_note(amount=kr(4_500)),
    )
    line = story(cases, "A-1").lines[1]
    assert (line.used, line.left) == (kr(5_000), kr(5_000))
    refund = refunded(amount=kr(4_500))
    assert parts(story, refund) == [{"AARHUS": "4000.00", "VELUX": "500.00"}]
    assert story.does(refund)(cases, "A-1").lines[1].left == kr(9_500)


def test_what_a_closed_case_does_not_use_is_given_back_to_each_source() -> None:
    closed = SHARED.does(*payment("T-1", kr(1_000)), stop())
    assert committed(closed) == ("666.66", "333.34")


def test_payouts_of_a_line_are_frozen_with_any_of_its_sources() -> None:
    ready = SHARED.does(request_tranche(), approve_tranche())
    for fund in ("AARHUS", "VELUX"):
        stopped: FreezePayouts = freeze(scope="fund", key=fund)
        ready.does(stopped).when(release_tranche()).then_refused("frozen", key=fund)


# Drawing -----------------------------------------------------------------------------------------

CODES = [AccountString(programme="NP", funding=f"F-{number}") for number in range(4)]
pots = st.lists(st.integers(-100, 10_000), min_size=2, max_size=4)


@given(pots, st.integers(0, 12_000), st.booleans())
def test_parts_add_up_and_no_source_pays_what_it_has_not(
    has: list[int],
    ore: int,
    by_share: bool,  # noqa: FBT001
) -> None:
    sources = tuple(
        Source(account_string=codes, share=1 if by_share else None, up_to=None)
        for codes, _ in zip(CODES, has, strict=False)
    )
    pot = {codes: Money(each) for codes, each in zip(CODES, has, strict=False)}
    there = total(max(ZERO, each) for each in pot.values())
    found = drawn(Money(ore), pot, sources)
    assert total(found) == Money(ore)
    assert all(part >= ZERO for part in found)
    if Money(ore) <= there:
        assert all(part <= max(ZERO, each) for part, each in zip(found, pot.values(), strict=True))


def test_sources_in_turn_fill_up_one_after_the_other_when_the_grant_grows() -> None:
    story = granted(IN_TURN).does(amend_line(amount=kr(3_000)), approve_line())
    assert committed(story) == ("3000.00", "0.00")
    assert committed(story.does(amend_line(amount=kr(4_500)), approve_line())) == (
        "4000.00",
        "500.00",
    )


def test_an_upheld_appeal_leaves_no_source_owing_another() -> None:
    """Paid in turn; a claim of 6,000 kr., of which 4,500 is repaid when it is lowered to 3,000."""
    story = turns_with_hearing().does(
        *payment("T-1", kr(8_000)),
        raise_claim(amount=kr(6_000)),
        open_hearing(),
        answer_hearing(),
        decide_claim(amount=kr(6_000)),
        repay(kr(4_500)),
        lodge_appeal(),
        uphold_appeal(amount=kr(3_000)),
        order_refund(),
        refund(kr(1_500)),
    )
    line = story(cases, "A-1").lines[1]
    assert line.claim == ZERO
    assert "claim" not in line.pots
    assert total(line.pots["misuse"].values()) == kr(3_000)


def turns_with_hearing() -> Story:
    lines = (course(amount=kr(10_000), sources=IN_TURN),)
    steps = (register(), offer(), accept_offer(), submit(lines=lines), assess(), approve_line())
    return Story().does(establish(terms=terms(hearing_days=HEARING_DAYS)), *steps)
