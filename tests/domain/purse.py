"""What a citizen's receipts come to, in whole øre: a second reckoning that knows none of the domain's own."""

from dataclasses import dataclass, field
from datetime import date


class No(Exception):
    """What must be answered: the code of the refusal."""


def unless(fine: bool, code: str) -> None:  # noqa: FBT001 - reads as a guard.
    if not fine:
        raise No(code)


@dataclass
class Slip:
    """A receipt, or one line's share of it."""

    amount: int
    accepted: int = 0
    refunded: int = 0
    stage: str = "handed_in"


@dataclass
class Purse:
    """One line's advance, and what accounts for it."""

    paid: dict[str, int] = field(default_factory=dict)  # By tranche.
    booked: dict[str, date] = field(default_factory=dict)
    back: set[str] = field(default_factory=set)
    slips: dict[str, Slip] = field(default_factory=dict)
    declared: int = 0
    unspent: int = 0
    misuse: int = 0
    repaid: int = 0
    given_up: int = 0

    @property
    def advance(self) -> int:
        return sum(ore for ref, ore in self.paid.items() if ref not in self.back)

    @property
    def documented(self) -> int:
        return self.declared + sum(each.accepted - each.refunded for each in self.slips.values())

    @property
    def undocumented(self) -> int:
        return self.advance - self.documented - self.unspent - self.misuse

    @property
    def claim(self) -> int:
        return self.misuse - self.repaid - self.given_up

    @property
    def lacking(self) -> dict[str, int]:
        """By tranche, what nobody has accounted for: oldest first."""
        covered, left = self.documented + self.unspent + self.misuse, {}
        for ref, ore in sorted(self.paid.items(), key=lambda each: (self.booked[each[0]], each[0])):
            if ref not in self.back:
                explained = max(0, min(covered, ore))
                covered -= explained
                left[ref] = ore - explained
        return {ref: ore for ref, ore in left.items() if ore}

    def slip(self, ref: str) -> Slip:
        unless(ref in self.slips, "not_found")
        return self.slips[ref]

    def accept(self, ref: str, ore: int, *, rest: bool) -> None:
        slip = self.slip(ref)
        unless(slip.stage == ("accepted" if rest else "handed_in"), "wrong_state")
        unless(slip.accepted + ore <= slip.amount, "above_receipt")
        unless(ore <= self.undocumented, "above_advance")
        slip.accepted, slip.stage = slip.accepted + ore, "accepted"

    def reject(self, ref: str) -> None:
        slip = self.slip(ref)
        unless(slip.stage == "handed_in", "wrong_state")
        slip.stage = "rejected"

    def refund(self, ref: str, ore: int) -> None:
        slip = self.slip(ref)
        unless(slip.stage == "accepted", "wrong_state")
        unless(slip.refunded + ore <= slip.accepted, "above_accepted")
        slip.refunded += ore

    def declare(self, ore: int, most: int) -> None:
        unless(ore <= most, "declaration_too_large")
        unless(ore <= self.undocumented, "above_advance")
        self.declared += ore

    def confirm(self, ore: int) -> None:
        unless(ore <= self.undocumented, "above_advance")
        self.misuse += ore

    def give_up(self, ore: int) -> None:
        unless(ore <= self.claim, "above_claim")
        self.given_up += ore

    def hand_back(self, ore: int) -> bool:
        """Whether it is booked: more than that is left unreconciled."""
        fits = ore <= self.undocumented
        self.unspent += ore if fits else 0
        return fits

    def repay(self, ore: int) -> bool:
        fits = ore <= self.claim
        self.repaid += ore if fits else 0
        return fits
