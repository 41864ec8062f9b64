"""A funding source's account of a period: what it paid for, by legal basis and category, and each movement.

Opening and closing come from the balances; what lies between them is added up from the postings one by
one. Where several sources share a line, only this one's part counts.
"""

from collections.abc import Iterable, Iterator
from datetime import date, timedelta

from pydantic import BaseModel

from domain.money import ZERO, Money, total
from projections.balances import Balance, Figures
from projections.ledger import Account, Book, Entry, Posting
from projections.papers import Booked, Papers

CLAIMED = (Account.CLAIM_RAISED, Account.CLAIM_REPAID, Account.CLAIM_WRITTEN_OFF)


class Standing(Figures):
    """Where a funding source stands, or what a period added to that."""

    amount: Money  # Agreed.
    available: Money

    @classmethod
    def on(cls, balance: Balance, day: date) -> "Standing":
        return cls(
            **balance.figures(day).model_dump(),
            amount=balance.agreed(day),
            available=balance.available(day),
        )

    def __add__(self, other: "Standing") -> "Standing":
        return Standing(
            **{name: getattr(self, name) + getattr(other, name) for name in Standing.model_fields}
        )


class Movement(BaseModel):
    """One posting event of a line, with this source's part of it."""

    position: int
    day: date
    event: str
    case: str
    line: int
    legal_basis: str
    category: str
    amount: Money
    vouchers: list[str]  # By their keys in the papers; or the kind of the event's own ground.


class Purpose(BaseModel):
    """One category under one legal basis."""

    legal_basis: str
    category: str
    in_period: Standing
    closing: Standing


class Spending(BaseModel):
    fund: str
    first: date
    last: date
    opening: Standing
    movement: Standing
    closing: Standing
    purposes: list[Purpose]
    payments: list[Movement]  # Paid, and come back (negative).
    documented: list[Movement]
    returned: list[Movement]  # Unspent money that was handed back.
    claimed: list[Movement]  # Claims raised; repaid, written off and reversed (negative).

    @property
    def reconciles(self) -> bool:
        """The opening balance and all that was booked in the period make the closing balance."""
        return self.opening + self.movement == self.closing


class _Booked(BaseModel):
    entry: Entry
    posting: Posting
    case: str
    papers: Booked | None


def spending(
    balance: Balance,
    books: dict[str, Book],
    papers: dict[str, Papers],
    first: date,
    last: date,
) -> Spending:
    """Of the source that the balance is of; `books` and `papers` by stream, as the projections have them."""
    mine = list(_postings(balance, books, papers))
    inside = [each for each in mine if first <= each.entry.effective_on <= last]
    purposes = sorted(
        {_purpose(each) for each in mine if each.case and each.entry.effective_on <= last}
    )

    def movements(*accounts: Account, sign: int = 1) -> list[Movement]:
        return [
            _movement(each, sign)
            for each in sorted(inside, key=lambda each: each.entry.position)
            if each.posting.account in accounts
        ]

    return Spending(
        fund=balance.value,
        first=first,
        last=last,
        opening=Standing.on(balance, first - timedelta(days=1)),
        movement=_standing(inside, last),
        closing=Standing.on(balance, last),
        purposes=[
            Purpose(
                legal_basis=purpose[0],
                category=purpose[1],
                in_period=_standing([each for each in inside if _purpose(each) == purpose], last),
                closing=_standing([each for each in mine if _purpose(each) == purpose], last),
            )
            for purpose in purposes
        ],
        payments=movements(Account.DRAWN),
        documented=movements(Account.EXPENSE),
        returned=movements(Account.ADVANCE_UNSPENT, sign=-1),
        claimed=movements(*CLAIMED),
    )


def _postings(
    balance: Balance, books: dict[str, Book], papers: dict[str, Papers]
) -> Iterator[_Booked]:
    """The source's own postings, each with its case and with what stands for it."""
    for stream, book in books.items():
        of_stream = papers.get(stream, Papers())
        booked = {each.position: each for each in of_stream.booked}
        for entry in book.entries:
            for posting in entry.postings:
                codes = posting.account_string
                if (codes.programme, codes.funding) == (balance.programme, balance.value):
                    yield _Booked(
                        entry=entry,
                        posting=posting,
                        case=of_stream.case_no or "",
                        papers=booked.get(entry.position),
                    )


def _purpose(booked: _Booked) -> tuple[str, str]:
    codes = booked.posting.account_string
    return codes.legal_basis or "", codes.category or ""


def _standing(booked: Iterable[_Booked], last: date) -> Standing:
    """What these postings come to. Figures are sums of accounts, so this is reckoned as a balance is."""
    days: dict[date, dict[Account, Money]] = {}
    for each in booked:
        accounts = days.setdefault(each.entry.effective_on, {})
        account = each.posting.account
        accounts[account] = accounts.get(account, ZERO) + each.posting.amount
    return Standing.on(Balance(days=days), last)


def _movement(booked: _Booked, sign: int) -> Movement:
    entry, papers = booked.entry, booked.papers
    legal_basis, category = _purpose(booked)
    named = list(papers.wanted) if papers else []
    own = [papers.own.value] if papers and papers.own else []
    return Movement(
        position=entry.position,
        day=entry.effective_on,
        event=entry.event,
        case=booked.case,
        line=entry.line_no or 0,
        legal_basis=legal_basis,
        category=category,
        amount=booked.posting.amount if sign > 0 else -booked.posting.amount,
        vouchers=named + own,
    )


def sum_of(movements: Iterable[Movement]) -> Money:
    return total(each.amount for each in movements)
