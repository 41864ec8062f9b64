"""The pages of people: who the citizen of a case is, and who looked at whom."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import HTMLResponse

from service.access.guard import Somewhere, TheAccess
from service.api.people import looks_within_reach
from service.parts import TheParts
from service.people.looking import EVERYTHING, PAGE, Looker
from service.web.cases import NO_SUCH_CASE
from service.web.showing import ProgrammeAsked, show

router = APIRouter(include_in_schema=False)


@router.get(
    "/cases/{case_no}/person",
    dependencies=[Depends(Somewhere("read_person"))],
    response_class=HTMLResponse,
)
def person(request: Request, parts: TheParts, access: TheAccess, case_no: str) -> HTMLResponse:
    if not access.sees_case("read_person", case_no):
        return show(request, "person.html", 404, message=NO_SUCH_CASE)
    looker = Looker.of(access.principal)
    found = parts.teten.people.look(looker, case_no, "GET /cases/{case_no}/person")
    return show(request, "person.html", person=found)


@router.get("/looks", dependencies=[Depends(Somewhere("read_looks"))], response_class=HTMLResponse)
def looks(
    request: Request,
    parts: TheParts,
    access: TheAccess,
    programme: ProgrammeAsked = None,
    before: Annotated[int, Query(ge=1, le=EVERYTHING)] = EVERYTHING,
) -> HTMLResponse:
    found = looks_within_reach(parts.teten, access, programme, before)
    older = found[-1].number if len(found) == PAGE else None
    return show(request, "looks.html", looks=found, programme=programme, older=older)
