"""The page on misuse: where it was, how sure the figures are, how long it took, and what came back."""

from typing import Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse

from projections.misuse_figures import FEW, Group, Misused
from service.access.guard import Published
from service.api.parts import today
from service.parts import TheParts
from service.report import Reports
from service.web import words
from service.web.showing import ProgrammeAsked, TheMoment, show

router = APIRouter(include_in_schema=False)
WIDTH = 120  # Of the drawing of an interval.


@router.get(
    "/misuse", dependencies=[Depends(Published("read_report"))], response_class=HTMLResponse
)
def misuse(
    request: Request, parts: TheParts, at: TheMoment, programme: ProgrammeAsked = None
) -> HTMLResponse:
    """Who isn't signed in reads what may be published."""
    with parts.teten.view(at.known) as view:
        reports = Reports(view, parts.teten.vault, programme)
        found = reports.misused(at.as_of, today())
        access = getattr(request.state, "access", None)
        public = not (access and access.reach("read_report", reports.programme))
        told = found.published() if public else found
        categories = {each.id: each.name for each in reports.terms.categories}
        return show(
            request,
            "misuse.html",
            programme=reports.programme,
            terms=reports.terms,
            at=at,
            position=view.position,
            public=public,
            few=FEW,
            **(_shown(told, categories) if told else {}),
            found=told,
        )


def _shown(found: Misused, categories: dict[str, str]) -> dict[str, Any]:
    tables = [
        ("Fase", "phase", found.phase, {}),
        ("Udvælgelse", "selection", found.selection, words.SELECTIONS),
        ("Udbetaling", "route", found.route, words.ROUTES),
        ("Formål", "category", found.category, categories),
    ]
    return {
        "tables": [
            {"title": title, "id": name, "groups": groups, "names": names, "scale": _scale(groups)}
            for title, name, groups, names in tables
        ],
        "kinds": words.MISUSE,
        "rows": [
            *((f"Fase {each.value}", each) for each in found.phase),
            ("I alt", found.whole),
        ],
        "width": WIDTH,
        "across": across,
    }


def _scale(groups: list[Group]) -> int:
    """How many per mille the drawings of a table are wide: of groups of which nothing can be said, all of
    it is as likely, and they would make the others small."""
    told = [_per_mille(each.kroner.high) for each in groups if each.kroner.percent]
    return max(told, default=0) or 1


def _per_mille(percent: str) -> int:
    return int(percent.replace(".", ""))


def across(percent: str, scale: int) -> int:
    """How far across its drawing a share stands."""
    return min(WIDTH, WIDTH * _per_mille(percent) // scale)
