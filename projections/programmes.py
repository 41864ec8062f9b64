"""The programmes there are, with the terms that reports are made by, and their staff."""

from collections.abc import Iterable
from datetime import date

from pydantic import BaseModel

from domain.fund import FundAgreed
from domain.programme import (
    ProgrammeEstablished,
    Role,
    RolesAssigned,
    Rules,
    TeamAssigned,
    Terms,
    in_force,
)
from domain.rules import RulesChanged
from domain.words import Event, Recorded
from projections.projection import Projection


class Established(BaseModel):
    programme: str = ""
    terms: Terms | None = None
    funds: dict[str, str] = {}  # The name of each funding source.
    changes: list[tuple[date, Rules]] = []  # Of the rules in the terms, each from its first day.
    roles: dict[str, tuple[Role, ...]] = {}  # Of each person, now; none: they left.
    teams: dict[str, str] = {}  # Of those who are in one.

    def rules_on(self, day: date) -> Rules:
        assert self.terms
        return in_force([(date.min, self.terms.rules), *self.changes], day)


def keys(news: Recorded[Event]) -> Iterable[str]:
    match news.event:
        case (
            ProgrammeEstablished(programme=programme)
            | FundAgreed(programme=programme)
            | RulesChanged(programme=programme)
            | RolesAssigned(programme=programme)
            | TeamAssigned(programme=programme)
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
    if isinstance(event, RolesAssigned):
        return row.model_copy(update={"roles": row.roles | {event.person: event.roles}})
    if isinstance(event, TeamAssigned):
        others = {who: team for who, team in row.teams.items() if who != event.person}
        teams = others | ({event.person: event.team} if event.team else {})
        return row.model_copy(update={"teams": teams})
    assert isinstance(event, ProgrammeEstablished)
    return row.model_copy(update={"programme": programme, "terms": event.terms})


programmes = Projection("programmes-2", Established, keys, fold)
