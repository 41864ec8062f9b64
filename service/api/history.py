"""The log's history over HTTP: what differs between two points of it, and one case step by step."""

from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Query

from projections.steps import Step
from service.access.guard import Allowed, Somewhere, TheAccess
from service.api.cases import NO_SUCH_CASE, CaseNo
from service.api.following import Following
from service.api.parts import ProgrammeQuery, TheKnown, today
from service.history import DifferenceView, Side, case_steps, difference
from service.parts import TheParts

router = APIRouter(prefix="/v1", tags=["history"])
KNOWN_AND_DAY = "KNOWN@DAY: a position or a Danish time, and a day. Either may be left out."


@router.get("/difference", dependencies=[Depends(Allowed("read_history")), Following])
def between(
    parts: TheParts,
    before: Annotated[str, Query(alias="from", max_length=60, description=KNOWN_AND_DAY)],
    after: Annotated[str, Query(alias="to", max_length=60, description=KNOWN_AND_DAY)] = "now",
    programme: ProgrammeQuery = None,
) -> DifferenceView:
    """What differs between two points of the log: amounts with the events that made it, counts and lists."""
    return difference(parts.teten, programme, Side.read(before), Side.read(after), today())


@router.get(
    "/cases/{case_no}/steps",
    dependencies=[Depends(Somewhere("read_case")), Following],
    responses={404: {}},
)
def replayed(case_no: CaseNo, parts: TheParts, access: TheAccess, known: TheKnown) -> list[Step]:
    """Each event of a case, what it changed, and what its approver saw beside what was so."""
    if not access.sees_case("read_case", case_no):
        raise HTTPException(404, NO_SUCH_CASE)
    with parts.teten.view(known) as view:
        found = case_steps(view, case_no)
    if found is None:
        raise HTTPException(404, NO_SUCH_CASE)
    return found
