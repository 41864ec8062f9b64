"""Misuse as the controller sees it: in citizens, kroner and per cent, by where it was, and what came back."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given as for_all
from hypothesis import settings
from hypothesis import strategies as st

from domain.case.state import cases
from domain.flags import FlagStage
from domain.money import ZERO, Money, kr, total
from domain.words import Command, Refused
from projections.balances import Balance, Dimension, balances
from projections.misuse import Watched, misuse
from projections.misuse_figures import (
    Flagged,
    Group,
    Misused,
    days,
    flagged,
    misused,
)
from projections.review import review
from tests.everything import ALL
from tests.examples import (
    ESTABLISHED,
    GRANTED,
    MISUSED,
    PAID_ON,
    SETTLED,
    accept_receipt,
    approve_line,
    assessing,
    confirm_misuse,
    declare_loss,
    hand_in,
    handed_back,
    payment,
    receive,
    returned_payment,
    write_off,
)
from tests.examples_claims import APPEALED, DECIDED, set_off, uphold_appeal
from tests.examples_flags import FLAGGED, dismiss_flag, raise_flag, uphold_flag
from tests.scenario import DAY, Story, fold

LATER = date(2020, 6, 30)
FOUND = raise_flag().found_on
NEXT = FOUND + timedelta(days=1)


Rows = tuple[list[Watched], list[Balance]]


def rows(story: Story) -> Rows:
    return list(fold(misuse, story.log).values()), list(fold(balances, story.log).values())


def view(
    story: Story, as_of: date = LATER, flags: Sequence[Flagged] = (), programme: str = "NP"
) -> Misused:
    return on_day(rows(story), as_of, flags, programme)


def on_day(made: Rows, as_of: date, flags: Sequence[Flagged], programme: str) -> Misused:
    watched, every = made
    lines = {
        row.value: row
        for row in every
        if (row.programme, row.dimension) == (programme, Dimension.LINE)
    }
    return misused(programme, watched, lines, flags, as_of)


def group(groups: list[Group], value: str) -> Group:
    return next(each for each in groups if each.value == value)


# Where it was ------------------------------------------------------------------------------------


def test_a_citizen_who_misused_is_counted_where_it_was_and_in_all() -> None:
    found = view(MISUSED)
    for where in (
        found.whole,
        group(found.phase, "1"),
        group(found.selection, "random"),
        group(found.route, "account"),
        group(found.category, "course"),
    ):
        assert (where.paid_to, where.misused_by) == (1, 1)
        assert (where.paid, where.misused) == (kr(5_000), kr(1_500))
        assert (where.citizens.percent, where.kroner.percent) == ("100.0", "30.0")
    assert group(found.route, "card").paid_to == 0
    assert group(found.route, "card").kroner.percent is None
    assert (found.whole.participants, group(found.phase, "1").participants) == (1, 1)
    assert group(found.route, "account").participants is None


def test_a_citizen_with_several_lines_is_one_citizen() -> None:
    story = MISUSED.does(*payment("T-2", kr(3_000), 2), confirm_misuse(line_no=2, amount=kr(100)))
    found = view(story)
    assert (found.whole.misused_by, len(found.findings)) == (1, 2)
    assert [each.misused_by for each in found.route] == [1, 1, 0]  # Account, card, EAN.


def test_a_citizen_with_two_cases_is_one_citizen_in_all_and_in_each_phase() -> None:
    [first], every = rows(MISUSED)
    again = first.model_copy(update={"case_no": "A-9", "phase": "2"})
    other = again.model_copy(update={"case_no": "B-9", "citizen": "citizen-b"})
    [line] = [each for each in every if each.value == "A-1/1"]
    lines = {f"{case_no}/1": line for case_no in ("A-1", "A-9", "B-9")}
    found = misused("NP", [first, again, other], lines, (), LATER)
    assert (found.whole.participants, found.whole.paid_to, found.whole.misused_by) == (2, 2, 2)
    assert [each.misused_by for each in found.phase] == [1, 2]
    assert [each.participants for each in found.phase] == [1, 2]
    assert found.whole.misused == kr(4_500)
    assert found.whole.kroner.percent == "30.0"


def test_another_programmes_citizens_are_not_in_it_nor_one_who_was_paid_nothing() -> None:
    assert view(MISUSED, programme="LTT").whole.paid_to == 0
    registering, *steps = assessing("B-1")
    other = registering.model_copy(update={"citizen": "citizen-fedcba9876543210"})
    nobody = view(MISUSED.does(other, *steps))
    assert (nobody.whole.participants, nobody.whole.paid_to) == (2, 1)


def test_who_took_no_part_yet_is_in_a_group_of_nobody() -> None:
    assert view(ESTABLISHED.does(*assessing()[:2])).phase[0].participants == 0


def test_on_an_earlier_day_it_was_not_known_yet() -> None:
    before = view(MISUSED, DAY - timedelta(days=1))
    assert (before.whole.misused, before.findings, before.route) == (ZERO, [], [])
    assert before.whole.participants == 0


def test_a_payment_that_comes_back_after_misuse_of_it_leaves_the_citizen_in_the_count() -> None:
    story = MISUSED.does(receive(returned_payment(), statement="S-9"))
    found = view(story).whole
    assert (found.paid, found.paid_to, found.misused_by) == (ZERO, 1, 1)
    assert found.kroner.percent is None


# From payment to discovery -----------------------------------------------------------------------


def paid_twice() -> Story:
    return GRANTED.does(
        *payment("T-1", kr(2_000)),
        *payment("T-2", kr(2_000), booked_on=PAID_ON + timedelta(days=10)),
    )


def rests_on(story: Story) -> date:
    return view(story.does(confirm_misuse(amount=kr(500)))).findings[-1].paid_on


def test_misuse_rests_on_the_oldest_payment_that_was_not_explained() -> None:
    assert rests_on(paid_twice()) == PAID_ON
    receipt = [hand_in(amount=kr(1_999)), accept_receipt(amount=kr(1_999))]
    assert rests_on(paid_twice().does(*receipt)) == PAID_ON
    second = PAID_ON + timedelta(days=10)
    receipt = [hand_in(amount=kr(2_000)), accept_receipt(amount=kr(2_000))]
    assert rests_on(paid_twice().does(*receipt)) == second
    assert rests_on(paid_twice().does(confirm_misuse(amount=kr(2_000)))) == second
    unspent = receive(handed_back(amount=kr(2_000)), statement="S-9")
    assert rests_on(paid_twice().does(unspent)) == second
    assert rests_on(paid_twice().does(declare_loss())) == PAID_ON


def test_a_payment_that_came_back_explains_nothing_and_is_rested_on_by_nothing() -> None:
    back = receive(returned_payment(amount=kr(2_000)), statement="S-9")
    assert rests_on(paid_twice().does(back)) == PAID_ON + timedelta(days=10)


def test_misuse_of_what_is_explained_is_believed_and_rests_on_its_own_day() -> None:
    """No command leads to it; a fold can't fail."""
    whole = {"amount": kr(5_000)}
    confirmed = MISUSED.log[-1].event
    story = SETTLED.does(hand_in(**whole), accept_receipt(**whole))
    [found] = view(story.tells(cases.news(confirmed, "A-1"))).findings
    assert found.paid_on == found.confirmed_on == DAY


def test_the_days_are_counted_from_the_banks_day_to_the_day_of_confirmation() -> None:
    on = PAID_ON + timedelta(days=40)
    found = view(SETTLED.does(confirm_misuse(effective_on=on)))
    assert found.to_confirmation.median == 40
    assert (found.to_flag.findings, found.to_flag.median) == (0, None)


def test_days_are_told_by_nearest_rank() -> None:
    told = days([40, 10, 20, 30])
    assert (told.lower_quartile, told.median, told.upper_quartile, told.longest) == (10, 20, 30, 40)
    assert days([7]).model_dump() == {
        "findings": 1,
        **dict.fromkeys(("lower_quartile", "median", "upper_quartile", "longest"), 7),
    }


# Flags -------------------------------------------------------------------------------------------


def flag(on: date = PAID_ON, stage: FlagStage = FlagStage.OPEN, **but: Any) -> Flagged:
    told: dict[str, Any] = {"case_no": "A-1", "line_no": 1, "amount": kr(900)} | but
    return Flagged(raised_on=on, stage=stage, **told)


def test_the_first_flag_after_the_payment_is_when_it_was_first_asked_about() -> None:
    flags = [
        flag(PAID_ON - timedelta(days=1)),
        flag(PAID_ON + timedelta(days=9)),
        flag(PAID_ON + timedelta(days=5), line_no=0),
        flag(PAID_ON + timedelta(days=2), line_no=2),
        flag(PAID_ON + timedelta(days=1), case_no="B-1"),
    ]
    story = SETTLED.does(confirm_misuse(effective_on=PAID_ON + timedelta(days=40)))
    [found] = view(story, flags=flags).findings
    assert found.flagged_on == PAID_ON + timedelta(days=5)
    assert view(story, flags=flags).to_flag.longest == 5
    [late] = view(story, flags=[flag(PAID_ON + timedelta(days=41))]).findings
    assert late.flagged_on is None


def test_of_several_flags_about_a_line_the_largest_is_told_since_they_ask_about_the_same_krone() -> (
    None
):
    flags = [
        flag(),
        flag(amount=kr(700)),
        flag(stage=FlagStage.UPHELD, amount=kr(300)),
        flag(stage=FlagStage.DISMISSED, amount=kr(4_000)),
    ]
    found = view(MISUSED, flags=flags)
    assert (found.whole.asked, found.whole.upheld) == (kr(900), kr(300))
    assert group(found.route, "account").asked == kr(900)
    assert view(MISUSED, PAID_ON - timedelta(days=1), flags).whole.asked == ZERO


def test_what_is_asked_of_a_case_as_a_whole_is_of_no_route_and_no_category() -> None:
    found = view(MISUSED, flags=[flag(line_no=0)])
    assert group(found.route, "").asked == found.whole.asked == kr(900)
    assert group(found.phase, "1").asked == kr(900)


def test_a_flag_stands_as_it_did_on_the_day_whatever_rule_raised_it() -> None:
    raised = list(fold(review, FLAGGED.does(uphold_flag(effective_on=NEXT)).log).values())
    [before], [after] = flagged(raised, FOUND), flagged(raised, NEXT)
    assert (before.case_no, before.line_no, before.stage) == ("A-1", 1, FlagStage.OPEN)
    assert (before.amount, after.amount) == (raise_flag().amount, kr(1_500))
    assert after.stage is FlagStage.UPHELD
    assert list(flagged(raised, before.raised_on - timedelta(days=1))) == []
    dismissed = fold(review, FLAGGED.does(dismiss_flag()).log).values()
    assert [(each.stage, each.amount) for each in flagged(dismissed, NEXT)] == [
        (FlagStage.DISMISSED, before.amount)
    ]


# What was recovered ------------------------------------------------------------------------------


def test_what_became_of_a_claim_adds_up_to_it() -> None:
    story = DECIDED.does(set_off(amount=kr(300)))
    told = view(story).whole.recovered
    assert (told.set_off, told.repaid, told.written_off) == (kr(300), ZERO, ZERO)
    assert told.owed == told.claimed - kr(300)
    repaid = receive(handed_back(amount=kr(600), hands_back="REPAY A-1/1"), statement="S-9")
    told = view(MISUSED.does(repaid, write_off())).whole.recovered
    assert (told.repaid, told.written_off, told.owed) == (kr(600), kr(400), kr(500))
    assert (told.repaid_percent, told.written_off_percent) == ("40.0", "26.7")
    assert (told.owed_percent, told.set_off_percent) == ("33.3", "0.0")


def test_what_an_appeal_takes_back_was_no_misuse() -> None:
    before, after = view(APPEALED), view(APPEALED.does(uphold_appeal(amount=kr(500))))
    assert after.whole.misused == kr(500) < before.whole.misused
    assert [each.amount for each in after.findings] == [kr(500)]
    none = view(APPEALED.does(uphold_appeal(amount=ZERO)))
    assert (none.findings, none.whole.misused_by) == ([], 0)


# Published ---------------------------------------------------------------------------------------


def citizens(*paid_and_bad: tuple[str, int]) -> Misused:
    """One citizen for each: in which phase, and how many kroner were misused."""
    found = view(MISUSED)
    known, lines = {}, {}
    row = fold(misuse, MISUSED.log)["case-A-1"]
    balance = [fold(balances, each.log)["line/NP/A-1/1"] for each in (SETTLED, MISUSED)]
    for number, (phase, misused_kroner) in enumerate(paid_and_bad):
        name = f"C-{number}"
        known[name] = row.model_copy(update={"case_no": name, "citizen": name, "phase": phase})
        lines[f"{name}/1"] = balance[misused_kroner]
    return misused("NP", known.values(), lines, (), found.as_of)


def test_nothing_of_few_citizens_is_published_nor_what_it_could_be_reckoned_from() -> None:
    both = citizens(*[("1", 1)] * 5, *[("2", 1)] * 4, *[("2", 0)] * 9).published()
    assert both
    assert (both.whole.misused_by, both.phase, both.findings) == (9, [], [])
    assert [each.misused_by for each in both.selection] == [9]
    assert both.to_confirmation.median is None


def test_none_who_misused_is_not_few_and_fewer_than_five_in_all_are_not_told_of() -> None:
    told = citizens(*[("1", 1)] * 5, *[("2", 0)] * 5).published()
    assert told
    assert [each.misused_by for each in told.phase] == [5, 0]
    assert citizens(*[("1", 1)] * 4, *[("2", 0)] * 9).published() is None
    assert citizens(*[("1", 0)] * 4).published() is None


# Sums --------------------------------------------------------------------------------------------

KRONER = ("paid", "misused", "upheld", "asked")
PARTS = ("claimed", "repaid", "set_off", "written_off", "owed")


def adds_up(found: Misused) -> None:
    whole = found.whole
    for groups in (found.phase, found.selection, found.route, found.category):
        for name in KRONER:
            assert total(getattr(each, name) for each in groups) == getattr(whole, name)
        for name in PARTS:
            parts = (getattr(each.recovered, name) for each in groups)
            assert total(parts) == getattr(whole.recovered, name)
    for groups in (found.phase, found.selection):
        for name in ("participants", "paid_to", "misused_by"):
            assert sum(getattr(each, name) for each in groups) == getattr(whole, name)
    told = whole.recovered
    assert told.claimed == told.repaid + told.set_off + told.written_off + told.owed
    assert total(each.amount for each in found.findings) == whole.misused


@pytest.mark.parametrize("programme", ["NP", "HP"])
def test_everything_that_can_happen_adds_up_on_every_day(programme: str) -> None:
    flags = [flag(), flag(line_no=0), flag(case_no="B-1", stage=FlagStage.UPHELD)]
    made = rows(ALL)
    for as_of in sorted({entry.effective_on for entry in ALL.log}):
        adds_up(on_day(made, as_of, flags, programme))


TWO_CITIZENS = SETTLED.does(
    *assessing("B-1"),
    *(approve_line(case_no="B-1", line_no=line_no) for line_no in (1, 2)),
    *payment("T-2", kr(2_000), case_no="B-1"),
    *payment("T-3", kr(2_000), 2, case_no="B-1"),
)
STEPS = st.sampled_from(["receipt", "misuse", "repay", "write off", "return"])


@for_all(
    steps=st.lists(
        st.tuples(st.sampled_from(["A-1", "B-1"]), STEPS, st.integers(1, 20)), max_size=12
    )
)
@settings(max_examples=25, deadline=None)
def test_whatever_happens_the_groups_add_up_to_the_whole(steps: list[tuple[str, str, int]]) -> None:
    story = TWO_CITIZENS
    for number, (case_no, step, hundreds) in enumerate(steps):
        with suppress(Refused):
            story = story.does(*asked(case_no, step, kr(100 * hundreds), number))
    adds_up(view(story))


def asked(case_no: str, step: str, amount: Money, number: int) -> list[Command]:
    where: dict[str, Any] = {"case_no": case_no, "amount": amount}
    if step == "receipt":
        receipt = where | {"ref": f"K-{number}"}
        return [hand_in(**receipt, sha256=f"{number:064x}"), accept_receipt(**receipt)]
    if step == "misuse":
        return [confirm_misuse(**where)]
    if step == "write off":
        return [write_off(**where)]
    words = {"hands_back": f"REPAY {case_no}/1"} if step == "repay" else {"hands_back": None}
    entry = handed_back(entry=f"E-{number}", amount=amount, **words)
    if step == "return":
        ref = "T-1" if case_no == "A-1" else "T-2"
        entry = returned_payment(entry=f"E-{number}", end_to_end_id=ref, amount=amount)
    return [receive(entry, statement=f"S-{number}-9")]
