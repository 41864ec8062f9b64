"""What was screened, assessed, wished and entered, reckoned from the events alone."""

from collections import defaultdict
from datetime import date, timedelta
from typing import Any

from domain.programme import Rules
from domain.words import Event, Recorded

Line = tuple[str, int]  # Case and line.


class Plans:
    """What must have happened to a citizen's plan before money is granted, asked for or moved."""

    def __init__(self) -> None:
        self.caseworker: dict[str, str] = {}
        self.suited: dict[str, bool] = {}
        self.fits: dict[Line, bool] = {}  # Since the line was submitted last.
        self.colours: dict[str, dict[str, str]] = defaultdict(dict)
        self.wishes: dict[tuple[str, str], tuple[Line, Any]] = {}  # By case and number.
        self.open: dict[Line, str] = {}
        self.due: tuple[Line, Any] | None = None  # An amount that must be asked for next.
        self.phases: dict[str, list[tuple[str, date]]] = defaultdict(list)

    def add(self, entry: Recorded[Event], rules: Rules) -> None:
        event: Any = entry.event
        name = type(event).__name__
        case_no: str = getattr(event, "case_no", "")
        line = case_no, getattr(event, "line_no", 0)
        if self.due:
            assert (name, line, event.amount) == ("LineAmended", *self.due)
            self.due = None
        self._screening(entry, event, name, line)
        if name == "LineGranted" and rules.screening:
            assert self.suited[case_no]
            assert self.fits[line]
        self._assessments(event, name, line)
        self._change(event, name, line)
        self._time(entry, event, name, rules)

    def _screening(self, entry: Recorded[Event], event: Any, name: str, line: Line) -> None:
        match name:
            case "CaseScreened":
                assert event.screener == entry.actor
                self.suited[line[0]] = event.suited
            case "LineScreened":
                assert event.screener == entry.actor
                self.fits[line] = event.fits
            case "BudgetSubmitted":
                for each in event.lines:
                    self.fits.pop((line[0], each.line_no), None)

    def _assessments(self, event: Any, name: str, line: Line) -> None:
        case_no = line[0]
        match name:
            case "CaseRegistered":
                self.caseworker[case_no] = event.caseworker
            case "BudgetAssessed":
                self.colours[case_no][event.assessor] = event.colour
            case "MeetingHeld":
                colleagues = set(event.attendees) - {self.caseworker[case_no]}
                assert len(colleagues) > 1
                self.colours[case_no] |= dict.fromkeys(colleagues, event.colour)
            case "LineGranted":
                assert event.seen.assessments == self.colours[case_no]

    def _change(self, event: Any, name: str, line: Line) -> None:
        match name:
            case "ChangeReported":
                assert (line[0], event.ref) not in self.wishes
                assert line not in self.open
                self.wishes[line[0], event.ref] = line, event.amount
                self.open[line] = event.ref
            case "ChangeAccepted" | "ChangeDeclined":
                of, amount = self.wishes[line[0], event.ref]
                assert self.open.pop(of) == event.ref
                if name == "ChangeAccepted" and amount is not None:
                    self.due = of, amount

    def _time(self, entry: Recorded[Event], event: Any, name: str, rules: Rules) -> None:
        months = {each.id: each.months_max for each in rules.trajectory}
        match name:
            case "TrajectoryPhaseEntered":
                entered = self.phases[event.case_no]
                assert event.phase == list(months)[len(entered)]
                most = timedelta(days=31 * months[event.phase])
                assert entry.effective_on < event.last_day <= entry.effective_on + most
                entered.append((event.phase, event.last_day))
            case "TrancheRequested" if months:
                assert entry.effective_on <= self.phases[event.case_no][-1][1]
            case "TimeFrameExtended" if months:
                assert event.end_date <= self.phases[event.case_no][-1][1]
