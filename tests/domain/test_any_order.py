"""Whatever is asked, in whatever order, however often: the promises hold, and the rows agree."""

from collections import Counter
from collections.abc import Sequence
from datetime import date, timedelta
from random import Random
from typing import Any, TypeVar

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)

from domain.case.budget import BudgetSubmitted, LineAmended, LineGranted, SubmitBudget
from domain.case.payouts import TrancheReleased, TrancheRequested
from domain.case.receipts import LossDeclared
from domain.case.state import cases
from domain.flags import NO_CASE
from domain.fund import funds
from domain.money import ZERO, Money, kr, total
from domain.programme import Rules
from domain.words import EVENTS, Command, Draft, Event, News, Recorded, Refused, decide
from projections.balances import Balance, balances
from projections.claims import Claims, claims, instalments_overdue, overpaid
from projections.ledger import postings
from projections.partners import Bearing, partners
from projections.worklists import (
    Waiting,
    due_to_lapse,
    receipts_overdue,
    released_unpaid,
    worklists,
)
from tests import examples as ask
from tests.domain.crowd import BUDGET, CASEWORKERS, ESTABLISH, LATE, WISHES, Choose, Crowd
from tests.domain.crowd_claims import CLAIM_WISHES, ESTABLISH_HEARING
from tests.domain.crowd_expenses import EXPENSE_WISHES
from tests.domain.crowd_flags import FLAG_WISHES
from tests.domain.crowd_funding import FUNDING_WISHES
from tests.domain.crowd_intake import INTAKE_WISHES
from tests.domain.crowd_plan import ESTABLISH_STRICT, PLAN_WISHES, planned
from tests.domain.crowd_sampling import SAMPLE_WISHES
from tests.domain.crowd_sources import SEVERAL
from tests.domain.reckoning import Reckoning
from tests.scenario import DAY, NOON, fold, given, noon, recorded

REFUSALS = {
    *("cap_exceeded", "no_declaration", "not_assessed", "assessed_red", "own_assessment"),
    *("funding_exhausted", "above_grant", "tranche_too_large", "after_end_date", "same_person"),
    *(
        "undocumented_limit",
        "receipts_overdue",
        "tranche_held",
        "duplicate_receipt",
        "above_advance",
    ),
    *("above_receipt", "above_claim", "declaration_too_large", "case_closed", "wrong_state"),
    *("forbidden", "not_found", "duplicate_invoice", "unknown_order", "wrong_gln"),
    *("invalid_document", "above_invoice", "backdated", "month_closed", "frozen", "not_yet"),
    *("not_heard", "no_evidence", "hearing_too_short", "appealed", "instalments_differ"),
    *("expected_too_large", "no_checkpoint", "population_differs", "not_in_sample"),
    *("declarations_exhausted", "before_purchase", "above_accepted"),
    *("incompatible_roles", "above_flag"),
    *("not_lowered", "not_screened", "too_few_colleagues", "outside_phase", "phase_ended"),
}
T = TypeVar("T")
GRANTED = 8  # Steps until all lines are.
CARD = 2  # The second line is paid by card.
NAMES = (
    "case_no",
    "fund",
    "programme",
    "reference",
    "statement",
    "key",
    "group",
    "sample",
    "ref",
)  # What streams are named by.
PROGRAMMES = {
    "usual": ESTABLISH,
    "strict": ESTABLISH_STRICT,
    "hearing": ESTABLISH_HEARING,
    "shared": ESTABLISH,
}
REACHED: Counter[str] = Counter()

how_far = st.sampled_from([8, 8, 8, 7, 6, 5, 5, 4, 3, 2, 1, 0])


class AnyOrder(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.past = Draft(given())
        self.wishes = WISHES
        self.latest: list[Recorded[Event]] = []  # What the latest command led to.
        self.today = DAY
        self.asked: list[Command] = []
        self.reckoned = Reckoning()
        self.rows: dict[str, Balance] = {}
        self.waiting: dict[str, Waiting] = {}
        self.owed: dict[str, Claims] = {}
        self.bearing: dict[str, Bearing] = {}

    @initialize(far=st.tuples(how_far, how_far), kind=st.sampled_from(list(PROGRAMMES)))
    def some_steps_are_taken(self, far: tuple[int, int], kind: str) -> None:
        strict = kind == "strict"
        self.asks(PROGRAMMES[kind])
        claims = CLAIM_WISHES * (4 if kind == "hearing" else 1)
        self.wishes = [*WISHES, *EXPENSE_WISHES, *PLAN_WISHES, *FUNDING_WISHES, *claims]
        self.wishes += [*SAMPLE_WISHES, *FLAG_WISHES, *INTAKE_WISHES]
        for (case_no, caseworker), steps in zip(CASEWORKERS.items(), far, strict=True):
            where: dict[str, Any] = {"case_no": case_no}
            for command in (
                ask.register(**where, caseworker=caseworker),
                ask.offer(**where),
                ask.accept_offer(**where),
                ask.submit(**where, lines=SEVERAL if kind == "shared" else BUDGET),
                ask.assess(**where, by="both-1"),
                *(ask.approve_line(**where, line_no=line_no) for line_no in (1, 2, 3)),
                # Money is out in a programme that hears its claims, so that there is something to claim.
                *ask.payment(f"T-{case_no}", kr(3), booked_on=self.today, **where),
                *ask.payment(f"T-{case_no}-2", kr(3), 2, booked_on=self.today, **where),
            )[: 16 if kind == "hearing" and steps == GRANTED else steps]:
                self.asks(command)
                if strict and isinstance(command, SubmitBudget):
                    for step in planned(case_no):
                        self.asks(step)

    @rule(data=st.data())
    def somebody_asks_for_something(self, data: st.DataObject) -> None:
        def choose(of: Sequence[T]) -> T:
            return data.draw(st.sampled_from(of))

        self.crowd_asks(choose)

    @rule(dice=st.integers(0, 2**32), times=st.sampled_from([30, 30, 30, 10, 3, 1]))
    def a_busy_time(self, dice: int, times: int) -> None:
        chance = Random(f"{dice}/{len(self.asked)}")
        for _ in range(times):
            self.crowd_asks(chance.choice)
            self.today += timedelta(days=chance.choice([0] * 8 + [1, 31]))

    @rule(days=st.sampled_from([1, 7, 31]))
    def days_pass(self, days: int) -> None:
        self.today += timedelta(days=days)

    @rule(data=st.data())
    @precondition(lambda self: self.asked)
    def the_same_is_asked_again(self, data: st.DataObject) -> None:
        self.decided(data.draw(st.sampled_from(self.asked)))

    def crowd_asks(self, choose: Choose) -> None:
        for command in Crowd(self.reckoned, self.today, choose, self.wishes).asks():
            self.asks(command)

    def asks(self, command: Command) -> None:
        late = timedelta(days=31 if command.cause == LATE else 0)
        day = self.today - late
        now: dict[str, Any] = {"effective_on": day}
        if command.at == NOON:  # Unless it says when it is asked.
            now["at"] = noon(day)
        if "statement" in type(command).model_fields:
            now["statement"] = f"S-{len(self.asked)}"
        self.asked.append(command.model_copy(update=now))
        self.decided(self.asked[-1])

    def decided(self, command: Command) -> None:
        """Refused, or done: nothing else can come of it."""
        try:
            news = decide(command, self.past)
        except Refused as no:
            REACHED[no.code] += 1
            return
        assert news
        self.latest = [self.told(new, command) for new in news]
        self.rows = fold(balances, self.latest, self.rows)
        self.waiting = fold(worklists, self.latest, self.waiting)
        self.owed = fold(claims, self.latest, self.owed)
        self.bearing = fold(partners, self.latest, self.bearing)
        self.promises_hold()

    def told(self, new: News, command: Command) -> Recorded[Event]:
        assert new.key[-1] in {getattr(new.event, name, "") or NO_CASE for name in NAMES}
        assert total(posting.amount for posting in postings(new.event)) == ZERO
        REACHED[type(new.event).__name__] += 1
        entry = recorded(
            new.event,
            stream=new.stream,
            actor=command.by,
            at=command.at,
            effective_on=command.effective_on,
        )
        self.past.add(new)
        self.reckoned.add(entry)
        return entry

    # What always holds ---------------------------------------------------------------------------

    def promises_hold(self) -> None:
        """For what has just moved, after each command."""
        for case_no in {getattr(entry.event, "case_no", "") for entry in self.latest}:
            mine = [line for line in self.reckoned.lines() if line[0] == case_no]
            for line in mine:
                self.covered_is_paid_is_granted(line)
                self.state_and_rows_agree_with_the_events(line)
                self.each_source_bears_its_own(line)
                self.claims_are_heard_and_add_up(line)

        for entry in self.latest:
            self.the_limits_of_its_day_hold(entry.event, entry.effective_on)
        if any(partners.keys(entry) for entry in self.latest):
            self.what_partners_bear_adds_up_to_what_the_fund_has_committed_and_paid()

    def the_limits_of_its_day_hold(self, event: Event, on: date) -> None:
        told, rules = self.reckoned, self.reckoned.rules_on(on)
        match event:
            case LineGranted(case_no=case_no):
                mine = [line for line in told.lines() if line[0] == case_no]
                assert sum(told.granted(line) for line in mine) <= rules.cap.ore
            case BudgetSubmitted(case_no=case_no) | LineAmended(case_no=case_no):
                asked = [ore for line, ore in told.asked.items() if line[0] == case_no]
                assert sum(asked) <= rules.cap.ore
            case TrancheRequested(line_no=line_no) if rules.tranche_max and line_no != CARD:
                assert event.amount <= rules.tranche_max
            case LossDeclared():
                assert event.amount <= rules.declaration_max
            case TrancheReleased(line_no=line_no) if line_no != CARD:
                self.not_too_much_is_out(event.case_no, on, rules)

    def not_too_much_is_out(self, case_no: str, on: date, rules: Rules) -> None:
        limit = rules.undocumented_limit
        assert limit is None or self.reckoned.exposure(case_no) <= limit.ore
        waiting = self.waiting[f"case-{case_no}"]
        assert not list(receipts_overdue(waiting, date.max, on, rules.receipt_deadline_days))

    def covered_is_paid_is_granted(self, line: tuple[str, int]) -> None:
        told = self.reckoned
        paid, granted = told.paid(line), told.granted(line)
        assert 0 <= told.accounted(line) <= told.advance(line) + told.returned(line)
        # What a supplier owes us back may be granted, and paid, once more before it comes in.
        assert 0 <= paid <= paid + told.ordered(line) <= granted + told.refunds_due(line)
        if line[0] in told.closed:
            assert granted <= paid + told.ordered(line)
        else:
            assert told.latest_grant[line] == granted >= told.live(line)

    def state_and_rows_agree_with_the_events(self, at: tuple[str, int]) -> None:
        told, (case_no, line_no) = self.reckoned, at
        line = self.past(cases, case_no).lines[line_no]
        figures = self.rows[f"line/NP/{case_no}/{line_no}"].figures(self.today)
        assert line.granted == figures.granted == Money(told.granted(at))
        assert line.paid == figures.paid == Money(told.paid(at))
        assert line.advance == figures.advance_paid == Money(told.advance(at))
        assert line.claim == figures.claim == Money(told.claim(at))
        undocumented = Money(told.advance(at) - told.accounted(at))
        assert line.undocumented == figures.undocumented == undocumented
        assert line.exposure == undocumented + Money(told.released(at))
        assert figures.committed == Money(told.granted(at) - told.paid(at))
        assert (line.ordered.ore, line.used.ore) == (told.ordered(at), told.live(at))

    def each_source_bears_its_own(self, at: tuple[str, int]) -> None:
        """Also where a line has several: no krone is paid by a source that didn't grant it."""
        told, (case_no, line_no) = self.reckoned, at
        line = self.past(cases, case_no).lines[line_no]
        slack = 0 if line.sources else told.refunds_due(at)
        for codes in line.account_strings:
            fund = codes.funding
            granted, moved = told.granted_by(at, fund), told.moved_by(at, fund)
            assert 0 <= moved <= granted + slack
            covered, advance = told.accounted_by(at, fund), told.advance_by(at, fund)
            assert 0 <= covered <= advance + told.of_fund(at, fund, "TrancheReturned")
            if line.sources:
                pots = {name: pot.get(codes, ZERO).ore for name, pot in line.pots.items()}
                assert pots.get("committed", 0) == granted - moved
                assert pots.get("advance", 0) == advance - covered
        assert {codes.funding for codes in line.account_strings} >= set(told.funds_of(at))

    def claims_are_heard_and_add_up(self, at: tuple[str, int]) -> None:
        told, (case_no, line_no) = self.reckoned.claims, at
        told.holds(at)
        line = self.past(cases, case_no).lines[line_no]
        hearing = self.reckoned.rules[0][1].hearing_days is not None
        assert not (told.unheard[at] if hearing else told.on(at))
        assert line.claim == line.unheard + total(claim.left for claim in line.claims.values())
        assert line.unheard == Money(told.unheard[at])
        assert {ref: claim.left.ore for ref, claim in line.claims.items()} == {
            ref: told.left[ref] for ref in told.on(at)
        }
        waiting = [told.raised[ref] for ref in told.undecided() if told.line_of[ref] == at]
        assert line.reserved == Money(sum(waiting))
        row = self.owed[f"case-{case_no}"]
        for ref, claim in row.claims.items():
            assert claim.left(self.today).ore == told.left[ref]
        for ref in told.on(at):
            lacking = [e.lacking for e in instalments_overdue(row, date.max) if e.claim == ref]
            assert total(lacking).ore <= max(0, told.left[ref])
        owed = [each for each in overpaid(row, self.today) if each.line == str(line_no)]
        assert {each.claim: -each.owed.ore for each in owed} == {
            ref: told.left[ref] for ref in told.on(at) if told.left[ref] < 0
        }

    @invariant()
    def a_fund_is_committed_to_the_lines_it_pays_for_and_never_past_its_amount(self) -> None:
        told = self.reckoned
        for fund, agreed in told.agreed.items():
            assert 0 <= told.committed[fund] <= agreed
            given = [told.granted_by(line, fund) for line in told.lines()]
            assert told.committed[fund] == sum(given)
            state = self.past(funds, "NP", fund)
            assert (state.agreed.ore, state.committed.ore) == (agreed, told.committed[fund])
            row = self.rows[f"funding/NP/{fund}"]
            assert row.available(self.today) == state.available

    @invariant()
    def what_partners_bear_adds_up_to_what_the_fund_has_committed_and_paid(self) -> None:
        for fund in self.reckoned.agreed:
            balance = self.rows[f"funding/NP/{fund}"]
            for as_of in (self.today, self.today - timedelta(days=31)):
                self.reckoned.funding.agrees(fund, balance, self.bearing, as_of)

    @invariant()
    def the_worklist_and_the_decisions_agree_on_what_is_overdue(self) -> None:
        days = self.reckoned.rules_on(self.today).receipt_deadline_days
        for row in self.waiting.values():
            case = self.past(cases, row.case_no)
            listed = receipts_overdue(row, self.today, self.today, days)
            assert {(each.tranche, each.undocumented) for each in listed} == {
                (tranche.ref, lacking) for _, tranche, lacking in case.overdue(self.today, days)
            }

    @invariant()
    def the_worklist_lists_what_is_ordered_and_neither_paid_nor_lapsed(self) -> None:
        told, days = self.reckoned, self.reckoned.rules_on(self.today).lapse_days
        ordered = set(told.refs("TrancheReleased"))
        rows = self.waiting.values()
        listed = {each.end_to_end_id for row in rows for each in released_unpaid(row, self.today)}
        vouchers = [each for of_line in told.vouchers.values() for each in of_line.items()]
        approved = {ref for ref, each in vouchers if each.step == "ExpenseApproved"}
        assert listed == ordered | approved
        late = {ref for ref in ordered if told.due_to_lapse(ref, self.today)}
        if days is not None:
            due = {e.end_to_end_id for row in rows for e in due_to_lapse(row, self.today, days)}
            assert due == late


TestAnyOrder = AnyOrder.TestCase
TestAnyOrder.settings = settings(max_examples=100, stateful_step_count=20, deadline=None)


def test_a_crowd_comes_to_everything_that_can_happen_and_to_every_refusal() -> None:
    """With dice that fall the same way each time: so that the promises are known to be put to the test."""
    REACHED.clear()
    for dice in range(240):
        machine = AnyOrder()
        kind = list(PROGRAMMES)[dice % 4]
        machine.some_steps_are_taken((dice % 9, 8), kind)
        for _ in range(5):
            machine.a_busy_time(dice, 30)
    years_later = {"CitizenForgotten"}  # Its own tests wait as long as it takes.
    assert set(REACHED) == REFUSALS | set(EVENTS) - years_later
