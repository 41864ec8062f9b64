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
from tests.examples import (
    CONTROLS_LINE,
    PAID_ON,
    WORDS,
    accept_offer,
    approve_line,
    assess,
    course,
    example,
    offer,
    payment,
    register,
    rules,
    submit,
)
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


def reminded_and_waived() -> list[Command]:
    """The whole ladder, in a programme of its own beside the others."""
    steps: list[Command] = [
        *(register(), offer(), accept_offer(), submit(lines=(course(),)), assess(), approve_line()),
        *payment("T-1"),
        *up_to(propose),
        waive(by="both-1", effective_on=after(61)),
    ]
    there = {"programme": "LP", "case_no": "E-1"}
    return [
        step.model_copy(update={k: v for k, v in there.items() if k in type(step).model_fields})
        for step in steps
    ]
