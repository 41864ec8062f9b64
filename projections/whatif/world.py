"""How things would stand under the other rules: the domain's own states, moved by its own decisions."""

from dataclasses import replace
from datetime import UTC, date, datetime, time
from typing import Any

from domain.case import cases
from domain.case.appeals import MisuseReversed
from domain.case.merchant_refunds import ReceiptRefunded
from domain.case.payouts import (
    ApproveTranche,
    ReleaseTranche,
    RequestTranche,
    TrancheReturned,
    TrancheSettled,
)
from domain.case.state import Case
from domain.fund import Fund, funds
from domain.money import ZERO, Money, total
from domain.programme import Programme, Role, Rules, programmes
from domain.words import DECISIONS, Decider, Draft, Event
from projections.whatif.payments import COVERS, Payment
from projections.whatif.rules import OtherRules

# Whoever they were then: that one asks and another releases is the domain's own rule, and kept.
FIRST, SECOND = "first", "second"
ROLES: dict[str, tuple[Role, ...]] = {FIRST: (Role.CASEWORKER,), SECOND: (Role.CONTROLLER,)}
# What moves the kroner that nobody has accounted for.
MOVES = (*COVERS, MisuseReversed, ReceiptRefunded, TrancheSettled, TrancheReturned)


class World:
    """A `Past` for decisions, and what they lead to."""

    def __init__(self, programme: str, rules: OtherRules) -> None:
        self._name, self._rules = programme, rules
        self._programme, self._judging = Programme(), Programme()
        self._funds: dict[str, Fund] = {}
        self.cases: dict[str, Case] = {}
        self.undocumented: dict[date, Money] = {}  # What each day adds to it.

    def __call__(self, decider: Decider[Any], *key: str) -> Any:
        if decider is programmes:
            return self._judging
        if decider is cases:
            return self.cases.get(key[-1], decider.initial)
        if decider is funds:
            return self._funds.get(key[-1], decider.initial)
        return decider.initial  # Numbers that were taken once: a replay takes them again.

    def rules_on(self, day: date) -> Rules:
        return self._judging.rules_on(day)

    # Evolve --------------------------------------------------------------------------------------

    def of_programme(self, event: Event) -> None:
        """Only the rules are others. A month that was closed since doesn't keep the replay out of it."""
        self._programme = known = programmes.evolve(self._programme, event)
        versions = tuple((since, self._rules.changed(rules)) for since, rules in known.versions)
        self._judging = replace(known, versions=versions, roles=ROLES, closed_through=None)

    def of_fund(self, fund: str, event: Event) -> None:
        self._funds[fund] = funds.evolve(self._funds.get(fund, funds.initial), event)

    def of_case(self, case_no: str, event: Event, day: date) -> None:
        before = self.cases.get(case_no, cases.initial)
        self.cases[case_no] = after = cases.evolve(before, event)
        if isinstance(event, MOVES):
            added = undocumented(after) - undocumented(before)
            self.undocumented[day] = self.undocumented.get(day, ZERO) + added

    def happens(self, event: Any, day: date, **otherwise: Any) -> None:
        """An event of history, of another amount or number, or one that history never had."""
        draft = Draft(self)
        changed = event.model_copy(update={**otherwise, "parts": ()})
        draft.add(cases.news(changed, event.case_no))
        for new in draft.news:
            self.of_case(event.case_no, new.event, day)

    # Decide --------------------------------------------------------------------------------------

    def pay(
        self, payment: Payment, ref: str, amount: Money, requested_on: date, today: date
    ) -> None:
        """A tranche requested, approved and released, by the decisions that the service itself makes.
        Refused: nothing is changed."""
        of_tranche = {
            "id": ref,
            "programme": self._name,
            "case_no": payment.case_no,
            "line_no": payment.line_no,
            "ref": ref,
        }
        then = {"effective_on": requested_on, "at": _noon(requested_on)}
        now = {"effective_on": today, "at": _noon(today)}
        draft = Draft(self)
        for command in (
            RequestTranche(**of_tranche, **then, by=FIRST, amount=amount),
            ApproveTranche(**of_tranche, **now, by=FIRST),
            ReleaseTranche(**of_tranche, **now, by=SECOND),
        ):
            draft.add(*DECISIONS[type(command)](command, draft))
        for new in draft.news:
            if new.decider is cases:
                self.of_case(payment.case_no, new.event, today)


def undocumented(case: Case) -> Money:
    return total(line.undocumented for line in case.lines.values())


def _noon(day: date) -> datetime:
    return datetime.combine(day, time(12), UTC)
