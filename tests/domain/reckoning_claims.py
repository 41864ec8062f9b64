"""Every claim that goes by a hearing, reckoned from the events alone, with no look at any state or rule."""

from collections import Counter
from datetime import date
from typing import Any

from domain.words import Event, Recorded

Line = tuple[str, int]

ADDS = {"MisuseConfirmed", "WriteOffReversed", "ClaimRefunded"}
TAKES = {"ClaimRepaid", "ClaimSetOff", "ClaimWrittenOff", "MisuseReversed", "RefundReturned"}


class ReckonedClaims:
    def __init__(self) -> None:
        self.line_of: dict[str, Line] = {}
        self.raised: dict[str, int] = {}
        self.raiser: dict[str, str] = {}
        self.deadline: dict[str, date] = {}
        self.answered: set[str] = set()
        self.decider: dict[str, str] = {}
        self.decided: dict[str, int] = {}  # As latest decided.
        self.dropped: set[str] = set()
        self.appealed: set[str] = set()
        self.closed: set[str] = set()
        self.refund: dict[str, int] = {}  # Ordered, and not settled.
        self.refunded: dict[str, int] = {}
        self.left: Counter[str] = Counter()
        self.paid: Counter[str] = Counter()
        self.unheard: Counter[Line] = Counter()

    def undecided(self) -> list[str]:
        return [ref for ref in self.raised if ref not in self.decided and ref not in self.dropped]

    def on(self, line: Line) -> list[str]:
        return [ref for ref, at in self.line_of.items() if at == line]

    def add(self, entry: Recorded[Event]) -> None:
        event: Any = entry.event
        name = type(event).__name__
        ref = str(getattr(event, "claim", None) or getattr(event, "ref", ""))
        if name in ADDS | TAKES:
            self._moved(entry, event, name, getattr(event, "claim", getattr(event, "ref", None)))
        elif ref in self.raised:
            assert name != "ClaimRaised"
            assert self.line_of[ref] == (event.case_no, event.line_no)
            self._stepped(entry, event, name, ref)
        elif name == "ClaimRaised":
            assert event.raised_by == entry.actor
            assert event.receipts or event.vouchers or event.words or event.flag
            self.line_of[ref] = event.case_no, event.line_no
            self.raised[ref], self.raiser[ref] = event.amount.ore, entry.actor

    def _stepped(self, entry: Recorded[Event], event: Any, name: str, ref: str) -> None:
        match name:
            case "HearingOpened":
                assert ref in self.undecided()
                assert ref not in self.deadline
                self.deadline[ref] = event.deadline
            case "HearingAnswered":
                assert ref in self.undecided()
                assert ref in self.deadline
                self.answered.add(ref)
            case "ClaimDecided":
                assert ref in self.undecided()
                assert ref in self.answered or entry.effective_on > self.deadline[ref]
                assert self.raiser[ref] != entry.actor == event.decided_by
                assert event.amount.ore <= self.raised[ref]
                self.decided[ref], self.decider[ref] = event.amount.ore, entry.actor
            case "ClaimDropped":
                assert ref in self.undecided()
                self.dropped.add(ref)
            case "ClaimClosed":
                assert not self.left[ref]
                self.closed.add(ref)
            case "InstalmentsAgreed":
                assert sum(each.amount.ore for each in event.instalments) == self.left[ref]
            case _:
                self._appealed(entry, event, name, ref)

    def _appealed(self, entry: Recorded[Event], event: Any, name: str, ref: str) -> None:
        match name:
            case "AppealLodged":
                assert ref in self.decided
                assert ref not in self.appealed
                self.appealed.add(ref)
                self.closed.discard(ref)
            case "AppealRejected":
                assert entry.actor != self.decider[ref]
                self.appealed.remove(ref)
            case "AppealUpheld":
                assert self.decider[ref] != entry.actor == event.decided_by
                assert 0 <= event.amount.ore < self.decided[ref]
                self.decided[ref], self.decider[ref] = event.amount.ore, entry.actor
                self.appealed.remove(ref)
            case "RefundOrdered":
                assert entry.actor != self.decider[ref]
                assert ref not in self.appealed
                assert event.amount.ore == -self.left[ref]
                assert ref not in self.refund
                self.refund[ref] = event.amount.ore

    def _moved(self, entry: Recorded[Event], event: Any, name: str, ref: str | None) -> None:
        signed = event.amount.ore if name in ADDS else -event.amount.ore
        if ref is None:
            self.unheard[event.case_no, event.line_no] += signed
            return
        assert self.line_of[ref] == (event.case_no, event.line_no)
        match name:
            case "ClaimSetOff" | "ClaimWrittenOff":
                assert ref not in self.appealed
                assert name == "ClaimSetOff" or entry.actor != self.raiser[ref]
            case "ClaimRefunded":
                assert self.refund.pop(ref) == event.amount.ore
                self.refunded[ref] = event.amount.ore
            case "RefundReturned":
                assert self.refunded.pop(ref) == event.amount.ore
                self.closed.discard(ref)
        assert ref not in self.closed
        self.left[ref] += signed
        if name not in ("MisuseConfirmed", "MisuseReversed", "ClaimWrittenOff", "WriteOffReversed"):
            self.paid[ref] -= signed

    def holds(self, line: Line) -> None:
        """What is true of every claim of a line whenever a command was answered."""
        assert self.unheard[line] >= 0
        for ref in self.on(line):
            assert self.left[ref] >= -self.paid[ref] <= 0
            if ref in self.decided:
                over = not self.left[ref] and ref not in self.appealed
                assert (ref in self.closed) == over
            else:
                assert not self.left[ref]
