"""What other rules would have saved: each of them alone, and all together."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

from pydantic import BaseModel

from domain.money import ZERO, Money, total
from domain.programme import Route, Rules
from projections.pilot import half_up
from projections.whatif import figures
from projections.whatif.figures import Fate, Undocumented, Waits, Work
from projections.whatif.payments import History, Payment, Purpose
from projections.whatif.replay import Replay, Replayed
from projections.whatif.rules import CENTRAL, EVERY_ASSUMPTION, Assumptions, Habit, OtherRules
from projections.whatif.texts import LIMITS, METHOD


class Saved(BaseModel):
    """Of the confirmed misuse, what could not have been paid."""

    certain: Money  # Whatever anybody had done: what is above the most that could be undocumented at once.
    low: Money  # Case by case the least of all that was assumed of the people;
    central: Money  # of each krone the same share misused, and receipts when a tranche is held;
    high: Money  # case by case the most.


class Scenario(BaseModel):
    """One set of rules, and what came of it by the central assumptions."""

    name: str
    rules: dict[str, Any]
    saved: Saved
    percent: dict[str, str] | None  # Of the confirmed misuse. `None`: there is none.
    paid: Money
    undocumented: Undocumented
    work: Work
    extra_work: Work
    waits: Waits


class Day(BaseModel):
    day: date
    history: Money
    replayed: Money


class SelfCheck(BaseModel):
    """History replayed under its own rules, by all assumptions: what comes out otherwise than it was."""

    payments_that_differ: int
    days_that_differ: int
    misuse_differs_by: Money


class Answer(BaseModel):
    programme: str
    confirmed_misuse: Money
    cases_with_misuse: int
    payments: int
    paid: Money
    undocumented: Undocumented
    work: Work
    answer: Scenario  # All the rules together, without invoices: what rests on the limits alone.
    waits_as_then: Waits  # If nobody had hurried a receipt, though the next tranche waited for it.
    by_case: dict[str, Saved]  # Of the answer.
    scenarios: list[Scenario]
    fates: list[Fate]  # Of the answer.
    days: list[Day]  # Of the answer; those on which something changed, and the last.
    self_check: SelfCheck
    method: dict[str, str]
    limits: dict[str, list[str]]


def answer(told: History, asked: OtherRules) -> Answer:
    """`asked`: whatever is changed."""
    was = Replay(told, OtherRules(), CENTRAL).run()
    misused = figures.misuse_by_case(was.cases)
    base = _Base(told, was, misused)
    scenarios = {name: base.scenario(name, rules) for name, rules in _rows(told, asked)}
    together, replayed, by_case = scenarios["together"]
    habits = replace(CENTRAL, habit=Habit.AS_THEN)
    as_then = Replay(told, replace(asked, invoices=False), habits).run()
    series = figures.by_day(was, *told.period)
    return Answer(
        programme=told.programme,
        confirmed_misuse=total(misused.values()),
        cases_with_misuse=len(misused),
        payments=len(told.payments),
        paid=figures.paid(was),
        undocumented=figures.outstanding(series),
        work=figures.work(was),
        answer=together,
        waits_as_then=figures.waits(as_then, figures.fates(as_then, misused)),
        by_case=by_case,
        scenarios=[scenario for scenario, *_ in scenarios.values()],
        fates=figures.fates(replayed, misused),
        days=_days(was, replayed, series, figures.by_day(replayed, *told.period)),
        self_check=_self_check(told, was, misused),
        method=METHOD,
        limits=LIMITS,
    )


def _rows(told: History, asked: OtherRules) -> Iterator[tuple[str, OtherRules]]:
    """Each rule alone, and all together; always without the card where it isn't offered, since nothing
    limits a card."""
    routes = asked.changes.get("routes")
    bare = {"routes": routes} if routes else {}
    if routes:
        yield "routes", OtherRules(bare)
    for name, value in asked.changes.items():
        if any(getattr(rules, name) != value for rules in told.rules()) and name != "routes":
            yield name, OtherRules({**bare, name: value})
    if asked.receipts_first:
        yield "receipts_first", OtherRules(bare, receipts_first=True)
    yield "together", replace(asked, invoices=False)
    if routes and Route.EAN in routes:
        yield "invoices", OtherRules(bare, invoices=True)
        yield "together_with_invoices", replace(asked, invoices=True)


class _Base:
    """History, to which every scenario is compared."""

    def __init__(self, told: History, was: Replayed, misused: Mapping[str, Money]) -> None:
        self._told, self._misused = told, misused
        self._of_misuse = told.only(misused)
        self._work = figures.work(was)

    def scenario(self, name: str, rules: OtherRules) -> tuple[Scenario, Replayed, dict[str, Saved]]:
        central = Replay(self._told, rules, CENTRAL).run()
        by_case = self.by_case(rules, central)
        saved = _sum(by_case.values())
        work = figures.work(central)
        scenario = Scenario(
            name=name,
            rules=_told(rules),
            saved=saved,
            percent=self._percent(saved),
            paid=figures.paid(central),
            undocumented=figures.outstanding(figures.by_day(central, *self._told.period)),
            work=work,
            extra_work=work.less(self._work),
            waits=figures.waits(central, figures.fates(central, self._misused)),
        )
        return scenario, central, by_case

    def by_case(self, rules: OtherRules, central: Replayed) -> dict[str, Saved]:
        """Of each case with misuse."""
        runs = [figures.misuse_by_case(self._run(rules, each)) for each in EVERY_ASSUMPTION]
        still = figures.misuse_by_case(central.cases)
        saved = {}
        for case_no, amount in self._misused.items():
            of_case = [amount - run.get(case_no, ZERO) for run in runs]
            saved[case_no] = Saved(
                certain=max(ZERO, amount - _most(self._told, rules, central, case_no)),
                low=min(of_case),
                central=amount - still.get(case_no, ZERO),
                high=max(of_case),
            )
        return saved

    def _run(self, rules: OtherRules, assumed: Assumptions) -> Mapping[str, Any]:
        return Replay(self._of_misuse, rules, assumed).run().cases

    def _percent(self, saved: Saved) -> dict[str, str] | None:
        whole = total(self._misused.values()).ore
        if not whole:
            return None
        return {
            name: half_up(Fraction(100 * amount.ore, whole), 1) for name, amount in saved if whole
        }


def _sum(each_of: Iterable[Saved]) -> Saved:
    found = list(each_of)
    names = Saved.model_fields
    return Saved(**{name: total(getattr(each, name) for each in found) for name in names})


def _most(told: History, rules: OtherRules, replayed: Replayed, case_no: str) -> Money:
    """The most of a case's misuse that could have been paid, however its money had been asked for and
    spent. What is confirmed on a day was undocumented until then, and so within the limit. What it was
    confirmed of may be paid anew the day after: no rule stops a case's payments."""
    lines = replayed.cases[case_no].lines
    limits = [_at_once(rules, each) for each in told.rules()]
    known = [limit for limit in limits if limit is not None]
    limit = max(known) if len(known) == len(limits) else None
    most, confirmed = ZERO, dict[date, Money]()
    for payment in told.payments.values():
        route = lines[payment.line_no].route if payment.case_no == case_no else Route.EAN
        for parcel in payment.parcels if route is not Route.EAN else ():
            if parcel.purpose is Purpose.MISUSED and parcel.told_by:
                if limit is None or route is not Route.ACCOUNT:
                    most += parcel.amount
                else:
                    day = parcel.told_by.effective_on
                    confirmed[day] = confirmed.get(day, ZERO) + parcel.amount
    return most + total(min(amount, limit or amount) for amount in confirmed.values())


def _at_once(rules: OtherRules, version: Rules) -> Money | None:
    """What can be undocumented at once in a case. `None`: there is no limit."""
    changed = rules.changed(version)
    limits = [changed.undocumented_limit]
    if rules.receipts_first:
        limits.append(changed.tranche_max)
    known = [limit for limit in limits if limit is not None]
    return min(known) if known else None


def _days(
    was: Replayed,
    replayed: Replayed,
    then: list[tuple[date, Money]],
    now: list[tuple[date, Money]],
) -> list[Day]:
    changed = {*was.undocumented, *replayed.undocumented, then[-1][0]}
    return [
        Day(day=day, history=in_history, replayed=in_replay)
        for (day, in_history), (_, in_replay) in zip(then, now, strict=True)
        if day in changed
    ]


def _self_check(told: History, was: Replayed, misused: Mapping[str, Money]) -> SelfCheck:
    """Against what history's own events say: what was released, booked and confirmed."""
    differ = [wish for wish in was.wishes if _differs(wish.payment, wish.tranches)]
    days = {day: amount for day, amount in was.undocumented.items() if amount}
    return SelfCheck(
        payments_that_differ=len(differ) + len(told.payments) - len(was.wishes),
        days_that_differ=len(set(days.items()) ^ set(told.undocumented().items())),
        misuse_differs_by=total(misused.values()) - told.misuse(),
    )


def _differs(payment: Payment, tranches: Any) -> bool:
    return [(each.ref, each.amount, each.on) for each in tranches] != [
        (payment.ref, payment.amount, payment.on)
    ]


def _told(rules: OtherRules) -> dict[str, Any]:
    """As data: amounts as text, and whatever else was changed."""
    changes = {
        name: [route.value for route in value]
        if name == "routes"
        else str(value)
        if isinstance(value, Money)
        else value
        for name, value in rules.changes.items()
    }
    flags = {"receipts_first": rules.receipts_first, "invoices": rules.invoices}
    return {**changes, **{name: True for name, on in flags.items() if on}}


def months(days: list[Day]) -> list[Day]:
    """The last of each month, with how it stood at the month's end."""
    last: dict[tuple[int, int], Day] = {(each.day.year, each.day.month): each for each in days}
    return [each.model_copy(update={"day": _month_end(each.day)}) for each in _without_gaps(last)]


def _without_gaps(last: Mapping[tuple[int, int], Day]) -> Iterator[Day]:
    """A month in which nothing changed ends as the one before."""
    months_ = sorted(last)
    before = last[months_[0]]
    year, month = months_[0]
    while (year, month) <= months_[-1]:
        before = last.get((year, month), before.model_copy(update={"day": date(year, month, 1)}))
        yield before
        year, month = year + month // 12, month % 12 + 1


def _month_end(day: date) -> date:
    first_of_next = date(day.year + day.month // 12, day.month % 12 + 1, 1)
    return first_of_next - timedelta(days=1)
