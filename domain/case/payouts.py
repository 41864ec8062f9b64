"""Tranches (rater): requested, approved by one person, released by another, settled by the bank."""

from dataclasses import replace
from datetime import date
from typing import Any, ClassVar

from domain.case.line import Line, Tranche, TrancheStage
from domain.case.reminders import nothing_held
from domain.case.sources import AccountString, Parts
from domain.case.state import (
    Case,
    CaseCommand,
    LineCommand,
    case_of,
    cases,
    open_case_of,
    programme_of,
)
from domain.case.stops import flowing
from domain.case.trajectory import within_phase
from domain.flags import flags
from domain.identity import Key
from domain.money import Money, PositiveMoney, total
from domain.programme import Data, Route, Rules
from domain.reference import take, tranche_numbers
from domain.words import Event, News, Past, Refused, decides, later


class PayoutSeen(Data):
    """What the approver had in view: kept so that the decision can be replayed."""

    rules: int
    line_left: Money
    exposure: Money
    overdue: Money  # What lacks receipts past the deadline, across the case's lines.
    flags: tuple[Key, ...] = later(
        ()
    )  # Of the case, not answered and not muted. They stop nothing.


# Events ------------------------------------------------------------------------------------------


class TrancheRequested(Event):
    """Part of a line's grant was asked for. It counts against the grant from now on."""

    case_no: Key
    line_no: int
    ref: Key
    amount: PositiveMoney
    rules: int = 1  # The version that it was judged by.
    requested_by: Key | None = later(None)


class TrancheApproved(Event):
    """The first pair of eyes."""

    case_no: Key
    line_no: int
    ref: Key
    approver: Key
    seen: PayoutSeen


class TrancheReleased(Event):
    """The second pair of eyes: the payment is ordered. What the bank answers is another event."""

    case_no: Key
    line_no: int
    ref: Key
    amount: PositiveMoney
    account_string: AccountString
    parts: Parts = later(())
    seen: PayoutSeen
    released_on: date | None = None  # Not told by the oldest lines: those tranches never lapse.
    released_by: Key | None = later(None)


class TrancheCancelled(Event):
    """The tranche was given up before it was released."""

    case_no: Key
    line_no: int
    ref: Key


class TrancheSettled(Event):
    """The bank's statement shows that the tranche was paid."""

    case_no: Key
    line_no: int
    ref: Key
    amount: PositiveMoney
    account_string: AccountString
    parts: Parts = later(())
    booked_on: date
    statement: str
    entry: str
    # The day from which it holds. `None`: by an event of a release that didn't tell.
    holds_from: date | None = later(None)


class TrancheReturned(Event):
    """The bank sent the whole payment back. The tranche is dead; a new one must be requested."""

    case_no: Key
    line_no: int
    ref: Key
    amount: PositiveMoney
    account_string: AccountString
    parts: Parts = later(())
    return_reason: str
    statement: str
    entry: str


class CardUsed(Event):
    """The issuer of the citizen's prepaid card reported a purchase or a withdrawal."""

    case_no: Key
    merchant: str
    mcc: str  # Merchant category code, ISO 18245.
    amount: Money


# Commands ----------------------------------------------------------------------------------------


class RequestTranche(LineCommand):
    may_hold_earlier: ClassVar[bool] = False
    ref: Key
    amount: PositiveMoney


class TrancheCommand(LineCommand):
    ref: Key


class ApproveTranche(TrancheCommand):
    pass


class ReleaseTranche(TrancheCommand):
    may_hold_earlier: ClassVar[bool] = False


class CancelTranche(TrancheCommand):
    pass


class ReportCardUse(CaseCommand):
    merchant: str
    mcc: str
    amount: Money


# Evolve ------------------------------------------------------------------------------------------


TrancheMoved = (
    TrancheApproved | TrancheReleased | TrancheCancelled | TrancheSettled | TrancheReturned
)


def _at(case: Case, event: TrancheMoved, stage: TrancheStage, **also: Any) -> Case:
    line = case.lines[event.line_no]
    tranche = replace(line.tranches[event.ref], stage=stage, **also)
    return case.with_line(line.with_tranche(tranche))


@cases.on(TrancheRequested)
def _requested(case: Case, event: TrancheRequested) -> Case:
    tranche = Tranche(event.ref, event.amount, requested_by=event.requested_by)
    return case.with_line(case.lines[event.line_no].with_tranche(tranche))


@cases.on(TrancheApproved)
def _approved(case: Case, event: TrancheApproved) -> Case:
    return _at(case, event, TrancheStage.APPROVED, approved_by=event.approver)


@cases.on(TrancheReleased)
def _released(case: Case, event: TrancheReleased) -> Case:
    told = {"released_on": event.released_on, "released_by": event.released_by}
    released = _at(case, event, TrancheStage.RELEASED, **told)
    return released.with_line(released.lines[event.line_no].ordered_of(event.released_by))


@cases.on(TrancheCancelled)
def _cancelled(case: Case, event: TrancheCancelled) -> Case:
    return _at(case, event, TrancheStage.CANCELLED)


@cases.on(TrancheSettled)
def _settled(case: Case, event: TrancheSettled) -> Case:
    told = {"booked_on": event.booked_on, "paid_from": event.holds_from}
    return _at(case, event, TrancheStage.SETTLED, **told)


@cases.on(TrancheReturned)
def _returned(case: Case, event: TrancheReturned) -> Case:
    return _at(case, event, TrancheStage.RETURNED)


# Decide ------------------------------------------------------------------------------------------


@decides(RequestTranche)
def request(ask: RequestTranche, past: Past) -> list[News]:
    rules = programme_of(ask, past).rules_on(ask.effective_on)
    case = open_case_of(ask, past)
    line = case.line(ask.line_no)
    if line.route is Route.EAN or line.granted is None or not case.end_date:
        raise Refused("wrong_state", what="line", route=line.route.value)
    taken = take(
        tranche_numbers,
        past,
        ask.programme,
        ask.ref,
        owner=(ask.case_no, ask.line_no),
        refusal="wrong_state",
    )
    within_phase(case, rules, ask.effective_on)
    if ask.effective_on > case.end_date:
        raise Refused("after_end_date", end_date=str(case.end_date))
    if ask.amount > line.left:
        raise Refused("above_grant", left=str(line.left))
    most = largest(line, rules)
    if most is not None and ask.amount > most:
        raise Refused("tranche_too_large", most=str(most), rules=rules.version)

    requested = TrancheRequested(
        case_no=ask.case_no,
        line_no=ask.line_no,
        ref=ask.ref,
        amount=ask.amount,
        rules=rules.version,
        requested_by=ask.by,
    )
    return [cases.news(requested, ask.case_no), taken]


@decides(ApproveTranche)
def approve(ask: ApproveTranche, past: Past) -> list[News]:
    rules = programme_of(ask, past).rules_on(ask.effective_on)
    case = open_case_of(ask, past)
    line = case.line(ask.line_no)
    if line.tranche(ask.ref).stage is not TrancheStage.REQUESTED:
        raise Refused("wrong_state", stage=line.tranche(ask.ref).stage.value)
    approved = TrancheApproved(
        case_no=ask.case_no,
        line_no=ask.line_no,
        ref=ask.ref,
        approver=ask.by,
        seen=payout_seen(case, line, ask, rules, past),
    )
    return [cases.news(approved, ask.case_no)]


@decides(ReleaseTranche)
def release(ask: ReleaseTranche, past: Past) -> list[News]:
    """The first guard that fails names the refusal. Past the last one, the money must go out."""
    programme = programme_of(ask, past)
    rules = programme.rules_on(ask.effective_on)
    case = open_case_of(ask, past)
    line = case.line(ask.line_no)
    tranche = line.tranche(ask.ref)
    if tranche.stage is not TrancheStage.APPROVED:
        raise Refused("wrong_state", stage=tranche.stage.value)
    if ask.by in (tranche.requested_by, tranche.approved_by):
        requested_by, approved_by = tranche.requested_by, tranche.approved_by
        raise Refused("same_person", requested_by=requested_by, approved_by=approved_by)
    line.payable_by(ask.by)
    flowing(case, line, programme, past)
    seen = payout_seen(case, line, ask, rules, past)
    if (most := room(case, line, rules)) is not None and tranche.amount > most:
        raise Refused(
            "undocumented_limit",
            limit=str(rules.undocumented_limit),
            exposure=str(case.exposure),
            rules=rules.version,
        )
    if seen.overdue and line.route is not Route.CARD:
        raise Refused("receipts_overdue", undocumented=str(seen.overdue), rules=rules.version)
    if line.route is not Route.CARD:
        nothing_held(case)

    released = TrancheReleased(
        case_no=ask.case_no,
        line_no=ask.line_no,
        ref=ask.ref,
        amount=tranche.amount,
        account_string=line.account_string,
        seen=seen,
        released_on=ask.effective_on,
        released_by=ask.by,
    )
    return [cases.news(released, ask.case_no)]


def largest(line: Line, rules: Rules) -> Money | None:
    """What a tranche may be at most. `None`: no limit but the grant."""
    return None if line.route is Route.CARD else rules.tranche_max


def room(case: Case, line: Line, rules: Rules) -> Money | None:
    """What may be released to the line before the case's exposure passes the limit. `None`: there is none."""
    # A card is filled before anything is bought: the pilot's practice, and why it was left.
    if line.route is Route.CARD or rules.undocumented_limit is None:
        return None
    return rules.undocumented_limit - case.exposure


def payout_seen(case: Case, line: Line, ask: LineCommand, rules: Rules, past: Past) -> PayoutSeen:
    overdue = case.overdue(ask.effective_on, rules.receipt_deadline_days)
    return PayoutSeen(
        rules=rules.version,
        line_left=line.left,
        exposure=case.exposure,
        overdue=total(lacking for _, _, lacking in overdue),
        flags=past(flags, case.programme, case.case_no).waiting(ask.effective_on),
    )


@decides(CancelTranche)
def cancel(ask: CancelTranche, past: Past) -> list[News]:
    programme_of(ask, past)
    tranche = case_of(ask, past).line(ask.line_no).tranche(ask.ref)
    if tranche.stage not in (TrancheStage.REQUESTED, TrancheStage.APPROVED):
        raise Refused("wrong_state", stage=tranche.stage.value)
    cancelled = TrancheCancelled(case_no=ask.case_no, line_no=ask.line_no, ref=ask.ref)
    return [cases.news(cancelled, ask.case_no)]


@decides(ReportCardUse)
def report_card_use(ask: ReportCardUse, past: Past) -> list[News]:
    programme_of(ask, past)
    case_of(ask, past)
    used = CardUsed(case_no=ask.case_no, merchant=ask.merchant, mcc=ask.mcc, amount=ask.amount)
    return [cases.news(used, ask.case_no)]
