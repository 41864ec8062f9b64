"""What is waiting for someone: payments ordered and not settled, receipts overdue."""

from collections.abc import Iterable, Iterator
from datetime import date, timedelta

from pydantic import BaseModel

from domain.case.appeals import MisuseReversed
from domain.case.enrolment import CaseRegistered
from domain.case.expenses import ExpenseApproved, ExpenseReturned, ExpenseSettled
from domain.case.lapse import TrancheLapsed
from domain.case.merchant_refunds import ReceiptRefunded
from domain.case.payouts import TrancheReleased, TrancheReturned, TrancheSettled
from domain.case.receipts import LossDeclared, ReceiptAccepted, UnspentReturned
from domain.case.recovery import MisuseConfirmed
from domain.money import ZERO, Money, total
from domain.words import Event, Recorded
from projections.projection import Projection


class Payment(BaseModel):
    """A tranche or an invoice, from the day its payment was ordered. The bank's booking date is not the
    day on which we learned of it."""

    ref: str
    line_no: int
    amount: Money
    ordered: date
    advance: bool  # Paid to the citizen, who owes receipts for it.
    settled_known: date | None = None
    booked_on: date | None = None
    returned: date | None = None
    lapsed: date | None = None

    def waits(self, as_of: date) -> bool:
        """Ordered by that day, and neither known to be settled nor lapsed."""
        done = _by(self.settled_known, as_of) or _by(self.lapsed, as_of)
        return self.ordered <= as_of and not done

    def stands(self, as_of: date) -> bool:
        """Known by that day to be settled, and not returned."""
        return _by(self.settled_known, as_of) and not _by(self.returned, as_of)


def _by(day: date | None, as_of: date) -> bool:
    return day is not None and day <= as_of


class Cover(BaseModel):
    """Something that accounts for part of a line's advance."""

    line_no: int
    amount: Money
    on: date


class Waiting(BaseModel):
    """One case's payments, and what accounts for them."""

    programme: str = ""
    case_no: str = ""
    payments: list[Payment] = []  # An invoice that came back and was ordered anew is there twice.
    cover: list[Cover] = []


class ReleasedUnpaid(BaseModel):
    end_to_end_id: str
    case: str
    line: str
    amount: Money
    ordered: date


class ReceiptOverdue(BaseModel):
    case: str
    line: str
    tranche: str
    settled: date
    undocumented: Money


UNCOVERS = (MisuseReversed, ReceiptRefunded)
COVERS = (ReceiptAccepted, LossDeclared, UnspentReturned, MisuseConfirmed, *UNCOVERS)
PAYMENTS = (
    TrancheReleased,
    TrancheSettled,
    TrancheReturned,
    TrancheLapsed,
    ExpenseApproved,
    ExpenseSettled,
    ExpenseReturned,
)


def keys(news: Recorded[Event]) -> Iterable[str]:
    return [news.stream] if isinstance(news.event, (CaseRegistered, *COVERS, *PAYMENTS)) else []


def fold(waiting: Waiting, _: str, news: Recorded[Event]) -> Waiting:
    on = news.effective_on
    match news.event:
        case CaseRegistered(programme=programme, case_no=case_no):
            return Waiting(programme=programme, case_no=case_no)
        case TrancheReleased(ref=ref) | ExpenseApproved(ref=ref) as ordered:
            payment = Payment(
                ref=ref,
                line_no=ordered.line_no,
                amount=ordered.amount,
                ordered=on,
                advance=isinstance(ordered, TrancheReleased),
            )
            return waiting.model_copy(update={"payments": [*waiting.payments, payment]})
        case TrancheSettled(ref=ref) | ExpenseSettled(ref=ref) as settled:
            news_of = {"settled_known": on, "booked_on": settled.booked_on}
            return _moved(waiting, ref, news_of)
        case TrancheReturned(ref=ref) | ExpenseReturned(ref=ref):
            return _moved(waiting, ref, {"returned": on})
        case TrancheLapsed(ref=ref):
            return _moved(waiting, ref, {"lapsed": on})
        case covering:
            amount: Money = covering.amount  # type: ignore[attr-defined]
            if isinstance(covering, UNCOVERS):
                amount = -amount
            cover = Cover(line_no=covering.line_no, amount=amount, on=on)  # type: ignore[attr-defined]
            return waiting.model_copy(update={"cover": [*waiting.cover, cover]})


def _moved(waiting: Waiting, ref: str, change: dict[str, date]) -> Waiting:
    """Something happened to the latest payment of that number."""
    place = max(n for n, payment in enumerate(waiting.payments) if payment.ref == ref)
    payments = list(waiting.payments)
    payments[place] = payments[place].model_copy(update=change)
    return waiting.model_copy(update={"payments": payments})


def released_unpaid(waiting: Waiting, as_of: date) -> Iterator[ReleasedUnpaid]:
    """Payments ordered and not settled, as known on that day."""
    for payment in waiting.payments:
        if payment.waits(as_of):
            yield _unpaid(waiting, payment)


def due_to_lapse(waiting: Waiting, on: date, lapse_days: int) -> Iterator[ReleasedUnpaid]:
    """Tranches released more than so many days ago, and not known to be paid."""
    for payment in waiting.payments:
        late = on > payment.ordered + timedelta(days=lapse_days)
        if payment.advance and late and payment.waits(on):
            yield _unpaid(waiting, payment)


def _unpaid(waiting: Waiting, payment: Payment) -> ReleasedUnpaid:
    return ReleasedUnpaid(
        end_to_end_id=payment.ref,
        case=waiting.case_no,
        line=str(payment.line_no),
        amount=payment.amount,
        ordered=payment.ordered,
    )


def receipts_overdue(
    waiting: Waiting, as_of: date, on: date, deadline_days: int
) -> Iterator[ReceiptOverdue]:
    """As known at `as_of`, counted on `on`: settled tranches more than `deadline_days` old that the line's
    receipts, declarations, unspent money and misuse, spent on its tranches in order of booking date,
    then of number, don't cover in full."""
    standing = [
        payment for payment in waiting.payments if payment.advance and payment.stands(as_of)
    ]
    for line_no in sorted({payment.line_no for payment in standing}):
        covered = total(c.amount for c in waiting.cover if c.line_no == line_no and c.on <= as_of)
        of_line = [payment for payment in standing if payment.line_no == line_no]
        for payment in sorted(of_line, key=lambda p: (p.booked_on or on, p.ref)):
            explained = min(covered, payment.amount)
            covered -= explained
            booked_on = payment.booked_on or on
            if explained < payment.amount and on > booked_on + timedelta(days=deadline_days):
                yield ReceiptOverdue(
                    case=waiting.case_no,
                    line=str(line_no),
                    tranche=payment.ref,
                    settled=booked_on,
                    undocumented=payment.amount - max(ZERO, explained),
                )


worklists = Projection("worklists-1", Waiting, keys, fold)
