"""The pages of the audit samples: all of them, and each one with what was found and what it says."""

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse

from service.access.guard import Allowed
from service.parts import TheParts
from service.report import chosen
from service.sampling import sample_view, sample_views
from service.web import words
from service.web.showing import ProgrammeAsked, show

router = APIRouter(include_in_schema=False)


@router.get(
    "/samples", dependencies=[Depends(Allowed("read_samples"))], response_class=HTMLResponse
)
def list_of_samples(
    request: Request, parts: TheParts, programme: ProgrammeAsked = None
) -> HTMLResponse:
    with parts.teten.rows.snapshot() as snapshot:
        known = chosen(snapshot, programme)
        found = sample_views(snapshot, known.programme)
    return show(
        request,
        "samples.html",
        programme=known.programme,
        terms=known.terms,
        samples=found,
        words=words,
    )


@router.get(
    "/samples/{sample}",
    dependencies=[Depends(Allowed("read_samples"))],
    response_class=HTMLResponse,
)
def one_sample(
    request: Request, parts: TheParts, sample: str, programme: ProgrammeAsked = None
) -> HTMLResponse:
    with parts.teten.rows.snapshot() as snapshot:
        known = chosen(snapshot, programme)
        found = sample_view(snapshot, known.programme, sample)
    if not found:
        told = "Der er ingen stikprøve med det navn."
        return show(request, "sample.html", 404, message=told, programme=known.programme)
    return show(
        request,
        "sample.html",
        programme=known.programme,
        sample=found,
        population=found.population,
        words=words,
    )
