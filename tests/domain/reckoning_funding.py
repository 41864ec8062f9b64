"""Who agreed to pay what, and who bears it, reckoned payment by payment to the last fraction of an øre."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import date
from fractions import Fraction
from typing import Any, NamedTuple

from domain.money import total
from domain.words import Event, Recorded
from projections.balances import Balance
from projections.partners import Bearing, borne


class Moved(NamedTuple):
    day: date
    borne_on: date
    ore: int


class ReckonedFunding:
    def __init__(self) -> None:
        self.agreed: dict[str, int] = {}
        self.agreements: dict[str, list[tuple[date, dict[str, int]]]] = defaultdict(list)
        self.recommended: dict[tuple[str, str], tuple[dict[str, int], str]] = {}
        self.decided: set[tuple[str, str]] = set()
        self.moved: dict[str, list[Moved]] = defaultdict(list)
        self.booked_on: dict[tuple[str, int, str], date] = {}

    def add(self, entry: Recorded[Event]) -> None:
        event: Any = entry.event
        match type(event).__name__:
            case "FundAgreed":
                assert event.fund not in self.agreed
                self.agreed[event.fund] = event.amount.ore
            case "FundAmended":
                assert entry.effective_on <= entry.at.date()
                assert event.amount.ore == self.agreed[event.fund] + event.change.ore
                assert event.change
                self.agreed[event.fund] = event.amount.ore
            case "CofinancingAgreed":
                assert event.fund in self.agreed
                assert not self.agreements[event.fund]
                self._in_force(entry, event)
            case "AmendmentRecommended":
                assert self.agreements[event.fund]
                assert (event.fund, event.ref) not in self.recommended
                assert event.recommended_by == entry.actor
                self.recommended[event.fund, event.ref] = _weights(event), entry.actor
            case "CofinancingAmended" | "AmendmentRejected" as name:
                which = event.fund, event.ref
                weights, by = self.recommended[which]
                assert by != entry.actor
                assert which not in self.decided
                self.decided.add(which)
                if name == "CofinancingAmended":
                    assert _weights(event) == weights
                    self._in_force(entry, event)
            case "TrancheSettled" | "ExpenseSettled":
                self.booked_on[event.case_no, event.line_no, event.ref] = event.booked_on
                self._move(entry, event, 1)
            case "TrancheReturned" | "ExpenseReturned" | "InvoiceRefunded":
                self._move(entry, event, -1)

    def _in_force(self, entry: Recorded[Event], event: Any) -> None:
        assert event.in_force_from == entry.effective_on
        assert all(since <= event.in_force_from for since, _ in self.agreements[event.fund])
        self.agreements[event.fund].append((event.in_force_from, _weights(event)))

    def _move(self, entry: Recorded[Event], event: Any, sign: int) -> None:
        booked_on = self.booked_on[event.case_no, event.line_no, event.ref]
        for part in event.parts or [
            event
        ]:  # Of each source; without parts, of the line's only one.
            moved = Moved(entry.effective_on, booked_on, sign * part.amount.ore)
            self.moved[part.account_string.funding].append(moved)

    def paid_by(self, fund: str, as_of: date) -> dict[str, Fraction]:
        parts: dict[str, Fraction] = defaultdict(Fraction)
        for moved in self.moved[fund]:
            begun = [weights for since, weights in self.agreements[fund] if since <= moved.borne_on]
            if begun and moved.day <= as_of:
                for partner, weight in begun[-1].items():
                    parts[partner] += Fraction(moved.ore * weight, sum(begun[-1].values()))
        return parts

    def agrees(self, fund: str, balance: Balance, rows: Mapping[str, Bearing], as_of: date) -> None:
        """The rows tell the same, and their parts add up to the fund's own figures."""
        figures = balance.figures(as_of)
        of_fund = rows.get(f"NP/{fund}", Bearing())
        lines = [row for key, row in rows.items() if key.startswith(f"NP/{fund}/")]
        drawings = [drawing for row in lines for drawing in row.drawings]
        told = borne(of_fund.agreements, drawings, figures.committed, as_of)
        everybody = [*told.partners, told.unshared]
        assert total(part.paid for part in everybody) == figures.paid
        assert total(part.committed for part in everybody) == figures.committed
        exact = self.paid_by(fund, as_of)
        assert set(exact) <= {part.partner for part in told.partners}
        for part in told.partners:
            off = abs(part.paid.ore - exact[part.partner])
            assert off < len(self.agreements[fund])


def _weights(event: Any) -> dict[str, int]:
    return {share.partner: share.weight for share in event.shares}
