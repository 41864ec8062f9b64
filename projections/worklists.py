"""What is waiting for someone: payments ordered and not settled, receipts overdue, steps taken for them."""

from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from typing import Any

from pydantic import BaseModel

from domain.case.appeals import MisuseReversed
from domain.case.enrolment import CaseRegistered
from domain.case.expenses import ExpenseApproved, ExpenseReturned, ExpenseSettled
from domain.case.lapse import TrancheLapsed
from domain.case.line import Step
from domain.case.merchant_refunds import ReceiptRefunded
from domain.case.payouts import TrancheReleased, TrancheReturned, TrancheSettled
from domain.case.receipts import LossDeclared, ReceiptAccepted, UnspentReturned
from domain.case.recovery import MisuseConfirmed
from domain.case.reminders import TOLD_BY, ReceiptsWaived, StepFacts
from domain.money import ZERO, Money, total
from domain.words import Event, Recorded
from projections.projection import Projection


class Rung(BaseModel):
    """A step that was taken because receipts didn't come, and what it said."""

    step: str
    on: date
    amount: Money
    text: str


class Climbed(Rung):
    ended: date | None = None  # When the tranche was accounted for: later ones begin anew.


class Reopening(BaseModel):
    """A merchant's refund made a tranche lack receipts again that was accounted for."""

    on: date
    since: date  # The day of the refund.
    ended: date | None = None


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
    waived: date | None = None
    steps: list[Climbed] = []
    reopened: list[Reopening] = []

    def waits(self, as_of: date) -> bool:
        """Ordered by that day, and neither known to be settled nor lapsed."""
        done = _by(self.settled_known, as_of) or _by(self.lapsed, as_of)
        return self.ordered <= as_of and not done

    def stands(self, as_of: date) -> bool:
        """Known by that day to be settled, and not returned."""
        return _by(self.settled_known, as_of) and not _by(self.returned, as_of)

    def owed_since(self, as_of: date) -> date:
        """From when the days count in which its receipts are to come."""
        for each in reversed(self.reopened):
            if each.on <= as_of and not _by(each.ended, as_of):
                return each.since
        return self.booked_on or as_of

    def accounted_for(self, on: date) -> "Payment":
        """What was done about it ends."""
        steps, reopened = (
            [each if each.ended else each.model_copy(update={"ended": on}) for each in told]
            for told in (self.steps, self.reopened)
        )
        return self.model_copy(update={"steps": steps, "reopened": reopened})


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


class ReceiptsMissing(BaseModel):
    """Of a settled tranche that is not accounted for in full. `steps`: those taken by then, since it was."""

    case: str
    line: str
    tranche: str
    settled: date
    undocumented: Money
    owed_since: date  # The day of payment, or of the refund since which receipts lack again.
    waived: bool
    steps: list[Rung]

    @property
    def held(self) -> bool:
        return not self.waived and any(each.step == Step.HELD.value for each in self.steps)


class ReceiptsTold(BaseModel):
    """A caseworker or a controller was asked to do something about it, and nothing has come since."""

    case: str
    line: str
    tranche: str
    settled: date
    undocumented: Money
    step: str  # "told": the caseworker; "claim_proposed": a controller.
    on: date


class ReceiptOverdue(BaseModel):
    case: str
    line: str
    tranche: str
    settled: date
    undocumented: Money


NOT_LISTED = {"owed_since", "waived", "steps"}
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
    *TOLD_BY.values(),
    ReceiptsWaived,
)


def keys(news: Recorded[Event]) -> Iterable[str]:
    return [news.stream] if isinstance(news.event, (CaseRegistered, *COVERS, *PAYMENTS)) else []


def fold(waiting: Waiting, _: str, news: Recorded[Event]) -> Waiting:
    told = _told(waiting, news)
    begun = any(payment.steps or payment.reopened for payment in told.payments)
    if not begun and not isinstance(news.event, ReceiptRefunded):
        return told
    before, after = (_lacking(each) for each in (waiting, told))
    payments = [
        payment if payment.ref in after else payment.accounted_for(news.effective_on)
        for payment in told.payments
    ]
    if isinstance(news.event, ReceiptRefunded):
        again = Reopening(on=news.effective_on, since=news.event.refunded_on)
        payments = [
            each.model_copy(update={"reopened": [*each.reopened, again]})
            if each.ref in after - before
            else each
            for each in payments
        ]
    return told.model_copy(update={"payments": payments})


def _lacking(waiting: Waiting) -> set[str]:
    """The tranches that lack receipts by all that is known."""
    return {each.tranche for each in receipts_missing(waiting, date.max)}


def _told(waiting: Waiting, news: Recorded[Event]) -> Waiting:
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
        case ReceiptsWaived(ref=ref):
            return _moved(waiting, ref, {"waived": on})
        case StepFacts(ref=ref) as taken:
            step = next(step for step, event in TOLD_BY.items() if isinstance(taken, event))
            rung = Climbed(step=step.value, on=on, amount=taken.amount, text=taken.text_da)
            return _moved(waiting, ref, {"steps": [*_latest(waiting, ref).steps, rung]})
        case covering:
            amount: Money = covering.amount  # type: ignore[attr-defined]
            if isinstance(covering, UNCOVERS):
                amount = -amount
            cover = Cover(line_no=covering.line_no, amount=amount, on=on)  # type: ignore[attr-defined]
            return waiting.model_copy(update={"cover": [*waiting.cover, cover]})


def _latest(waiting: Waiting, ref: str) -> Payment:
    """ValueError: none of that number was ordered."""
    *_, latest = (each for each in waiting.payments if each.ref == ref)
    return latest


def _moved(waiting: Waiting, ref: str, change: dict[str, Any]) -> Waiting:
    """Something happened to the latest payment of that number."""
    latest = _latest(waiting, ref)
    payments = [
        each.model_copy(update=change) if each is latest else each for each in waiting.payments
    ]
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


def receipts_missing(waiting: Waiting, as_of: date) -> Iterator[ReceiptsMissing]:
    """As known at `as_of`: settled tranches that the line's receipts, declarations, unspent money and misuse,
    spent on its tranches in order of booking date, then of number, don't cover in full."""
    standing = [
        payment for payment in waiting.payments if payment.advance and payment.stands(as_of)
    ]
    for line_no in sorted({payment.line_no for payment in standing}):
        covered = total(c.amount for c in waiting.cover if c.line_no == line_no and c.on <= as_of)
        of_line = [payment for payment in standing if payment.line_no == line_no]
        for payment in sorted(of_line, key=lambda p: (p.booked_on or as_of, p.ref)):
            explained = min(covered, payment.amount)
            covered -= explained
            if explained < payment.amount:
                yield ReceiptsMissing(
                    case=waiting.case_no,
                    line=str(line_no),
                    tranche=payment.ref,
                    settled=payment.booked_on or as_of,
                    undocumented=payment.amount - max(ZERO, explained),
                    owed_since=payment.owed_since(as_of),
                    waived=_by(payment.waived, as_of),
                    steps=[
                        Rung(**each.model_dump(exclude={"ended"}))
                        for each in payment.steps
                        if each.on <= as_of and not _by(each.ended, as_of)
                    ],
                )


def receipts_overdue(
    waiting: Waiting, as_of: date, on: date, deadline_days: int
) -> Iterator[ReceiptOverdue]:
    """As known at `as_of`, counted on `on`: what has lacked of tranches for more than `deadline_days`, and
    wasn't waived."""
    for each in receipts_missing(waiting, as_of):
        if not each.waived and on > each.owed_since + timedelta(days=deadline_days):
            yield ReceiptOverdue(**each.model_dump(exclude=NOT_LISTED))


def receipts_told(waiting: Waiting, as_of: date) -> Iterator[ReceiptsTold]:
    """What a caseworker was told of, and what a controller is asked about: the latest of the two, of each
    tranche that still lacks receipts."""
    asking = (Step.TOLD.value, Step.CLAIM_PROPOSED.value)
    for each in receipts_missing(waiting, as_of):
        asked = [rung for rung in each.steps if rung.step in asking]
        if asked and not each.waived:
            known = each.model_dump(exclude=NOT_LISTED)
            yield ReceiptsTold(**known, step=asked[-1].step, on=asked[-1].on)


worklists = Projection("worklists-2", Waiting, keys, fold)
