"""The pages of the audit: reports to take along, vouchers and postings, and the checks of the log itself."""

from datetime import date

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse

from service import doctor
from service.access.guard import Allowed, Everywhere
from service.documents import words
from service.documents.completing import completeness_of, named
from service.parts import TheParts
from service.report import chosen
from service.web.showing import ProgrammeAsked, TheMoment, show
from service.web.words import CHECKS

router = APIRouter(include_in_schema=False)


@router.get(
    "/documents", dependencies=[Depends(Allowed("read_report"))], response_class=HTMLResponse
)
def documents(
    request: Request, parts: TheParts, at: TheMoment, programme: ProgrammeAsked = None
) -> HTMLResponse:
    with parts.teten.view(at.known) as view:
        established, position = chosen(view, programme), view.position
    assert established.terms
    day = parts.teten.day(at.as_of, at.known)
    last = min(day, established.terms.end)
    first = max(established.terms.start, date(last.year, 1, 1))
    return show(
        request,
        "documents.html",
        programme=established.programme,
        terms=established.terms,
        funds=established.funds,
        at=at,
        position=position,
        counted_on=day,
        first=first,
        last=max(first, last),
    )


@router.get(
    "/vouchers", dependencies=[Depends(Allowed("read_report"))], response_class=HTMLResponse
)
def vouchers(
    request: Request, parts: TheParts, at: TheMoment, programme: ProgrammeAsked = None
) -> HTMLResponse:
    day = parts.teten.day(at.as_of, at.known)
    with parts.teten.view(at.known) as view:
        established, position = chosen(view, programme), view.position
        found = completeness_of(parts.teten, view, established.programme, day)
    return show(
        request,
        "vouchers.html",
        programme=established.programme,
        terms=established.terms,
        at=at,
        position=position,
        counted_on=day,
        found=found,
        words=words,
        named=named,
    )


@router.get(
    "/integrity", dependencies=[Depends(Everywhere("read_evidence"))], response_class=HTMLResponse
)
def integrity(request: Request, parts: TheParts) -> HTMLResponse:
    """The doctor's quick checks, made when the page is asked for: what is shown is how it is."""
    found = [
        (CHECKS.get(each.name.split(" ")[0], each.name), each)
        for each in doctor.examine(parts.teten, quickly=True)
    ]
    return show(request, "integrity.html", checks=found, signed=parts.teten.checkpoints.latest())
