"""The pages of the audit: reports to take along, vouchers and postings, and the checks of the log itself."""

from datetime import date

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from service import doctor
from service.api.parts import TheParts, today
from service.documents import words
from service.documents.completing import completeness_of, named
from service.report import UnknownProgramme, chosen
from service.web.showing import DayAsked, Moment, NotADay, ProgrammeAsked, day_of, show
from service.web.words import CHECKS

router = APIRouter(include_in_schema=False)


@router.get("/documents", response_class=HTMLResponse)
def documents(
    request: Request, parts: TheParts, programme: ProgrammeAsked = None, as_of: DayAsked = ""
) -> HTMLResponse:
    try:
        day = day_of(as_of)
        with parts.teten.rows.snapshot() as snapshot:
            known = chosen(snapshot, programme)
    except NotADay as error:
        return show(request, "documents.html", 422, message=error)
    except UnknownProgramme as error:
        return show(request, "documents.html", 404, message=error.danish, choices=error.known)
    assert known.terms
    last = min(day or today(), known.terms.end)
    first = max(known.terms.start, date(last.year, 1, 1))
    return show(
        request,
        "documents.html",
        programme=known.programme,
        terms=known.terms,
        funds=known.funds,
        at=Moment(day),
        counted_on=day or today(),
        first=first,
        last=max(first, last),
    )


@router.get("/vouchers", response_class=HTMLResponse)
def vouchers(
    request: Request, parts: TheParts, programme: ProgrammeAsked = None, as_of: DayAsked = ""
) -> HTMLResponse:
    try:
        day = day_of(as_of)
        with parts.teten.rows.snapshot() as snapshot:
            known = chosen(snapshot, programme)
            found = completeness_of(parts.teten, snapshot, known.programme, day or today())
    except NotADay as error:
        return show(request, "vouchers.html", 422, message=error)
    except UnknownProgramme as error:
        return show(request, "vouchers.html", 404, message=error.danish, choices=error.known)
    return show(
        request,
        "vouchers.html",
        programme=known.programme,
        terms=known.terms,
        at=Moment(day),
        counted_on=day or today(),
        found=found,
        words=words,
        named=named,
    )


@router.get("/integrity", response_class=HTMLResponse)
def integrity(request: Request, parts: TheParts) -> HTMLResponse:
    """The doctor's quick checks, made when the page is asked for: what is shown is how it is."""
    found = [
        (CHECKS.get(each.name.split(" ")[0], each.name), each)
        for each in doctor.examine(parts.teten, quickly=True)
    ]
    return show(request, "integrity.html", checks=found, signed=parts.teten.checkpoints.latest())
