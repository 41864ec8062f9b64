"""Figures over HTTP."""

from typing import Any

from fastapi import APIRouter, Depends

from projections.misuse_figures import Misused
from projections.pilot import BusinessCase
from service.access.guard import Allowed
from service.api.following import Following
from service.api.parts import AsOf, TheReports, today
from service.report import END_OF_TIME

router = APIRouter(prefix="/v1", tags=["reports"])


@router.get("/report", dependencies=[Depends(Allowed("read_report")), Following])
def report(reports: TheReports, as_of: AsOf = None) -> dict[str, Any]:
    """Every balance, count and list of a programme. Amounts are strings with two decimals."""
    return reports.report(as_of, today())


@router.get("/misuse", dependencies=[Depends(Allowed("read_report")), Following])
def misuse(reports: TheReports, as_of: AsOf = None) -> Misused:
    """Misuse by phase, selection, route and category, with intervals; how long it took to be found, and
    what was recovered. Per cent are strings with one decimal."""
    return reports.misused(as_of, today())


@router.get("/business-case", dependencies=[Depends(Allowed("read_report")), Following])
def business_case(reports: TheReports, as_of: AsOf = None) -> BusinessCase | None:
    """What a citizen's budget costs, and when it is earned back; null before anybody takes part."""
    return reports.business_case(as_of or END_OF_TIME)


@router.get("/statements", dependencies=[Depends(Allowed("read_report")), Following])
def statements(reports: TheReports, as_of: AsOf = None) -> list[dict[str, Any]]:
    """The bank's statements, and how many of their entries nobody has explained."""
    return reports.statements(as_of or END_OF_TIME)
