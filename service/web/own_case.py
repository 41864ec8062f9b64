"""The citizen's own case, and the way into it: a personal link, and the birth date."""

from datetime import date
from typing import Annotated
from uuid import uuid4

import structlog
from fastapi import APIRouter, Depends, Form, HTTPException, Path, Request
from fastapi.responses import HTMLResponse
from starlette.responses import Response

from service.access.guard import Open, Somewhere, TheAccess, token_of
from service.api.parts import today
from service.cases import case_view
from service.flags.views import flags_of_case
from service.intake.queue import of_case
from service.parts import TheParts
from service.web import words
from service.web.cases import names_of, waits_of
from service.web.showing import NotADay, day_of, show
from service.web.sign_in import enter

router = APIRouter(include_in_schema=False)
logger = structlog.get_logger()
Token = Annotated[str, Path(max_length=100)]
GONE = (
    "Linket virker ikke. Det er for gammelt, taget tilbage, afløst af et nyt eller låst efter for mange"
    " forkerte datoer. Bed din jobkonsulent om et nyt."
)
WRONG = "Datoen passer ikke til linket. Prøv igen; efter fem forkerte datoer er det låst."
NOT_A_DAY = "Skriv din fødselsdag med dag, måned og år."


@router.get("/min-sag", dependencies=[Depends(Somewhere("read_case"))], response_class=HTMLResponse)
def own_case(request: Request, parts: TheParts, access: TheAccess) -> HTMLResponse:
    case_no = access.principal.case_no
    if case_no is None:
        raise HTTPException(404, "Whoever is signed in has no case of their own.")
    with parts.teten.rows.snapshot() as view:
        found, pictures = case_view(view, case_no, None, today()), of_case(view, case_no)
        flags = flags_of_case(view, found[0].programme, case_no, today()) if found else []
    if not found or not access.sees_case("read_case", case_no):
        raise HTTPException(404, "There is no such case.")
    case, programme = found
    return show(
        request,
        "own_case.html",
        programme=case.programme,
        programme_name=programme.terms.name if programme.terms else case.programme,
        case=case,
        names=names_of(programme),
        waits=waits_of(case),
        flags=[each for each in flags if each.status.answered],
        words=words,
        pictures=pictures,
        key=uuid4(),
        looks=parts.teten.people.looks.of_citizen(access.principal.person),
    )


@router.get("/min-sag/{token}", dependencies=[Depends(Open())], response_class=HTMLResponse)
def ask_birth_date(request: Request, parts: TheParts, token: Token) -> HTMLResponse:
    if not parts.teten.links.opens(token):
        return show(request, "link.html", 404, message=GONE)
    return show(request, "link.html", refused=None)


@router.post("/min-sag/{token}", dependencies=[Depends(Open())])
def by_link(
    request: Request,
    parts: TheParts,
    token: Token,
    born: Annotated[str, Form(max_length=10)] = "",
) -> Response:
    try:
        day: date | None = day_of(born.strip())
    except NotADay:
        day = None
    if day is None:  # No guess, and none is counted.
        return show(request, "link.html", 422, refused=NOT_A_DAY)
    principal = parts.teten.links.principal(token, day)
    if principal:
        return enter(parts, principal, "/min-sag", token_of(request))
    logger.warning("link refused")
    if parts.teten.links.opens(token):
        return show(request, "link.html", 403, refused=WRONG)
    return show(request, "link.html", 404, message=GONE)
