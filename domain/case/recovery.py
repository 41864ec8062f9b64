"""What a repayment claim (tilbagebetalingskrav) books: misuse confirmed, and what became of the claim.

In a programme without `hearing_days` misuse is confirmed at once, and the claim is the line's. With
them it comes of a decision (claims.py), and every amount names the claim that it belongs to.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import Annotated, ClassVar

from pydantic import Field

from domain.case.claim import ClaimStage
from domain.case.days import latest_of, may_account_for, not_before
from domain.case.line import Line
from domain.case.sources import AccountString, Parts
from domain.case.state import Case, LineCommand, case_of, cases, programme_of
from domain.flags import flags
from domain.identity import Key, WordsRef
from domain.money import Money, PositiveMoney, total
from domain.programme import Data
from domain.words import Day, Event, News, Past, Refused, decides, later


class Instalment(Data):
    due: Day
    amount: PositiveMoney


# Events ------------------------------------------------------------------------------------------


class MisuseConfirmed(Event):
    """A controller found that part of an advance was misused. It is now claimed back from the citizen."""

    case_no: Key
    line_no: int
    amount: PositiveMoney
    kind: str
    account_string: AccountString
    parts: Parts = later(())
    claim: Key | None = later(None)
    # The day from which it holds. `None`: by an event of a release that didn't tell.
    holds_from: date | None = later(None)


class InstalmentsAgreed(Event):
    """The citizen pays what is left of the claim bit by bit. Replaces what was agreed before."""

    case_no: Key
    line_no: int
    ref: Key
    instalments: tuple[Instalment, ...]


class ClaimRepaid(Event):
    """The citizen paid some of the claim back."""

    case_no: Key
    line_no: int
    amount: PositiveMoney
    account_string: AccountString
    parts: Parts = later(())
    statement: str
    entry: str
    claim: Key | None = later(None)


class ClaimSetOff(Event):
    """Some of the claim was set off (modregnet) against what the citizen was to be paid elsewhere."""

    case_no: Key
    line_no: int
    ref: Key
    amount: PositiveMoney
    account_string: AccountString
    parts: Parts = later(())
    against: Key


class ClaimWrittenOff(Event):
    """Some of the claim was given up."""

    case_no: Key
    line_no: int
    amount: PositiveMoney
    account_string: AccountString
    parts: Parts = later(())
    reason: WordsRef | None
    claim: Key | None = later(None)


class ClaimClosed(Event):
    """Nothing is left of the claim, and no appeal is open."""

    case_no: Key
    line_no: int
    ref: Key


# Commands ----------------------------------------------------------------------------------------


class ConfirmMisuse(LineCommand):
    may_hold_earlier: ClassVar[bool] = False
    amount: PositiveMoney
    kind: str


class AgreeInstalments(LineCommand):
    ref: Key
    instalments: Annotated[tuple[Instalment, ...], Field(min_length=1)]


class SetOffClaim(LineCommand):
    ref: Key
    amount: PositiveMoney
    against: Key


class WriteOffClaim(LineCommand):
    amount: PositiveMoney
    reason: WordsRef | None = None
    claim: Key | None = later(None)


# Evolve ------------------------------------------------------------------------------------------


def paid_off(line: Line, ref: str | None, amount: Money) -> Line:
    """The line after so much of that claim was repaid, or refunded where it is negative."""
    line = replace(line, repaid=line.repaid + amount)
    if ref is None:
        return line
    return line.with_claim(replace(line.claims[ref], repaid=line.claims[ref].repaid + amount))


def given_up(line: Line, ref: str | None, amount: Money) -> Line:
    """The line after so much of that claim was written off, or that taken back where it is negative."""
    line = replace(line, written_off=line.written_off + amount)
    if ref is None:
        return line
    written_off = line.claims[ref].written_off + amount
    return line.with_claim(replace(line.claims[ref], written_off=written_off))


@cases.on(MisuseConfirmed)
def _confirmed(case: Case, event: MisuseConfirmed) -> Case:
    line = case.lines[event.line_no]
    misused_from = latest_of(line.misused_from, event.holds_from)
    return case.with_line(
        replace(line, misuse=line.misuse + event.amount, misused_from=misused_from)
    )


@cases.on(ClaimRepaid)
def _repaid(case: Case, event: ClaimRepaid) -> Case:
    line = paid_off(case.lines[event.line_no], event.claim, event.amount)
    return case.with_line(replace(line, handed_back=line.handed_back | {event.entry}))


@cases.on(ClaimSetOff)
def _set_off(case: Case, event: ClaimSetOff) -> Case:
    return case.with_line(paid_off(case.lines[event.line_no], event.ref, event.amount))


@cases.on(ClaimWrittenOff)
def _written_off(case: Case, event: ClaimWrittenOff) -> Case:
    return case.with_line(given_up(case.lines[event.line_no], event.claim, event.amount))


@cases.on(ClaimClosed)
def _closed(case: Case, event: ClaimClosed) -> Case:
    line = case.lines[event.line_no]
    claim = replace(line.claims[event.ref], stage=ClaimStage.CLOSED)
    return case.with_line(line.with_claim(claim))


# Decide ------------------------------------------------------------------------------------------


def shares(owed: dict[str | None, Money], amount: Money) -> Iterator[tuple[str | None, Money]]:
    """How an amount is spent on what is owed, oldest first."""
    for ref, left in owed.items():
        share = min(left, amount)
        if share:
            yield ref, share
        amount -= share


def booked(case: Case, line_no: int, ref: str | None, *events: Event) -> list[News]:
    """The events, and that the claim is closed where they leave nothing of it."""
    claim = cases.fold(events, case).lines[line_no].claims.get(ref or "")
    if claim and claim.over:
        events += (ClaimClosed(case_no=case.case_no, line_no=line_no, ref=claim.ref),)
    return [cases.news(event, case.case_no) for event in events]


@decides(ConfirmMisuse)
def confirm(ask: ConfirmMisuse, past: Past) -> list[News]:
    programme = programme_of(ask, past)
    case = case_of(ask, past)
    line = case.line(ask.line_no)
    if programme.rules_on(ask.effective_on).hearing_days is not None:
        raise Refused("not_heard")
    for name, flag in past(flags, ask.programme, ask.case_no).by_id.items():
        about = flag.raised.line_no in (None, ask.line_no)
        if about and flag.upheld > case.raised_on(
            name
        ):  # What a flag found is never claimed at once.
            raise Refused("not_heard", flag=name)
    if ask.kind not in programme.terms.misuse_kinds:
        raise Refused("not_found", what="kind", known=list(programme.terms.misuse_kinds))
    may_account_for(line, ask.amount, ask.effective_on)
    confirmed = MisuseConfirmed(
        case_no=ask.case_no,
        line_no=ask.line_no,
        amount=ask.amount,
        kind=ask.kind,
        account_string=line.account_string,
        holds_from=ask.effective_on,
    )
    return [cases.news(confirmed, ask.case_no)]


@decides(AgreeInstalments)
def agree_instalments(ask: AgreeInstalments, past: Past) -> list[News]:
    programme_of(ask, past)
    claim = case_of(ask, past).line(ask.line_no).decided(ask.ref)
    agreed = total(instalment.amount for instalment in ask.instalments)
    if agreed != claim.left:
        raise Refused("instalments_differ", agreed=str(agreed), claim=str(claim.left))
    event = InstalmentsAgreed(
        case_no=ask.case_no, line_no=ask.line_no, ref=ask.ref, instalments=ask.instalments
    )
    return [cases.news(event, ask.case_no)]


@decides(SetOffClaim)
def set_off(ask: SetOffClaim, past: Past) -> list[News]:
    programme_of(ask, past)
    case = case_of(ask, past)
    line = case.line(ask.line_no)
    claim = line.unappealed(ask.ref)
    if ask.amount > claim.left:
        raise Refused("above_claim", claim=str(claim.left))
    not_before(ask.effective_on, line.misused_from)
    event = ClaimSetOff(
        case_no=ask.case_no,
        line_no=ask.line_no,
        ref=ask.ref,
        amount=ask.amount,
        account_string=line.account_string,
        against=ask.against,
    )
    return booked(case, ask.line_no, ask.ref, event)


@decides(WriteOffClaim)
def write_off(ask: WriteOffClaim, past: Past) -> list[News]:
    programme_of(ask, past)
    case = case_of(ask, past)
    line = case.line(ask.line_no)
    left = line.unheard
    if ask.claim is not None:
        claim = line.unappealed(ask.claim)
        if ask.by == claim.raised_by:
            raise Refused("same_person", raised_by=claim.raised_by)
        left = claim.left
    if ask.amount > left:
        raise Refused("above_claim", claim=str(left))
    not_before(ask.effective_on, line.misused_from)
    written_off = ClaimWrittenOff(
        case_no=ask.case_no,
        line_no=ask.line_no,
        amount=ask.amount,
        account_string=line.account_string,
        reason=ask.reason,
        claim=ask.claim,
    )
    return booked(case, ask.line_no, ask.claim, written_off)
