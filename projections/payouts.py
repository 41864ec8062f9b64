"""The actual payouts (økonomisk effektuering): every payment that was ordered, and what became of it."""

from collections.abc import Iterator
from datetime import date
from enum import StrEnum
from typing import Literal

from pydantic import BaseModel

from domain.money import Money
from projections.worklists import Payment, Waiting


class PayoutStatus(StrEnum):
    ORDERED = "ordered"
    SETTLED = "settled"
    RETURNED = "returned"
    LAPSED = "lapsed"


class Payout(BaseModel):
    """One payment, or one line's part of a payment that several lines share: those have the same
    end-to-end id. What came back and was ordered anew is two payouts of that id."""

    end_to_end_id: str
    case_no: str
    line_no: int
    amount: Money
    kind: Literal["tranche", "expense"]
    ordered_on: date
    settled_on: date | None  # The bank's booking date.
    returned_on: date | None
    lapsed_on: date | None
    status: PayoutStatus


def payouts(waiting: Waiting, as_of: date) -> Iterator[Payout]:
    """A case's payouts, in the order in which they were ordered, as known on that day."""
    for payment in waiting.payments:
        if payment.ordered <= as_of:
            yield _payout(waiting.case_no, payment, as_of)


def by_day(payout: Payout) -> tuple[date, str, str, int]:
    """The order in which payouts of several cases are listed."""
    return payout.ordered_on, payout.end_to_end_id, payout.case_no, payout.line_no


def _payout(case_no: str, payment: Payment, as_of: date) -> Payout:
    def by_then(day: date | None, known: date | None) -> date | None:
        return day if known is not None and known <= as_of else None

    settled_on = by_then(payment.booked_on, payment.settled_known)
    returned_on = by_then(payment.returned, payment.returned)
    lapsed_on = by_then(payment.lapsed, payment.lapsed)
    news = (
        (PayoutStatus.LAPSED, lapsed_on),
        (PayoutStatus.RETURNED, returned_on),
        (PayoutStatus.SETTLED, settled_on),
    )
    return Payout(
        end_to_end_id=payment.ref,
        case_no=case_no,
        line_no=payment.line_no,
        amount=payment.amount,
        kind="tranche" if payment.advance else "expense",
        ordered_on=payment.ordered,
        settled_on=settled_on,
        returned_on=returned_on,
        lapsed_on=lapsed_on,
        status=next((status for status, day in news if day), PayoutStatus.ORDERED),
    )
