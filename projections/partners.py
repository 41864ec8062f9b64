"""What each partner of a fund bears, on any day: of what was paid, and of what is still promised.

What is paid is borne by the agreement of the day on which the bank paid it, for good. What comes back
goes back to those who had paid it. What is promised and not paid yet is told by the agreement of the day
that is asked about. All that one agreement bears is split as a whole, so that parts always add up.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import date
from typing import NamedTuple

from pydantic import BaseModel

from domain.cofinancing import CofinancingAgreed, CofinancingAmended, PartnerShare
from domain.money import ZERO, Money, split
from domain.words import Event, Recorded
from projections.ledger import Account, Posting, postings
from projections.projection import Projection

NOBODY = ""  # In place of a partner, before there is an agreement.


class Agreement(NamedTuple):
    in_force_from: date
    shares: tuple[PartnerShare, ...]


class Drawing(NamedTuple):
    """Money that counts as paid or, if negative, as come back from `day` on; borne by the agreement of
    the day `borne_on`."""

    day: date
    borne_on: date
    amount: Money


class Bearing(BaseModel):
    """Of a fund, its agreements, each in place of the one before; of a line, what the fund paid for it."""

    agreements: list[Agreement] = []
    drawings: list[Drawing] = []
    paid_on: dict[str, date] = {}  # When the bank last made a payment, by its number.


class Part(BaseModel):
    """What is borne of a fund's figures of these names."""

    committed: Money = ZERO
    paid: Money = ZERO


class PartnerPart(Part):
    partner: str
    weight: int  # By the agreement in force on the day; 0: not in it any more.


class Borne(BaseModel):
    partners: list[PartnerPart]
    unshared: Part  # What no agreement covers, because it was paid before there was one.


def keys(news: Recorded[Event]) -> Iterable[str]:
    event = news.event
    if isinstance(event, CofinancingAgreed | CofinancingAmended):
        return [f"{event.programme}/{event.fund}"]
    return {_line(event, posting): None for posting in _drawn(event)}


def _drawn(event: Event) -> Iterator[Posting]:
    return (posting for posting in postings(event) if posting.account is Account.DRAWN)


def _line(event: Event, posting: Posting) -> str:
    """A row for each line that a fund pays for, so that none grows with the programme."""
    case_no, line_no = getattr(event, "case_no"), getattr(event, "line_no")  # noqa: B009
    codes = posting.account_string
    return f"{codes.programme}/{codes.funding}/{case_no}/{line_no}"


def fold(row: Bearing, key: str, news: Recorded[Event]) -> Bearing:
    event, day = news.event, news.effective_on
    if isinstance(event, CofinancingAgreed | CofinancingAmended):
        agreement = Agreement(event.in_force_from, event.shares)
        return row.model_copy(update={"agreements": [*row.agreements, agreement]})
    ref: str = getattr(event, "ref")  # noqa: B009
    # A payment tells when the bank made it, which is mostly before the statement came in; what comes back
    # belongs to the payment of the same number.
    borne_on: date = getattr(event, "booked_on", row.paid_on.get(ref, day))
    drawings = [
        Drawing(day, borne_on, posting.amount)
        for posting in _drawn(event)
        if _line(event, posting) == key
    ]
    return Bearing(drawings=[*row.drawings, *drawings], paid_on=row.paid_on | {ref: borne_on})


def borne(
    agreements: list[Agreement], drawings: Iterable[Drawing], committed: Money, as_of: date
) -> Borne:
    """The fund's `committed` and what it has paid, by partner, at the end of that day."""
    begun = _begun(agreements, as_of)
    drawn: Counter[int] = Counter()
    for drawing in drawings:
        if drawing.day <= as_of:
            drawn[_begun(agreements, drawing.borne_on)] += drawing.amount.ore
    paid: dict[str, Money] = {}
    for number, ore in drawn.items():
        for partner, part in _parts(agreements, number, Money(ore)).items():
            paid[partner] = paid.get(partner, ZERO) + part
    promised = _parts(agreements, begun, committed)
    named = {share.partner: 0 for each in agreements[:begun] for share in each.shares}
    weights = {share.partner: share.weight for share in _shares(agreements, begun)}

    def of(partner: str) -> dict[str, Money]:
        return {"committed": promised.get(partner, ZERO), "paid": paid.get(partner, ZERO)}

    return Borne(
        partners=[
            PartnerPart(partner=partner, weight=weights.get(partner, 0), **of(partner))
            for partner in named | paid
            if partner != NOBODY
        ],
        unshared=Part(**of(NOBODY)),
    )


def _begun(agreements: list[Agreement], day: date) -> int:
    """How many have begun by then; the last of those is in force. They are in the order of their days."""
    return sum(each.in_force_from <= day for each in agreements)


def _shares(agreements: list[Agreement], begun: int) -> tuple[PartnerShare, ...]:
    return agreements[begun - 1].shares if begun else ()


def _parts(agreements: list[Agreement], begun: int, amount: Money) -> dict[str, Money]:
    shares = _shares(agreements, begun)
    if not shares:
        return {NOBODY: amount}
    parts = split(amount, [share.weight for share in shares])
    return {share.partner: part for share, part in zip(shares, parts, strict=True)}


partners = Projection("partners-1", Bearing, keys, fold)
