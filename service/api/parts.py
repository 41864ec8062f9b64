"""What an endpoint may ask for."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated

from fastapi import Depends, Query, Request

from service.app import Teten
from service.clerk import DANISH_TIME
from service.followers import Follower
from service.known import Known, parse
from service.report import Reports
from service.whatif import Answers


@dataclass(frozen=True)
class Parts:
    teten: Teten
    follower: Follower
    answers: Answers


def _parts(request: Request) -> Parts:
    parts: Parts = request.app.state.parts
    return parts


TheParts = Annotated[Parts, Depends(_parts)]
ProgrammeQuery = Annotated[
    str | None, Query(description="Which programme, if there are several.", max_length=64)
]
AsOf = Annotated[date | None, Query(description="As it stood at the end of that day.")]


KnownQuery = Annotated[
    str | None,
    Query(description="As it was known then: a position, or a Danish time.", max_length=40),
]


def _known(known: KnownQuery = None) -> Known | None:
    return parse(known) if known else None


TheKnown = Annotated[Known | None, Depends(_known)]


def _reports(
    parts: TheParts, known: TheKnown, programme: ProgrammeQuery = None
) -> Iterator[Reports]:
    with parts.teten.reports(programme, known) as reports:
        yield reports


TheReports = Annotated[Reports, Depends(_reports)]


def today() -> date:
    """The day in Denmark."""
    return datetime.now(DANISH_TIME).date()
