"""The programmes there are, with the terms that reports are made by."""

from collections.abc import Iterable

from pydantic import BaseModel

from domain.programme import ProgrammeEstablished, Terms
from domain.words import Event, Recorded
from projections.projection import Projection


class Established(BaseModel):
    programme: str = ""
    terms: Terms | None = None


def keys(news: Recorded[Event]) -> Iterable[str]:
    return [news.stream] if isinstance(news.event, ProgrammeEstablished) else []


def fold(_: Established, __: str, news: Recorded[Event]) -> Established:
    event = news.event
    assert isinstance(event, ProgrammeEstablished)
    return Established(programme=event.programme, terms=event.terms)


programmes = Projection("programmes-1", Established, keys, fold)
