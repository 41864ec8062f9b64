"""A sample's population, read from the log: the items of a kind, of a period, through a position.

So it is reckoned when it is fixed, when the sample is drawn, and whenever somebody draws it again.
"""

from collections.abc import Iterable
from datetime import date

from domain.case.budget import BudgetSubmitted
from domain.case.enrolment import CaseRegistered
from domain.case.expenses import ExpenseReturned, ExpenseSettled
from domain.case.invoices import InvoiceCredited, InvoiceReceived, InvoiceRefunded
from domain.case.merchant_refunds import ReceiptRefunded
from domain.case.outlays import OutlayClaimed
from domain.case.payouts import TrancheReturned, TrancheSettled
from domain.case.receipts import LossDeclared, ReceiptAccepted
from domain.case.support import SupportMonthConfirmed
from domain.group import ShareCharged
from domain.money import ZERO, Money, total
from domain.programme import Route
from domain.sampling.population import Item, Kind
from domain.words import Event, Recorded
from projections.ledger import Account, postings

ADVANCE = {
    *(Account.ADVANCE_PAID, Account.ADVANCE_EXPLAINED),
    *(Account.ADVANCE_UNSPENT, Account.ADVANCE_MISUSED),
}
# What each kind is made of, and what takes some of it back.
MADE_OF: dict[Kind, tuple[tuple[type[Event], ...], tuple[type[Event], ...]]] = {
    Kind.PAYMENTS: (
        (TrancheSettled, ExpenseSettled),
        (TrancheReturned, ExpenseReturned, InvoiceRefunded),
    ),
    Kind.RECEIPTS: ((ReceiptAccepted, LossDeclared), (ReceiptRefunded,)),
    Kind.EXPENSES: (
        (InvoiceReceived, OutlayClaimed, SupportMonthConfirmed, ShareCharged),
        (InvoiceCredited,),
    ),
}
Line = tuple[str, int]


def population(
    history: Iterable[Recorded[Event]],
    programme: str,
    kind: Kind,
    first_day: date,
    last_day: date,
    through: int,
) -> list[Item]:
    """In the order of the log. A period is of the days from which events hold, as in every figure."""
    given, taken_back = MADE_OF[kind]
    cases: set[str] = set()
    routes: dict[Line, Route] = {}
    advances: dict[Line, Money] = {}
    found: list[tuple[Recorded[Event], Line, Route]] = []
    for news in history:
        if news.position > through:
            break
        event = news.event
        match event:
            case CaseRegistered() if event.programme == programme:
                cases.add(event.case_no)
            case BudgetSubmitted() if event.case_no in cases:
                routes |= {(event.case_no, line.line_no): line.route for line in event.lines}
        line: Line = getattr(event, "case_no", ""), getattr(event, "line_no", 0)
        if line not in routes:
            continue
        moved = total(each.amount for each in postings(event) if each.account in ADVANCE)
        advances[line] = advances.get(line, ZERO) + moved
        if isinstance(event, given + taken_back) and first_day <= news.effective_on <= last_day:
            found.append((news, line, routes[line]))
    undocumented = {line for line, advance in advances.items() if advance > ZERO}
    return [
        _item(news, line, route, undocumented=line in undocumented, taken_back=taken_back)
        for news, line, route in found
    ]


def _item(
    news: Recorded[Event],
    line: Line,
    route: Route,
    *,
    undocumented: bool,
    taken_back: tuple[type[Event], ...],
) -> Item:
    amount: Money = news.event.amount  # type: ignore[attr-defined]
    return Item(
        position=news.position,
        ref=getattr(news.event, "ref", ""),
        case_no=line[0],
        line_no=line[1],
        amount=-amount if isinstance(news.event, taken_back) else amount,
        event=type(news.event).__name__,
        route=route,
        undocumented=undocumented,
    )
