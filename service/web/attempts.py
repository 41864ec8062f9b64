"""The page of refused attempts, for the auditor."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import HTMLResponse

from service.access.guard import Allowed
from service.attempts import FOR_WHO, Wanted, attempts
from service.parts import TheParts
from service.refusals import TEXTS
from service.report import chosen
from service.web.showing import DayAsked, ProgrammeAsked, day_of, show

router = APIRouter(include_in_schema=False)
MOST = 500
Choice = Annotated[str, Query(max_length=64)]


@router.get(
    "/attempts", dependencies=[Depends(Allowed("read_attempts"))], response_class=HTMLResponse
)
def list_of_attempts(
    request: Request,
    parts: TheParts,
    programme: ProgrammeAsked = None,
    code: Choice = "",
    person: Choice = "",
    first_day: DayAsked = "",
    last_day: DayAsked = "",
) -> HTMLResponse:
    with parts.teten.rows.snapshot() as snapshot:
        known = chosen(snapshot, programme)
    days = day_of(first_day), day_of(last_day)
    wanted = Wanted(known.programme, code or None, person.strip() or None, *days, MOST)
    with parts.teten.log.pool.connection() as connection:
        found = attempts(connection, wanted)
    return show(
        request,
        "attempts.html",
        programme=known.programme,
        terms=known.terms,
        wanted=wanted,
        found=found,
        texts={each: TEXTS[each].danish for each in sorted(TEXTS, key=_first_who)},
    )


def _first_who(code: str) -> tuple[bool, str]:
    return code not in FOR_WHO, code
