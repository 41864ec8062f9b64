"""What misuse comes to: in citizens, kroner and per cent with intervals, by phase, selection, route and
category; from payment to discovery; and what was recovered.

How each figure is reckoned, and what its interval can't say: docs/reference/figures.md.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from fractions import Fraction
from typing import Any, NamedTuple

from pydantic import BaseModel

from domain.flags import FlagStage
from domain.money import ZERO, Money, total
from projections.balances import Balance
from projections.intervals import Interval, wilson, wilson_of
from projections.ledger import Account
from projections.misuse import Standing, Watched, standing
from projections.pilot import half_up
from projections.review import FlagsOfCase

TABLES = ("phase", "selection", "route", "category")
FEW = 5  # Fewer citizens than that are not told of in figures that are published.
Kroner = tuple[Money, Money]  # Paid to a citizen, and how much of it was misused.


class Flagged(NamedTuple):
    """A flag about money, as it stood on a day. `line_no` 0: about the case as a whole."""

    case_no: str
    line_no: int
    raised_on: date
    stage: FlagStage
    amount: Money  # What it asks about; once it is upheld, what for.


class Share(BaseModel):
    """In per cent, one decimal, halves up; `None`: of nothing. The interval of 95 per cent is rounded
    outwards."""

    percent: str | None
    low: str
    high: str


class Recovered(BaseModel):
    """What became of the claims for what was misused. The four parts add up to what was claimed."""

    claimed: Money
    repaid: Money  # By the citizen, less what was paid back.
    set_off: Money
    written_off: Money
    owed: Money
    repaid_percent: str | None
    set_off_percent: str | None
    written_off_percent: str | None
    owed_percent: str | None


class Group(BaseModel):
    value: str
    participants: (
        int | None
    )  # Who accepted. `None`: a participant is of no single route or category.
    paid_to: int  # Citizens to whom, or for whom, something was paid.
    misused_by: int  # Citizens.
    citizens: Share
    paid: Money
    misused: Money  # Confirmed, less what was reversed.
    kroner: Share
    upheld: Money  # By answers to flags; of a line the largest.
    asked: Money  # By flags that nobody has answered; of a line the largest.
    recovered: Recovered


class Days(BaseModel):
    """Whole days, by nearest rank: within `median` days at least half of them were found."""

    findings: int
    lower_quartile: int | None
    median: int | None
    upper_quartile: int | None
    longest: int | None


class Finding(BaseModel):
    case: str
    line: str
    kind: str
    amount: Money
    paid_on: date
    flagged_on: date | None
    confirmed_on: date


class Misused(BaseModel):
    programme: str
    as_of: date
    whole: Group
    phase: list[Group]
    selection: list[Group]
    route: list[Group]
    category: list[Group]
    to_confirmation: Days
    to_flag: Days
    findings: list[Finding]

    def published(self) -> "Misused | None":
        """As it may be published: nothing of fewer than five citizens. `None`: it is of fewer in all. A table
        with such a cell is left out whole, since the cell could be reckoned from the others and the sum.
        No finding is told, and no days: they are of one citizen."""
        if _few(self.whole):
            return None
        nothing = days(())
        hidden: dict[str, Any] = {"findings": [], "to_confirmation": nothing, "to_flag": nothing}
        hidden |= {name: [] for name in TABLES if any(map(_few, getattr(self, name)))}
        return self.model_copy(update=hidden)


def _few(group: Group) -> bool:
    return any(0 < count < FEW for count in (group.paid_to, group.misused_by))


class _Line(NamedTuple):
    """One line on the day that is asked about."""

    case: Watched
    route: str
    category: str
    paid: Money
    repaid: Money
    set_off: Money
    written_off: Money
    misused: Money
    upheld: Money
    asked: Money


def flagged(rows: Iterable[FlagsOfCase], on: date) -> Iterator[Flagged]:
    """The flags about money as they stood on that day, whenever they were raised: a flag is of the day on
    which its facts were complete."""
    for row in rows:
        for each in row.flags.values():
            raised, answer = each.raised, each.answer(on)
            if raised.case_no and raised.found_on <= on:
                upheld = (
                    answer.amount if answer else None
                )  # `None`, too, of one that was dismissed.
                yield Flagged(
                    case_no=raised.case_no,
                    line_no=raised.line_no or 0,
                    raised_on=raised.found_on,
                    stage=each.stage(on),
                    amount=raised.amount if upheld is None else upheld,
                )


def misused(
    programme: str,
    cases: Iterable[Watched],
    balances: Mapping[str, Balance],
    flags: Sequence[Flagged],
    as_of: date,
) -> Misused:
    """`balances`: of the programme's lines, by case and number as `A-1/2`."""
    mine = [each for each in cases if each.programme == programme]
    lines = [line for case in mine for line in _lines(case, balances, flags, as_of)]

    def groups(of: Callable[[_Line], str], known: Iterable[str] | None = None) -> list[Group]:
        """By each value that a line has; those of cases without a line, too, where they are known."""
        values = sorted({of(each) for each in lines} | set(known or ()))
        return [_group(value, [each for each in lines if of(each) == value]) for value in values]

    def taking_part(of: Callable[[Watched], str], found: list[Group]) -> list[Group]:
        partook = {
            (of(each), each.citizen) for each in mine if each.accepted and each.accepted <= as_of
        }
        count = Counter(value for value, _ in partook)
        return [each.model_copy(update={"participants": count[each.value]}) for each in found]

    findings = [_finding(each, flags) for case in mine for each in standing(case, as_of)]
    [whole] = taking_part(lambda _: "", [_group("", lines)])
    return Misused(
        programme=programme,
        as_of=as_of,
        whole=whole,
        phase=taking_part(
            lambda case: case.phase, groups(lambda line: line.case.phase, (e.phase for e in mine))
        ),
        selection=taking_part(
            lambda case: case.selection,
            groups(lambda line: line.case.selection, (e.selection for e in mine)),
        ),
        route=groups(lambda line: line.route),
        category=groups(lambda line: line.category),
        to_confirmation=days((each.confirmed_on - each.paid_on).days for each in findings),
        to_flag=days((each.flagged_on - each.paid_on).days for each in findings if each.flagged_on),
        findings=sorted(findings, key=lambda each: (each.confirmed_on, each.case, each.line)),
    )


def _lines(
    case: Watched, balances: Mapping[str, Balance], flags: Sequence[Flagged], as_of: date
) -> Iterable[_Line]:
    of_case = [each for each in flags if each.case_no == case.case_no and each.raised_on <= as_of]
    for line_no, line in case.lines.items():
        balance = balances.get(f"{case.case_no}/{line_no}", Balance())
        if balance.since <= as_of:
            yield _line(case, (line.route, line.category), balance, of_case, line_no, as_of)
    if any(each.line_no not in case.lines for each in of_case):
        yield _line(case, ("", ""), Balance(), of_case, 0, as_of)


def _line(
    case: Watched,
    told: tuple[str, str],
    balance: Balance,
    flags: Sequence[Flagged],
    line_no: int,
    as_of: date,
) -> _Line:
    figures, set_off = balance.figures(as_of), balance.on(Account.SET_OFF, as_of)

    def largest(of: Callable[[FlagStage], bool]) -> Money:
        """Several rules may ask about the same krone."""
        amounts = (each.amount for each in flags if each.line_no == line_no and of(each.stage))
        return max(amounts, default=ZERO)

    route, category = told
    return _Line(
        case=case,
        route=route,
        category=category,
        paid=figures.paid,
        repaid=figures.repaid - set_off,
        set_off=set_off,
        written_off=figures.written_off,
        misused=figures.misuse,
        upheld=largest(lambda stage: stage is FlagStage.UPHELD),
        asked=largest(lambda stage: not stage.answered),
    )


def _finding(found: Standing, flags: Sequence[Flagged]) -> Finding:
    """It was flagged when the first flag about its line, or its case as a whole, was raised after payment."""
    flagged = [
        each.raised_on
        for each in flags
        if each.case_no == found.case_no
        and each.line_no in (0, found.line_no)
        and found.paid_on <= each.raised_on <= found.confirmed_on
    ]
    return Finding(
        case=found.case_no,
        line=str(found.line_no),
        kind=found.kind,
        amount=found.amount,
        paid_on=found.paid_on,
        flagged_on=min(flagged, default=None),
        confirmed_on=found.confirmed_on,
    )


def _group(value: str, lines: Sequence[_Line]) -> Group:
    by_citizen: dict[str, Kroner] = {}
    for line in lines:
        paid, bad = by_citizen.get(line.case.citizen, (ZERO, ZERO))
        by_citizen[line.case.citizen] = paid + line.paid, bad + line.misused
    # A payment may have come back after misuse of it was confirmed.
    touched = [each for each in by_citizen.values() if any(each)]
    misusers = sum(1 for _, bad in touched if bad)
    paid, bad = (total(each[place] for each in touched) for place in (0, 1))
    return Group(
        value=value,
        participants=None,
        paid_to=len(touched),
        misused_by=misusers,
        citizens=_share(Fraction(misusers), len(touched), wilson(misusers, len(touched))),
        paid=paid,
        misused=bad,
        kroner=_share(Fraction(bad.ore), paid.ore, of_kroner(touched)),
        upheld=total(each.upheld for each in lines),
        asked=total(each.asked for each in lines),
        recovered=_recovered(lines, bad),
    )


def _recovered(lines: Sequence[_Line], claimed: Money) -> Recovered:
    repaid, set_off = total(e.repaid for e in lines), total(e.set_off for e in lines)
    written_off = total(each.written_off for each in lines)
    owed = claimed - repaid - set_off - written_off
    return Recovered(
        claimed=claimed,
        repaid=repaid,
        set_off=set_off,
        written_off=written_off,
        owed=owed,
        repaid_percent=_percent(repaid.ore, claimed.ore),
        set_off_percent=_percent(set_off.ore, claimed.ore),
        written_off_percent=_percent(written_off.ore, claimed.ore),
        owed_percent=_percent(owed.ore, claimed.ore),
    )


def _percent(part: Fraction | int, whole: int) -> str | None:
    return half_up(Fraction(100 * part, whole), 1) if whole else None


def _share(part: Fraction, whole: int, interval: Interval) -> Share:
    low, high = (half_up(Fraction(each, 10), 1) for each in interval)
    return Share(percent=_percent(part, whole), low=low, high=high)


# Intervals and days ------------------------------------------------------------------------------


def of_kroner(citizens: Sequence[Kroner]) -> Interval:
    """The interval of a ratio of sums over few citizens, each of whom misuses much or nothing: kroner are not
    drawn one by one. Its variance (Taylor, citizens as clusters) says how many independent answers the
    kroner are worth, never more than there are citizens, and Wilson's interval is taken of so many (Korn &
    Graubard 1998, Survey Methodology 24, 193-201; Franco et al. 2019, JSSAM 7, 334-364). Where nobody
    misused, or everything was, it is Kish's number: the square of the sum over the sum of squares."""
    paid, bad = (sum(each[place].ore for each in citizens) for place in (0, 1))
    if paid <= 0:
        return Interval(0, 1_000)
    n, share = len(citizens), min(Fraction(bad, paid), Fraction(1))
    spread = sum((each[1].ore - share * each[0].ore) ** 2 for each in citizens)
    if n > 1 and spread and share < 1:
        variance = spread * n / (n - 1) / paid**2
        worth = share * (1 - share) / variance
    else:
        worth = Fraction(paid**2, sum(each[0].ore ** 2 for each in citizens))
    return wilson_of(share, min(worth, Fraction(n)))


def days(found: Iterable[int]) -> Days:
    ranked = sorted(found)

    def rank(quarters: int) -> int | None:
        return ranked[-(-quarters * len(ranked) // 4) - 1] if ranked else None

    return Days(
        findings=len(ranked),
        lower_quartile=rank(1),
        median=rank(2),
        upper_quartile=rank(3),
        longest=rank(4),
    )
