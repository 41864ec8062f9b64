"""What is booked, and what vouchers there are: the papers of each case, group, fund and statement."""

from collections.abc import Iterable, Iterator
from datetime import date
from enum import StrEnum
from typing import Any

from pydantic import BaseModel

from domain.case.enrolment import CaseRegistered
from domain.case.expenses import ExpenseRejected
from domain.case.forgetting import CitizenForgotten
from domain.case.invoices import InvoiceCredited
from domain.case.receipts import ReceiptRejected
from domain.case.state import cases
from domain.group import SharedCostRejected
from domain.money import Money, total
from domain.remittance import EntryUnreconciled
from domain.voucher import VoucherFiled, VoucherReceived, VoucherSetAside
from domain.words import Event, Recorded
from projections.ledger import Account, postings
from projections.projection import Projection
from projections.vouchers import BROUGHT, WANTED, Own, VoucherKind


class Fate(StrEnum):
    """What became of a voucher."""

    POSTED = "posted"
    REJECTED = "rejected"
    CREDITED = (
        "credited"  # Credit notes took all of it; or the note was taken off before it was paid.
    )
    UNRECONCILED = "unreconciled"  # Kept for a person to explain.
    REFUND_DUE = "refund_due"  # The supplier owes what the note promises.
    FILED = "filed"  # It is a receipt now, and that has a fate of its own.
    AWAITING = "awaiting"  # Nobody has decided yet.
    MISSING = "missing"


class Booked(BaseModel):
    """One event in the books."""

    position: int
    day: date
    event: str
    line_no: int | None
    ref: str | None
    amount: Money
    documented: Money  # What it adds to the figure of that name.
    wanted: list[str]  # Vouchers, by key.
    own: VoucherKind | None = None
    stated: bool = True


class Voucher(BaseModel):
    position: int
    day: date
    kind: VoucherKind
    key: str
    line_no: int | None
    ref: str
    amount: Money | None
    sha256: str | None
    credits: str | None


class Answer(BaseModel):
    """Why a voucher is not booked, or not yet."""

    position: int
    day: date
    key: str
    fate: Fate
    stated: bool = True


class Papers(BaseModel):
    """What is booked and what vouchers there are in one case, group, fund or statement."""

    programme: str = ""
    case_no: str | None = None
    booked: list[Booked] = []
    vouchers: list[Voucher] = []
    answers: list[Answer] = []
    forgotten: bool = False  # The citizen's files were destroyed by right.


# The fold ----------------------------------------------------------------------------------------

ANSWERS = (
    ReceiptRejected,
    ExpenseRejected,
    SharedCostRejected,
    EntryUnreconciled,
    InvoiceCredited,
    VoucherFiled,
    VoucherSetAside,
)


def keys(news: Recorded[Event]) -> Iterable[str]:
    kind = type(news.event)
    if isinstance(news.event, VoucherReceived) and news.event.case_no:
        return [cases.stream(news.event.case_no)]  # It is the citizen's, and goes with them.
    told = {CaseRegistered, CitizenForgotten, *WANTED, *BROUGHT, *ANSWERS}
    return [news.stream] if kind in told else []


def fold(row: Papers, _: str, news: Recorded[Event]) -> Papers:
    event: Any = news.event
    if isinstance(event, CaseRegistered):
        return Papers(programme=event.programme, case_no=event.case_no)
    return Papers(
        programme=row.programme or _programme(event),
        case_no=row.case_no or getattr(event, "case_no", None),
        booked=[*row.booked, *_booked(news)],
        vouchers=[*row.vouchers, *_vouchers(news)],
        answers=[*row.answers, *_answers(news)],
        forgotten=row.forgotten or isinstance(event, CitizenForgotten),
    )


def _programme(event: Any) -> str:
    """Also of an event that no command could lead to: it is then named, as one without its voucher."""
    codes = getattr(event, "account_string", None)
    programme: str = getattr(event, "programme", codes.programme if codes else "")
    return programme


def _booked(news: Recorded[Event]) -> Iterator[Booked]:
    event: Any = news.event
    if type(event) not in WANTED:
        return
    wanted = WANTED[type(event)](event)
    own = next((each for each in wanted if isinstance(each, Own)), None)
    yield Booked(
        position=news.position,
        day=news.effective_on,
        event=type(event).__name__,
        line_no=getattr(event, "line_no", None),
        ref=getattr(event, "ref", None),
        amount=getattr(event, "change", event.amount),
        documented=total(
            each.amount for each in postings(event) if each.account is Account.EXPENSE
        ),
        wanted=[each for each in wanted if isinstance(each, str)],
        own=own.kind if own else None,
        stated=own.stated if own else True,
    )


def _vouchers(news: Recorded[Event]) -> Iterator[Voucher]:
    bringing = BROUGHT.get(type(news.event))
    for each in bringing(news.event) if bringing else ():
        yield Voucher(
            position=news.position,
            day=news.effective_on,
            line_no=getattr(news.event, "line_no", None),
            **each._asdict(),
        )


def _answers(news: Recorded[Event]) -> Iterator[Answer]:
    def answer(key: str, fate: Fate, *, stated: bool = True) -> Answer:
        return Answer(
            position=news.position, day=news.effective_on, key=key, fate=fate, stated=stated
        )

    match news.event:
        case ReceiptRejected(ref=ref, line_no=line_no, reason=reason):
            yield answer(f"receipt {ref}/{line_no}", Fate.REJECTED, stated=reason is not None)
        case ExpenseRejected(ref=ref, reason=reason) | SharedCostRejected(ref=ref, reason=reason):
            yield answer(f"expense {ref}", Fate.REJECTED, stated=reason is not None)
        case EntryUnreconciled(statement=statement, entry=entry):
            yield answer(f"entry {statement}/{entry}", Fate.UNRECONCILED)
        case VoucherFiled(ref=ref):
            yield answer(f"arrival {ref}", Fate.FILED)
        case VoucherSetAside(ref=ref):
            yield answer(f"arrival {ref}", Fate.REJECTED)
        case InvoiceCredited(credit_note=note, refund_due=True):
            yield answer(f"note {note}", Fate.REFUND_DUE)


papers = Projection("papers-2", Papers, keys, fold)
