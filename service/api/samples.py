"""Audit samples over HTTP, to be read: how they were fixed and drawn, and what they say."""

from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Path

from service.access.guard import Allowed
from service.api.following import Following
from service.api.parts import ProgrammeQuery
from service.parts import TheParts
from service.report import chosen
from service.sampling import SampleView, sample_view, sample_views

router = APIRouter(prefix="/v1/samples", tags=["samples"])


@router.get("", dependencies=[Depends(Allowed("read_samples")), Following])
def list_samples(parts: TheParts, programme: ProgrammeQuery = None) -> list[SampleView]:
    """Every sample of a programme, in the order in which they were fixed."""
    with parts.teten.rows.snapshot() as snapshot:
        return sample_views(snapshot, chosen(snapshot, programme).programme)


@router.get(
    "/{sample}", dependencies=[Depends(Allowed("read_samples")), Following], responses={404: {}}
)
def sample_by_name(
    sample: Annotated[str, Path(max_length=64)], parts: TheParts, programme: ProgrammeQuery = None
) -> SampleView:
    """A sample: its population, what drew it, its items with what was found, and what that says."""
    with parts.teten.rows.snapshot() as snapshot:
        found = sample_view(snapshot, chosen(snapshot, programme).programme, sample)
    if not found:
        raise HTTPException(404, "There is no such sample.")
    return found
