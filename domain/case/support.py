"""Monthly support for a new business (opstartshonorar): planned once, confirmed and paid month by month.

It replaces a benefit and is taxed as one (report p. 20), so that no receipts are asked for.
"""

from dataclasses import replace
from datetime import date
from typing import Annotated

from pydantic import Field

from domain.case.line import Expense, ExpenseStage, Support
from domain.case.state import Case, LineCommand, cases, months_later, open_case_of, programme_of
from domain.identity import Key, Reference
from domain.money import PositiveMoney, total
from domain.programme import Route
from domain.reference import support_numbers, take
from domain.words import Event, Month, News, Past, Refused, decides

# So that the last of sixty months is a month, too.
EarlierMonth = Annotated[
    str, Field(pattern=r"^(19[0-9]{2}|20[0-9]{2}|21[0-8][0-9])-(0[1-9]|1[0-2])$")
]


class SupportPlanned(Event):
    """The line's grant is to be paid as a monthly amount, in these months."""

    case_no: Key
    line_no: int
    months: tuple[Month, ...]
    monthly: PositiveMoney
    taxable: bool  # Income of the citizen, to be reported to the tax authority.


class SupportMonthConfirmed(Event):
    """Somebody saw that the business ran in that month: the month's support can be approved."""

    case_no: Key
    line_no: int
    ref: Reference
    month: Month
    attester: Key
    amount: PositiveMoney
    taxable: bool


class PlanSupport(LineCommand):
    first_month: EarlierMonth
    months: Annotated[int, Field(ge=1, le=60)]
    monthly: PositiveMoney
    taxable: bool


class ConfirmSupportMonth(LineCommand):
    month: Month


@cases.on(SupportPlanned)
def _planned(case: Case, event: SupportPlanned) -> Case:
    support = Support(event.months, event.monthly, event.taxable)
    return case.with_line(replace(case.lines[event.line_no], support=support))


@cases.on(SupportMonthConfirmed)
def _confirmed(case: Case, event: SupportMonthConfirmed) -> Case:
    month = Expense(
        event.ref,
        event.amount,
        stage=ExpenseStage.ATTESTED,
        attested_by=event.attester,
        attesters=frozenset({event.attester}),
    )
    return case.with_line(case.lines[event.line_no].with_expense(month))


@decides(PlanSupport)
def plan(ask: PlanSupport, past: Past) -> list[News]:
    programme_of(ask, past)
    line = open_case_of(ask, past).line(ask.line_no)
    if line.route is not Route.ACCOUNT or line.granted is None or line.support:
        raise Refused("wrong_state", what="line", route=line.route.value)
    asked = total([ask.monthly] * ask.months)
    if asked > line.left:
        raise Refused("above_grant", left=str(line.left), asked=str(asked))
    first = date.fromisoformat(f"{ask.first_month}-01")
    planned = SupportPlanned(
        case_no=ask.case_no,
        line_no=ask.line_no,
        months=tuple(f"{months_later(first, n):%Y-%m}" for n in range(ask.months)),
        monthly=ask.monthly,
        taxable=ask.taxable,
    )
    return [cases.news(planned, ask.case_no)]


@decides(ConfirmSupportMonth)
def confirm(ask: ConfirmSupportMonth, past: Past) -> list[News]:
    programme_of(ask, past)
    case = open_case_of(ask, past)
    line = case.line(ask.line_no)
    if not line.support or ask.month not in line.support.months:
        raise Refused("not_found", what="month", month=ask.month)
    first = date.fromisoformat(f"{ask.month}-01")
    if ask.effective_on < first:
        raise Refused("wrong_state", what="month", begins=str(first))
    if case.end_date and first > case.end_date:
        raise Refused("after_end_date", end_date=str(case.end_date))
    if line.support.monthly > line.left:
        raise Refused("above_grant", left=str(line.left), due=str(line.support.monthly))
    ref = f"{ask.case_no}.{ask.line_no}.{ask.month}"
    taken = take(
        support_numbers,
        past,
        ask.programme,
        ref,
        owner=(ask.case_no, ask.line_no),
        refusal="wrong_state",
    )
    confirmed = SupportMonthConfirmed(
        case_no=ask.case_no,
        line_no=ask.line_no,
        ref=ref,
        month=ask.month,
        attester=ask.by,
        amount=line.support.monthly,
        taxable=line.support.taxable,
    )
    return [cases.news(confirmed, ask.case_no), taken]
