"""The front page: the pilot's published figures, from events alone."""

from fastapi import APIRouter, Request
from fastapi.responses import FileResponse, HTMLResponse

from service.api.parts import TheParts, today
from service.report import END_OF_TIME, Period, UnknownProgramme
from service.web.showing import HERE, DayAsked, NotADay, ProgrammeAsked, day_of, show
from service.web.words import AMOUNTS, COUNTS

router = APIRouter(include_in_schema=False)


@router.get("/", response_class=HTMLResponse)
def front_page(
    request: Request, parts: TheParts, programme: ProgrammeAsked = None, as_of: DayAsked = ""
) -> HTMLResponse:
    try:
        day = day_of(as_of)
    except NotADay as error:
        return show(request, "page.html", 422, message=error)
    try:
        with parts.teten.reports(programme) as reports:
            terms = reports.terms
            return show(
                request,
                "page.html",
                programme=reports.programme,
                terms=terms,
                as_of=day,
                counted_on=Period.of(day, terms, today()).counted_on,
                report=reports.report(day, today()),
                overdocumented=reports.overdocumented(day or END_OF_TIME),
                case=reports.business_case(day or END_OF_TIME),
                names={
                    "funding": reports.funds,
                    "legal_basis": {basis.id: basis.text for basis in terms.legal_bases},
                    "category": {category.id: category.name for category in terms.categories},
                },
                counts=COUNTS,
                amounts=AMOUNTS,
            )
    except UnknownProgramme as error:
        return show(request, "page.html", 404, message=error.danish, choices=error.known)


@router.get("/style.css")
def style() -> FileResponse:
    return FileResponse(HERE / "style.css", media_type="text/css")
