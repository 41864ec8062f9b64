"""What an endpoint may ask for."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated

from fastapi import Depends, Query, Request

from service.app import Teten
from service.clerk import DANISH_TIME
from service.followers import Follower
from service.report import Reports


@dataclass(frozen=True)
class Parts:
    teten: Teten
    follower: Follower


def _parts(request: Request) -> Parts:
    parts: Parts = request.app.state.parts
    return parts


TheParts = Annotated[Parts, Depends(_parts)]
ProgrammeQuery = Annotated[
    str | None, Query(description="Which programme, if there are several.", max_length=64)
]
AsOf = Annotated[date | None, Query(description="As it stood at the end of that day.")]


def _reports(parts: TheParts, programme: ProgrammeQuery = None) -> Iterator[Reports]:
    with parts.teten.reports(programme) as reports:
        yield reports


TheReports = Annotated[Reports, Depends(_reports)]


def today() -> date:
    """The day in Denmark."""
    return datetime.now(DANISH_TIME).date()
