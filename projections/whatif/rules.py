"""The rules that history is replayed under, and what is assumed of the people."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from domain.case.budget import BudgetLine
from domain.programme import Route, Rules

# Those of a programme's rules that say when an advance may be paid.
CHANGEABLE = ("tranche_max", "undocumented_limit", "receipt_deadline_days", "routes")


@dataclass(frozen=True)
class OtherRules:
    """What is changed, in every version of the programme's rules. What isn't named stays as it was."""

    changes: Mapping[str, Any] = field(default_factory=dict)  # By names of `CHANGEABLE`.
    receipts_first: bool = (
        False  # No tranche while anything of the case's earlier ones is undocumented.
    )
    invoices: bool = False  # A line that names its supplier is paid by the supplier's invoice.

    def changed(self, rules: Rules) -> Rules:
        return rules.model_copy(update=dict(self.changes))

    def route(self, line: BudgetLine) -> Route:
        """How the line's money goes out: what was put on a card goes to the account where none is offered."""
        routes = self.changes.get("routes")
        if self.invoices and line.supplier_cvr:
            return Route.EAN
        if routes and line.route is Route.CARD and Route.CARD not in routes:
            return Route.ACCOUNT
        return line.route


class Placement(StrEnum):
    """Which of a payment's kroner come first, when it comes bit by bit."""

    MISUSED_FIRST = "misused_first"
    IN_PROPORTION = "in_proportion"
    MISUSED_LAST = "misused_last"


class Habit(StrEnum):
    """What becomes of kroner that nobody ever accounted for."""

    AS_THEN = "as_then"  # Nobody does, though the next tranche waits for it.
    WHEN_ASKED = "when_asked"  # A tranche that is held brings their receipts within the deadline.


@dataclass(frozen=True)
class Assumptions:
    placement: Placement
    habit: Habit


EVERY_ASSUMPTION = tuple(Assumptions(each, habit) for each in Placement for habit in Habit)
CENTRAL = Assumptions(Placement.IN_PROPORTION, Habit.WHEN_ASKED)
