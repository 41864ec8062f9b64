"""Every line, fund and payment reckoned from the events alone, with no look at any state or rule."""

from collections import Counter, defaultdict

from domain.case.budget import BudgetAssessed, LineGranted, TimeFrameExtended, TimeFrameSet
from domain.case.enrolment import CaseCompleted, CaseRegistered, CaseStopped, OfferDeclined
from domain.case.payouts import (
    TrancheApproved,
    TrancheCancelled,
    TrancheReleased,
    TrancheRequested,
    TrancheReturned,
    TrancheSettled,
)
from domain.fund import FundAgreed
from domain.words import Event, Recorded

# What must never happen in a case that is declined, stopped or completed.
NOT_IN_A_CLOSED_CASE = (
    "ProgrammeOffered OfferAccepted OfferDeclined BudgetSubmitted BudgetAssessed ChangesRequested"
    " LineGranted LineRejected LineAmended TimeFrameExtended TrancheRequested TrancheApproved"
    " TrancheReleased CaseStopped CaseCompleted"
).split()


class Reckoning:
    """Sums of øre, by case, line and kind of event; and who did what."""

    def __init__(self) -> None:
        self.sums: Counter[tuple[str, int, str]] = Counter()
        self.latest_grant: dict[tuple[str, int], int] = {}
        self.fund_of: dict[tuple[str, int], str] = {}
        self.agreed: Counter[str] = Counter()
        self.committed: Counter[str] = Counter()
        self.tranches: dict[str, list[str]] = defaultdict(list)  # What happened to each.
        self.approver: dict[str, str] = {}
        self.caseworker: dict[str, str] = {}
        self.closed: set[str] = set()
        self.end_date: dict[str, str] = {}

    def add(self, entry: Recorded[Event]) -> None:
        event, name = entry.event, type(entry.event).__name__
        case_no, line_no = getattr(event, "case_no", ""), getattr(event, "line_no", 0)
        assert not (case_no in self.closed and name in NOT_IN_A_CLOSED_CASE)
        change = getattr(event, "change", getattr(event, "amount", None))
        if change is not None:
            self.sums[case_no, line_no, name] += change.ore
        if ref := getattr(event, "ref", "") if name.startswith("Tranche") else "":
            self._payment(entry, ref, name, (case_no, line_no))
        match event:
            case CaseRegistered():
                self.caseworker[case_no] = event.caseworker
            case BudgetAssessed():
                assert event.assessor == entry.actor != self.caseworker[case_no]
            case LineGranted():
                assert "green" in (shown := event.seen.assessments.values()) or "yellow" in shown
                assert "red" not in shown
                self.latest_grant[case_no, line_no] = event.amount.ore
                self.fund_of[case_no, line_no] = event.account_string.funding
            case FundAgreed():
                self.agreed[event.fund] += event.amount.ore
            case TimeFrameSet() | TimeFrameExtended():
                assert str(event.end_date) > self.end_date.get(case_no, "")
                self.end_date[case_no] = str(event.end_date)
            case CaseStopped() | CaseCompleted() | OfferDeclined():
                self.closed.add(case_no)
        if name in ("FundCommitted", "CommitmentReleased"):
            sign = 1 if name == "FundCommitted" else -1
            self.committed[getattr(event, "fund", "")] += sign * (change.ore if change else 0)

    def _payment(self, entry: Recorded[Event], ref: str, name: str, line: tuple[str, int]) -> None:
        """A payment goes one way, step by step, and never twice through the same hands."""
        allowed = {
            TrancheRequested: [[]],
            TrancheApproved: [["TrancheRequested"]],
            TrancheCancelled: [["TrancheRequested"], ["TrancheRequested", "TrancheApproved"]],
            TrancheReleased: [["TrancheRequested", "TrancheApproved"]],
            TrancheSettled: [["TrancheRequested", "TrancheApproved", "TrancheReleased"]],
            TrancheReturned: [
                ["TrancheRequested", "TrancheApproved", "TrancheReleased", "TrancheSettled"]
            ],
        }
        assert self.tranches[ref] in allowed[type(entry.event)]
        self.tranches[ref].append(name)
        if isinstance(entry.event, TrancheRequested):
            assert str(entry.effective_on) <= self.end_date[line[0]]
        if isinstance(entry.event, TrancheApproved):
            self.approver[ref] = entry.actor
        if isinstance(entry.event, TrancheReleased):
            assert entry.actor != self.approver[ref]
        if isinstance(entry.event, TrancheCancelled):  # It has no amount of its own.
            self.sums[*line, "TrancheCancelled"] += self.sums[ref, 0, "amount"]
        if isinstance(entry.event, TrancheRequested):
            self.sums[ref, 0, "amount"] = entry.event.amount.ore

    def _sum(self, line: tuple[str, int], *names: str) -> int:
        return sum(self.sums[*line, name] for name in names)

    def lines(self) -> list[tuple[str, int]]:
        return list(self.latest_grant)

    def granted(self, line: tuple[str, int]) -> int:
        return self._sum(line, "LineGranted") - self._sum(line, "GrantAnnulled")

    def paid(self, line: tuple[str, int]) -> int:
        return self._sum(line, "TrancheSettled") - self._sum(line, "TrancheReturned")

    def returned(self, line: tuple[str, int]) -> int:
        return self._sum(line, "TrancheReturned")

    def ordered(self, line: tuple[str, int]) -> int:
        return self._sum(line, "TrancheReleased") - self._sum(line, "TrancheSettled")

    def live(self, line: tuple[str, int]) -> int:
        dead = self._sum(line, "TrancheCancelled", "TrancheReturned")
        return self._sum(line, "TrancheRequested") - dead

    def accounted(self, line: tuple[str, int]) -> int:
        return self._sum(
            line, "ReceiptAccepted", "LossDeclared", "UnspentReturned", "MisuseConfirmed"
        )

    def claim(self, line: tuple[str, int]) -> int:
        given_up = self._sum(line, "ClaimRepaid", "ClaimWrittenOff")
        return self._sum(line, "MisuseConfirmed") - given_up
