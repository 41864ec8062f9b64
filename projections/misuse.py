"""The controller's view of misuse: where it was, how sure the figures are, how long it took to be found, and
what came back of it.

Kroner come from the balances of the lines. The rows here hold what those don't: how a citizen was chosen, by
which route a line was paid, and on which payment each finding rests.
"""

from collections.abc import Iterable, Iterator
from datetime import date
from typing import NamedTuple

from pydantic import BaseModel

from domain.case.appeals import MisuseReversed
from domain.case.budget import BudgetSubmitted
from domain.case.enrolment import CaseRegistered, OfferAccepted
from domain.case.payouts import TrancheReturned, TrancheSettled
from domain.case.recovery import MisuseConfirmed
from domain.money import ZERO, Money, total
from domain.words import Event, Recorded
from projections.ledger import Account, postings
from projections.projection import Projection

# What of an advance has been explained, one way or another.
EXPLAINED = (Account.ADVANCE_EXPLAINED, Account.ADVANCE_UNSPENT, Account.ADVANCE_MISUSED)


class Budgeted(BaseModel):
    """What a line is for, and how it is paid."""

    route: str
    category: str


class Advance(BaseModel):
    """A tranche that the bank paid."""

    ref: str
    line_no: int
    amount: Money
    booked_on: date


class Found(BaseModel):
    """A finding of misuse. `paid_on`: the bank's day of the oldest payment that was not explained then."""

    line_no: int
    amount: Money
    kind: str
    claim: str | None
    on: date
    paid_on: date


class Reversal(BaseModel):
    """An appeal was upheld: so much of that finding was none."""

    claim: str
    amount: Money
    on: date


class Watched(BaseModel):
    """One case."""

    programme: str = ""
    case_no: str = ""
    citizen: str = ""  # A pseudonym: the same in all of a citizen's cases.
    phase: str = ""
    selection: str = ""
    accepted: date | None = None
    lines: dict[int, Budgeted] = {}
    advances: list[Advance] = []  # Those that have not come back, in the order of the log.
    explained: dict[int, Money] = {}  # By line.
    found: list[Found] = []
    reversed: list[Reversal] = []

    def left(self, found: Found, as_of: date) -> Money:
        """How much of a finding stands on that day."""
        if found.on > as_of:
            return ZERO
        taken_back = (
            each.amount for each in self.reversed if each.claim == found.claim and each.on <= as_of
        )
        return found.amount - total(taken_back)


class Standing(NamedTuple):
    """A finding that stands on a day, or what stands of it."""

    case_no: str
    line_no: int
    amount: Money
    kind: str
    paid_on: date
    confirmed_on: date


TOLD = (CaseRegistered, OfferAccepted, BudgetSubmitted, TrancheSettled, TrancheReturned)


def keys(news: Recorded[Event]) -> Iterable[str]:
    return [news.stream] if isinstance(news.event, TOLD) or _explained(news.event) else []


def _explained(event: Event) -> Money:
    """By how much more of an advance is explained; negative where an explanation is taken back."""
    return -total(each.amount for each in postings(event) if each.account in EXPLAINED)


def fold(row: Watched, _: str, news: Recorded[Event]) -> Watched:
    match news.event:
        case CaseRegistered() as event:
            return Watched(
                programme=event.programme,
                case_no=event.case_no,
                citizen=event.citizen,
                phase=event.phase,
                selection=event.selection,
            )
        case OfferAccepted():
            return row.model_copy(update={"accepted": news.effective_on})
        case BudgetSubmitted(lines=lines):
            told = {
                line.line_no: Budgeted(
                    route=line.route, category=line.account_string.category or ""
                )
                for line in lines
            }
            return row.model_copy(update={"lines": row.lines | told})
        case TrancheSettled() as event:
            paid = Advance(
                ref=event.ref,
                line_no=event.line_no,
                amount=event.amount,
                booked_on=event.booked_on,
            )
            return row.model_copy(update={"advances": [*row.advances, paid]})
        case TrancheReturned(ref=ref):
            kept = [each for each in row.advances if each.ref != ref]
            return row.model_copy(update={"advances": kept})
    return _accounted(row, news)


def _accounted(row: Watched, news: Recorded[Event]) -> Watched:
    """Something explains part of an advance: a receipt, money handed back, a finding of misuse; or that is
    taken back."""
    event, line_no = news.event, news.event.line_no  # type: ignore[attr-defined]
    if isinstance(event, MisuseConfirmed):
        rests_on = next(_open(row, line_no), None)
        found = Found(
            line_no=line_no,
            amount=event.amount,
            kind=event.kind,
            claim=event.claim,
            on=news.effective_on,
            paid_on=rests_on.booked_on if rests_on else news.effective_on,
        )
        row = row.model_copy(update={"found": [*row.found, found]})
    if isinstance(event, MisuseReversed):
        back = Reversal(claim=event.claim, amount=event.amount, on=news.effective_on)
        row = row.model_copy(update={"reversed": [*row.reversed, back]})
    explained = row.explained.get(line_no, ZERO) + _explained(event)
    return row.model_copy(update={"explained": row.explained | {line_no: explained}})


def _open(row: Watched, line_no: int) -> Iterator[Advance]:
    """The line's tranches that are not explained in full, oldest first. What explains an advance is spent
    on its tranches in order of booking date, then of number."""
    left = row.explained.get(line_no, ZERO)
    of_line = [each for each in row.advances if each.line_no == line_no]
    for each in sorted(of_line, key=lambda each: (each.booked_on, each.ref)):
        if left < each.amount:
            yield each
        left -= min(left, each.amount)


def standing(row: Watched, as_of: date) -> Iterator[Standing]:
    """The findings that stand on that day, in the order in which they were confirmed."""
    for found in row.found:
        if left := row.left(found, as_of):
            yield Standing(
                case_no=row.case_no,
                line_no=found.line_no,
                amount=left,
                kind=found.kind,
                paid_on=found.paid_on,
                confirmed_on=found.on,
            )


misuse = Projection("misuse-2", Watched, keys, fold)
