"""The bank's statements, and the entries in them that nobody has explained."""

from collections.abc import Iterable
from datetime import date

from pydantic import BaseModel

from domain.money import ZERO, Money
from domain.remittance import EntryUnreconciled, StatementReceived
from domain.words import Event, Recorded
from projections.projection import Projection


class Unreconciled(BaseModel):
    """An entry that is kept for a person to explain. Its text is in the vault, under `words`."""

    entry: str
    date: date
    indicator: str
    amount: Money
    end_to_end_id: str | None
    words: str | None


class BankStatement(BaseModel):
    programme: str = ""
    file: str = ""
    received: date = date.max
    opening: Money = ZERO
    closing: Money = ZERO
    entries: int = 0
    unreconciled: list[Unreconciled] = []


def keys(news: Recorded[Event]) -> Iterable[str]:
    mine = isinstance(news.event, StatementReceived | EntryUnreconciled)
    return [news.stream] if mine else []


def fold(statement: BankStatement, _: str, news: Recorded[Event]) -> BankStatement:
    if isinstance(news.event, StatementReceived):
        return BankStatement(
            programme=news.event.programme,
            file=news.event.file,
            received=news.effective_on,
            opening=news.event.opening,
            closing=news.event.closing,
            entries=len(news.event.entries),
        )
    event = news.event
    assert isinstance(event, EntryUnreconciled)
    found = Unreconciled(
        entry=event.entry,
        date=event.booked_on,
        indicator=event.indicator,
        amount=event.amount,
        end_to_end_id=event.end_to_end_id,
        words=event.words,
    )
    return statement.model_copy(update={"unreconciled": [*statement.unreconciled, found]})


statements = Projection("statements-1", BankStatement, keys, fold)
