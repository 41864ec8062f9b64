"""The pages of the cases: all of them by number, and each one with what is left of it."""

from typing import Any
from uuid import uuid4

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse

from domain.case import Stage
from domain.money import ZERO, Money
from projections.balances import Dimension
from projections.payouts import PayoutStatus
from projections.programmes import Established
from service.access.guard import Allowed, Somewhere, TheAccess
from service.api.parts import today
from service.cases import CaseView, case_view
from service.flags.views import flags_of_case
from service.intake.queue import of_case
from service.parts import TheParts
from service.report import END_OF_TIME, Reports
from service.rows import Snapshot
from service.web import words
from service.web.showing import ProgrammeAsked, TheMoment, show

router = APIRouter(include_in_schema=False)
NO_SUCH_CASE = "Der er intet forløb med det nummer."


@router.get(
    "/cases", dependencies=[Depends(Allowed("read_case_list"))], response_class=HTMLResponse
)
def list_of_cases(
    request: Request,
    parts: TheParts,
    access: TheAccess,
    at: TheMoment,
    programme: ProgrammeAsked = None,
) -> HTMLResponse:
    until = at.as_of or END_OF_TIME
    with parts.teten.view(at.known) as view:
        reports = Reports(view, parts.teten.vault, programme)
        within = access.scope("read_case_list", reports.programme)
        overdue: dict[str, Money] = {}
        for late in reports.overdue(reports.period(at.as_of, today())):
            overdue[late.case] = overdue.get(late.case, ZERO) + late.undocumented
        return show(
            request,
            "cases.html",
            programme=reports.programme,
            terms=reports.terms,
            at=at,
            position=view.position,
            cases=[
                (each, words.STAGES[each.stage(until)])
                for each in reports.cases()
                if within(each.case_no, each.caseworker)
            ],
            figures=reports.amounts(Dimension.CASE, until),
            overdue=overdue,
            amounts=words.CASE_AMOUNTS,
        )


@router.get(
    "/cases/{case_no}", dependencies=[Depends(Somewhere("read_case"))], response_class=HTMLResponse
)
def one_case(
    request: Request, parts: TheParts, access: TheAccess, at: TheMoment, case_no: str
) -> HTMLResponse:
    if not access.sees_case("read_case", case_no):
        return show(request, "case.html", 404, message=NO_SUCH_CASE)
    day = parts.teten.day(at.as_of, at.known)
    with parts.teten.view(at.known) as view:
        found = case_view(view, case_no, at.as_of, today())
        flags = flags_of_case(view, found[0].programme, case_no, day) if found else []
        pictures = of_case(view, case_no) if isinstance(view, Snapshot) else []
    if not found:
        return show(request, "case.html", 404, message=NO_SUCH_CASE)
    case, programme = found
    return show(
        request,
        "case.html",
        programme=case.programme,
        at=at,
        position=view.position,
        case=case,
        names=names_of(programme),
        waits=waits_of(case),
        flags=flags if access.reach("read_flags", case.programme) else [],
        pictures=pictures,
        key=uuid4(),
        amounts=words.CASE_AMOUNTS,
        words=words,
    )


def names_of(programme: Established) -> dict[str, dict[str, str]]:
    """What things are called in the programme, now or by any rules that it had before."""
    assert programme.terms
    versions = [programme.terms.rules, *(rules for _, rules in programme.changes)]
    return {
        "funding": programme.funds,
        "legal_basis": {basis.id: basis.text for basis in programme.terms.legal_bases},
        "category": {category.id: category.name for category in programme.terms.categories},
        "phase": {phase.id: phase.name for rules in versions for phase in rules.trajectory},
    }


def waits_of(case: CaseView) -> dict[str, list[Any]]:
    """What somebody must do something about. In a closed case nothing is decided any more."""
    closed, lacking = Stage(case.stage).closed, case.receipts_missing
    return {
        "again": [each for each in lacking if each.owed_since > each.settled and not each.waived],
        "unpaid": [each for each in case.payouts if each.status is PayoutStatus.ORDERED],
        "changes": [each for each in case.changes if each.stage == "reported" and not closed],
        "lines": [each for each in case.lines if each.awaits_approval and not closed],
    }
