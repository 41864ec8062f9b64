"""A budget line and all the money on it: its tranches, expenses, receipts and claims."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from enum import StrEnum

from domain.case.claim import Claim, ClaimStage
from domain.case.sources import AccountString, Parts, Pots, Source, granted, in_parts
from domain.money import ZERO, Money, total
from domain.programme import Route
from domain.words import Refused


def together(people: frozenset[str], person: str | None) -> frozenset[str]:
    """`None`: an event of a release that didn't tell who."""
    return people | {person} if person else people


class TrancheStage(StrEnum):
    REQUESTED = "requested"
    APPROVED = "approved"
    RELEASED = "released"
    SETTLED = "settled"
    CANCELLED = "cancelled"
    RETURNED = "returned"
    LAPSED = "lapsed"

    @property
    def live(self) -> bool:
        """It counts against the line's grant."""
        dead = (TrancheStage.CANCELLED, TrancheStage.RETURNED, TrancheStage.LAPSED)
        return self not in dead


class ReceiptStage(StrEnum):
    HANDED_IN = "handed_in"
    ACCEPTED = "accepted"
    REJECTED = "rejected"


class ExpenseStage(StrEnum):
    RECEIVED = "received"
    ATTESTED = "attested"
    APPROVED = "approved"  # Its payment is ordered.
    SETTLED = "settled"
    REJECTED = "rejected"

    @property
    def taken(self) -> bool:
        """It counts against the line's grant."""
        return self in (ExpenseStage.ATTESTED, ExpenseStage.APPROVED, ExpenseStage.SETTLED)


class Step(StrEnum):
    """Of the ladder that a tranche goes up while its receipts don't come. In their order."""

    REMINDED = "reminded"
    HELD = "held"
    TOLD = "told"
    CLAIM_PROPOSED = "claim_proposed"


@dataclass(frozen=True)
class StepTaken:
    step: Step
    on: date
    next_on: date | None = None  # Before which the citizen was told that nothing more is done.


@dataclass(frozen=True)
class Tranche:
    ref: str
    amount: Money
    stage: TrancheStage = TrancheStage.REQUESTED
    requested_by: str | None = None  # `None`: by an event of a release that didn't tell.
    approved_by: str = ""
    released_on: date | None = None
    released_by: str | None = None
    booked_on: date | None = None  # The bank's booking date, once settled.
    paid_from: date | None = None  # The day from which the statement that says so holds.
    refunded_on: date | None = None  # The day of the refund since which it is not accounted for.
    steps: tuple[StepTaken, ...] = ()  # Since it was last accounted for.
    waived: bool = False  # Its receipts are not waited for any more.

    @property
    def owed_since(self) -> date | None:
        """From when the days count in which its receipts are to come."""
        return self.refunded_on or self.booked_on

    @property
    def holds(self) -> bool:
        """While it isn't accounted for, no other tranche is released."""
        return not self.waived and any(each.step is Step.HELD for each in self.steps)


@dataclass(frozen=True)
class Receipt:
    """A receipt, or of one that stands for several lines this line's share."""

    ref: str
    amount: Money
    purchased_on: date
    merchant: str
    stage: ReceiptStage = ReceiptStage.HANDED_IN
    accepted: Money = ZERO
    refunded: Money = ZERO  # By the merchant, of what was accepted.
    held_from: date | None = None  # The latest day from which it is handed in, or accepted.


@dataclass(frozen=True)
class Note:
    """A credit note."""

    amount: Money
    refund_due: bool


@dataclass(frozen=True)
class Expense:
    """A cost that is paid against a voucher: an invoice, an outlay, a month of support, a share of one."""

    ref: str
    amount: Money
    stage: ExpenseStage = ExpenseStage.RECEIVED
    claimed_by: str = ""  # The colleague who laid the money out.
    attested_by: str = ""  # The latest.
    attesters: frozenset[str] = frozenset()  # All of them: a shared cost may be spread anew.
    approvers: frozenset[str] = frozenset()
    group: str = ""  # Whose shared cost this is a part of.
    notes: dict[str, Note] = field(default_factory=dict)
    ordered: Money = ZERO  # What the latest approval ordered.
    paid: Money = ZERO  # What was settled, less what came back.

    @property
    def due(self) -> Money:
        """The amount less its credit notes."""
        return self.amount - total(note.amount for note in self.notes.values())

    @property
    def refund_due(self) -> Money:
        """What the supplier owes back by its credit notes."""
        return total(note.amount for note in self.notes.values() if note.refund_due)

    def with_no_refund_due(self) -> "Expense":
        """What is ordered anew, or came back whole, leaves nothing for the supplier to refund."""
        notes = {name: replace(note, refund_due=False) for name, note in self.notes.items()}
        return replace(self, notes=notes)


@dataclass(frozen=True)
class Support:
    """A plan of monthly support for a new business (opstartshonorar)."""

    months: tuple[str, ...]
    monthly: Money
    taxable: bool


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
    sources: tuple[Source, ...] = ()  # In their order, where there are several.
    pots: Pots = field(default_factory=dict)  # Where their money stands.
    granters: frozenset[str] = frozenset()  # Who granted it: none of them orders its payments.
    orderers: frozenset[str] = frozenset()
    # Who accepted a receipt, a declaration in its place, or that none comes.
    acceptors: frozenset[str] = frozenset()
    fits: bool | None = None  # Do its means serve its goal? None: not screened as it now stands.
    tranches: dict[str, Tranche] = field(default_factory=dict)
    receipts: dict[str, Receipt] = field(default_factory=dict)
    expenses: dict[str, Expense] = field(default_factory=dict)
    support: Support | None = None
    claims: dict[str, Claim] = field(default_factory=dict)
    handed_back: frozenset[str] = frozenset()  # The bank's entries that brought money back.
    explained: Money = ZERO  # Accepted receipts and lost-receipt declarations.
    # What was accounted for and is not any more, and from which day: by refunds and upheld appeals.
    reopened: tuple[tuple[date | None, Money], ...] = ()
    misused_from: date | None = None  # The latest day from which misuse is confirmed.
    unspent: Money = ZERO
    misuse: Money = ZERO
    repaid: Money = ZERO
    written_off: Money = ZERO

    @property
    def account_strings(self) -> tuple[AccountString, ...]:
        """One for each source."""
        return tuple(source.account_string for source in self.sources) or (self.account_string,)

    def granting(self, change: Money) -> Parts:
        """The parts of a change of the grant. None, where there is one source."""
        return in_parts(granted(change, self.pots, self.sources), self.sources)

    def by_fund(self, change: Money) -> dict[str, Money]:
        """What a change of the grant takes of each funding source, or gives back to it."""
        sums: dict[str, Money] = {} if self.sources else {self.account_string.funding: change}
        for part in self.granting(change):
            fund = part.account_string.funding
            sums[fund] = sums.get(fund, ZERO) + part.amount
        return sums

    @property
    def awaits_approval(self) -> bool:
        return self.awaiting and not self.rejected

    @property
    def used(self) -> Money:
        """What live tranches and taken expenses use of the grant. Where there are several sources, what a
        supplier owes back is not free before it comes: each source has paid its own part of it."""
        expenses = [each for each in self.expenses.values() if each.stage.taken]
        taken = total(each.due for each in expenses)
        if self.sources:
            taken += total(each.refund_due for each in expenses)
        return self._tranches(lambda stage: stage.live) + taken

    @property
    def left(self) -> Money:
        """What a new tranche or expense may still take of the grant."""
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
        approved = (e for e in self.expenses.values() if e.stage is ExpenseStage.APPROVED)
        return self.released + total(each.ordered for each in approved)

    @property
    def paid(self) -> Money:
        return self.advance + total(expense.paid for expense in self.expenses.values())

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

    def with_expense(self, expense: Expense) -> "Line":
        return replace(self, expenses=self.expenses | {expense.ref: expense})

    def with_receipt(self, receipt: Receipt) -> "Line":
        return replace(self, receipts=self.receipts | {receipt.ref: receipt})

    def granted_of(self, person: str | None) -> "Line":
        return replace(self, granters=together(self.granters, person))

    def accepted_of(self, person: str | None) -> "Line":
        return replace(self, acceptors=together(self.acceptors, person))

    def ordered_of(self, person: str | None) -> "Line":
        return replace(self, orderers=together(self.orderers, person))

    def payable_by(self, person: str) -> None:
        """Guard: whoever granted the line does not order its payments, too."""
        if person in self.granters:
            raise Refused("same_person", granted_by=person)

    def tranche(self, ref: str) -> Tranche:
        """Guard: the tranche exists, and on this line."""
        if ref not in self.tranches:
            raise Refused("not_found", what="tranche", ref=ref)
        return self.tranches[ref]

    def expense(self, ref: str, *stages: ExpenseStage) -> Expense:
        """Guard: the expense exists, on this line, and stands where this can be done."""
        if ref not in self.expenses:
            raise Refused("not_found", what="expense", ref=ref)
        if self.expenses[ref].stage not in stages:
            raise Refused("wrong_state", stage=self.expenses[ref].stage.value)
        return self.expenses[ref]

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

    def lacking(self, claimed: Money = ZERO) -> Iterator[tuple[Tranche, Money]]:
        """Settled tranches that are not accounted for in full, with what lacks. What is accounted for, and
        what is `claimed`, is spent on the tranches by booking date, then by number."""
        covered = self.covered + claimed
        settled = [t for t in self.tranches.values() if t.stage is TrancheStage.SETTLED]
        for tranche in sorted(settled, key=lambda t: (t.booked_on, t.ref)):
            explained = max(ZERO, min(covered, tranche.amount))
            covered -= explained
            if explained < tranche.amount:
                yield tranche, tranche.amount - explained

    def overdue(self, on: date, deadline_days: int) -> Iterator[tuple[Tranche, Money]]:
        """Those that are past the receipt deadline, and whose receipts were not waived."""
        for tranche, lacking in self.lacking():
            since = tranche.owed_since
            if since and on > since + timedelta(days=deadline_days) and not tranche.waived:
                yield tranche, lacking

    def beginning_anew(self) -> "Line":
        """What was done about a tranche ends once it is accounted for: should its receipts lack again, the
        citizen is reminded again before anything is held."""
        if not any(each.steps or each.refunded_on for each in self.tranches.values()):
            return self
        lacking = {tranche.ref for tranche, _ in self.lacking()}
        tranches = {
            ref: each if ref in lacking else replace(each, steps=(), refunded_on=None)
            for ref, each in self.tranches.items()
        }
        return replace(self, tranches=tranches)

    def reopening(self, amount: Money, on: date | None) -> "Line":
        return replace(self, reopened=(*self.reopened, (on, amount)))

    def refunded(self, amount: Money, on: date) -> "Line":
        """So much less is explained. For what was accounted for till then the days count from that day."""
        before = {tranche.ref for tranche, _ in self.lacking()}
        line = replace(self, explained=self.explained - amount)
        for tranche, _ in line.lacking():
            if tranche.ref not in before:
                line = line.with_tranche(replace(tranche, refunded_on=on))
        return line
