"""The programmes there are, with the terms that reports are made by."""

from collections.abc import Iterable

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
    event = news.event
    if isinstance(event, FundAgreed):
        return row.model_copy(update={"funds": row.funds | {event.fund: event.name}})
    assert isinstance(event, ProgrammeEstablished)
    return row.model_copy(update={"programme": programme, "terms": event.terms})


programmes = Projection("programmes-1", Established, keys, fold)
