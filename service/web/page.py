"""The front page: the pilot's published figures, from events alone."""

from fastapi import APIRouter, Depends, Request
from fastapi.responses import FileResponse, HTMLResponse

from service.access.guard import Open, Published
from service.api.parts import today
from service.parts import TheParts
from service.report import END_OF_TIME, Reports
from service.web.showing import HERE, ProgrammeAsked, TheMoment, show
from service.web.words import AMOUNTS, COUNTS

router = APIRouter(include_in_schema=False)


@router.get("/", dependencies=[Depends(Published("read_report"))], response_class=HTMLResponse)
def front_page(
    request: Request, parts: TheParts, at: TheMoment, programme: ProgrammeAsked = None
) -> HTMLResponse:
    with parts.teten.view(at.known) as view:
        reports = Reports(view, parts.teten.vault, programme)
        terms, day = reports.terms, at.as_of
        return show(
            request,
            "page.html",
            programme=reports.programme,
            terms=terms,
            at=at,
            position=view.position,
            counted_on=reports.period(day, today()).counted_on,
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


@router.get("/style.css", dependencies=[Depends(Open())])
def style() -> FileResponse:
    return FileResponse(HERE / "style.css", media_type="text/css")


@router.get("/icon.svg", dependencies=[Depends(Open())])
def icon() -> FileResponse:
    return FileResponse(HERE / "icon.svg", media_type="image/svg+xml")
