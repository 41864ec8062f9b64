"""A projection is a name, a kind of row, and a pure fold. Reading and writing is done elsewhere."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Generic, TypeVar

from pydantic import BaseModel

from domain.words import Event, Recorded

Row = TypeVar("Row", bound=BaseModel)


@dataclass(frozen=True)
class Projection(Generic[Row]):
    """For each event, find the rows by `keys` and `fold` the news into every one of them.

    A row that nothing was folded into yet is `row()`. A new name starts from the first event of the
    log, so "balances-2" is how a changed fold is built beside the old one.
    """

    name: str
    row: type[Row]
    keys: Callable[[Recorded[Event]], Iterable[str]]
    fold: Callable[[Row, str, Recorded[Event]], Row]
