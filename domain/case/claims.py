"""A repayment claim up to its decision: raised with its evidence, heard (partshøring), decided or dropped.

For programmes with `hearing_days`, and wherever a claim rests on a flag: a citizen is always heard before
what a rule found is claimed. What a decided claim books is in recovery.py.
"""

from dataclasses import replace
from datetime import date, timedelta
from typing import ClassVar

from domain.case.claim import Claim, ClaimStage
from domain.case.days import may_account_for
from domain.case.recovery import MisuseConfirmed
from domain.case.state import Case, LineCommand, case_of, cases, programme_of
from domain.flags import FlagUpheld, flags
from domain.identity import Key, Sha256, WordsRef
from domain.money import Money, PositiveMoney
from domain.programme import Data
from domain.reference import claim_numbers, take
from domain.words import Day, Event, News, Past, Refused, decides, later

# To answer a claim that rests on a flag, where the programme says nothing: two weeks, as is usual
# (forvaltningsloven § 19 leaves the time to the authority; § 20 says what the citizen is told).
HEARING_DAYS_OF_A_FLAG = 14


class ClaimSeen(Data):
    """What the decider had in view."""

    rules: int
    deadline: date  # Of the hearing.
    answered: bool
    undocumented: Money  # Of the line, before this decision.


# Events ------------------------------------------------------------------------------------------


class ClaimRaised(Event):
    """A controller thinks that part of an advance was misused, and says why. Nothing is claimed yet."""

    case_no: Key
    line_no: int
    ref: Key
    amount: PositiveMoney
    kind: str
    receipts: tuple[Key, ...]
    vouchers: tuple[Sha256, ...]
    words: WordsRef | None
    raised_by: Key
    flag: Key | None = later(None)  # What made somebody look: upheld, for at least as much.


class HearingOpened(Event):
    """The citizen was told what the claim rests on, and may answer until the deadline."""

    case_no: Key
    line_no: int
    ref: Key
    deadline: date


class HearingAnswered(Event):
    """The citizen answered. There may be more than one answer."""

    case_no: Key
    line_no: int
    ref: Key
    words: WordsRef


class ClaimDecided(Event):
    """Another controller decided that the citizen must pay this much back, and gave the reasons."""

    case_no: Key
    line_no: int
    ref: Key
    amount: PositiveMoney
    decided_by: Key
    reason: WordsRef
    seen: ClaimSeen


class ClaimDropped(Event):
    """The claim came to nothing."""

    case_no: Key
    line_no: int
    ref: Key
    reason: WordsRef | None


# Commands ----------------------------------------------------------------------------------------


class ClaimCommand(LineCommand):
    ref: Key


class RaiseClaim(ClaimCommand):
    amount: PositiveMoney
    kind: str
    receipts: tuple[Key, ...] = ()
    vouchers: tuple[Sha256, ...] = ()
    words: WordsRef | None = None
    flag: Key | None = later(None)


class OpenHearing(ClaimCommand):
    deadline: Day


class AnswerHearing(ClaimCommand):
    words: WordsRef


class DecideClaim(ClaimCommand):
    may_hold_earlier: ClassVar[bool] = False
    amount: PositiveMoney
    reason: WordsRef


class DropClaim(ClaimCommand):
    reason: WordsRef | None = None


# Evolve ------------------------------------------------------------------------------------------


@cases.on(ClaimRaised)
def _raised(case: Case, event: ClaimRaised) -> Case:
    claim = Claim(
        event.ref, event.amount, event.kind, event.raised_by, event.flag or "", raised=event.amount
    )
    return case.with_line(case.lines[event.line_no].with_claim(claim))


@cases.on(HearingOpened)
def _opened(case: Case, event: HearingOpened) -> Case:
    line = case.lines[event.line_no]
    claim = replace(line.claims[event.ref], stage=ClaimStage.HEARING, deadline=event.deadline)
    return case.with_line(line.with_claim(claim))


@cases.on(HearingAnswered)
def _answered(case: Case, event: HearingAnswered) -> Case:
    line = case.lines[event.line_no]
    return case.with_line(line.with_claim(replace(line.claims[event.ref], answered=True)))


@cases.on(ClaimDecided)
def _decided(case: Case, event: ClaimDecided) -> Case:
    line = case.lines[event.line_no]
    claim = replace(
        line.claims[event.ref],
        stage=ClaimStage.DECIDED,
        amount=event.amount,
        decided_by=event.decided_by,
    )
    return case.with_line(line.with_claim(claim))


@cases.on(ClaimDropped)
def _dropped(case: Case, event: ClaimDropped) -> Case:
    line = case.lines[event.line_no]
    claim = replace(line.claims[event.ref], stage=ClaimStage.DROPPED)
    return case.with_line(line.with_claim(claim))


# Decide ------------------------------------------------------------------------------------------


@decides(RaiseClaim)
def raise_claim(ask: RaiseClaim, past: Past) -> list[News]:
    programme = programme_of(ask, past)
    case = case_of(ask, past)
    line = case.line(ask.line_no)
    if programme.rules_on(ask.effective_on).hearing_days is None and not ask.flag:
        raise Refused("wrong_state", what="programme", missing="hearing_days")
    if ask.kind not in programme.terms.misuse_kinds:
        raise Refused("not_found", what="kind", known=list(programme.terms.misuse_kinds))
    if not ask.receipts and not ask.vouchers and not ask.words and not ask.flag:
        raise Refused("no_evidence")
    for receipt in ask.receipts:
        line.receipt(receipt)
    if ask.flag:
        _as_upheld(ask, ask.flag, case, past)
    number = take(
        claim_numbers,
        past,
        ask.programme,
        ask.ref,
        owner=(ask.case_no, ask.line_no),
        refusal="wrong_state",
    )
    if ask.amount > line.undocumented - line.reserved:
        raise Refused(
            "above_advance", undocumented=str(line.undocumented), reserved=str(line.reserved)
        )
    raised = ClaimRaised(
        **ask.model_dump(include=set(ClaimRaised.model_fields) - {"raised_by"}), raised_by=ask.by
    )
    return [cases.news(raised, ask.case_no), number]


def _as_upheld(ask: RaiseClaim, name: str, case: Case, past: Past) -> None:
    """Guard: the flag is about this line or its case, somebody upheld it, and it holds for as much, less what
    was raised on it before: nobody is heard twice about the same."""
    flag = past(flags, ask.programme, ask.case_no).by_id.get(name)
    if not flag or flag.raised.line_no not in (None, ask.line_no):
        raise Refused("not_found", what="flag", flag=name)
    if not isinstance(flag.answer, FlagUpheld):
        raise Refused("wrong_state", what="flag", stage=flag.stage(ask.effective_on).value)
    left = flag.upheld - case.raised_on(name)
    if ask.amount > left:
        raise Refused("above_flag", left=str(left), upheld=str(flag.upheld))


@decides(OpenHearing)
def open_hearing(ask: OpenHearing, past: Past) -> list[News]:
    rules = programme_of(ask, past).rules_on(ask.effective_on)
    claim = case_of(ask, past).line(ask.line_no).claimed(ask.ref)
    if claim.stage is not ClaimStage.RAISED:
        raise Refused("wrong_state", stage=claim.stage.value)
    days = HEARING_DAYS_OF_A_FLAG if rules.hearing_days is None else rules.hearing_days
    earliest = ask.effective_on + timedelta(days=days)
    if ask.deadline < earliest:
        raise Refused("hearing_too_short", earliest=str(earliest))
    opened = HearingOpened(
        case_no=ask.case_no, line_no=ask.line_no, ref=ask.ref, deadline=ask.deadline
    )
    return [cases.news(opened, ask.case_no)]


@decides(AnswerHearing)
def answer_hearing(ask: AnswerHearing, past: Past) -> list[News]:
    """Also after the deadline, as long as nothing is decided."""
    programme_of(ask, past)
    claim = case_of(ask, past).line(ask.line_no).claimed(ask.ref)
    if claim.stage is not ClaimStage.HEARING:
        raise Refused("wrong_state", stage=claim.stage.value)
    answered = HearingAnswered(
        case_no=ask.case_no, line_no=ask.line_no, ref=ask.ref, words=ask.words
    )
    return [cases.news(answered, ask.case_no)]


@decides(DecideClaim)
def decide_claim(ask: DecideClaim, past: Past) -> list[News]:
    rules = programme_of(ask, past).rules_on(ask.effective_on)
    line = case_of(ask, past).line(ask.line_no)
    claim = line.claimed(ask.ref)
    if not claim.stage.undecided:
        raise Refused("wrong_state", stage=claim.stage.value)
    if ask.by == claim.raised_by:
        raise Refused("same_person", raised_by=claim.raised_by)
    flag = past(flags, ask.programme, ask.case_no).by_id.get(claim.flag)
    if flag and flag.answer and ask.by == flag.answer.answered_by:
        raise Refused("same_person", upheld_by=ask.by)
    # The whole day of the deadline is the citizen's.
    if not claim.deadline or not (claim.answered or ask.effective_on > claim.deadline):
        raise Refused("not_heard", deadline=claim.deadline and str(claim.deadline))
    if ask.amount > claim.amount:
        raise Refused("not_heard", heard=str(claim.amount))
    may_account_for(line, ask.amount, ask.effective_on)
    decided = ClaimDecided(
        case_no=ask.case_no,
        line_no=ask.line_no,
        ref=ask.ref,
        amount=ask.amount,
        decided_by=ask.by,
        reason=ask.reason,
        seen=ClaimSeen(
            rules=rules.version,
            deadline=claim.deadline,
            answered=claim.answered,
            undocumented=line.undocumented,
        ),
    )
    confirmed = MisuseConfirmed(
        case_no=ask.case_no,
        line_no=ask.line_no,
        amount=ask.amount,
        kind=claim.kind,
        account_string=line.account_string,
        claim=ask.ref,
        holds_from=ask.effective_on,
    )
    return [cases.news(event, ask.case_no) for event in (decided, confirmed)]


@decides(DropClaim)
def drop_claim(ask: DropClaim, past: Past) -> list[News]:
    programme_of(ask, past)
    claim = case_of(ask, past).line(ask.line_no).claimed(ask.ref)
    if not claim.stage.undecided:
        raise Refused("wrong_state", stage=claim.stage.value)
    dropped = ClaimDropped(case_no=ask.case_no, line_no=ask.line_no, ref=ask.ref, reason=ask.reason)
    return [cases.news(dropped, ask.case_no)]
