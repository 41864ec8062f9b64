"""The pages of the log's history: what differs between two points of it, and one case step by step."""

from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import HTMLResponse

from domain.case import cases
from projections.balances import Dimension
from service.access.guard import Allowed, Somewhere, TheAccess
from service.api.parts import today
from service.flags.views import flags_of_case
from service.history import Side, case_steps, difference
from service.parts import TheParts
from service.web import words
from service.web.cases import NO_SUCH_CASE
from service.web.showing import (
    DayAsked,
    KnownAsked,
    Moment,
    ProgrammeAsked,
    TheMoment,
    show,
)

router = APIRouter(include_in_schema=False)
ByAsked = Annotated[Dimension, Query(max_length=20)]


@router.get(
    "/difference", dependencies=[Depends(Allowed("read_history"))], response_class=HTMLResponse
)
def two_points(
    request: Request,
    parts: TheParts,
    programme: ProgrammeAsked = None,
    from_known: KnownAsked = "",
    from_as_of: DayAsked = "",
    to_known: KnownAsked = "",
    to_as_of: DayAsked = "",
    by: ByAsked = Dimension.FUNDING,
) -> HTMLResponse:
    sides = Moment.of(from_as_of, from_known), Moment.of(to_as_of, to_known)
    asked = any(side != Moment() for side in sides)
    before, after = (Side(side.known, side.as_of) for side in sides)
    return show(
        request,
        "difference.html",
        programme=programme,
        sides=sides,
        query=_query(programme, *sides),
        by=by,
        found=difference(parts.teten, programme, before, after, today()) if asked else None,
        words=words,
    )


def _query(programme: str | None, before: Moment, after: Moment) -> str:
    points = (f"{side.known_text}@{side.as_of or ''}" for side in (before, after))
    asked = dict(zip(("from", "to"), points, strict=True))
    return urlencode(asked | ({"programme": programme} if programme else {}))


@router.get(
    "/cases/{case_no}/steps",
    dependencies=[Depends(Somewhere("read_case"))],
    response_class=HTMLResponse,
)
def one_case(
    request: Request, parts: TheParts, access: TheAccess, at: TheMoment, case_no: str
) -> HTMLResponse:
    """Without `as_of`: steps are in the order of the log. It is carried on to the case's own page."""
    if not access.sees_case("read_case", case_no):
        return show(request, "steps.html", 404, message=NO_SUCH_CASE)
    day = parts.teten.day(at.as_of, at.known)
    with parts.teten.view(at.known) as view:
        steps = case_steps(view, case_no)
        programme = view.state(cases, case_no).programme if steps else ""
        flags = flags_of_case(view, programme, case_no, day) if steps else []
    if steps is None:
        return show(request, "steps.html", 404, message=NO_SUCH_CASE)
    return show(
        request,
        "steps.html",
        case_no=case_no,
        programme=programme,
        flags=flags if access.reach("read_flags", programme) else [],
        at=at,
        position=view.position,
        steps=steps,
        differing=[step.position for step in steps if not step.agrees],
        words=words,
    )
