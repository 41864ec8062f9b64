"""What decisions must remember of a case. What a screen wants belongs to a projection."""

from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum

from domain.case.claim import Claim
from domain.case.line import Line, Tranche, together
from domain.identity import Key, LineNo
from domain.money import Money, total
from domain.permissions import Reach, roles_of, widest
from domain.programme import Programme, Role, programmes
from domain.words import Command, Decider, Past, Refused


class Stage(StrEnum):
    UNKNOWN = "unknown"
    REGISTERED = "registered"
    OFFERED = "offered"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    STOPPED = "stopped"
    COMPLETED = "completed"

    @property
    def closed(self) -> bool:
        return self in (Stage.DECLINED, Stage.STOPPED, Stage.COMPLETED)

    @property
    def participant(self) -> bool:
        """The citizen accepted, whether the case is still open or not."""
        return self in (Stage.ACCEPTED, Stage.STOPPED, Stage.COMPLETED)


class ChangeStage(StrEnum):
    REPORTED = "reported"
    ACCEPTED = "accepted"
    DECLINED = "declined"


@dataclass(frozen=True)
class Change:
    """What the citizen wants otherwise than in the budget."""

    ref: str
    line_no: int
    amount: Money | None
    words: str | None
    stage: ChangeStage = ChangeStage.REPORTED


@dataclass(frozen=True)
class Case:
    """One citizen's case. The promise: covered <= paid <= granted <= cap, line by line and in all.
    Only a payment that comes back after its receipts were accepted leaves more covered than paid."""

    case_no: str = ""
    programme: str = ""
    citizen: str = ""
    phase: str = ""
    caseworker: str = ""
    account: str = ""  # The mark of the account that the citizen is paid to; empty: not told.
    # Who was ever its caseworker, submitted its budget or granted of it: none of them assesses it.
    touched: frozenset[str] = frozenset()
    stage: Stage = Stage.UNKNOWN
    lines: dict[int, Line] = field(default_factory=dict)
    changes_requested: bool = False
    assessments: dict[str, str] = field(default_factory=dict)  # Each colleague's latest.
    end_date: date | None = None
    frozen_for: str | None = None  # On which ground no payout is ordered.
    suited: bool | None = None  # Does the programme suit the citizen? None: not screened.
    changes: dict[str, Change] = field(default_factory=dict)
    # The last day of each phase of the trajectory that was entered, in that order: not `phase`.
    trajectory: dict[str, date] = field(default_factory=dict)
    declared: tuple[tuple[date, Money], ...] = ()  # Lost receipts, by day.
    forgotten: bool = False  # Who the citizen is, nobody can find out any more.

    @property
    def granted(self) -> Money:
        return total(line.granted for line in self.lines.values() if line.granted)

    @property
    def asked(self) -> Money:
        """The sum of each line's latest amount, rejected lines left out."""
        return total(line.amount for line in self.lines.values() if not line.rejected)

    @property
    def exposure(self) -> Money:
        return total(line.exposure for line in self.lines.values())

    def overdue(self, on: date, deadline_days: int) -> Iterator[tuple[Line, Tranche, Money]]:
        for line in self.lines.values():
            for tranche, lacking in line.overdue(on, deadline_days):
                yield line, tranche, lacking

    def claims_on(self, flag: str) -> list[Claim]:
        """That were raised because of that flag, dropped ones left out."""
        claims = (claim for line in self.lines.values() for claim in line.claims.values())
        return [claim for claim in claims if claim.flag == flag and claim.stands]

    def raised_on(self, flag: str) -> Money:
        """What they asked for, whatever was decided."""
        return total(claim.raised for claim in self.claims_on(flag))

    def line(self, line_no: int) -> Line:
        """Guard: the line exists, in a budget that was submitted."""
        if line_no not in self.lines:
            raise Refused("not_found", what="line", line_no=line_no)
        return self.lines[line_no]

    def change(self, ref: str) -> Change:
        """Guard: the citizen's change was reported, in this case."""
        if ref not in self.changes:
            raise Refused("not_found", what="change", ref=ref)
        return self.changes[ref]

    def touched_by(self, person: str | None) -> "Case":
        return replace(self, touched=together(self.touched, person))

    def with_change(self, change: Change) -> "Case":
        return replace(self, changes=self.changes | {change.ref: change})

    def with_line(self, line: Line) -> "Case":
        return replace(self, lines=self.lines | {line.line_no: line.beginning_anew()})


cases: Decider[Case] = Decider("case", Case())


class CaseCommand(Command):
    case_no: Key


class LineCommand(CaseCommand):
    line_no: LineNo


def programme_of(ask: Command, past: Past) -> Programme:
    """Guard: the programme exists, the day has come and isn't in a closed month, and the one who asks
    holds a role that may do it, or is the citizen whose own case it is."""
    programme = past(programmes, ask.programme)
    programme.terms  # noqa: B018 - refuses when there is no such programme
    closed = programme.closed_through
    if closed and ask.effective_on <= closed:
        raise Refused("month_closed", closed_through=str(closed))
    asked_on = ask.at.date()
    if ask.effective_on > asked_on and not ask.may_hold_later:
        raise Refused("not_yet", asked_on=str(asked_on))
    if ask.effective_on < asked_on and not ask.may_hold_earlier:
        raise Refused("backdated", asked_on=str(asked_on))
    if not asked_by_its_citizen(ask, past):
        programme.require(ask.by, *roles_of(type(ask).__name__))
    return programme


def asked_by_its_citizen(ask: Command, past: Past) -> bool:
    """Whether a citizen asks, of their own case, for what the table gives citizens in their own. Nobody
    assigns that role: it is theirs whom the case was registered for."""
    case_no = getattr(ask, "case_no", None)
    if case_no is None or widest(type(ask).__name__, frozenset({Role.CITIZEN})) is not Reach.OWN:
        return False
    case = past(cases, case_no)
    return bool(case.citizen) and (case.citizen, case.programme) == (ask.by, ask.programme)


def case_of(ask: CaseCommand, past: Past) -> Case:
    """Guard: the case exists, in the programme that was named, and its citizen was not forgotten."""
    return case_named(ask.programme, ask.case_no, past)


def case_named(programme: str, case_no: str, past: Past) -> Case:
    """The same guard, by the names."""
    case = past(cases, case_no)
    if case.stage is Stage.UNKNOWN or case.programme != programme:
        raise Refused("not_found", what="case", case_no=case_no)
    if case.forgotten:
        raise Refused("citizen_forgotten", case_no=case_no)
    return case


def open_case_of(ask: CaseCommand, past: Past) -> Case:
    """Guard: the case exists and is not declined, stopped or completed."""
    case = case_of(ask, past)
    if case.stage.closed:
        raise Refused("case_closed", stage=case.stage.value)
    return case


def months_later(day: date, months: int) -> date:
    """The same day number that many months later, or the last day of that month."""
    years, month = divmod(day.month - 1 + months, 12)
    year, month = day.year + years, month + 1
    return date(year, month, min(day.day, monthrange(year, month)[1]))
