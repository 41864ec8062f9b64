"""What is waiting for someone: payments ordered and not settled, receipts overdue."""

from collections.abc import Iterable, Iterator
from datetime import date, timedelta

from pydantic import BaseModel

from domain.case.enrolment import CaseRegistered
from domain.case.payouts import TrancheReleased, TrancheReturned, TrancheSettled
from domain.case.receipts import LossDeclared, ReceiptAccepted, UnspentReturned
from domain.case.recovery import MisuseConfirmed
from domain.money import ZERO, Money, total
from domain.words import Event, Recorded
from projections.projection import Projection


class Payment(BaseModel):
    """A tranche from its release on. The bank's booking date is not the day on which we learned of it."""

    ref: str
    line_no: int
    amount: Money
    ordered: date
    settled_known: date | None = None
    booked_on: date | None = None
    returned: date | None = None

    def waits(self, as_of: date) -> bool:
        """Ordered by that day, and not known to be settled."""
        return self.ordered <= as_of and not _by(self.settled_known, as_of)

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
    payments: dict[str, Payment] = {}
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


COVERS = (ReceiptAccepted, LossDeclared, UnspentReturned, MisuseConfirmed)
PAYMENTS = (TrancheReleased, TrancheSettled, TrancheReturned)


def keys(news: Recorded[Event]) -> Iterable[str]:
    return [news.stream] if isinstance(news.event, (CaseRegistered, *COVERS, *PAYMENTS)) else []


def fold(waiting: Waiting, _: str, news: Recorded[Event]) -> Waiting:
    on = news.effective_on
    match news.event:
        case CaseRegistered(programme=programme, case_no=case_no):
            return Waiting(programme=programme, case_no=case_no)
        case TrancheReleased() as released:
            payment = Payment(
                ref=released.ref, line_no=released.line_no, amount=released.amount, ordered=on
            )
        case TrancheSettled() as settled:
            payment = waiting.payments[settled.ref].model_copy(
                update={"settled_known": on, "booked_on": settled.booked_on}
            )
        case TrancheReturned() as returned:
            payment = waiting.payments[returned.ref].model_copy(update={"returned": on})
        case covering:
            cover = Cover.model_validate(
                {"line_no": covering.line_no, "amount": covering.amount, "on": on}  # type: ignore[attr-defined]
            )
            return waiting.model_copy(update={"cover": [*waiting.cover, cover]})
    return waiting.model_copy(update={"payments": waiting.payments | {payment.ref: payment}})


def released_unpaid(waiting: Waiting, as_of: date) -> Iterator[ReleasedUnpaid]:
    """Payments ordered and not settled, as known on that day."""
    for payment in waiting.payments.values():
        if payment.waits(as_of):
            yield ReleasedUnpaid(
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
    standing = [payment for payment in waiting.payments.values() if payment.stands(as_of)]
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
