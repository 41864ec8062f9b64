"""Good examples of what is done when receipts don't come: the ladder, its steps and the waiver."""

from datetime import date, timedelta
from typing import Any

from domain.case.reminders import (
    HoldTranches,
    ProposeClaim,
    RemindOfReceipts,
    TellCaseworker,
    WaiveReceipts,
)
from domain.programme import Ladder
from domain.words import Command
from tests.examples import CONTROLS_LINE, PAID_ON, WORDS, example, rules
from tests.examples_rules import change_rules
from tests.scenario import noon


LADDER = Ladder(remind=(14, 28), hold=35, tell=42, claim=60)


def after(days: int) -> date:
    """So many days after the bank paid."""
    return PAID_ON + timedelta(days=days)


def _step(days: int) -> dict[str, Any]:
    day = {"effective_on": after(days), "at": noon(after(days))}
    return CONTROLS_LINE | {"by": "system", "ref": "T-1"} | day


remind = example(RemindOfReceipts, **_step(14))
hold = example(HoldTranches, **_step(35))
tell = example(TellCaseworker, **_step(42))
propose = example(ProposeClaim, **_step(60))
waive = example(WaiveReceipts, **CONTROLS_LINE, ref="T-1", reason=WORDS)

BY_THE_LADDER = change_rules(rules=rules(ladder=LADDER))


def up_to(step: Any, **where: Any) -> list[Command]:
    """All steps of the ladder, each on its day, as far as that one."""
    told = [(remind, 14), (remind, 28), (hold, 35), (tell, 42), (propose, 60)]
    last = max(n for n, (each, _) in enumerate(told) if each is step)
    return [each(effective_on=after(days), **where) for each, days in told[: last + 1]]
