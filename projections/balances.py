"""Balances by programme, funding source, legal basis, category, phase, case and line, on any day.

Made of the ledger's postings alone. A row holds, for one value of one dimension, what each day added
to each account, so that a balance on a past day costs as many days as there were, not events.
"""

from collections.abc import Iterable, Iterator
from datetime import date
from enum import StrEnum

from pydantic import BaseModel

from domain.case.budget import BudgetSubmitted
from domain.case.sources import AccountString
from domain.money import ZERO, Money, total
from domain.words import Event, Recorded
from projections.ledger import Account, postings
from projections.projection import Projection


class Dimension(StrEnum):
    PROGRAMME = "programme"
    FUNDING = "funding"
    LEGAL_BASIS = "legal_basis"
    CATEGORY = "category"
    PHASE = "phase"
    CASE = "case"
    LINE = "line"


class Figures(BaseModel):
    """The amounts of the pilot's reports (their meaning: docs/reference/figures.md)."""

    granted: Money
    paid: Money
    advance_paid: Money
    documented: Money
    unspent_returned: Money
    misuse: Money
    repaid: Money
    written_off: Money
    undocumented: Money
    claim: Money
    committed: Money


class Balance(BaseModel):
    """What each day added to each account, for one value of one dimension."""

    programme: str = ""
    dimension: Dimension = Dimension.PROGRAMME
    value: str = ""
    since: date = date.max  # The first day on which the value was known.
    days: dict[date, dict[Account, Money]] = {}

    def on(self, account: Account, as_of: date) -> Money:
        """The account's balance at the end of that day."""
        return total(
            accounts.get(account, ZERO) for day, accounts in self.days.items() if day <= as_of
        )

    def figures(self, as_of: date) -> Figures:
        def sum_of(*accounts: Account) -> Money:
            return total(self.on(account, as_of) for account in accounts)

        advance = sum_of(
            Account.ADVANCE_PAID,
            Account.ADVANCE_EXPLAINED,
            Account.ADVANCE_UNSPENT,
            Account.ADVANCE_MISUSED,
        )
        claim = sum_of(Account.CLAIM_RAISED, Account.CLAIM_REPAID, Account.CLAIM_WRITTEN_OFF)
        return Figures(
            granted=sum_of(Account.COMMITTED, Account.ORDERED, Account.DRAWN),
            paid=sum_of(Account.DRAWN),
            advance_paid=sum_of(Account.ADVANCE_PAID),
            documented=sum_of(Account.EXPENSE),
            unspent_returned=-sum_of(Account.ADVANCE_UNSPENT),
            misuse=sum_of(Account.CLAIM_RAISED),
            repaid=-sum_of(Account.CLAIM_REPAID),
            written_off=-sum_of(Account.CLAIM_WRITTEN_OFF),
            undocumented=advance,
            claim=claim,
            committed=sum_of(Account.COMMITTED, Account.ORDERED),
        )

    def agreed(self, as_of: date) -> Money:
        """The amount of a funding source."""
        return -self.on(Account.AGREED, as_of)

    def available(self, as_of: date) -> Money:
        """What is agreed and not granted."""
        return self.on(Account.AVAILABLE, as_of)


def keys(news: Recorded[Event]) -> Iterable[str]:
    return dict.fromkeys(_concerned(news.event))


def _concerned(event: Event) -> Iterator[str]:
    """The rows that an event adds to, or that it makes known without moving money."""
    match event:
        case BudgetSubmitted():
            for line in event.lines:
                sources = [source.account_string for source in line.sources]
                for codes in sources or [line.account_string]:
                    yield from _rows(codes, event.case_no, line.line_no)
        case _:
            for codes in dict.fromkeys(posting.account_string for posting in postings(event)):
                yield from _rows(codes, *_line_of(event))


def _line_of(event: Event) -> tuple[str | None, int | None]:
    return getattr(event, "case_no", None), getattr(event, "line_no", None)


def _rows(codes: AccountString, case_no: str | None, line_no: int | None) -> Iterator[str]:
    """The rows that a posting with these codes adds to."""
    programme = codes.programme
    yield f"{Dimension.PROGRAMME}/{programme}"
    yield f"{Dimension.FUNDING}/{programme}/{codes.funding}"
    if case_no:
        yield f"{Dimension.LEGAL_BASIS}/{programme}/{codes.legal_basis}"
        yield f"{Dimension.CATEGORY}/{programme}/{codes.category}"
        yield f"{Dimension.PHASE}/{programme}/{codes.phase}"
        yield f"{Dimension.CASE}/{programme}/{case_no}"
        yield f"{Dimension.LINE}/{programme}/{case_no}/{line_no}"


def fold(balance: Balance, key: str, news: Recorded[Event]) -> Balance:
    dimension, programme, *value = key.split("/", maxsplit=2)
    today = dict(balance.days.get(news.effective_on, {}))
    for posting in postings(news.event):
        if key not in _rows(posting.account_string, *_line_of(news.event)):
            continue  # On another source's row.
        today[posting.account] = today.get(posting.account, ZERO) + posting.amount
    # A copy: to construct a row is to validate every day that it has.
    return balance.model_copy(
        update={
            "programme": programme,
            "dimension": Dimension(dimension),
            "value": "".join(value),
            "since": min(balance.since, news.effective_on),
            "days": balance.days | ({news.effective_on: today} if today else {}),
        }
    )


balances = Projection("balances-1", Balance, keys, fold)
