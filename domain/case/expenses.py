"""Expenses: costs that are paid against a voucher, attested by one person and approved by another.

Nothing is advanced, so that nothing is left to document: an electronic invoice, a colleague's outlay, a
month of support. An expense's reference is also its payment's end-to-end id.
"""

from dataclasses import replace
from datetime import date
from typing import Any, ClassVar

from domain.case.line import Expense, ExpenseStage, together
from domain.case.payouts import PayoutSeen, payout_seen
from domain.case.sources import AccountString, Parts
from domain.case.state import Case, LineCommand, case_of, cases, open_case_of, programme_of
from domain.case.stops import flowing
from domain.identity import Key, Reference, WordsRef
from domain.money import ZERO, PositiveMoney
from domain.words import Event, News, Past, Refused, decides, later

# Events ------------------------------------------------------------------------------------------


class ExpenseAttested(Event):
    """Somebody saw that the goods or the course were received. The expense now takes of the grant."""

    case_no: Key
    line_no: int
    ref: Reference
    attester: Key
    amount: PositiveMoney  # What it takes: the amount due less the credit notes so far.


class ExpenseApproved(Event):
    """Another person approved it, which orders the payment. What the bank answers is another event."""

    case_no: Key
    line_no: int
    ref: Reference
    amount: PositiveMoney
    account_string: AccountString
    parts: Parts = later(())
    seen: PayoutSeen
    approver: Key | None = later(None)


class ExpenseRejected(Event):
    """It is not going to be paid."""

    case_no: Key
    line_no: int
    ref: Reference
    reason: WordsRef | None


class ExpenseSettled(Event):
    """The bank's statement shows that the expense was paid."""

    case_no: Key
    line_no: int
    ref: Reference
    amount: PositiveMoney
    account_string: AccountString
    parts: Parts = later(())
    booked_on: date
    statement: str
    entry: str


class ExpenseReturned(Event):
    """The bank sent the whole payment back. The expense is attested again, and can be approved anew."""

    case_no: Key
    line_no: int
    ref: Reference
    amount: PositiveMoney
    account_string: AccountString
    parts: Parts = later(())
    return_reason: str
    statement: str
    entry: str


# Commands ----------------------------------------------------------------------------------------


class ExpenseCommand(LineCommand):
    ref: Reference


class AttestExpense(ExpenseCommand):
    pass


class ApproveExpense(ExpenseCommand):
    may_hold_earlier: ClassVar[bool] = False


class RejectExpense(ExpenseCommand):
    reason: WordsRef | None = None


# Evolve ------------------------------------------------------------------------------------------


ExpenseMoved = (
    ExpenseAttested | ExpenseApproved | ExpenseRejected | ExpenseSettled | ExpenseReturned
)


def _at(case: Case, event: ExpenseMoved, stage: ExpenseStage, **also: Any) -> Case:
    line = case.lines[event.line_no]
    expense = line.expenses[event.ref]
    if isinstance(event, ExpenseApproved | ExpenseReturned):
        expense = expense.with_no_refund_due()
    return case.with_line(line.with_expense(replace(expense, stage=stage, **also)))


@cases.on(ExpenseAttested)
def _attested(case: Case, event: ExpenseAttested) -> Case:
    attesters = case.lines[event.line_no].expenses[event.ref].attesters | {event.attester}
    return _at(case, event, ExpenseStage.ATTESTED, attested_by=event.attester, attesters=attesters)


@cases.on(ExpenseApproved)
def _approved(case: Case, event: ExpenseApproved) -> Case:
    line = case.lines[event.line_no]
    approvers = together(line.expenses[event.ref].approvers, event.approver)
    approved = _at(case, event, ExpenseStage.APPROVED, ordered=event.amount, approvers=approvers)
    return approved.with_line(approved.lines[event.line_no].ordered_of(event.approver))


@cases.on(ExpenseRejected)
def _rejected(case: Case, event: ExpenseRejected) -> Case:
    return _at(case, event, ExpenseStage.REJECTED)


@cases.on(ExpenseSettled)
def _settled(case: Case, event: ExpenseSettled) -> Case:
    return _at(case, event, ExpenseStage.SETTLED, paid=event.amount)


@cases.on(ExpenseReturned)
def _returned(case: Case, event: ExpenseReturned) -> Case:
    return _at(case, event, ExpenseStage.ATTESTED, paid=ZERO)


# Decide ------------------------------------------------------------------------------------------


@decides(AttestExpense)
def attest(ask: AttestExpense, past: Past) -> list[News]:
    return [attested_part(ask, past, group="")]


@decides(ApproveExpense)
def approve(ask: ApproveExpense, past: Past) -> list[News]:
    return [approved_part(ask, past, group="")]


@decides(RejectExpense)
def reject(ask: RejectExpense, past: Past) -> list[News]:
    return [rejected_part(ask, past, group="")]


# A part of a shared cost is decided on with all its other parts, by the group's own commands: they come
# here with the group's name, once for each part.


def attested_part(ask: AttestExpense, past: Past, group: str) -> News:
    programme_of(ask, past)
    line = open_case_of(ask, past).line(ask.line_no)
    expense = _of_group(group, line.expense(ask.ref, ExpenseStage.RECEIVED))
    if ask.by == expense.claimed_by:
        raise Refused("same_person", claimed_by=expense.claimed_by)
    if ask.by in expense.approvers:
        raise Refused("same_person", approved_by=ask.by)
    _something_due(expense)
    if expense.due > line.left:
        left, due = str(line.left), str(expense.due)
        raise Refused("above_grant", case_no=ask.case_no, line_no=ask.line_no, left=left, due=due)
    attested = ExpenseAttested(
        case_no=ask.case_no,
        line_no=ask.line_no,
        ref=ask.ref,
        attester=ask.by,
        amount=expense.due,
    )
    return cases.news(attested, ask.case_no)


def approved_part(ask: ApproveExpense, past: Past, group: str) -> News:
    programme = programme_of(ask, past)
    rules = programme.rules_on(ask.effective_on)
    case = open_case_of(ask, past)
    line = case.line(ask.line_no)
    expense = _of_group(group, line.expense(ask.ref, ExpenseStage.ATTESTED))
    if ask.by in expense.attesters | {expense.claimed_by}:
        raise Refused("same_person", attested_by=expense.attested_by)
    line.payable_by(ask.by)
    flowing(case, line, programme, past)
    _something_due(expense)
    approved = ExpenseApproved(
        case_no=ask.case_no,
        line_no=ask.line_no,
        ref=ask.ref,
        amount=expense.due,
        account_string=line.account_string,
        seen=payout_seen(case, line, ask, rules, past),
        approver=ask.by,
    )
    return cases.news(approved, ask.case_no)


def rejected_part(ask: RejectExpense, past: Past, group: str) -> News:
    programme_of(ask, past)
    line = case_of(ask, past).line(ask.line_no)
    _of_group(group, line.expense(ask.ref, ExpenseStage.RECEIVED, ExpenseStage.ATTESTED))
    rejected = ExpenseRejected(
        case_no=ask.case_no, line_no=ask.line_no, ref=ask.ref, reason=ask.reason
    )
    return cases.news(rejected, ask.case_no)


def _of_group(group: str, expense: Expense) -> Expense:
    """Guard: a part of what the group shares, or, without a group, no part of anything shared."""
    if expense.group != group:
        raise Refused("wrong_state", shared_by=expense.group)
    return expense


def _something_due(expense: Expense) -> None:
    """Guard: credit notes may have left nothing to pay."""
    if expense.due <= ZERO:
        raise Refused("wrong_state", stage=expense.stage.value, due=str(expense.due))
