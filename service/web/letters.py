"""The page of letters about receipts that don't come: who has to be written to by hand, and what failed."""

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse

from service.access.guard import Allowed, TheAccess
from service.api.letters import within_reach
from service.parts import TheParts
from service.report import chosen
from service.web import words
from service.web.showing import ProgrammeAsked, show

router = APIRouter(include_in_schema=False)


@router.get(
    "/letters", dependencies=[Depends(Allowed("read_case_list"))], response_class=HTMLResponse
)
def letters(
    request: Request, parts: TheParts, access: TheAccess, programme: ProgrammeAsked = None
) -> HTMLResponse:
    with parts.teten.rows.snapshot() as snapshot:
        known = chosen(snapshot, programme)
    found = within_reach(parts.teten, access, known.programme, only_open=False)
    return show(
        request,
        "letters.html",
        programme=known.programme,
        terms=known.terms,
        letters={
            title: [each for each in found if each.state in states]
            for title, states in words.LETTERS.items()
        },
        words=words,
    )
