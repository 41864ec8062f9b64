"""An appeal (klage) against a decided claim. Upheld, it is a new decision, which takes back what is too
much; what the citizen paid above it is refunded."""

from dataclasses import replace
from datetime import date
from typing import ClassVar

from domain.case.claim import Claim, ClaimStage
from domain.case.claims import ClaimCommand
from domain.case.recovery import booked, given_up, paid_off
from domain.case.sources import AccountString, Parts
from domain.case.state import Case, case_of, cases, programme_of
from domain.case.stops import flowing
from domain.identity import Key, WordsRef
from domain.money import ZERO, Money, PositiveMoney
from domain.words import Event, News, Past, Refused, decides, later

# Events ------------------------------------------------------------------------------------------


class AppealLodged(Event):
    """The citizen disagrees with the decision. Until it is answered the claim is neither set off nor
    written off; a closed claim is open again."""

    case_no: Key
    line_no: int
    ref: Key
    words: WordsRef


class AppealRejected(Event):
    """Another controller judged the claim anew, and the decision stands."""

    case_no: Key
    line_no: int
    ref: Key
    reason: WordsRef


class AppealUpheld(Event):
    """Another controller judged the claim anew: a new decision, of a lower amount or of nothing."""

    case_no: Key
    line_no: int
    ref: Key
    amount: Money
    decided_by: Key
    reason: WordsRef


class MisuseReversed(Event):
    """So much was wrongly held to be misuse. It is part of the advance again, to be explained."""

    case_no: Key
    line_no: int
    claim: Key
    amount: PositiveMoney
    account_string: AccountString
    parts: Parts = later(())
    # The day from which it holds. `None`: by an event of a release that didn't tell.
    holds_from: date | None = later(None)


class WriteOffReversed(Event):
    """So much was written off of what turned out not to be owed: it is no loss."""

    case_no: Key
    line_no: int
    claim: Key
    amount: PositiveMoney
    account_string: AccountString
    parts: Parts = later(())


class RefundOrdered(Event):
    """What the citizen paid above the claim is ordered paid back."""

    case_no: Key
    line_no: int
    ref: Key
    amount: PositiveMoney


class ClaimRefunded(Event):
    """The bank's statement shows that the refund was paid."""

    case_no: Key
    line_no: int
    ref: Key
    amount: PositiveMoney
    account_string: AccountString
    parts: Parts = later(())
    statement: str
    entry: str


class RefundReturned(Event):
    """The bank sent the refund back. It is owed to the citizen again, and can be ordered anew."""

    case_no: Key
    line_no: int
    ref: Key
    amount: PositiveMoney
    account_string: AccountString
    parts: Parts = later(())
    return_reason: str
    statement: str
    entry: str


# Commands ----------------------------------------------------------------------------------------


class LodgeAppeal(ClaimCommand):
    words: WordsRef


class RejectAppeal(ClaimCommand):
    reason: WordsRef


class UpholdAppeal(ClaimCommand):
    may_hold_earlier: ClassVar[bool] = False
    amount: Money
    reason: WordsRef


class OrderRefund(ClaimCommand):
    may_hold_earlier: ClassVar[bool] = False


# Evolve ------------------------------------------------------------------------------------------


@cases.on(AppealLodged)
def _lodged(case: Case, event: AppealLodged) -> Case:
    line = case.lines[event.line_no]
    claim = replace(line.claims[event.ref], stage=ClaimStage.DECIDED, appeal_open=True)
    return case.with_line(line.with_claim(claim))


@cases.on(AppealRejected)
def _rejected(case: Case, event: AppealRejected) -> Case:
    line = case.lines[event.line_no]
    return case.with_line(line.with_claim(replace(line.claims[event.ref], appeal_open=False)))


@cases.on(AppealUpheld)
def _upheld(case: Case, event: AppealUpheld) -> Case:
    line = case.lines[event.line_no]
    claim = replace(
        line.claims[event.ref],
        appeal_open=False,
        amount=event.amount,
        decided_by=event.decided_by,
    )
    return case.with_line(line.with_claim(claim))


@cases.on(MisuseReversed)
def _reversed(case: Case, event: MisuseReversed) -> Case:
    line = case.lines[event.line_no]
    line = line.reopening(event.amount, event.holds_from)
    return case.with_line(replace(line, misuse=line.misuse - event.amount))


@cases.on(WriteOffReversed)
def _taken_back(case: Case, event: WriteOffReversed) -> Case:
    return case.with_line(given_up(case.lines[event.line_no], event.claim, -event.amount))


@cases.on(RefundOrdered)
def _refund_ordered(case: Case, event: RefundOrdered) -> Case:
    line = case.lines[event.line_no]
    return case.with_line(line.with_claim(replace(line.claims[event.ref], refund=event.amount)))


@cases.on(ClaimRefunded)
def _refunded(case: Case, event: ClaimRefunded) -> Case:
    line = paid_off(case.lines[event.line_no], event.ref, -event.amount)
    claim = replace(line.claims[event.ref], refund=ZERO, refunded=event.amount)
    return case.with_line(line.with_claim(claim))


@cases.on(RefundReturned)
def _refund_returned(case: Case, event: RefundReturned) -> Case:
    line = paid_off(case.lines[event.line_no], event.ref, event.amount)
    claim = replace(line.claims[event.ref], stage=ClaimStage.DECIDED, refunded=ZERO)
    return case.with_line(line.with_claim(claim))


# Decide ------------------------------------------------------------------------------------------


def _appealed(claim: Claim, by: str) -> None:
    """Guard: an appeal is open, and whoever answers it did not make the decision."""
    if not claim.appeal_open:
        raise Refused("wrong_state", what="appeal", missing="appeal")
    if by == claim.decided_by:
        raise Refused("same_person", decided_by=claim.decided_by)


@decides(LodgeAppeal)
def lodge_appeal(ask: LodgeAppeal, past: Past) -> list[News]:
    programme_of(ask, past)
    claim = case_of(ask, past).line(ask.line_no).claimed(ask.ref)
    if claim.stage not in (ClaimStage.DECIDED, ClaimStage.CLOSED):
        raise Refused("wrong_state", stage=claim.stage.value)
    if claim.appeal_open:
        raise Refused("appealed", ref=ask.ref)
    lodged = AppealLodged(case_no=ask.case_no, line_no=ask.line_no, ref=ask.ref, words=ask.words)
    return [cases.news(lodged, ask.case_no)]


@decides(RejectAppeal)
def reject_appeal(ask: RejectAppeal, past: Past) -> list[News]:
    programme_of(ask, past)
    case = case_of(ask, past)
    _appealed(case.line(ask.line_no).claimed(ask.ref), ask.by)
    rejected = AppealRejected(
        case_no=ask.case_no, line_no=ask.line_no, ref=ask.ref, reason=ask.reason
    )
    return booked(case, ask.line_no, ask.ref, rejected)


@decides(UpholdAppeal)
def uphold_appeal(ask: UpholdAppeal, past: Past) -> list[News]:
    programme_of(ask, past)
    case = case_of(ask, past)
    line = case.line(ask.line_no)
    claim = line.claimed(ask.ref)
    _appealed(claim, ask.by)
    if not ZERO <= ask.amount < claim.amount:
        raise Refused("not_lowered", claim=str(claim.amount))
    upheld = AppealUpheld(
        case_no=ask.case_no,
        line_no=ask.line_no,
        ref=ask.ref,
        amount=ask.amount,
        decided_by=ask.by,
        reason=ask.reason,
    )
    of_claim = {
        "case_no": ask.case_no,
        "line_no": ask.line_no,
        "claim": ask.ref,
        "account_string": line.account_string,
    }
    too_much = claim.amount - ask.amount
    news: list[Event] = [
        upheld,
        MisuseReversed(**of_claim, amount=too_much, holds_from=ask.effective_on),
    ]
    # What nobody paid can't be owed to the citizen: first the write-off is taken back.
    no_loss = min(claim.written_off, too_much - claim.left)
    if no_loss > ZERO:
        news.append(WriteOffReversed(**of_claim, amount=no_loss))
    return booked(case, ask.line_no, ask.ref, *news)


@decides(OrderRefund)
def order_refund(ask: OrderRefund, past: Past) -> list[News]:
    """Money out takes two people: whoever found that it is owed does not order it paid."""
    programme = programme_of(ask, past)
    case = case_of(ask, past)
    line = case.line(ask.line_no)
    claim = line.unappealed(ask.ref)
    if claim.refund or claim.left >= ZERO:
        raise Refused("wrong_state", what="refund", is_already=str(claim.refund))
    if ask.by == claim.decided_by:
        raise Refused("same_person", decided_by=claim.decided_by)
    flowing(case, line, programme, past)
    ordered = RefundOrdered(
        case_no=ask.case_no, line_no=ask.line_no, ref=ask.ref, amount=-claim.left
    )
    return [cases.news(ordered, ask.case_no)]
