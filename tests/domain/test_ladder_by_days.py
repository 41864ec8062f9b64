"""The ladder day by day: on working days, anew after a merchant's refund, and never a hold that nobody was
reminded of."""

from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given as forall
from hypothesis import settings
from hypothesis import strategies as st

from domain.case.line import Step
from domain.case.reminders import (
    CaseworkerTold,
    ReceiptsRemindedOf,
    ReceiptsWaived,
    StepTold,
    TranchesHeld,
    due,
)
from domain.case.state import Case, cases
from domain.money import Money, kr
from domain.programme import Ladder, Rules, programmes
from domain.words import Command, Refused
from domain.working_days import easter, working_day
from projections.worklists import Waiting, receipts_missing, receipts_overdue, worklists
from tests.examples import (
    PAID_ON,
    SETTLED,
    accept_receipt,
    approve_tranche,
    confirm_misuse,
    hand_in,
    payment,
    receive,
    refund,
    release_tranche,
    request_tranche,
    returned_payment,
    rules,
    stop,
)
from tests.examples_reminders import LADDER, after, hold, propose, remind, tell, up_to, waive
from tests.examples_rules import change_rules
from tests.scenario import DAY, Story, fold, noon

ASKS = {Step.REMINDED: remind, Step.HELD: hold, Step.TOLD: tell, Step.CLAIM_PROPOSED: propose}
TERMS: dict[str, Any] = {
    "tranche_max": None,
    "undocumented_limit": None,
    "receipt_deadline_days": 30,
}
BY_IT = rules(ladder=LADDER, **TERMS)
CLIMBED = SETTLED.does(change_rules(rules=BY_IT), *up_to(hold))


def on(day: date, *commands: Command) -> list[Any]:
    return [each.model_copy(update={"effective_on": day, "at": noon(day)}) for each in commands]


def told_of(story: Story) -> list[StepTold]:
    return [each.event for each in story.log if isinstance(each.event, StepTold)]


def sweep(story: Story, today: date) -> Story:
    """All that is due, as the service takes it."""
    in_force = story(programmes, "NP").rules_on(today)
    while found := list(due(story(cases, "A-1"), in_force, today)):
        for each in found:
            story = story.does(
                ASKS[each.step](line_no=each.line_no, ref=each.ref, **at_noon(today))
            )
    return story


def at_noon(day: date) -> dict[str, Any]:
    return {"effective_on": day, "at": noon(day)}


# Working days ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("year", "month", "day"),
    [(1818, 3, 22), (1954, 4, 18), (2019, 4, 21), (2026, 4, 5), (2038, 4, 25), (2049, 4, 18)],
)
def test_easter_is_on_its_sunday(year: int, month: int, day: int) -> None:
    assert easter(year) == date(year, month, day)


@pytest.mark.parametrize(
    ("day", "then"),
    [
        (date(2026, 11, 20), date(2026, 11, 20)),  # A Friday.
        (date(2026, 11, 21), date(2026, 11, 23)),  # A Saturday.
        (date(2026, 12, 24), date(2026, 12, 28)),  # Christmas, and a weekend.
        (date(2026, 12, 31), date(2027, 1, 4)),  # New Year, and a weekend.
        (date(2027, 3, 25), date(2027, 3, 30)),  # Maundy Thursday.
        (date(2027, 5, 6), date(2027, 5, 7)),  # Ascension.
        (date(2026, 5, 25), date(2026, 5, 26)),  # Whit Monday.
        (date(2026, 6, 5), date(2026, 6, 8)),  # Constitution Day.
        (date(2023, 5, 5), date(2023, 5, 8)),  # The last Great Prayer Day,
        (date(2024, 4, 26), date(2024, 4, 26)),  # and what would have been the next.
    ],
)
def test_what_falls_on_a_holiday_comes_on_the_next_working_day(day: date, then: date) -> None:
    assert working_day(day) == then


def test_a_reminder_that_falls_on_easter_monday_comes_the_day_after() -> None:
    monday = easter(2019) + timedelta(days=1)
    ladder = Ladder(remind=((monday - PAID_ON).days,), hold=100, tell=100, claim=100)
    story = SETTLED.does(change_rules(rules=rules(ladder=ladder)))
    story.when(remind(**at_noon(monday))).then_refused("wrong_state", first_day="2019-04-23")
    [reminded] = told_of(story.does(remind(**at_noon(date(2019, 4, 23)))))
    assert reminded.due_on == date(2019, 4, 23)


# After a refund ----------------------------------------------------------------------------------

COVERED = CLIMBED.does(
    *on(after(36), hand_in(amount=kr(5_000)), accept_receipt(amount=kr(5_000))),
)
REFUNDED_ON, TOLD_ON = after(100), after(102)  # 12 June 2019, a Wednesday, and the Friday.
REFUNDED = COVERED.does(*on(TOLD_ON, refund(amount=kr(500), refunded_on=REFUNDED_ON)))


def another(story: Story, day: date) -> list[Any]:
    which = {"ref": "T-2", **at_noon(day)}
    asked = [request_tranche(amount=kr(1_000), **which), approve_tranche(**which)]
    return [story.does(*asked), release_tranche(**which)]


def test_what_a_refund_reopens_holds_nothing_before_its_reminders() -> None:
    """Given a tranche that was held and then accounted for, and three months later a merchant's refund:
    then the next tranche is released as if it had never been held, and is not overdue."""
    story, release = another(REFUNDED, TOLD_ON)
    story.does(release)


def test_after_a_refund_the_days_count_from_it_and_the_caseworker_hears_before_the_hold() -> None:
    story = REFUNDED
    for days in range(120):
        story = sweep(story, TOLD_ON + timedelta(days=days))
    anew = told_of(story)[3:]
    assert [type(each).__name__ for each in anew] == [
        *("ReceiptsRemindedOf", "ReceiptsRemindedOf", "CaseworkerTold", "TranchesHeld"),
        "ClaimProposed",
    ]
    taken = [(each.taken_on - REFUNDED_ON).days for each in anew]
    assert taken == [14, 28, 35, 35, 61]  # The last would have been a Sunday.
    assert {each.refunded_on for each in anew} == {REFUNDED_ON}
    assert {each.amount for each in anew} == {kr(500)}
    first, second, caseworker, held, _ = anew
    assert "En butik gav penge tilbage den 12-06-2019." in first.text_da
    assert "A shop gave money back on 2019-06-12." in first.text_en
    assert "den 17-07-2019, holder vi dine næste udbetalinger tilbage" in second.text_da
    assert second.next_on == held.taken_on
    assert "har fået 2 rykkere. En butik gav penge tilbage" in caseworker.text_da
    assert "Udbetalingerne kommer igen, når bilagene er godkendt." in held.text_da


def test_a_refund_that_is_told_late_leaves_the_citizen_the_days_all_the_same() -> None:
    late = REFUNDED_ON + timedelta(days=90)
    story = COVERED.does(*on(late, refund(amount=kr(500), refunded_on=REFUNDED_ON)))
    for days in range(40):
        story = sweep(story, late + timedelta(days=days))
    first, second, _, held = told_of(story)[3:]
    assert first.taken_on == late
    assert held.taken_on - second.taken_on >= timedelta(days=7)


def test_what_is_refunded_of_a_waived_tranche_is_asked_of_nobody() -> None:
    waived = CLIMBED.does(waive(by="both-1", **at_noon(after(36))))
    waived = waived.does(
        *on(after(37), hand_in(amount=kr(5_000)), accept_receipt(amount=kr(5_000))),
        *on(TOLD_ON, refund(amount=kr(500), refunded_on=REFUNDED_ON)),
    )
    assert not list(due(waived(cases, "A-1"), BY_IT, TOLD_ON + timedelta(days=365)))


def test_more_of_what_lacked_already_is_held_as_it_was() -> None:
    """Nothing ended, so nothing begins anew: the citizen knows of the hold."""
    partly = CLIMBED.does(*on(after(36), hand_in(), accept_receipt()))
    partly = partly.does(*on(TOLD_ON, refund(amount=kr(500), refunded_on=REFUNDED_ON)))
    [(tranche, lacking)] = partly(cases, "A-1").lines[1].lacking()
    assert (tranche.holds, tranche.refunded_on, lacking) == (True, None, kr(3_500))


# Rules that change -------------------------------------------------------------------------------


def test_rules_that_come_to_hold_sooner_hold_nobody_before_the_day_they_were_told() -> None:
    """Given a reminder that says 8 April; when the rules change to hold after 29 days, then still then."""
    story = SETTLED.does(change_rules(rules=BY_IT), *up_to(remind))
    sooner = rules(3, ladder=Ladder(remind=(14, 28), hold=29, tell=29, claim=29), **TERMS)
    story = story.does(change_rules(rules=sooner, effective_on=after(28)))
    story.when(hold(**at_noon(after(29)))).then_refused("wrong_state", first_day="2019-04-08")
    story.does(hold(**at_noon(after(35))))


# In any order ------------------------------------------------------------------------------------

LADDERS = (
    LADDER,
    Ladder(remind=(7,), hold=14, tell=14, claim=21),
    Ladder(remind=(5, 10, 15), hold=30, tell=30, claim=30),
    None,
)
HAPPENINGS = st.lists(
    st.tuples(
        st.integers(0, 25),  # Days go by.
        st.sampled_from(
            [
                *("pay", "return", "receipt", "receipt", "refund", "refund", "waive", "misuse"),
                *("rules", "stop", "nothing", "nothing"),
            ]
        ),
        st.integers(1, 5),  # Of which tranche or receipt, how many thousand kroner, or which rules.
    ),
    min_size=1,
    max_size=14,
)


def asked(what: str, number: int, today: date, fresh: int) -> list[Any]:
    ref, amount = f"T-{number}", kr(number * 1_000)
    match what:
        case "pay":
            return payment(f"T-{fresh + 10}", amount, booked_on=today - timedelta(days=number))
        case "return":
            back = returned_payment(entry=f"B-{fresh}", end_to_end_id=ref, amount=kr(5_000))
            return [receive(back, statement=f"B-{fresh}")]
        case "receipt":
            this = {"ref": f"K-{fresh}", "amount": amount}
            return [hand_in(**this, sha256=f"{fresh:064x}"), accept_receipt(**this)]
        case "refund":
            since = today - timedelta(days=number)
            return [refund(ref=f"K-{number}", amount=kr(1_000), refunded_on=since)]
        case "waive":
            return [waive(by="both-1", ref=ref)]
        case "misuse":
            return [confirm_misuse(amount=amount)]
        case "rules":
            ladder = LADDERS[number % len(LADDERS)]
            return [change_rules(rules=rules(fresh + 3, ladder=ladder, **TERMS))]
        case "stop":
            return [stop()]
    return []


@dataclass
class Life:
    """A case on its way through days, and what must hold on each of them."""

    story: Story
    case: Case = field(default_factory=Case)
    waiting: Waiting = field(default_factory=Waiting)
    seen: int = 0
    # Of each tranche, since it was last accounted for.
    climbed: dict[str, list[StepTold]] = field(default_factory=dict)
    known: list[tuple[date, list[Any]]] = field(default_factory=list)

    @property
    def lacking(self) -> dict[str, Money]:
        return {tranche.ref: lacking for tranche, lacking in self.case.lines[1].lacking()}

    def does(self, *commands: Any) -> None:
        """What is asked for may be refused: then nothing more happens."""
        for each in commands:
            try:
                self.story = self.story.does(each)
            except Refused:
                return
            self.looks()

    def looks(self) -> None:
        rows = fold(worklists, self.story.log[self.seen :], {"case-A-1": self.waiting})
        self.waiting, self.seen = rows["case-A-1"], len(self.story.log)
        self.case = self.story(cases, "A-1")
        lacking = self.lacking
        self.climbed = {ref: told for ref, told in self.climbed.items() if ref in lacking}

    def ends(self, today: date) -> None:
        """Whatever is due is taken. No day brings what is not."""
        while found := list(due(self.case, self.in_force(today), today)):
            for each in found:
                assert each.amount == self.lacking[each.ref]
                assert each.ref not in self.waivers
                where = {"line_no": 1, "ref": each.ref, **at_noon(today)}
                self.does(ASKS[each.step](**where))
                told = self.story.log[-1].event
                assert isinstance(told, StepTold)
                self.climbs(told, today)
        self.agrees(today)

    def in_force(self, today: date) -> Rules:
        return self.story(programmes, "NP").rules_on(today)

    @property
    def waivers(self) -> set[str]:
        return {e.event.ref for e in self.story.log if isinstance(e.event, ReceiptsWaived)}

    def climbs(self, told: StepTold, today: date) -> None:
        before = self.climbed.setdefault(told.ref, [])
        ladder = self.in_force(today).ladder
        assert ladder
        reminders = [each for each in before if isinstance(each, ReceiptsRemindedOf)]
        if isinstance(told, ReceiptsRemindedOf):
            assert len(reminders) < len(ladder.remind)
            assert reminders == before  # No reminder comes after what it warns of.
        else:
            assert type(told) not in map(type, before)
        if isinstance(told, TranchesHeld):
            days = timedelta(days=ladder.hold - ladder.remind[-1])
            assert reminders
            assert all(told.taken_on - each.taken_on >= days for each in reminders)
            if told.refunded_on:
                assert CaseworkerTold in map(type, before)
        assert all(each.next_on is None or each.next_on <= today for each in before)
        assert told.due_on == working_day(told.due_on) <= today
        before.append(told)

    def agrees(self, today: date) -> None:
        """What is held, and since when it counts, is the same to the decision and to the worklist."""
        held = {
            ref
            for ref, told in self.climbed.items()
            if ref not in self.waivers and TranchesHeld in map(type, told)
        }
        tranches = {tranche.ref: tranche for tranche, _ in self.case.lines[1].lacking()}
        assert {ref for ref, tranche in tranches.items() if tranche.holds} == held
        missing = list(receipts_missing(self.waiting, date.max))
        assert {each.tranche: each.owed_since for each in missing} == {
            ref: tranche.owed_since for ref, tranche in tranches.items()
        }
        assert {each.tranche for each in missing if each.held} == held
        overdue = receipts_overdue(self.waiting, date.max, today, 30)
        assert {each.tranche for each in overdue} == {
            tranche.ref for tranche, _ in self.case.lines[1].overdue(today, 30)
        }
        self.known.append((today, list(receipts_missing(self.waiting, today))))


@forall(HAPPENINGS)
@settings(max_examples=40)
def test_whatever_happens_nobody_is_held_unreminded_or_reminded_twice_and_every_day_can_be_read_again(
    happenings: list[tuple[int, str, int]],
) -> None:
    """Read again: on any later day, what was known on that day is told as it was."""
    life, today = Life(SETTLED.does(change_rules(rules=BY_IT, effective_on=DAY))), PAID_ON
    life.looks()
    for fresh, (days, what, number) in enumerate(happenings, start=1):
        today += timedelta(days=days + 1)
        life.does(*on(today, *asked(what, number, today, fresh)))
        life.ends(today)
    for days in range(0, 90, 6):
        life.ends(today + timedelta(days=days))
    for day, known in life.known:
        assert list(receipts_missing(life.waiting, day)) == known
