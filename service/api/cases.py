"""Cases over HTTP, by case number: nothing here tells whose they are."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, HTTPException, Path
from pydantic import BaseModel

from domain.case import Case, Line, Stage
from domain.case import cases as all_cases
from domain.money import Money
from projections.audit_trail import Told, audit_trail
from projections.balances import Dimension, Figures, balances
from service.api.parts import TheParts, TheReports
from service.clerk import storable
from service.report import END_OF_TIME

router = APIRouter(prefix="/v1/cases", tags=["cases"])


class CaseInList(BaseModel):
    case_no: str
    phase: str
    caseworker: str
    stage: str
    outcome: str | None


class TrancheView(BaseModel):
    ref: str
    amount: Money
    stage: str
    approved_by: str | None
    booked_on: date | None


class ReceiptView(BaseModel):
    ref: str
    amount: Money
    stage: str


class ChangeView(BaseModel):
    ref: str
    line_no: int
    amount: Money | None
    stage: str


class LineView(BaseModel):
    line_no: int
    route: str
    category: str | None
    legal_basis: str | None
    funding: str
    asked: Money
    granted: Money | None
    awaits_approval: bool
    rejected: bool
    fits: bool | None  # Its means serve its goal; null: not screened.
    balance: Figures | None
    tranches: list[TrancheView]
    receipts: list[ReceiptView]


class CaseView(BaseModel):
    case_no: str
    programme: str
    citizen: str  # A pseudonym.
    phase: str
    caseworker: str
    stage: str
    end_date: date | None
    suited: bool | None  # By the latest screening; null: none.
    trajectory: dict[str, date]  # The last day of each phase that was entered, in that order.
    assessments: dict[str, str]
    balance: Figures | None
    lines: list[LineView]
    changes: list[ChangeView]
    timeline: list[Told]


@router.get("")
def list_cases(reports: TheReports) -> list[CaseInList]:
    """Every case of a programme, by number."""
    return [
        CaseInList(
            case_no=journey.case_no,
            phase=journey.phase,
            caseworker=journey.caseworker,
            stage=journey.stage(END_OF_TIME),
            outcome=journey.outcome(END_OF_TIME),
        )
        for journey in reports.cases()
    ]


@router.get("/{case_no}", responses={404: {}})
def case_by_number(case_no: Annotated[str, Path(max_length=64)], parts: TheParts) -> CaseView:
    """A case as it stands now: its lines, its balances, and everything that happened to it."""
    case = parts.teten.log.state(all_cases, case_no) if storable(case_no) else Case()
    if case.stage is Stage.UNKNOWN:
        raise HTTPException(404, "There is no such case.")
    with parts.teten.rows.snapshot() as snapshot:
        trail = snapshot.get(audit_trail, all_cases.stream(case_no))

        def balance(dimension: Dimension, value: str) -> Figures | None:
            row = snapshot.get(balances, f"{dimension}/{case.programme}/{value}")
            return row.figures(END_OF_TIME) if row else None

        return CaseView(
            case_no=case_no,
            programme=case.programme,
            citizen=case.citizen,
            phase=case.phase,
            caseworker=case.caseworker,
            stage=case.stage.value,
            end_date=case.end_date,
            suited=case.suited,
            trajectory=case.trajectory,
            assessments=case.assessments,
            balance=balance(Dimension.CASE, case_no),
            lines=[
                _line(line, balance(Dimension.LINE, f"{case_no}/{line.line_no}"))
                for line in case.lines.values()
            ],
            changes=[
                ChangeView(
                    ref=change.ref,
                    line_no=change.line_no,
                    amount=change.amount,
                    stage=change.stage.value,
                )
                for change in case.changes.values()
            ],
            timeline=trail.events if trail else [],
        )


def _line(line: Line, balance: Figures | None) -> LineView:
    codes = line.account_string
    return LineView(
        line_no=line.line_no,
        route=line.route.value,
        category=codes.category,
        legal_basis=codes.legal_basis,
        funding=codes.funding,
        asked=line.amount,
        granted=line.granted,
        awaits_approval=line.awaits_approval,
        rejected=line.rejected,
        fits=line.fits,
        balance=balance,
        tranches=[
            TrancheView(
                ref=tranche.ref,
                amount=tranche.amount,
                stage=tranche.stage.value,
                approved_by=tranche.approved_by or None,
                booked_on=tranche.booked_on,
            )
            for tranche in line.tranches.values()
        ],
        receipts=[
            ReceiptView(ref=receipt.ref, amount=receipt.amount, stage=receipt.stage.value)
            for receipt in line.receipts.values()
        ],
    )
