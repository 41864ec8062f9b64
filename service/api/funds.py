"""Funding sources over HTTP: what each agreed to, and who bears it."""

from fastapi import APIRouter, Depends
from pydantic import BaseModel

from domain.money import Money
from projections.balances import Dimension
from projections.partners import Part, PartnerPart
from service.access.guard import Allowed
from service.api.following import Following
from service.api.parts import AsOf, TheReports
from service.report import END_OF_TIME

router = APIRouter(prefix="/v1/funds", tags=["funds"])


class FundView(BaseModel):
    fund: str
    name: str
    agreed: Money
    available: Money
    committed: Money
    paid: Money
    partners: list[PartnerPart]
    unshared: Part


@router.get("", dependencies=[Depends(Allowed("read_funds")), Following])
def list_funds(reports: TheReports, as_of: AsOf = None) -> list[FundView]:
    """Every funding source that was agreed by then, by its identifier, with its partners' parts."""
    day = as_of or END_OF_TIME
    funds = []
    for balance in reports.balances(Dimension.FUNDING, day):
        if balance.value not in reports.funds:
            continue  # A legal basis names it, but nobody has agreed to pay.
        figures = balance.figures(day)
        borne = reports.borne(balance.value, figures.committed, day)
        funds.append(
            FundView(
                fund=balance.value,
                name=reports.funds[balance.value],
                agreed=balance.agreed(day),
                available=balance.available(day),
                committed=figures.committed,
                paid=figures.paid,
                partners=borne.partners,
                unshared=borne.unshared,
            )
        )
    return funds
