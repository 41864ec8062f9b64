"""One case, put together from its events and from the projections: what is left of each line, what was
paid out, what stands in the way, and everything that happened. Nothing here tells whose case it is."""

from collections.abc import Iterator
from datetime import date, timedelta

from pydantic import BaseModel

from domain.case import Case, Line, Stage, cases
from domain.case.line import Receipt
from domain.case.sources import Source
from domain.fund import funds
from domain.money import ZERO, Money, total
from domain.programme import programmes as all_programmes
from projections.audit_trail import Told, audit_trail
from projections.balances import Dimension, Figures, balances
from projections.payouts import Payout, by_day, payouts
from projections.programmes import Established, programmes
from projections.remaining import left
from projections.worklists import (
    ReceiptOverdue,
    ReceiptsMissing,
    Waiting,
    receipts_missing,
    receipts_overdue,
    worklists,
)
from service.clerk import storable
from service.replay import View
from service.report import Period


class TrancheView(BaseModel):
    ref: str
    amount: Money
    stage: str
    approved_by: str | None
    booked_on: date | None


class ExpenseView(BaseModel):
    ref: str
    amount: Money
    due: Money  # The amount less its credit notes.
    paid: Money
    stage: str
    group: str | None  # Whose shared cost it is a part of.


class ReceiptView(BaseModel):
    ref: str
    amount: Money  # Of one that stands for several lines, this line's share.
    stage: str
    accepted: Money
    refunded: Money  # By the merchant, of what was accepted.
    shared_with: list[int]  # The other lines that it stands for.


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
    sources: list[Source]  # Where there are several, all of them in order.
    asked: Money
    granted: Money | None
    awaits_approval: bool
    rejected: bool
    fits: bool | None  # Its means serve its goal; null: not screened.
    balance: Figures | None
    overdue: Money
    left: Money
    tranches: list[TrancheView]
    expenses: list[ExpenseView]
    receipts: list[ReceiptView]


class FreezeView(BaseModel):
    scope: str
    key: str
    ground: str


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
    frozen: list[FreezeView]  # What stops payouts of this case.
    balance: Figures | None
    overdue: Money
    left: Money
    receipts_overdue: list[ReceiptOverdue]
    receipts_missing: list[ReceiptsMissing]  # Overdue or not, with what was done about it.
    receipts_due: dict[str, date]  # Of each tranche that lacks receipts: the last day for them.
    lines: list[LineView]
    payouts: list[Payout]
    changes: list[ChangeView]
    timeline: list[Told]


def case_view(
    view: View, case_no: str, as_of: date | None, today: date
) -> tuple[CaseView, Established] | None:
    """The case with its programme, or nothing where there is no such case. Figures, what is left and
    overdue, and payouts are those of the day; everything else is as it stands in that view."""
    if not storable(case_no):
        return None
    history = view.history(cases.stream(case_no))
    case = cases.fold(entry.event for entry in history)
    if case.stage is Stage.UNKNOWN:
        return None
    programme = view.get(programmes, case.programme)
    waiting = view.get(worklists, cases.stream(case_no))
    trail = view.get(audit_trail, cases.stream(case_no))
    assert programme
    assert programme.terms
    assert waiting
    assert trail
    period = Period.of(as_of, programme.terms, view.today(today))
    remaining = left(history, period.as_of)
    overdue = _overdue(waiting, period, programme)
    missing = list(receipts_missing(waiting, period.as_of))
    deadline = timedelta(days=programme.rules_on(period.counted_on).receipt_deadline_days)

    def balance(dimension: Dimension, value: str) -> Figures | None:
        row = view.get(balances, f"{dimension}/{case.programme}/{value}")
        return row.figures(period.as_of) if row else None

    lines = []
    for line in case.lines.values():
        late = total(each.undocumented for each in overdue if each.line == str(line.line_no))
        figures = balance(Dimension.LINE, f"{case_no}/{line.line_no}")
        receipts = [_receipt(each, line, case) for each in line.receipts.values()]
        lines.append(_line(line, figures, late, remaining.get(line.line_no, ZERO), receipts))
    found = CaseView(
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
        frozen=list(_frozen(view, case)),
        balance=balance(Dimension.CASE, case_no),
        overdue=total(line.overdue for line in lines),
        left=total(line.left for line in lines),
        receipts_overdue=overdue,
        receipts_missing=missing,
        receipts_due={each.tranche: each.owed_since + deadline for each in missing},
        lines=lines,
        payouts=sorted(payouts(waiting, period.as_of), key=by_day),
        changes=_changes(case),
        timeline=trail.events,
    )
    return found, programme


def _overdue(waiting: Waiting, period: Period, programme: Established) -> list[ReceiptOverdue]:
    deadline = programme.rules_on(period.counted_on).receipt_deadline_days
    return list(receipts_overdue(waiting, period.as_of, period.counted_on, deadline))


def _frozen(view: View, case: Case) -> Iterator[FreezeView]:
    """What is frozen of the case itself, of a source that pays for it, and of its programme."""
    lines = case.lines.values()
    sources = {codes.funding for line in lines for codes in line.account_strings}
    stops = [
        ("case", case.case_no, case.frozen_for),
        *(
            ("fund", source, view.state(funds, case.programme, source).frozen_for)
            for source in sorted(sources)
        ),
        ("programme", case.programme, view.state(all_programmes, case.programme).frozen_for),
    ]
    for scope, key, ground in stops:
        if ground:
            yield FreezeView(scope=scope, key=key, ground=ground)


def _changes(case: Case) -> list[ChangeView]:
    return [
        ChangeView(
            ref=change.ref, line_no=change.line_no, amount=change.amount, stage=change.stage.value
        )
        for change in case.changes.values()
    ]


def _receipt(receipt: Receipt, line: Line, case: Case) -> ReceiptView:
    return ReceiptView(
        ref=receipt.ref,
        amount=receipt.amount,
        stage=receipt.stage.value,
        accepted=receipt.accepted,
        refunded=receipt.refunded,
        shared_with=[
            other.line_no
            for other in case.lines.values()
            if other is not line and receipt.ref in other.receipts
        ],
    )


def _line(
    line: Line,
    balance: Figures | None,
    overdue: Money,
    remaining: Money,
    receipts: list[ReceiptView],
) -> LineView:
    codes = line.account_string
    return LineView(
        line_no=line.line_no,
        route=line.route.value,
        category=codes.category,
        legal_basis=codes.legal_basis,
        funding=codes.funding,
        sources=list(line.sources),
        asked=line.amount,
        granted=line.granted,
        awaits_approval=line.awaits_approval,
        rejected=line.rejected,
        fits=line.fits,
        balance=balance,
        overdue=overdue,
        left=remaining,
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
        expenses=[
            ExpenseView(
                ref=expense.ref,
                amount=expense.amount,
                due=expense.due,
                paid=expense.paid,
                stage=expense.stage.value,
                group=expense.group or None,
            )
            for expense in line.expenses.values()
        ],
        receipts=receipts,
    )
