"""The people in the cases over HTTP, and who looked at them. Each answer about a person is a look."""

from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Query, Response

from domain.permissions import Reach
from service.access.guard import Access, Somewhere, TheAccess
from service.api.cases import NO_SUCH_CASE, CaseNo
from service.api.parts import ProgrammeQuery
from service.app import Teten
from service.parts import TheParts
from service.people.extract import extract
from service.people.looking import EVERYTHING, Look, Looker, Person
from service.report import chosen

router = APIRouter(prefix="/v1", tags=["people"])
Before = Annotated[int, Query(ge=1, le=EVERYTHING, description="Those with smaller numbers.")]


@router.get(
    "/cases/{case_no}/person",
    dependencies=[Depends(Somewhere("read_person"))],
    responses={404: {}},
)
def person(case_no: CaseNo, parts: TheParts, access: TheAccess) -> Person:
    """Who the citizen of a case is, and what was written of them. The look is written down first."""
    if not access.sees_case("read_person", case_no):
        raise HTTPException(404, NO_SUCH_CASE)
    looker = Looker.of(access.principal)
    return parts.teten.people.look(looker, case_no, "GET /v1/cases/{case_no}/person")


@router.get(
    "/cases/{case_no}/extract",
    dependencies=[Depends(Somewhere("read_extract"))],
    responses={200: {"content": {"application/zip": {}}}, 404: {}},
    response_class=Response,
)
def own_extract(case_no: CaseNo, parts: TheParts, access: TheAccess) -> Response:
    """Everything that is held of the citizen, for the citizen: what is known, texts, events, looks, files."""
    if not access.sees_case("read_extract", case_no):
        raise HTTPException(404, NO_SUCH_CASE)
    looker = Looker.of(access.principal)
    content = extract(parts.teten, looker, case_no, "GET /v1/cases/{case_no}/extract")
    name = 'attachment; filename="teten-extract.zip"'
    return Response(content, media_type="application/zip", headers={"Content-Disposition": name})


@router.get("/looks", dependencies=[Depends(Somewhere("read_looks"))])
def looks(
    parts: TheParts,
    access: TheAccess,
    programme: ProgrammeQuery = None,
    before: Before = EVERYTHING,
) -> list[Look]:
    """Who looked at whom, the latest first, at most a hundred: an auditor sees all, a citizen their own."""
    return looks_within_reach(parts.teten, access, programme, before)


def looks_within_reach(
    teten: Teten, access: Access, programme: str | None, before: int
) -> list[Look]:
    """Forbidden, or UnknownProgramme."""
    if access.reach("read_looks", programme) is Reach.OWN:
        return teten.people.looks.of_citizen(access.principal.person, before)
    with teten.rows.snapshot() as snapshot:
        known = chosen(snapshot, programme).programme
    access.require("read_looks", known)
    return teten.people.looks.of_programme(known, before)
