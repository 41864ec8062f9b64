"""What an auditor picked: by position in the log, case, line, or the number of a voucher or a payout."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from domain.words import Event, Recorded


class NotInProgramme(Exception):
    """The sample names something that the programme's events don't."""


@dataclass(frozen=True)
class Period:
    """The events that take effect on these days, both included."""

    since: date
    through: date

    def wants(self, news: Recorded[Event]) -> bool:
        return self.since <= news.effective_on <= self.through


@dataclass
class Sample:
    """The events that were picked, and what they are followed by: the voucher of the same number, of a
    tranche all vouchers of its line, and the bank statement that settled it."""

    positions: set[int] = field(default_factory=set)
    refs: set[str] = field(default_factory=set)
    lines: set[str] = field(default_factory=set)
    statements: set[str] = field(default_factory=set)

    def wants(self, news: Recorded[Event]) -> bool:
        names = _names(news.event)
        return bool(
            news.position in self.positions
            or names.get("ref") in self.refs
            or names.get("line") in self.lines
            or (names.get("statement") in self.statements and "line" not in names)
        )

    def add(self, news: Recorded[Event]) -> None:
        names = _names(news.event)
        self.positions.add(news.position)
        if "ref" in names:
            self.refs.add(names["ref"])
        if "line" in names and type(news.event).__name__.startswith("Tranche"):
            self.lines.add(names["line"])
        if "statement" in names:
            self.statements.add(names["statement"])


def read(file: Path) -> list[str]:
    """One pick a line; an empty line, or one that begins with #, says nothing."""
    lines = (line.strip() for line in file.read_text("utf-8-sig").splitlines())
    return sorted({line for line in lines if line and not line.startswith("#")})


def found(picks: Iterable[str], history: Iterable[Recorded[Event]]) -> Sample:
    """NotInProgramme: some pick is nothing that the history knows."""
    wanted = set(picks)
    sample, met = Sample(), set[str]()
    for news in history:
        hit = wanted & {str(news.position), *_names(news.event).values()}
        if hit:
            met |= hit
            sample.add(news)
    if unmet := sorted(wanted - met):
        raise NotInProgramme(
            f"The sample names what the programme's events don't: {', '.join(unmet[:5])}. A line of it is "
            "a position, a case, a line (CASE/LINE), or the number of a voucher or a payout."
        )
    return sample


def _names(event: Event) -> dict[str, str]:
    """By what an event can be picked."""
    names = {
        name: str(value)
        for name in ("case_no", "ref", "credit_note", "statement")
        if (value := getattr(event, name, None)) is not None
    }
    line_no = getattr(event, "line_no", None)
    return names | ({"line": f"{names['case_no']}/{line_no}"} if line_no is not None else {})
