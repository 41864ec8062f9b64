"""Other rules, on histories that nobody thought of: a crowd asks for anything, in any order."""

from collections.abc import Sequence
from datetime import timedelta
from random import Random
from typing import Any

from hypothesis import given as supposing
from hypothesis import settings
from hypothesis import strategies as st

from domain.money import ZERO, Money, kr, total
from domain.programme import Route
from domain.words import Command, Draft, Event, Recorded, Refused, decide
from projections.whatif import figures
from projections.whatif.answer import answer
from projections.whatif.payments import History, history
from projections.whatif.replay import Replay
from projections.whatif.rules import EVERY_ASSUMPTION, OtherRules
from tests import examples as ask
from tests.domain.crowd import BUDGET, CASEWORKERS, ESTABLISH, LATE, WISHES, Crowd
from tests.domain.crowd_claims import CLAIM_WISHES
from tests.domain.crowd_expenses import EXPENSE_WISHES
from tests.domain.crowd_sources import SEVERAL
from tests.domain.reckoning import Reckoning
from tests.scenario import DAY, NOON, given, noon, recorded


class Town:
    """Everything that a crowd was granted, as the log tells it."""

    def __init__(self, dice: int) -> None:
        self.log: list[Recorded[Event]] = []
        self._past, self._reckoned = Draft(given()), Reckoning()
        self._today, self._asked = DAY, 0
        chance = Random(dice)
        for command in _begun(chance.choice([BUDGET, SEVERAL])):
            self._asks(command)
        wishes = [*WISHES, *EXPENSE_WISHES, *CLAIM_WISHES]
        for _ in range(chance.choice([20, 80, 160])):
            for command in Crowd(self._reckoned, self._today, chance.choice, wishes).asks():
                self._asks(command)
            self._today += timedelta(days=chance.choice([0] * 8 + [1, 31]))

    def _asks(self, command: Command) -> None:
        day = self._today - timedelta(days=31 if command.cause == LATE else 0)
        now: dict[str, Any] = {"effective_on": day}
        if command.at == NOON:
            now["at"] = noon(day)
        if "statement" in type(command).model_fields:
            now["statement"] = f"S-{self._asked}"
        self._asked += 1
        command = command.model_copy(update=now)
        try:
            news = decide(command, self._past)
        except Refused:
            return
        for new in news:
            position = len(self.log) + 1
            entry = recorded(
                new.event,
                stream=new.stream,
                position=position,
                actor=command.by,
                at=command.at,
                effective_on=command.effective_on,
            )
            self._past.add(new)
            self._reckoned.add(entry)
            self.log.append(entry)


def _begun(budget: Sequence[Any]) -> list[Command]:
    commands: list[Command] = [ESTABLISH]
    for case_no, caseworker in CASEWORKERS.items():
        where: dict[str, Any] = {"case_no": case_no}
        commands += [
            ask.register(**where, caseworker=caseworker),
            ask.offer(**where),
            ask.accept_offer(**where),
            ask.submit(**where, lines=budget),
            ask.assess(**where, by="both-1"),
            *(ask.approve_line(**where, line_no=line_no) for line_no in (1, 2, 3)),
            *ask.payment(f"T-{case_no}", kr(3), booked_on=DAY, **where),
            *ask.payment(f"T-{case_no}-2", kr(3), 2, booked_on=DAY, **where),
        ]
    return commands


histories = st.integers(0, 2**32).map(lambda dice: history(Town(dice).log, "NP"))
amounts = st.sampled_from([None, kr(0, 50), kr(1), kr(2), kr(3), kr(5)])
other_rules = st.builds(
    lambda most, limit, days, first: OtherRules(
        {
            "tranche_max": most,
            "undocumented_limit": limit,
            "receipt_deadline_days": days,
            "routes": (Route.ACCOUNT, Route.EAN),
        },
        receipts_first=first,
    ),
    amounts,
    amounts,
    st.sampled_from([0, 10, 30, 90]),
    st.booleans(),
)


@settings(max_examples=15)
@supposing(histories, st.sampled_from(EVERY_ASSUMPTION))
def test_under_its_own_rules_any_history_comes_out_as_it_was(told: History, assumed: Any) -> None:
    was = Replay(told, OtherRules(), assumed).run()
    for wish in was.wishes:
        of = wish.payment
        assert [(t.ref, t.amount, t.on) for t in wish.tranches] == [(of.ref, of.amount, of.on)]
    assert {
        day: amount for day, amount in was.undocumented.items() if amount
    } == told.undocumented()
    assert total(figures.misuse_by_case(was.cases).values()) == told.misuse()


@settings(max_examples=20)
@supposing(histories, other_rules, st.sampled_from(EVERY_ASSUMPTION))
def test_whatever_the_rules_no_more_is_paid_or_misused_or_undocumented_than_they_allow(
    told: History, rules: OtherRules, assumed: Any
) -> None:
    replayed = Replay(told, rules, assumed).run()
    limit = rules.changes["undocumented_limit"]
    for wish in replayed.wishes:
        assert ZERO <= wish.paid <= wish.payment.amount
        assert total(spent.amount for spent in wish.spent) <= wish.paid
        assert [each.on for each in wish.tranches] == sorted(each.on for each in wish.tranches)
    assert figures.paid(replayed) == total(each.paid for each in figures.fates(replayed, ()))
    left = total(
        line.undocumented for case in replayed.cases.values() for line in case.lines.values()
    )
    assert left == total(replayed.undocumented.values())
    series = figures.by_day(replayed, *told.period)
    assert series[-1][1] == left
    if limit is not None:
        assert max(amount for _, amount in series) <= Money(limit.ore * len(replayed.cases))


@settings(max_examples=8)
@supposing(histories, other_rules)
def test_what_is_certain_is_no_more_than_the_least_and_that_no_more_than_the_most(
    told: History, rules: OtherRules
) -> None:
    found = answer(told, rules)
    for each in found.scenarios:
        saved = each.saved
        assert ZERO <= saved.certain <= saved.low <= saved.central <= saved.high
        assert saved.high <= found.confirmed_misuse
    assert found.self_check.model_dump(mode="json") == {
        "payments_that_differ": 0,
        "days_that_differ": 0,
        "misuse_differs_by": "0.00",
    }
