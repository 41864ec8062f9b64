"""What is left of each line's grant on any day, by the same state that decisions are made on."""

from collections.abc import Iterable
from datetime import date

from domain.case.state import cases
from domain.money import ZERO, Money
from domain.words import Event, Recorded


def left(history: Iterable[Recorded[Event]], as_of: date) -> dict[int, Money]:
    """What a new tranche or expense might still take of each line of a case: nothing once it is closed.

    As with every figure, what an event changed counts from the day from which the event holds.
    """
    case = cases.initial
    found: dict[int, Money] = {}
    closed = False
    for news in history:
        before, case = case, cases.evolve(case, news.event)
        if news.effective_on > as_of:
            continue
        closed |= case.stage.closed and not before.stage.closed
        for line in case.lines.values():
            was = before.lines[line.line_no].left if line.line_no in before.lines else ZERO
            found[line.line_no] = found.get(line.line_no, ZERO) + line.left - was
    return {line_no: ZERO if closed else max(ZERO, amount) for line_no, amount in found.items()}
