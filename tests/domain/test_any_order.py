"""Whatever is asked, in whatever order, however often: the promises hold, and the rows agree."""

from collections import Counter
from datetime import timedelta
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from domain.case.state import cases
from domain.fund import funds
from domain.money import ZERO, Money, kr, total
from domain.programme import FundingAgreement
from domain.words import DECISIONS, EVENTS, Command, Refused, decide
from projections.balances import Balance, balances
from projections.ledger import postings
from projections.worklists import Waiting, receipts_overdue, worklists
from tests import examples as ask
from tests.domain.reckoning import Reckoning
from tests.scenario import DAY, Story, fold, given

CAP, LIMIT, DEADLINE = kr(10), kr(6), 30
TERMS = ask.terms(
    cap=CAP, tranche_max=kr(4), undocumented_limit=LIMIT, declaration_max=kr(2), months=6
)
FUNDING = (  # Neither is enough for both cases.
    FundingAgreement(id="AARHUS", name="Aarhus Kommune", amount=kr(7)),
    FundingAgreement(id="VELUX", name="VELUX FONDEN", amount=kr(8)),
)
CASEWORKERS = {"A-1": "kons-1", "B-1": "kons-2"}
REFUSALS = set(
    "cap_exceeded no_declaration not_assessed assessed_red own_assessment funding_exhausted"
    " above_grant tranche_too_large after_end_date same_person undocumented_limit receipts_overdue"
    " duplicate_receipt above_advance above_receipt above_claim declaration_too_large case_closed"
    " wrong_state forbidden not_found".split()
)

few = st.integers(min_value=1, max_value=5).map(kr)  # Few kroner, so every boundary is soon met.
case_nos = st.sampled_from(["A-1"] * 4 + ["B-1"] * 4 + ["X-9"])
line_nos = st.sampled_from([1, 1, 1, 2, 2, 3, 4])
tranche_refs = st.sampled_from([f"T-{number}" for number in range(1, 7)])
receipt_refs = st.sampled_from([f"K-{number}" for number in range(1, 6)])
files = st.sampled_from([f"{number}" * 64 for number in range(1, 6)])
people = st.sampled_from(["kons-1", "kons-2", "both-1", "fin-1", "rev-1", "system", "nobody"])
caseworkers = st.sampled_from(["kons-1", "kons-2", "both-1"])
controllers = st.sampled_from(["fin-1", "both-1"])
colours = st.sampled_from(["green", "green", "yellow", "red"])
budgets = st.tuples(few, few, few).map(
    lambda amounts: (
        ask.course(amount=amounts[0]),
        ask.licence(amount=amounts[1]),
        ask.computer(amount=amounts[2]),
    )
)
handed_back = st.builds(
    lambda what, case_no, line_no: f"{what} {case_no}/{line_no}",
    st.sampled_from(["UNSPENT", "REPAY"]),
    case_nos,
    line_nos,
)
entries = st.one_of(
    st.builds(ask.debit, end_to_end_id=tranche_refs, amount=few),
    st.builds(ask.returned_payment, end_to_end_id=tranche_refs, amount=few),
    st.builds(ask.handed_back, hands_back=handed_back, amount=few),
    st.builds(ask.debit, end_to_end_id=st.none(), amount=few),
)

by_case: dict[str, Any] = {"case_no": case_nos, "by": caseworkers}
by_line = by_case | {"line_no": line_nos}
controlled = by_line | {"by": controllers}
commands = st.one_of(
    st.builds(ask.register, case_no=case_nos),
    st.builds(ask.offer, **by_case),
    st.builds(ask.accept_offer, **by_case),
    st.builds(ask.decline_offer, **by_case),
    st.builds(ask.stop, **by_case),
    st.builds(ask.complete, **by_case),
    st.builds(ask.record_outcome, **by_case),
    st.builds(ask.submit, **by_case, lines=budgets),
    st.builds(ask.assess, **by_case, colour=colours),
    st.builds(ask.request_changes, **by_case),
    st.builds(ask.approve_line, **by_line),
    st.builds(ask.reject_line, **by_line),
    st.builds(ask.amend_line, **by_line, amount=few),
    st.builds(ask.extend, **by_case, end_date=st.dates(DAY, DAY + timedelta(days=500))),
    st.builds(ask.request_tranche, **by_line, ref=tranche_refs, amount=few),
    st.builds(ask.approve_tranche, **by_line, ref=tranche_refs),
    st.builds(ask.release_tranche, **controlled, ref=tranche_refs),
    st.builds(ask.cancel_tranche, **by_line, ref=tranche_refs),
    st.builds(ask.use_card, case_no=case_nos),
    st.builds(ask.hand_in, **by_line, ref=receipt_refs, sha256=files, amount=few),
    st.builds(ask.accept_receipt, **by_line, ref=receipt_refs, amount=few),
    st.builds(ask.reject_receipt, **by_line, ref=receipt_refs),
    st.builds(ask.declare_loss, **controlled, amount=few),
    st.builds(ask.confirm_misuse, **controlled, amount=few),
    st.builds(ask.write_off, **controlled, amount=few),
    st.lists(entries, max_size=3).map(lambda booked: ask.receive(*booked)),
    st.just(ask.establish(terms=TERMS, funding=FUNDING)),
)
REACHED: Counter[str] = Counter()


class AnyOrder(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.story = given()
        self.today = DAY
        self.asked: list[Command] = []
        self.reckoned = Reckoning()
        self.rows: dict[str, Balance] = {}
        self.waiting: dict[str, Waiting] = {}

    @initialize(steps=st.tuples(st.integers(0, 8), st.integers(0, 8)))
    def some_steps_are_taken(self, steps: tuple[int, int]) -> None:
        self.asks(ask.establish(terms=TERMS, funding=FUNDING))
        lines = (ask.course(amount=kr(4)), ask.licence(amount=kr(4)), ask.computer(amount=kr(2)))
        for case_no, taken in zip(CASEWORKERS, steps, strict=True):
            for step in [*ask.assessing(case_no), *ask.APPROVE_ALL][:taken]:
                changed: dict[str, Any] = {"case_no": case_no}
                if "lines" in type(step).model_fields:
                    changed["lines"] = lines
                if "caseworker" in type(step).model_fields:
                    changed["caseworker"] = CASEWORKERS[case_no]
                if "colour" in type(step).model_fields:
                    changed["by"] = "both-1"
                self.asks(step.model_copy(update=changed))

    # What people do ------------------------------------------------------------------------------

    @rule(command=commands)
    def anything_is_asked(self, command: Command) -> None:
        self.asks(command)

    @rule(command=commands, by=people)
    def anybody_asks_for_anything(self, command: Command, by: str) -> None:
        self.asks(command.model_copy(update={"by": by}))

    @rule(case_no=case_nos, line_no=line_nos, ref=tranche_refs, amount=few)
    def a_tranche_goes_all_the_way(
        self, case_no: str, line_no: int, ref: str, amount: Money
    ) -> None:
        for command in ask.payment(ref, amount, line_no, self.today, case_no)[:-1]:
            self.asks(command)
        self.the_bank_pays_what_is_ordered()

    @rule()
    def the_bank_pays_what_is_ordered(self) -> None:
        self.asks(ask.receive(*(self.entry(ref) for ref in self.refs("TrancheReleased"))))

    @rule(data=st.data())
    @precondition(lambda self: self.refs("TrancheSettled"))
    def a_payment_comes_back(self, data: st.DataObject) -> None:
        entry = self.entry(data.draw(st.sampled_from(self.refs("TrancheSettled"))))
        self.asks(
            ask.receive(entry.model_copy(update={"indicator": "CRDT", "return_reason": "AC04"}))
        )

    @rule(
        case_no=case_nos, line_no=line_nos, ref=receipt_refs, file=files, amount=few, accepted=few
    )
    def a_receipt_is_judged_at_once(
        self, case_no: str, line_no: int, ref: str, file: str, amount: Money, accepted: Money
    ) -> None:
        where = {"case_no": case_no, "line_no": line_no, "ref": ref}
        self.asks(ask.hand_in(**where, sha256=file, amount=amount))
        self.asks(ask.accept_receipt(**where, amount=accepted))

    @rule(days=st.sampled_from([1, 7, 31, 200]))
    def days_pass(self, days: int) -> None:
        self.today += timedelta(days=days)

    @rule(data=st.data())
    @precondition(lambda self: self.asked)
    def the_same_is_asked_again(self, data: st.DataObject) -> None:
        self.decided(data.draw(st.sampled_from(self.asked)))

    def asks(self, command: Command) -> None:
        today: dict[str, Any] = {"effective_on": self.today}
        if "statement" in type(command).model_fields:
            today["statement"] = f"S-{len(self.asked)}"
        command = command.model_copy(update=today)
        self.asked.append(command)
        self.decided(command)

    def decided(self, command: Command) -> None:
        """Refused, or done: nothing else can come of it."""
        try:
            news = decide(command, self.story)
        except Refused as no:
            REACHED[no.code] += 1
            return
        assert news
        before = len(self.story.log)
        self.story = self.story.does(command)
        fresh = self.story.log[before:]
        assert [entry.event for entry in fresh] == [new.event for new in news]
        for entry in fresh:
            REACHED[type(entry.event).__name__] += 1
            assert entry.stream.endswith(f"{getattr(entry.event, 'case_no', '')}") or (
                "/" in entry.stream
            )
            self.reckoned.add(entry)
        self.rows = fold(balances, fresh, self.rows)
        self.waiting = fold(worklists, fresh, self.waiting)

    def refs(self, latest: str) -> list[str]:
        return [ref for ref, steps in self.reckoned.tranches.items() if steps[-1:] == [latest]]

    def entry(self, ref: str) -> Any:
        amount = Money(self.reckoned.sums[ref, 0, "amount"])
        return ask.debit(entry=f"E-{ref}", end_to_end_id=ref, amount=amount, booked_on=self.today)

    # What always holds ---------------------------------------------------------------------------

    @invariant()
    def what_is_accounted_for_is_paid_what_is_paid_is_granted(self) -> None:
        told = self.reckoned
        for line in told.lines():
            paid, granted = told.paid(line), told.granted(line)
            assert 0 <= told.accounted(line) <= paid + told.returned(line)
            assert 0 <= paid <= paid + told.ordered(line) <= granted
            assert told.claim(line) >= 0
            if line[0] not in told.closed:
                assert told.latest_grant[line] == granted >= told.live(line)
            else:
                assert granted == paid + told.ordered(line)

    @invariant()
    def what_a_case_is_granted_keeps_within_the_cap(self) -> None:
        told = self.reckoned
        for case_no in CASEWORKERS:
            mine = [told.granted(line) for line in told.lines() if line[0] == case_no]
            assert sum(mine) <= CAP.ore

    @invariant()
    def a_fund_is_committed_to_the_lines_it_pays_for_and_never_past_its_amount(self) -> None:
        told = self.reckoned
        for fund, agreed in told.agreed.items():
            lines = [line for line, source in told.fund_of.items() if source == fund]
            assert 0 <= told.committed[fund] <= agreed
            assert told.committed[fund] == sum(told.granted(line) for line in lines)
            state = self.story(funds, "NP", fund)
            assert (state.agreed.ore, state.committed.ore) == (agreed, told.committed[fund])

    @invariant()
    def the_books_balance(self) -> None:
        for entry in self.story.log[-8:]:
            assert total(posting.amount for posting in postings(entry.event)) == ZERO

    @invariant()
    def states_and_rows_agree_with_the_events(self) -> None:
        told = self.reckoned
        for case_no, line_no in told.lines():
            line, at = self.story(cases, case_no).lines[line_no], (case_no, line_no)
            figures = self.rows[f"line/NP/{case_no}/{line_no}"].figures(self.today)
            undocumented = told.paid(at) - told.accounted(at)
            assert line.granted == figures.granted == Money(told.granted(at))
            assert line.paid == figures.paid == figures.advance_paid == Money(told.paid(at))
            assert line.undocumented == figures.undocumented == Money(undocumented)
            assert line.claim == figures.claim == Money(told.claim(at))
            assert figures.committed == Money(told.granted(at) - told.paid(at))
            assert (line.ordered.ore, line.used.ore) == (told.ordered(at), told.live(at))
            assert line.exposure == line.ordered + line.undocumented

    @invariant()
    def the_worklist_and_the_decisions_agree_on_what_is_overdue(self) -> None:
        for row in self.waiting.values():
            case = self.story(cases, row.case_no)
            listed = receipts_overdue(row, self.today, self.today, DEADLINE)
            assert {(each.tranche, each.undocumented) for each in listed} == {
                (tranche.ref, lacking) for _, tranche, lacking in case.overdue(self.today, DEADLINE)
            }


TestAnyOrder = AnyOrder.TestCase
TestAnyOrder.settings = settings(max_examples=80, stateful_step_count=40, deadline=None)


def test_any_order_comes_to_everything_that_can_happen_and_to_every_refusal() -> None:
    REACHED.clear()
    slow = [HealthCheck.too_slow, HealthCheck.data_too_large]
    run_state_machine_as_test(
        AnyOrder,
        settings=settings(
            max_examples=120,
            stateful_step_count=40,
            deadline=None,
            derandomize=True,
            database=None,
            suppress_health_check=slow,
        ),
    )
    assert set(REACHED) == REFUSALS | set(EVENTS)


def test_any_order_asks_for_everything_that_can_be_asked_for() -> None:
    story: Story = given()
    assert story.log == ()
    assert len(DECISIONS) == 27
