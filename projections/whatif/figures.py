"""The figures of a replay: what would have been paid, what would have been misused, who would have waited,
and how much more work it would have been."""

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from enum import StrEnum
from fractions import Fraction

from pydantic import BaseModel

from domain.case import Case
from domain.case.receipts import UnspentReturned
from domain.money import ZERO, Money, total
from projections.pilot import half_up
from projections.whatif.payments import Purpose
from projections.whatif.replay import Replayed
from projections.whatif.wishes import Wish


class Outcome(StrEnum):
    SAME_DAY = "same_day"
    WAITED = "waited"
    PARTLY = "partly"  # Some of it was never paid.
    NEVER = "never"
    INVOICED = "invoiced"  # To the supplier, on the same day.


class Held(BaseModel):
    """A rule that held a payment, from which day, and what the rule went by."""

    rule: str
    since: date
    facts: dict[str, str]


class Fate(BaseModel):
    """One payment of history under the other rules."""

    case_no: str
    line_no: int
    ref: str
    asked_on: date
    amount: Money
    paid: Money
    outcome: Outcome
    tranches: int
    last_paid_on: date | None
    days_waited: int | None  # Until the last of it was paid. `None`: some of it never was.
    held_by: list[Held]
    misuse_in_case: bool


class Waits(BaseModel):
    """What it cost the citizens of whose money nothing was misused."""

    payments: int
    waited: int
    never_in_full: int
    never_paid: Money
    average_days: str | None  # Of those that waited and were paid in full.
    longest_days: int
    purchases: int
    purchases_waited: int  # Made later than in history, at least in part: their money came later.
    purchases_average_days: str | None  # Of those that waited.
    purchases_longest_days: int


class Work(BaseModel):
    """What people do by hand."""

    tranches: int
    invoices: int
    first_approvals: int  # Tranches approved, invoices attested.
    second_approvals: int  # Tranches released, invoices approved.
    receipts: int  # Accepted, in whole or in part; and declarations.

    def less(self, other: "Work") -> "Work":
        mine, theirs = self.model_dump(), other.model_dump()
        return Work(**{name: mine[name] - theirs[name] for name in mine})


class Undocumented(BaseModel):
    """The kroner that nobody has accounted for, at the end of each day from the first to the last."""

    peak: Money
    peak_on: date
    average: Money  # By day, over the days of the programme.
    end: Money


def misuse_by_case(cases: Mapping[str, Case]) -> dict[str, Money]:
    found = {
        name: total(line.misuse for line in case.lines.values()) for name, case in cases.items()
    }
    return {name: amount for name, amount in found.items() if amount}


def paid(replayed: Replayed) -> Money:
    return total(wish.paid for wish in replayed.wishes)


def fates(replayed: Replayed, misused: Iterable[str]) -> list[Fate]:
    of_misuse = set(misused)
    return [_fate(wish, wish.payment.case_no in of_misuse) for wish in replayed.wishes]


def _fate(wish: Wish, misuse_in_case: bool) -> Fate:  # noqa: FBT001
    payment = wish.payment
    last = max((each.on for each in wish.tranches), default=None)
    if wish.invoiced:
        outcome, last = Outcome.INVOICED, payment.on
    elif wish.left:
        outcome = Outcome.PARTLY if wish.tranches else Outcome.NEVER
    elif all(tranche.at_once for tranche in wish.tranches):
        outcome = Outcome.SAME_DAY
    else:
        outcome = Outcome.WAITED
    return Fate(
        case_no=payment.case_no,
        line_no=payment.line_no,
        ref=payment.ref,
        asked_on=payment.on,
        amount=payment.amount,
        paid=wish.paid,
        outcome=outcome,
        tranches=len(wish.tranches),
        last_paid_on=last,
        days_waited=None if wish.left or not last else (last - payment.on).days,
        held_by=[Held(rule=h.rule, since=h.since, facts=h.facts) for h in wish.holds.values()],
        misuse_in_case=misuse_in_case,
    )


def waits(replayed: Replayed, found: Iterable[Fate]) -> Waits:
    """Of cases without misuse. A payment's wait is until the last of it; a purchase's is told apart from it,
    for in history much was paid long before it was needed."""
    honest = [fate for fate in found if not fate.misuse_in_case]
    cases = {fate.case_no for fate in honest}
    days = [fate.days_waited or 0 for fate in honest if fate.outcome is Outcome.WAITED]
    bought: dict[int, int] = {}
    for wish in replayed.wishes:
        for spent in wish.spent if wish.payment.case_no in cases else ():
            if spent.parcel.purpose is Purpose.ACCOUNTED and spent.parcel.told_by:
                receipt = spent.parcel.told_by.position
                bought[receipt] = max(bought.get(receipt, 0), spent.days_later)
    later = [days_later for days_later in bought.values() if days_later]
    return Waits(
        payments=len(honest),
        waited=len(days),
        never_in_full=sum(1 for fate in honest if fate.paid < fate.amount),
        never_paid=total(fate.amount - fate.paid for fate in honest),
        average_days=_average(days),
        longest_days=max(days, default=0),
        purchases=len(bought),
        purchases_waited=len(later),
        purchases_average_days=_average(later),
        purchases_longest_days=max(later, default=0),
    )


def _average(days: list[int]) -> str | None:
    return half_up(Fraction(sum(days), len(days)), 1) if days else None


def work(replayed: Replayed) -> Work:
    """An invoice for each receipt that history had for the payment, and at least one."""
    tranches = sum(len(wish.tranches) for wish in replayed.wishes)
    invoices = sum(_invoices(wish) for wish in replayed.wishes if wish.invoiced)
    receipts = {
        (told_by.position if told_by else -wish.payment.position, spent.accounted_on)
        for wish in replayed.wishes
        for spent in wish.spent
        if spent.accounted_on and spent.parcel.purpose is not Purpose.MISUSED
        for told_by in [spent.parcel.told_by]
        if not told_by or not isinstance(told_by.event, UnspentReturned)
    }
    return Work(
        tranches=tranches,
        invoices=invoices,
        first_approvals=tranches + invoices,
        second_approvals=tranches + invoices,
        receipts=len(receipts),
    )


def _invoices(wish: Wish) -> int:
    receipts = [each for each in wish.payment.parcels if each.purpose is Purpose.ACCOUNTED]
    return max(1, len(receipts))


def by_day(replayed: Replayed, start: date, end: date) -> list[tuple[date, Money]]:
    """What was undocumented at the end of each day, both included."""
    before = [amount for day, amount in replayed.undocumented.items() if day < start]
    balance, series = total(before), []
    for number in range((end - start).days + 1):
        day = start + timedelta(days=number)
        balance += replayed.undocumented.get(day, ZERO)
        series.append((day, balance))
    return series


def outstanding(series: list[tuple[date, Money]]) -> Undocumented:
    peak_on, peak = max(series, key=lambda each: each[1])
    average = Fraction(total(amount for _, amount in series).ore, len(series))
    return Undocumented(
        peak=peak, peak_on=peak_on, average=Money(int(half_up(average, 0))), end=series[-1][1]
    )
