"""Forgetting a citizen: when the retention period is over, the keys to whoever it was are destroyed.

What is in the log stands: pseudonym, sums and proofs.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import ClassVar

from domain.case.line import ExpenseStage, Line
from domain.case.state import Case, CaseCommand, case_of, cases, programme_of
from domain.identity import Key, Pseudonym
from domain.money import Money, total
from domain.programme import Data
from domain.words import Command, Day, Event, News, Past, Refused, decides

# Events ------------------------------------------------------------------------------------------


class CitizenForgotten(Event):
    """Nobody can find out any more who the citizen of this case was, nor read what was kept of them."""

    case_no: Key
    citizen: Pseudonym
    last_on: date  # The last day from which anything in the case held.
    retained_until: date


# Commands ----------------------------------------------------------------------------------------


class LastDay(Data):
    """The last day from which anything in a case held."""

    case_no: Key
    day: Day


class ForgetCitizen(CaseCommand):
    """`last_days`: of each case of the citizen's, in any programme, as the log says."""

    may_hold_earlier: ClassVar[bool] = False
    last_days: tuple[LastDay, ...]

    def digest(self) -> str:
        """Without what was looked up for it: asked again, when it is done, it is the same wish."""
        return Command.digest(self.model_copy(update={"last_days": ()}))


# Evolve ------------------------------------------------------------------------------------------


@cases.on(CitizenForgotten)
def _forgotten(case: Case, _: CitizenForgotten) -> Case:
    return replace(case, forgotten=True)


# Decide ------------------------------------------------------------------------------------------


@decides(ForgetCitizen)
def forget(ask: ForgetCitizen, past: Past) -> list[News]:
    programme_of(ask, past)
    citizen = case_of(ask, past).citizen
    forgotten = []
    for each in ask.last_days:
        case = past(cases, each.case_no)
        retained_until = _retained_until(ask, past, case, each.day)
        if not case.stage.closed:
            raise Refused("case_open", case_no=each.case_no, stage=case.stage.value)
        for line in case.lines.values():
            for what, amount in _open_money(line):
                raise Refused(
                    "money_open",
                    case_no=each.case_no,
                    line_no=line.line_no,
                    what=what,
                    amount=str(amount),
                )
        if ask.effective_on <= retained_until:
            raise Refused(
                "retained",
                case_no=each.case_no,
                last_on=str(each.day),
                retained_until=str(retained_until),
            )
        event = CitizenForgotten(
            case_no=each.case_no,
            citizen=citizen,
            last_on=each.day,
            retained_until=retained_until,
        )
        forgotten.append(cases.news(event, each.case_no))
    return forgotten


def _retained_until(ask: ForgetCitizen, past: Past, case: Case, last_on: date) -> date:
    """Guard, too: who asks is an administrator in each programme that knew the citizen."""
    there = ask.model_copy(update={"programme": case.programme})
    programme = programme_of(there, past)
    years = programme.rules_on(ask.effective_on).retention_years
    return date(
        last_on.year + years, 12, 31
    )  # The municipality's financial year is the calendar's.


def _open_money(line: Line) -> Iterator[tuple[str, Money]]:
    """Money that somebody still has to pay, explain or pay back: its papers are still needed. What a
    controller waived stays undocumented, but nobody is asked for it any more."""
    waived = total(lacking for tranche, lacking in line.lacking() if tranche.waived)
    waiting = (ExpenseStage.RECEIVED, ExpenseStage.ATTESTED)
    expenses = line.expenses.values()
    amounts = {
        "ordered": line.ordered,
        "undocumented": line.undocumented - waived,
        "claim": line.claim,
        "undecided": line.reserved,
        "under_appeal": total(claim.amount for claim in line.claims.values() if claim.appeal_open),
        "unpaid_expense": total(each.due for each in expenses if each.stage in waiting),
        "refund_due": total(each.refund_due for each in expenses),
    }
    for what, amount in amounts.items():
        if amount:
            yield what, amount
