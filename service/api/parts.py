"""What an endpoint may be asked for, and what it is answered from."""

from collections.abc import Iterator
from datetime import date, datetime
from typing import Annotated

from fastapi import Depends, Query

from service.clerk import DANISH_TIME
from service.known import Known, parse
from service.parts import TheParts
from service.report import Reports

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
