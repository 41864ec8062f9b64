"""A document, before it is of any format: what it says, in tables of typed cells."""

from dataclasses import dataclass, field
from datetime import date, datetime

from domain.money import Money

Cell = str | int | Money | date | None


@dataclass(frozen=True)
class Table:
    """`name`: short, of its sheet. A row has a cell for each column; the first one names the row."""

    name: str
    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    text: str = ""  # What a reader must know of it.
    totals: bool = False  # The last row adds the others up.


@dataclass(frozen=True)
class Document:
    """`moment` is when the log learned of the last thing in it: the document's own date, so that the same
    moment gives the same bytes."""

    title: str
    subject: str
    facts: tuple[tuple[str, str], ...]
    tables: tuple[Table, ...]
    moment: datetime
    notes: tuple[str, ...] = field(default=())
