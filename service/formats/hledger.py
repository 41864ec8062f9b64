"""The ledger as hledger's plain text, so that a tool which isn't ours can reckon every balance anew.

A transaction is an event that books, in the order of the log: from the log's position (its code) it is
found again. It carries its case and its line, each posting its account string, as tags.
"""

from collections.abc import Iterable, Iterator
from datetime import date

from domain.words import Event, Recorded
from projections.balances import Dimension
from projections.ledger import Account, Posting, postings

ACCOUNTS = "".join(f"account {account.value}\n" for account in Account)
OPENING = f"""\
; The ledger of programme {{programme}}: a transaction for each event that books, its code the event's
; position in the log, its date the day from which the event holds.
commodity 1000.00 DKK

{ACCOUNTS}"""


def write(
    history: Iterable[Recorded[Event]], programme: str, as_of: date = date.max
) -> Iterator[str]:
    """The programme's part of that history, as far as it holds on that day."""
    yield OPENING.format(programme=programme)
    for news, booked in entries(history, programme):
        if news.effective_on <= as_of:
            yield transaction(news, programme, booked)


def entries(
    history: Iterable[Recorded[Event]], programme: str
) -> Iterator[tuple[Recorded[Event], list[Posting]]]:
    """The events that book something of the programme, with that."""
    for news in history:
        booked = [each for each in postings(news.event) if _of(each) == programme]
        if booked:
            yield news, booked


def _of(posting: Posting) -> str:
    return posting.account_string.programme


def transaction(news: Recorded[Event], programme: str, booked: list[Posting]) -> str:
    case_no, line = _place(news)
    told = _tags({"programme": programme, "case": case_no, "line": line})
    lines = "".join(_posting(each) for each in booked)
    kind = type(news.event).__name__
    return f"\n{news.effective_on} ({news.position}) {kind}  ; {told}\n{lines}"


def split_by(dimension: Dimension, news: Recorded[Event], booked: list[Posting]) -> str:
    """The same transaction, each account followed by the posting's value of that dimension; empty if it
    has none. So a balance by value is a balance by account."""
    case_no, line = _place(news)
    lines = "".join(
        f"    {each.account.value}:{value}  {each.amount} DKK\n"
        for each in booked
        for codes in [each.account_string.model_dump() | {"case": case_no, "line": line}]
        if case_no or dimension in (Dimension.PROGRAMME, Dimension.FUNDING)
        for value in [codes[dimension.value]]
    )
    return f"{news.effective_on} ({news.position})\n{lines}" if lines else ""


def _place(news: Recorded[Event]) -> tuple[str | None, str | None]:
    """The case, and the line as `CASE/LINE`."""
    case_no = getattr(news.event, "case_no", None)
    line_no = getattr(news.event, "line_no", None)
    return case_no, f"{case_no}/{line_no}" if case_no and line_no is not None else None


def _posting(posting: Posting) -> str:
    codes = _tags(posting.account_string.model_dump(exclude={"programme"}))
    return f"    {posting.account.value:<26}{posting.amount!s:>16} DKK  ; {codes}\n"


def _tags(values: dict[str, str | None]) -> str:
    """No identifier of ours holds the comma that ends a tag."""
    return ", ".join(f"{name}:{value}" for name, value in values.items() if value is not None)
