"""Every movement on a line with several sources, in parts: which pot it is drawn from, and where it goes.

In one place, so that no decision can forget it: what a decision leads to comes through here.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, NamedTuple

from domain.case.annulment import GrantAnnulled
from domain.case.appeals import ClaimRefunded, MisuseReversed, RefundReturned, WriteOffReversed
from domain.case.budget import LineGranted
from domain.case.expenses import ExpenseApproved, ExpenseReturned, ExpenseSettled
from domain.case.invoices import InvoiceRefunded
from domain.case.lapse import TrancheLapsed
from domain.case.line import Line
from domain.case.merchant_refunds import ReceiptRefunded
from domain.case.payouts import TrancheReleased, TrancheReturned, TrancheSettled
from domain.case.receipts import LossDeclared, ReceiptAccepted, UnspentReturned
from domain.case.recovery import ClaimRepaid, ClaimSetOff, ClaimWrittenOff, MisuseConfirmed
from domain.case.sources import AccountString, Pots, drawn_from, in_parts
from domain.case.state import Case, cases
from domain.money import ZERO, Money
from domain.words import Event, News, Past, finishes


class Flow(NamedTuple):
    """The pots that an amount is drawn from, one after the other; those that it is added to, and those
    that it is taken off. No pot: the decision itself says in which parts."""

    sources: tuple[str, ...]
    adds: tuple[str, ...] = ()
    takes: tuple[str, ...] = ()
    backwards: bool = False  # What came last in turn is drawn first.


def _moved(source: str, *adds: str) -> Flow:
    return Flow((source,), adds, (source,))


# A payment is drawn from what is granted and not ordered; what becomes of it follows its own parts.
FLOWS: dict[type[Event], Callable[[Any], Flow]] = {
    LineGranted: lambda _: Flow((), ("granted", "committed")),
    GrantAnnulled: lambda _: Flow((), (), ("granted", "committed")),
    TrancheReleased: lambda e: _moved("committed", f"ordered {e.ref}"),
    TrancheLapsed: lambda e: _moved(f"ordered {e.ref}", "committed"),
    TrancheSettled: lambda e: _moved(f"ordered {e.ref}", f"paid {e.ref}", "advance"),
    TrancheReturned: lambda e: Flow(
        (f"paid {e.ref}",), ("committed",), (f"paid {e.ref}", "advance")
    ),
    ExpenseApproved: lambda e: _moved("committed", f"ordered {e.ref}"),
    ExpenseSettled: lambda e: _moved(f"ordered {e.ref}", f"paid {e.ref}"),
    ExpenseReturned: lambda e: _moved(f"paid {e.ref}", "committed"),
    InvoiceRefunded: lambda e: _moved(f"paid {e.ref}", "committed"),
    ReceiptAccepted: lambda e: _moved("advance", f"accepted {e.ref}"),
    # So that the books are what they would be, had the receipt been so much smaller.
    ReceiptRefunded: lambda e: _moved(f"accepted {e.ref}", "advance")._replace(backwards=True),
    LossDeclared: lambda _: _moved("advance"),
    UnspentReturned: lambda _: _moved("advance"),
    MisuseConfirmed: lambda _: _moved("advance", "misuse", "claim"),
    # First what is still owed, then what was given up, then what was paid: it is to be paid back.
    MisuseReversed: lambda _: Flow(
        ("claim", "written off", "repaid"), ("advance",), ("misuse", "claim")
    ),
    ClaimRepaid: lambda _: _moved("claim", "repaid"),
    ClaimSetOff: lambda _: _moved("claim", "repaid"),
    ClaimWrittenOff: lambda _: _moved("claim", "written off"),
    WriteOffReversed: lambda _: _moved("written off", "claim"),
    ClaimRefunded: lambda _: Flow(("owed back",), ("claim",), ("repaid",)),
    RefundReturned: lambda _: _moved("claim", "repaid"),
}


def _with_pots(fold: Callable[[Case, Any], Case], flow: Callable[[Any], Flow]) -> Any:
    """The fold, and where the parts of the event now stand."""

    def told(case: Case, event: Any) -> Case:
        case = fold(case, event)
        if not event.parts:
            return case
        line = case.lines[event.line_no]
        pots = {name: dict(pot) for name, pot in line.pots.items()}
        moves = flow(event)
        for names, sign in ((moves.adds, 1), (moves.takes, -1)):
            for name in names:
                pot = pots.setdefault(name, {})
                for part in event.parts:
                    codes, moved = part.account_string, Money(sign * part.amount.ore)
                    pot[codes] = pot.get(codes, ZERO) + moved
        return case.with_line(replace(line, pots=_without_nothing(pots)))

    return told


def _without_nothing(pots: Pots) -> Pots:
    kept = {
        name: {codes: amount for codes, amount in pot.items() if amount}
        for name, pot in pots.items()
    }
    return {name: pot for name, pot in kept.items() if pot}


for _kind, _flow in FLOWS.items():
    cases.folds[_kind] = _with_pots(cases.folds[_kind], _flow)


@finishes
def sourced(new: News, past: Past) -> News:
    """The event, with the parts of what it moves on a line with several sources."""
    event: Any = new.event
    flow = FLOWS.get(type(event))
    if not flow or event.parts or not flow(event).sources:
        return new
    line = past(cases, *new.key).lines[event.line_no]
    if not line.sources:
        return new
    sources = line.sources[::-1] if flow(event).backwards else line.sources
    amounts = drawn_from(event.amount, _pots(line, flow(event)), sources)
    parts = in_parts(amounts, sources)
    return replace(new, event=event.model_copy(update={"parts": parts}))


def _pots(line: Line, flow: Flow) -> list[dict[AccountString, Money]]:
    claim = line.pots.get("claim", {})
    owed_back = {codes: -amount for codes, amount in claim.items()}
    return [owed_back if name == "owed back" else line.pots.get(name, {}) for name in flow.sources]
