"""Every line, fund and payment reckoned from the events alone, with no look at any state or rule."""

from collections import Counter, defaultdict
from datetime import date
from typing import Any

from domain.words import Event, Recorded
from tests.domain.reckoning_claims import ReckonedClaims

Line = tuple[str, int]  # Case and line.

# What must never happen in a case that is declined, stopped or completed.
NOT_IN_A_CLOSED_CASE = {
    *("ProgrammeOffered", "OfferAccepted", "OfferDeclined", "CaseStopped", "CaseCompleted"),
    *("BudgetSubmitted", "BudgetAssessed", "ChangesRequested", "TimeFrameExtended"),
    *("LineGranted", "LineRejected", "LineAmended"),
    *("TrancheRequested", "TrancheApproved", "TrancheReleased"),
}
WAY_OF_A_PAYMENT = ["TrancheRequested", "TrancheApproved", "TrancheReleased", "TrancheSettled"]


class Reckoning:
    """Sums of øre, by case, line and kind of event; and who did what."""

    def __init__(self) -> None:
        self.sums: Counter[tuple[str, int, str]] = Counter()
        self.asked: dict[Line, int] = {}  # Each line's latest amount, rejected lines left out.
        self.rejected: set[Line] = set()
        self.latest_grant: dict[Line, int] = {}
        self.fund_of: dict[Line, str] = {}
        self.agreed: Counter[str] = Counter()
        self.committed: Counter[str] = Counter()
        self.tranches: dict[str, list[str]] = defaultdict(list)  # What happened to each.
        self.line_of: dict[str, Line] = {}
        self.amount_of: dict[str, int] = {}
        self.approver: dict[str, str] = {}
        self.claims = ReckonedClaims()
        self.receipts: set[str] = set()
        self.caseworker: dict[str, str] = {}
        self.closed: set[str] = set()
        self.end_date: dict[str, date] = {}

    def add(self, entry: Recorded[Event]) -> None:
        event: Any = entry.event
        name = type(event).__name__
        line = getattr(event, "case_no", ""), getattr(event, "line_no", 0)
        assert not (line[0] in self.closed and name in NOT_IN_A_CLOSED_CASE)
        change = getattr(event, "change", getattr(event, "amount", None))
        if change is not None:
            self.sums[*line, name] += change.ore
        self.claims.add(entry)
        if name.startswith("Tranche"):
            self._payment(entry, event, name, line)
        match name:
            case "FundAgreed":
                self.agreed[event.fund] += event.amount.ore
            case "FundCommitted":
                self.committed[event.fund] += event.amount.ore
            case "CommitmentReleased":
                self.committed[event.fund] -= event.amount.ore
            case "ReceiptHandedIn":
                self.receipts.add(event.ref)
            case _:
                self._case(entry, event, name, line)

    def _case(self, entry: Recorded[Event], event: Any, name: str, line: Line) -> None:
        match name:
            case "CaseRegistered":
                self.caseworker[event.case_no] = event.caseworker
            case "BudgetAssessed":
                assert event.assessor == entry.actor != self.caseworker[event.case_no]
            case "LineGranted":
                assert event.seen.assessments
                assert "red" not in event.seen.assessments.values()
                self.latest_grant[line] = event.amount.ore
                self.fund_of[line] = event.account_string.funding
            case "BudgetSubmitted":
                amounts = {(event.case_no, each.line_no): each.amount.ore for each in event.lines}
                self.asked |= {at: ore for at, ore in amounts.items() if at not in self.rejected}
            case "LineAmended":
                self.asked[line] = event.amount.ore
            case "LineRejected":
                self.rejected.add(line)
                del self.asked[line]
            case "TimeFrameSet" | "TimeFrameExtended":
                assert event.end_date > self.end_date.get(event.case_no, date.min)
                self.end_date[event.case_no] = event.end_date
            case "CaseStopped" | "CaseCompleted" | "OfferDeclined":
                self.closed.add(event.case_no)

    def _payment(self, entry: Recorded[Event], event: Any, name: str, line: Line) -> None:
        """A payment goes one way, step by step, and never through the same hands twice."""
        steps = self.tranches[event.ref]
        if name == "TrancheCancelled":
            assert steps in (WAY_OF_A_PAYMENT[:1], WAY_OF_A_PAYMENT[:2])
            self.sums[*line, name] += self.amount_of[event.ref]
        elif name == "TrancheReturned":
            assert steps == WAY_OF_A_PAYMENT
        else:
            assert [*steps, name] == WAY_OF_A_PAYMENT[: len(steps) + 1]
        match name:
            case "TrancheRequested":
                assert entry.effective_on <= self.end_date[event.case_no]
                self.line_of[event.ref], self.amount_of[event.ref] = line, event.amount.ore
            case "TrancheApproved":
                self.approver[event.ref] = entry.actor
            case "TrancheReleased":
                assert entry.actor != self.approver[event.ref]
        assert self.line_of[event.ref] == line
        steps.append(name)

    def _sum(self, line: Line, *names: str) -> int:
        return sum(self.sums[*line, name] for name in names)

    def lines(self) -> list[Line]:
        """Those that were ever granted."""
        return list(self.latest_grant)

    def refs(self, latest: str) -> list[str]:
        """The tranches to which this happened last."""
        return [ref for ref, steps in self.tranches.items() if steps[-1] == latest]

    def granted(self, line: Line) -> int:
        return self._sum(line, "LineGranted") - self._sum(line, "GrantAnnulled")

    def paid(self, line: Line) -> int:
        return self._sum(line, "TrancheSettled") - self._sum(line, "TrancheReturned")

    def returned(self, line: Line) -> int:
        return self._sum(line, "TrancheReturned")

    def ordered(self, line: Line) -> int:
        return self._sum(line, "TrancheReleased") - self._sum(line, "TrancheSettled")

    def live(self, line: Line) -> int:
        dead = self._sum(line, "TrancheCancelled", "TrancheReturned")
        return self._sum(line, "TrancheRequested") - dead

    def accounted(self, line: Line) -> int:
        explained = self._sum(line, "ReceiptAccepted", "LossDeclared", "UnspentReturned")
        return explained + self.misused(line)

    def misused(self, line: Line) -> int:
        return self._sum(line, "MisuseConfirmed") - self._sum(line, "MisuseReversed")

    def exposure(self, case_no: str) -> int:
        mine = [line for line in self.lines() if line[0] == case_no]
        return sum(self.ordered(line) + self.paid(line) - self.accounted(line) for line in mine)

    def claim(self, line: Line) -> int:
        """Negative: owed to the citizen."""
        less = self._sum(line, "ClaimRepaid", "ClaimSetOff", "ClaimWrittenOff", "RefundReturned")
        more = self._sum(line, "WriteOffReversed", "ClaimRefunded")
        return self.misused(line) + more - less
