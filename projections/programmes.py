"""The programmes there are, with the terms that reports are made by."""

from collections.abc import Iterable
from typing import Any

from pydantic import BaseModel

from domain.fund import FundAgreed
from domain.programme import ProgrammeEstablished, Terms
from domain.words import Event, Recorded
from projections.projection import Projection


class Established(BaseModel):
    programme: str = ""
    terms: Terms | None = None
    funds: dict[str, str] = {}  # The name of each funding source.


def keys(news: Recorded[Event]) -> Iterable[str]:
    match news.event:
        case ProgrammeEstablished(programme=programme) | FundAgreed(programme=programme):
            return [programme]
    return []


def fold(row: Established, programme: str, news: Recorded[Event]) -> Established:
    match news.event:
        case ProgrammeEstablished(terms=terms):
            changed: dict[str, Any] = {"programme": programme, "terms": terms}
        case FundAgreed(fund=fund, name=name):
            changed = {"funds": row.funds | {fund: name}}
    return row.model_copy(update=changed)


programmes = Projection("programmes-1", Established, keys, fold)
