"""Every line, fund and payment reckoned from the events alone, with no look at any state or rule."""

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from domain.programme import Rules
from domain.words import Event, Recorded
from tests.domain.reckoning_claims import ReckonedClaims
from tests.domain.reckoning_duties import Duties
from tests.domain.reckoning_funding import ReckonedFunding
from tests.domain.reckoning_plan import Plans
from tests.domain.reckoning_receipts import ReckonedReceipts

Line = tuple[str, int]  # Case and line.

# What must never happen in a case that is declined, stopped or completed.
NOT_IN_A_CLOSED_CASE = {
    *("ProgrammeOffered", "OfferAccepted", "OfferDeclined", "CaseStopped", "CaseCompleted"),
    *("BudgetSubmitted", "BudgetAssessed", "ChangesRequested", "TimeFrameExtended"),
    *("LineGranted", "LineRejected", "LineAmended"),
    *("CaseScreened", "LineScreened", "MeetingHeld", "TrajectoryPhaseEntered"),
    *("ChangeReported", "ChangeAccepted", "ChangeDeclined"),
    *("TrancheRequested", "TrancheApproved", "TrancheReleased"),
    *("ExpenseAttested", "ExpenseApproved", "ShareCharged", "ParticipantJoined"),
    *("SupportPlanned", "SupportMonthConfirmed"),
}
CHARGED = {"InvoiceReceived", "OutlayClaimed", "ShareCharged", "SupportMonthConfirmed"}
# What may come after what, in the life of an expense.
NEXT = {
    "InvoiceReceived": {"ExpenseAttested", "ExpenseRejected"},
    "OutlayClaimed": {"ExpenseAttested", "ExpenseRejected"},
    "ShareCharged": {"ExpenseAttested"},
    "SupportMonthConfirmed": {"ExpenseApproved", "ExpenseRejected"},
    "ExpenseAttested": {"ExpenseApproved", "ExpenseRejected"},
    "ExpenseApproved": {"ExpenseSettled"},
    "ExpenseSettled": {"ExpenseReturned"},
    "ExpenseReturned": {"ExpenseApproved", "ExpenseRejected"},
    "ExpenseRejected": set(),
}
TAKEN = {"SupportMonthConfirmed", "ExpenseAttested", "ExpenseApproved", "ExpenseSettled"}
WAY_OF_A_PAYMENT = ["TrancheRequested", "TrancheApproved", "TrancheReleased", "TrancheSettled"]


@dataclass
class Voucher:
    """What is paid against a voucher, or one line's part of it."""

    amount: int
    step: str
    hands: set[str]  # Who claimed it or attested it.
    notes: dict[str, int] = field(default_factory=dict)
    owed: set[str] = field(default_factory=set)  # Credit notes that the supplier must refund.
    ordered: int = 0

    @property
    def due(self) -> int:
        return self.amount - sum(self.notes.values())

    @property
    def taken(self) -> bool:
        return self.step in TAKEN | {"ExpenseReturned"}


class Reckoning:
    """Sums of øre, by case, line and kind of event; and who did what."""

    def __init__(self) -> None:
        self.sums: Counter[tuple[str, int, str]] = Counter()
        self.asked: dict[Line, int] = {}  # Each line's latest amount, rejected lines left out.
        self.rejected: set[Line] = set()
        self.latest_grant: dict[Line, int] = {}
        self.by_fund: Counter[tuple[Line, str, str]] = Counter()  # And by what happened.
        self.agreed: Counter[str] = Counter()
        self.committed: Counter[str] = Counter()
        self.tranches: dict[str, list[str]] = defaultdict(list)  # What happened to each.
        self.line_of: dict[str, Line] = {}
        self.amount_of: dict[str, int] = {}
        self.approver: dict[str, str] = {}
        self.claims = ReckonedClaims()
        self.receipts = ReckonedReceipts()
        self.vouchers: dict[Line, dict[str, Voucher]] = defaultdict(dict)
        self.files: set[str] = set()
        self.groups: dict[str, dict[str, int]] = {}  # The participants' lines.
        self.shared: dict[str, int] = {}  # What is due of a group's cost.
        self.caseworker: dict[str, str] = {}
        self.closed: set[str] = set()
        self.end_date: dict[str, date] = {}
        self.rules: list[tuple[date, Rules]] = []
        self.closed_through = date.min
        self.frozen: set[tuple[str, str]] = set()
        self.released_on: dict[str, date] = {}
        self.plans = Plans()
        self.funding = ReckonedFunding()
        self.duties = Duties()

    def add(self, entry: Recorded[Event]) -> None:
        event: Any = entry.event
        name = type(event).__name__
        line = getattr(event, "case_no", ""), getattr(event, "line_no", 0)
        assert not (line[0] in self.closed and name in NOT_IN_A_CLOSED_CASE)
        self._ruled(entry, event, name)
        if self.rules:
            self.plans.add(entry, self.rules_on(entry.effective_on))
        change = getattr(event, "change", getattr(event, "amount", None))
        if change is not None:
            self.sums[*line, name] += change.ore
        self._parts(event, name, line)
        if (
            name in CHARGED
            or name.startswith("Expense")
            or name in {"InvoiceCredited", "InvoiceRefunded"}
        ):
            self._voucher(entry, event, name, line)
        self._group(event, name)
        self.claims.add(entry)
        self.funding.add(entry)
        self.duties.add(entry)
        if name.startswith("Tranche") and name != "TranchesHeld":
            self._payment(entry, event, name, line)
        match name:
            case "FundAgreed":
                self.agreed[event.fund] += event.amount.ore
            case "FundAmended":
                self.agreed[event.fund] += event.change.ore
            case "FundCommitted":
                self.committed[event.fund] += event.amount.ore
            case "CommitmentReleased":
                self.committed[event.fund] -= event.amount.ore
            case "ReceiptHandedIn" | "ReceiptAccepted" | "ReceiptRefunded" | "LossDeclared":
                self.receipts.add(entry, self.rules_on(entry.effective_on))
            case _:
                self._case(entry, event, name, line)

    def _ruled(self, entry: Recorded[Event], event: Any, name: str) -> None:
        """By the rules of its day, in an open month; and what changes those."""
        assert entry.effective_on > self.closed_through
        judged_by = getattr(getattr(event, "seen", event), "rules", None)
        if isinstance(judged_by, int):
            assert judged_by == self.rules_on(entry.effective_on).version
        match name:
            case "ProgrammeEstablished":
                self.rules = [(date.min, event.terms.rules)]
            case "RulesChanged":
                assert entry.at.date() <= entry.effective_on == event.in_force_from
                self.rules.append((event.in_force_from, event.rules))
            case "RolesAssigned":
                assert event.person != entry.actor or entry.actor == "system"
            case "MonthClosed":
                assert event.through < entry.effective_on
                self.closed_through = event.through
            case "PayoutsFrozen":
                assert (event.scope, event.key) not in self.frozen
                self.frozen.add((event.scope, event.key))
            case "PayoutsResumed":
                self.frozen.remove((event.scope, event.key))

    def _group(self, event: Any, name: str) -> None:
        match name:
            case "GroupFormed":
                self.groups[event.group] = {}
            case "ParticipantJoined":
                self.groups[event.group][event.case_no] = event.line_no
            case "ParticipantLeft":
                del self.groups[event.group][event.case_no]
            case "SharedCostReceived":
                self.shared[event.ref] = event.amount.ore
            case "SharedCostCredited":
                self.shared[event.ref] -= event.amount.ore
                assert self.shared[event.ref] >= 0
            case "SharedCostSpread":
                parts = [share.amount.ore for share in event.shares]
                assert sum(parts) == self.shared[event.ref]
                assert max(parts) - min(parts) <= 1
                at = {share.case_no: share.line_no for share in event.shares}
                assert at.items() <= self.groups[event.group].items()

    def _parts(self, event: Any, name: str, line: Line) -> None:
        """Every øre that is booked comes from a fund, and the parts are the whole."""
        if not hasattr(event, "parts"):
            return
        change = event.change if name == "LineGranted" else event.amount
        parts = {part.account_string.funding: part.amount for part in event.parts}
        assert not parts or sum(part.ore for part in parts.values()) == change.ore
        for fund, part in (parts or {event.account_string.funding: change}).items():
            self.by_fund[line, fund, name] += part.ore

    def funds_of(self, line: Line) -> list[str]:
        return list(dict.fromkeys(fund for at, fund, _ in self.by_fund if at == line))

    def granted_by(self, line: Line, fund: str) -> int:
        return self.of_fund(line, fund, "LineGranted") - self.of_fund(line, fund, "GrantAnnulled")

    def moved_by(self, line: Line, fund: str) -> int:
        """Ordered, or paid."""
        back = ("TrancheLapsed", "TrancheReturned", "ExpenseReturned", "InvoiceRefunded")
        out = self.of_fund(line, fund, "TrancheReleased", "ExpenseApproved")
        return out - self.of_fund(line, fund, *back)

    def advance_by(self, line: Line, fund: str) -> int:
        back = self.of_fund(line, fund, "TrancheReturned")
        return self.of_fund(line, fund, "TrancheSettled") - back

    def accounted_by(self, line: Line, fund: str) -> int:
        explained = ("ReceiptAccepted", "LossDeclared", "UnspentReturned", "MisuseConfirmed")
        again = self.of_fund(line, fund, "MisuseReversed", "ReceiptRefunded")
        return self.of_fund(line, fund, *explained) - again

    def of_fund(self, line: Line, fund: str, *names: str) -> int:
        return sum(self.by_fund[line, fund, name] for name in names)

    def _case(self, entry: Recorded[Event], event: Any, name: str, line: Line) -> None:
        match name:
            case "CaseRegistered" | "CaseReassigned":
                self.caseworker[event.case_no] = event.caseworker
            case "BudgetAssessed":
                assert event.assessor == entry.actor != self.caseworker[event.case_no]
            case "LineGranted":
                assert event.seen.assessments
                assert "red" not in event.seen.assessments.values()
                self.latest_grant[line] = event.amount.ore
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
        elif name == "TrancheLapsed":
            assert steps == WAY_OF_A_PAYMENT[:3]
            assert self.due_to_lapse(event.ref, entry.effective_on)
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
                assert self.flows(line)
                self.released_on[event.ref] = entry.effective_on
        assert self.line_of[event.ref] == line
        steps.append(name)

    def _voucher(self, entry: Recorded[Event], event: Any, name: str, line: Line) -> None:
        """Nobody's hands twice, no more than is due, and nothing back that isn't owed."""
        if name in CHARGED:
            before = self.vouchers[line].get(event.ref)
            assert not before or (before.step, name) == ("ExpenseRejected", "ShareCharged")
            claimed = {name for name in [getattr(event, "claimed_by", None)] if name}
            hands = claimed | ({entry.actor} if name == "SupportMonthConfirmed" else set())
            self.vouchers[line][event.ref] = Voucher(event.amount.ore, name, hands)
            return
        voucher = self.vouchers[line][event.ref]
        amount = event.amount.ore if hasattr(event, "amount") else 0
        match name:
            case "InvoiceCredited":
                assert event.refund_due == (voucher.step in {"ExpenseApproved", "ExpenseSettled"})
                voucher.notes[event.credit_note] = amount
                voucher.owed |= {event.credit_note} if event.refund_due else set()
                assert voucher.due >= 0
                return
            case "InvoiceRefunded":
                assert voucher.step == "ExpenseSettled"
                assert voucher.notes[event.credit_note] == amount
                voucher.owed.remove(event.credit_note)
                return
            case "ExpenseAttested" | "ExpenseApproved":
                assert entry.actor not in voucher.hands
                assert amount == voucher.due > 0
                voucher.hands.add(entry.actor)
                voucher.owed.clear()
        if name == "ExpenseApproved":
            assert self.flows(line)
            voucher.ordered = amount
            voucher.hands.remove(entry.actor)  # What came back may be approved by the same person.
        if name in {"ExpenseSettled", "ExpenseReturned"}:
            assert amount == voucher.ordered
            voucher.owed -= voucher.owed if name == "ExpenseReturned" else set()
        assert name in NEXT[voucher.step]
        voucher.step = name

    def _sum(self, line: Line, *names: str) -> int:
        return sum(self.sums[*line, name] for name in names)

    def rules_on(self, day: date) -> Rules:
        begun = [rules for since, rules in self.rules if since <= day]
        return max(begun, key=lambda rules: rules.version)

    def flows(self, line: Line) -> bool:
        case, fund = ("case", line[0]), ("fund", self.funds_of(line)[0])
        return not self.frozen & {case, fund, ("programme", "NP")}

    def due_to_lapse(self, ref: str, on: date) -> bool:
        days = self.rules_on(on).lapse_days
        return days is not None and on - self.released_on[ref] > timedelta(days=days)

    def lines(self) -> list[Line]:
        """Those that were ever granted."""
        return list(self.latest_grant)

    def refs(self, latest: str) -> list[str]:
        """The tranches to which this happened last."""
        return [ref for ref, steps in self.tranches.items() if steps[-1] == latest]

    def granted(self, line: Line) -> int:
        return self._sum(line, "LineGranted") - self._sum(line, "GrantAnnulled")

    def advance(self, line: Line) -> int:
        return self._sum(line, "TrancheSettled") - self._sum(line, "TrancheReturned")

    def paid(self, line: Line) -> int:
        back = self._sum(line, "ExpenseReturned", "InvoiceRefunded")
        return self.advance(line) + self._sum(line, "ExpenseSettled") - back

    def refunds_due(self, line: Line) -> int:
        vouchers = self.vouchers[line].values()
        return sum(each.notes[note] for each in vouchers for note in each.owed)

    def returned(self, line: Line) -> int:
        return self._sum(line, "TrancheReturned")

    def released(self, line: Line) -> int:
        done = self._sum(line, "TrancheSettled", "TrancheLapsed")
        return self._sum(line, "TrancheReleased") - done

    def ordered(self, line: Line) -> int:
        approved = self._sum(line, "ExpenseApproved") - self._sum(line, "ExpenseSettled")
        return self.released(line) + approved

    def live(self, line: Line) -> int:
        dead = self._sum(line, "TrancheCancelled", "TrancheReturned", "TrancheLapsed")
        several = len(self.funds_of(line)) > 1
        taken = sum(each.due for each in self.vouchers[line].values() if each.taken)
        taken += self.refunds_due(line) if several else 0
        return self._sum(line, "TrancheRequested") - dead + taken

    def accounted(self, line: Line) -> int:
        explained = self._sum(line, "ReceiptAccepted", "LossDeclared", "UnspentReturned")
        return explained + self.misused(line) - self._sum(line, "ReceiptRefunded")

    def misused(self, line: Line) -> int:
        return self._sum(line, "MisuseConfirmed") - self._sum(line, "MisuseReversed")

    def exposure(self, case_no: str) -> int:
        mine = [line for line in self.lines() if line[0] == case_no]
        return sum(self.released(line) + self.advance(line) - self.accounted(line) for line in mine)

    def claim(self, line: Line) -> int:
        """Negative: owed to the citizen."""
        less = self._sum(line, "ClaimRepaid", "ClaimSetOff", "ClaimWrittenOff", "RefundReturned")
        more = self._sum(line, "WriteOffReversed", "ClaimRefunded")
        return self.misused(line) + more - less
