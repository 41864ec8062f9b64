"""What the rules find in a data set, beside what really was misused there.

The only place where `truth_misuse.csv` is read. The rules never see it.
"""

import csv
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from domain.money import ZERO, Money, total
from projections.flags.catalogue import RULES
from projections.flags.rule import Finding, Stage
from projections.intervals import Interval, wilson


@dataclass(frozen=True)
class Misused:
    """A line on which so much really was misused, and by what one could see it."""

    case_no: str
    line_no: int
    amount: Money
    signals: tuple[str, ...]


@dataclass(frozen=True)
class Tally:
    """What one rule found. Cases, and the kroner misused on the lines that it named."""

    rule: str
    stage: Stage
    findings: int
    misused: Money
    guilty: frozenset[str]
    innocent: frozenset[str]
    about_no_case: int

    @property
    def precision(self) -> Interval:
        """Of the cases that it named, the share that misused: 95 per cent interval, per mille."""
        return wilson(len(self.guilty), len(self.guilty | self.innocent))


@dataclass(frozen=True)
class Compared:
    """One data set."""

    name: str
    cases: int
    misused: Money
    guilty: frozenset[str]
    tallies: tuple[Tally, ...]
    found: Money  # Of what was misused, on lines that live rules named.
    innocent: frozenset[str]  # Cases that live rules named.
    missed: tuple[Misused, ...]

    @property
    def recall(self) -> int:
        """Per mille of the misused kroner."""
        return 1_000 * self.found.ore // self.misused.ore if self.misused else 1_000

    @property
    def holds(self) -> bool:
        """At least nine tenths of the kroner, and at most three innocent cases for each guilty one."""
        return self.recall >= 900 and len(self.innocent) <= 3 * len(self.guilty)  # noqa: PLR2004


def truth(folder: Path) -> list[Misused]:
    with (folder / "truth_misuse.csv").open(encoding="utf-8-sig", newline="") as file:
        return [
            Misused(
                row["case_no"],
                int(row["line_no"]),
                Money.parse_danish(row["amount"]),
                tuple(row["signals"].split("+")),
            )
            for row in csv.DictReader(file, delimiter=";")
        ]


def compare(
    name: str, cases: int, misused: Sequence[Misused], found: Sequence[Finding]
) -> Compared:
    """A misused line counts as found when a live rule's finding names its case and line."""
    guilty = frozenset(each.case_no for each in misused)
    live = [each for each in found if RULES[each.rule].stage is Stage.LIVE]
    missed = tuple(each for each in misused if not _named(each, live))
    return Compared(
        name=name,
        cases=cases,
        misused=total(each.amount for each in misused),
        guilty=guilty,
        tallies=tuple(_tally(rule, misused, guilty, found) for rule in RULES),
        found=total(each.amount for each in misused if each not in missed),
        innocent=_cases(live) - guilty,
        missed=missed,
    )


def _tally(
    rule: str, misused: Iterable[Misused], guilty: frozenset[str], found: Iterable[Finding]
) -> Tally:
    mine = [each for each in found if each.rule == rule]
    named = _cases(mine)
    return Tally(
        rule=rule,
        stage=RULES[rule].stage,
        findings=len(mine),
        misused=sum((each.amount for each in misused if _named(each, mine)), ZERO),
        guilty=named & guilty,
        innocent=named - guilty,
        about_no_case=sum(each.case_no is None for each in mine),
    )


def _named(each: Misused, found: Iterable[Finding]) -> bool:
    return any((one.case_no, one.line_no) == (each.case_no, each.line_no) for one in found)


def _cases(found: Iterable[Finding]) -> frozenset[str]:
    return frozenset(each.case_no for each in found if each.case_no)
