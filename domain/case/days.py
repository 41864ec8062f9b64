"""What may hold from which day: so that on every day gone by, too, no more is accounted for than was paid."""

from datetime import date
from itertools import accumulate

from domain.case.line import Line, TrancheStage
from domain.money import Money, total
from domain.words import Refused


def not_before(on: date, earlier: date | None) -> None:
    """Guard: what this builds on holds by that day. `None`: an event of a release that didn't tell."""
    if earlier and on < earlier:
        raise Refused("backdated", earliest=str(earlier))


def latest_of(*days: date | None) -> date | None:
    return max((day for day in days if day), default=None)


def may_account_for(line: Line, amount: Money, on: date) -> None:
    """Guard: so much more of the line's advance may be accounted for, from that day on."""
    if amount > line.undocumented:
        raise Refused("above_advance", undocumented=str(line.undocumented))
    not_before(on, open_from(line, amount))


def open_from(line: Line, amount: Money) -> date | None:
    """The first day by which so much was there, beside all that is accounted for on any day. Several
    sources are drawn on by what stands there now: not before all of it did. `None`: from any day."""
    settled = [t for t in line.tranches.values() if t.stage is TrancheStage.SETTLED]
    there = [*((t.paid_from, t.amount) for t in settled), *line.reopened]
    if line.sources:
        return latest_of(*(day for day, _ in there))
    wanted = line.covered + total(again for _, again in line.reopened) + amount
    there.sort(key=lambda one: one[0] or date.min)
    by_then = accumulate(each for _, each in there)
    enough = (day for (day, _), so_far in zip(there, by_then, strict=True) if so_far >= wanted)
    return next(enough, None)
