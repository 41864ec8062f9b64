"""The front page: the pilot's published figures, from events alone."""

from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import FileResponse, HTMLResponse
from fastapi.templating import Jinja2Templates

from domain.money import Money
from service.api.parts import TheParts, today
from service.report import END_OF_TIME, Period, UnknownProgramme

HERE = Path(__file__).parent
router = APIRouter(include_in_schema=False)
templates = Jinja2Templates(HERE)
templates.env.filters["kr"] = lambda amount: Money.parse(str(amount)).danish()
templates.env.filters["whole_kr"] = lambda amount: (
    Money.parse(str(amount)).danish().partition(",")[0]
)
templates.env.filters["comma"] = lambda number: str(number).replace(".", ",")

COUNTS = {
    "offered": "Fik tilbuddet",
    "participants": "Deltog",
    "declined": "Takkede nej",
    "with_grant": "Fik bevilling",
    "completed": "Gennemførte",
    "stopped": "Afbrudt",
    "left_benefits": "Forlod kontanthjælp",
}
AMOUNTS = {
    "granted": "Bevilget",
    "paid": "Udbetalt",
    "documented": "Dokumenteret",
    "undocumented": "Udokumenteret",
    "misuse": "Misbrug",
    "committed": "Tilsagn tilbage",
}


@router.get("/", response_class=HTMLResponse)
def front_page(
    request: Request,
    parts: TheParts,
    programme: Annotated[str | None, Query(max_length=64)] = None,
    as_of: Annotated[str, Query(max_length=10)] = "",
) -> HTMLResponse:
    try:
        day = _day(as_of)
    except ValueError:
        return _page(request, 422, message=f"»{as_of}« er ikke en dato (åååå-mm-dd).")
    try:
        with parts.teten.reports(programme) as reports:
            terms = reports.terms
            return _page(
                request,
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
            )
    except UnknownProgramme as error:
        return _page(request, 404, message=error.danish, choices=error.known)


@router.get("/style.css")
def style() -> FileResponse:
    return FileResponse(HERE / "style.css", media_type="text/css")


def _day(text: str) -> date | None:
    """ValueError: it is not written as the date field of a browser writes it."""
    return datetime.strptime(text, "%Y-%m-%d").date() if text else None  # noqa: DTZ007 - a day


def _page(request: Request, status: int = 200, **context: Any) -> HTMLResponse:
    context = {"message": None, "counts": COUNTS, "amounts": AMOUNTS, **context}
    return templates.TemplateResponse(request, "page.html", context, status_code=status)
