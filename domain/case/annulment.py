"""Giving back what a closed case won't use: only what is paid or ordered stays granted."""

from dataclasses import replace

from domain.case.line import Line
from domain.case.sources import AccountString, Parts
from domain.case.state import Case, cases
from domain.fund import CommitmentReleased, funds
from domain.identity import Key
from domain.money import ZERO, PositiveMoney
from domain.words import Event, News, later


class GrantAnnulled(Event):
    """Part of a line's grant fell away, since the case is closed and nothing more can be paid."""

    case_no: Key
    line_no: int
    amount: PositiveMoney
    account_string: AccountString
    parts: Parts = later(())


@cases.on(GrantAnnulled)
def _annulled(case: Case, event: GrantAnnulled) -> Case:
    line = case.lines[event.line_no]
    return case.with_line(replace(line, granted=(line.granted or event.amount) - event.amount))


def annulled(case: Case) -> list[News]:
    """The news that bring each line's grant, and its fund's commitment, down to what is paid or ordered."""
    news = []
    for line in case.lines.values():
        unused = (line.granted - line.paid - line.ordered) if line.granted else None
        if unused and unused > ZERO:  # More may be paid than granted, until a refund comes in.
            news += _give_back(case, line, unused)
    return news


def _give_back(case: Case, line: Line, unused: PositiveMoney) -> list[News]:
    parts = line.granting(-unused)
    annulled = GrantAnnulled(
        case_no=case.case_no,
        line_no=line.line_no,
        amount=unused,
        account_string=line.account_string,
        parts=tuple(part.model_copy(update={"amount": -part.amount}) for part in parts),
    )
    freed = [
        CommitmentReleased(
            programme=case.programme,
            fund=fund,
            case_no=case.case_no,
            line_no=line.line_no,
            amount=-change,
        )
        for fund, change in line.by_fund(-unused).items()
    ]
    return [
        cases.news(annulled, case.case_no),
        *(funds.news(each, case.programme, each.fund) for each in freed),
    ]
