"""Cases over HTTP, by case number: nothing here tells whose they are."""

from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Path, Query
from pydantic import BaseModel

from projections.payouts import Payout, by_day
from service.access.guard import Allowed, Somewhere, TheAccess
from service.api.following import Following
from service.api.paging import ThePage
from service.api.parts import AsOf, TheKnown, TheReports, today
from service.cases import CaseView, case_view
from service.parts import TheParts
from service.report import END_OF_TIME

router = APIRouter(prefix="/v1", tags=["cases"])
CaseNo = Annotated[str, Path(max_length=64)]
NO_SUCH_CASE = "There is no such case."


class CaseInList(BaseModel):
    case_no: str
    phase: str
    caseworker: str
    stage: str
    outcome: str | None


@router.get("/cases", dependencies=[Depends(Allowed("read_case_list")), Following])
def list_cases(
    reports: TheReports, access: TheAccess, page: ThePage, as_of: AsOf = None
) -> list[CaseInList]:
    """Every case of a programme that is within reach, by number."""
    day = as_of or END_OF_TIME
    within = access.scope("read_case_list", reports.programme)
    found = [
        CaseInList(
            case_no=journey.case_no,
            phase=journey.phase,
            caseworker=journey.caseworker,
            stage=journey.stage(day),
            outcome=journey.outcome(day),
        )
        for journey in reports.cases()
        if within(journey.case_no, journey.caseworker)
    ]
    return page.of(sorted(found, key=_case_no), key=_case_no)


def _case_no(case: CaseInList) -> str:
    return case.case_no


@router.get(
    "/cases/{case_no}",
    dependencies=[Depends(Somewhere("read_case")), Following],
    responses={404: {}},
)
def case_by_number(
    case_no: CaseNo, parts: TheParts, access: TheAccess, known: TheKnown, as_of: AsOf = None
) -> CaseView:
    """A case: its lines with what is left of them, its payouts, and everything that happened to it."""
    if not access.sees_case("read_case", case_no):  # First: what is out of reach takes no longer.
        raise HTTPException(404, NO_SUCH_CASE)
    with parts.teten.view(known) as view:
        found = case_view(view, case_no, as_of, today())
    if not found:
        raise HTTPException(404, NO_SUCH_CASE)
    return found[0]


@router.get(
    "/payouts", dependencies=[Depends(Allowed("read_report")), Following], responses={404: {}}
)
def payouts(
    reports: TheReports,
    page: ThePage,
    as_of: AsOf = None,
    case_no: Annotated[str | None, Query(max_length=64)] = None,
) -> list[Payout]:
    """Every payment that was ordered, by the day of the order. A payment that lines share: once a line."""
    if case_no is not None and all(each.case_no != case_no for each in reports.cases()):
        raise HTTPException(404, NO_SUCH_CASE)
    found = reports.payouts(as_of or END_OF_TIME, case_no)
    return page.of(sorted(found, key=by_day), key=by_day)
