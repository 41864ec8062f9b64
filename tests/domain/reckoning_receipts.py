"""What receipts and declarations came to, reckoned from the events alone."""

from collections import Counter, defaultdict
from datetime import date, timedelta
from typing import Any

from domain.programme import Rules
from domain.words import Event, Recorded

Share = tuple[str, int, str]  # Case, line and the receipt's number.


class ReckonedReceipts:
    """A receipt explains no more than it says, and no citizen declares too many lost."""

    def __init__(self) -> None:
        self.numbers: set[str] = set()
        self.handed_in: dict[Share, int] = {}
        self.accepted: Counter[Share] = Counter()
        self.refunded: Counter[Share] = Counter()
        self.shares: Counter[str] = Counter()  # Of receipts for several lines, what they come to.
        self.declared: dict[str, list[tuple[date, int]]] = defaultdict(list)

    def add(self, entry: Recorded[Event], rules: Rules) -> None:
        event: Any = entry.event
        ore = event.amount.ore
        share = (event.case_no, event.line_no, getattr(event, "ref", ""))
        match type(event).__name__:
            case "ReceiptHandedIn":
                assert event.ref not in self.numbers or event.ref in self.shares
                assert share not in self.handed_in
                self.numbers.add(event.ref)
                self.handed_in[share] = ore
                if event.whole:
                    self.shares[event.ref] += ore
                    assert self.shares[event.ref] <= event.whole.ore
            case "ReceiptAccepted":
                self.accepted[share] += ore
                assert self.accepted[share] <= self.handed_in[share]
            case "ReceiptRefunded":
                assert event.refunded_on <= entry.at.date()
                self.refunded[share] += ore
                assert self.refunded[share] <= self.accepted[share]
            case "LossDeclared":
                day, most = entry.effective_on, rules.declarations_max_total
                self.declared[event.case_no].append((day, ore))
                about = timedelta(days=28 * rules.declarations_months)
                near = [ore for on, ore in self.declared[event.case_no] if abs(on - day) < about]
                assert most is None or sum(near) <= most.ore
