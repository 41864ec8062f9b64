"""The programmes there are, with the terms that reports are made by."""

from collections.abc import Iterable
from datetime import date

from pydantic import BaseModel

from domain.fund import FundAgreed
from domain.programme import ProgrammeEstablished, Rules, Terms, in_force
from domain.rules import RulesChanged
from domain.words import Event, Recorded
from projections.projection import Projection


class Established(BaseModel):
    programme: str = ""
    terms: Terms | None = None
    funds: dict[str, str] = {}  # The name of each funding source.
    changes: list[tuple[date, Rules]] = []  # Of the rules in the terms, each from its first day.

    def rules_on(self, day: date) -> Rules:
        assert self.terms
        return in_force([(date.min, self.terms.rules), *self.changes], day)


def keys(news: Recorded[Event]) -> Iterable[str]:
    match news.event:
        case (
            ProgrammeEstablished(programme=programme)
            | FundAgreed(programme=programme)
            | RulesChanged(programme=programme)
        ):
            return [programme]
    return []


def fold(row: Established, programme: str, news: Recorded[Event]) -> Established:
    event = news.event
    if isinstance(event, FundAgreed):
        return row.model_copy(update={"funds": row.funds | {event.fund: event.name}})
    if isinstance(event, RulesChanged):
        changes = [*row.changes, (event.in_force_from, event.rules)]
        return row.model_copy(update={"changes": changes})
    assert isinstance(event, ProgrammeEstablished)
    return row.model_copy(update={"programme": programme, "terms": event.terms})


programmes = Projection("programmes-1", Established, keys, fold)
