"""What decisions must remember of a case. What a screen wants belongs to a projection."""

from calendar import monthrange
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from enum import StrEnum

from domain.case.claim import Claim, ClaimStage
from domain.identity import Key
from domain.money import ZERO, Money, total
from domain.programme import Data, Programme, Role, Route, programmes
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


class TrancheStage(StrEnum):
    REQUESTED = "requested"
    APPROVED = "approved"
    RELEASED = "released"
    SETTLED = "settled"
    CANCELLED = "cancelled"
    RETURNED = "returned"

    @property
    def live(self) -> bool:
        """It counts against the line's grant."""
        return self not in (TrancheStage.CANCELLED, TrancheStage.RETURNED)


class ReceiptStage(StrEnum):
    HANDED_IN = "handed_in"
    ACCEPTED = "accepted"
    REJECTED = "rejected"


class InvoiceStage(StrEnum):
    RECEIVED = "received"
    ATTESTED = "attested"
    APPROVED = "approved"  # Its payment is ordered.
    SETTLED = "settled"
    REJECTED = "rejected"

    @property
    def taken(self) -> bool:
        """It counts against the line's grant."""
        return self in (InvoiceStage.ATTESTED, InvoiceStage.APPROVED, InvoiceStage.SETTLED)


class AccountString(Data):
    """The dimensions (kontostreng) that a posting is booked on, as they were when it was booked.
    Of a funding agreement only the programme and the source are known."""

    programme: Key
    funding: Key
    legal_basis: Key | None = None
    category: Key | None = None
    phase: str | None = None


@dataclass(frozen=True)
class Tranche:
    ref: str
    amount: Money
    stage: TrancheStage = TrancheStage.REQUESTED
    approved_by: str = ""
    booked_on: date | None = None  # The bank's booking date, once settled.


@dataclass(frozen=True)
class Receipt:
    ref: str
    amount: Money
    stage: ReceiptStage = ReceiptStage.HANDED_IN


@dataclass(frozen=True)
class Note:
    """A credit note."""

    amount: Money
    refund_due: bool


@dataclass(frozen=True)
class Invoice:
    ref: str
    amount: Money
    stage: InvoiceStage = InvoiceStage.RECEIVED
    attested_by: str = ""
    notes: dict[str, Note] = field(default_factory=dict)
    ordered: Money = ZERO  # What the latest approval ordered.
    paid: Money = ZERO  # What was settled, less what came back.

    @property
    def due(self) -> Money:
        """The amount less its credit notes."""
        return self.amount - total(note.amount for note in self.notes.values())


@dataclass(frozen=True)
class Line:
    """A budget line: what was asked for, what is granted, and where the granted money is."""

    line_no: int
    route: Route
    account_string: AccountString
    amount: Money  # As latest submitted or amended; the grant follows when it is approved again.
    granted: Money | None = None  # None: never granted.
    awaiting: bool = True  # Approval, for the first time or of an amended amount.
    rejected: bool = False
    tranches: dict[str, Tranche] = field(default_factory=dict)
    receipts: dict[str, Receipt] = field(default_factory=dict)
    invoices: dict[str, Invoice] = field(default_factory=dict)
    claims: dict[str, Claim] = field(default_factory=dict)
    explained: Money = ZERO  # Accepted receipts and lost-receipt declarations.
    unspent: Money = ZERO
    misuse: Money = ZERO
    repaid: Money = ZERO
    written_off: Money = ZERO

    @property
    def used(self) -> Money:
        """What live tranches and taken invoices use of the grant."""
        taken = total(each.due for each in self.invoices.values() if each.stage.taken)
        return self._tranches(lambda stage: stage.live) + taken

    @property
    def left(self) -> Money:
        """What a new tranche or invoice may still take of the grant."""
        return (self.granted or ZERO) - self.used

    @property
    def released(self) -> Money:
        """Tranches ordered and not settled."""
        return self._tranches(lambda stage: stage is TrancheStage.RELEASED)

    @property
    def advance(self) -> Money:
        """Tranches settled."""
        return self._tranches(lambda stage: stage is TrancheStage.SETTLED)

    @property
    def ordered(self) -> Money:
        """All payments ordered and not settled."""
        approved = (i for i in self.invoices.values() if i.stage is InvoiceStage.APPROVED)
        return self.released + total(invoice.ordered for invoice in approved)

    @property
    def paid(self) -> Money:
        return self.advance + total(invoice.paid for invoice in self.invoices.values())

    @property
    def covered(self) -> Money:
        """The part of the advance that is accounted for, one way or another."""
        return self.explained + self.unspent + self.misuse

    @property
    def undocumented(self) -> Money:
        """Negative when a payment came back after its receipts were accepted."""
        return self.advance - self.covered

    @property
    def claim(self) -> Money:
        return self.misuse - self.repaid - self.written_off

    @property
    def unheard(self) -> Money:
        """The part of the claim that was booked at once, without a hearing."""
        return self.claim - total(claim.left for claim in self.claims.values())

    @property
    def owed(self) -> dict[str | None, Money]:
        """What the citizen owes, oldest first: what was never heard, then by claim as they were raised."""
        parts = {None: self.unheard} | {ref: claim.left for ref, claim in self.claims.items()}
        return {ref: left for ref, left in parts.items() if left > ZERO}

    @property
    def reserved(self) -> Money:
        """What claims were raised about and are not decided yet."""
        return total(claim.amount for claim in self.claims.values() if claim.stage.undecided)

    @property
    def exposure(self) -> Money:
        """Money out of the municipality's hands, or on its way, that nobody has accounted for."""
        return self.released + self.advance - self.covered

    def _tranches(self, these: Callable[[TrancheStage], bool]) -> Money:
        return total(tranche.amount for tranche in self.tranches.values() if these(tranche.stage))

    def with_tranche(self, tranche: Tranche) -> "Line":
        return replace(self, tranches=self.tranches | {tranche.ref: tranche})

    def with_receipt(self, receipt: Receipt) -> "Line":
        return replace(self, receipts=self.receipts | {receipt.ref: receipt})

    def tranche(self, ref: str) -> Tranche:
        """Guard: the tranche exists, and on this line."""
        if ref not in self.tranches:
            raise Refused("not_found", what="tranche", ref=ref)
        return self.tranches[ref]

    def receipt(self, ref: str) -> Receipt:
        """Guard: the receipt exists, and on this line."""
        if ref not in self.receipts:
            raise Refused("not_found", what="receipt", ref=ref)
        return self.receipts[ref]

    def with_claim(self, claim: Claim) -> "Line":
        return replace(self, claims=self.claims | {claim.ref: claim})

    def claimed(self, ref: str) -> Claim:
        """Guard: the claim exists, and on this line."""
        if ref not in self.claims:
            raise Refused("not_found", what="claim", ref=ref)
        return self.claims[ref]

    def decided(self, ref: str) -> Claim:
        """Guard: the claim is decided, and something is left of it to settle or to appeal."""
        if self.claimed(ref).stage is not ClaimStage.DECIDED:
            raise Refused("wrong_state", stage=self.claimed(ref).stage.value)
        return self.claims[ref]

    def unappealed(self, ref: str) -> Claim:
        """Guard: the claim is decided, and no appeal is open."""
        if self.decided(ref).appeal_open:
            raise Refused("appealed", ref=ref)
        return self.claims[ref]

    def overdue(self, on: date, deadline_days: int) -> Iterator[tuple[Tranche, Money]]:
        """Settled tranches past the receipt deadline and not accounted for in full, with what lacks.
        What is accounted for is spent on the tranches by booking date, then by number."""
        covered = self.covered
        settled = [t for t in self.tranches.values() if t.stage is TrancheStage.SETTLED]
        for tranche in sorted(settled, key=lambda t: (t.booked_on, t.ref)):
            explained = max(ZERO, min(covered, tranche.amount))
            covered -= explained
            late = tranche.booked_on and on > tranche.booked_on + timedelta(days=deadline_days)
            if late and explained < tranche.amount:
                yield tranche, tranche.amount - explained


@dataclass(frozen=True)
class Case:
    """One citizen's case. The promise: covered <= paid <= granted <= cap, line by line and in all.
    Only a payment that comes back after its receipts were accepted leaves more covered than paid."""

    case_no: str = ""
    programme: str = ""
    citizen: str = ""
    phase: str = ""
    caseworker: str = ""
    stage: Stage = Stage.UNKNOWN
    lines: dict[int, Line] = field(default_factory=dict)
    changes_requested: bool = False
    assessments: dict[str, str] = field(default_factory=dict)  # Each colleague's latest.
    end_date: date | None = None

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

    def line(self, line_no: int) -> Line:
        """Guard: the line exists, in a budget that was submitted."""
        if line_no not in self.lines:
            raise Refused("not_found", what="line", line_no=line_no)
        return self.lines[line_no]

    def with_line(self, line: Line) -> "Case":
        return replace(self, lines=self.lines | {line.line_no: line})


cases: Decider[Case] = Decider("case", Case())


class CaseCommand(Command):
    case_no: Key


class LineCommand(CaseCommand):
    line_no: int


def programme_of(ask: Command, past: Past, *roles: Role) -> Programme:
    """Guard: the programme exists, and the one who asks holds one of the roles in it."""
    programme = past(programmes, ask.programme)
    programme.terms  # noqa: B018 - refuses when there is no such programme
    programme.require(ask.by, *roles)
    return programme


def case_of(ask: CaseCommand, past: Past) -> Case:
    """Guard: the case exists, in the programme that was named."""
    case = past(cases, ask.case_no)
    if case.stage is Stage.UNKNOWN or case.programme != ask.programme:
        raise Refused("not_found", what="case", case_no=ask.case_no)
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
