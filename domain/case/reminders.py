"""When receipts don't come (rykkere): the citizen is reminded, other tranches are held, the caseworker is
told, and a claim is proposed to a controller. Or a controller waives the receipts, and all of it ends.

No step decides about anybody's money but that the next tranche waits.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import ClassVar

from domain.case.letters import TEXTS, Facts
from domain.case.line import Line, Step, StepTaken, Tranche
from domain.case.state import Case, LineCommand, case_of, cases, programme_of
from domain.identity import Key, WordsRef
from domain.money import ZERO, Money, PositiveMoney
from domain.programme import Data, Ladder, Rules
from domain.words import Event, News, Past, Refused, decides, later
from domain.working_days import working_day

# Events ------------------------------------------------------------------------------------------


class StepFacts(Data):
    """What every step tells. Its texts name nobody."""

    case_no: Key
    line_no: int
    ref: Key  # The tranche whose receipts lack.
    amount: PositiveMoney  # Of it, what isn't accounted for, and nobody has raised a claim about.
    paid_on: date
    due_on: date
    taken_on: date
    rules: int  # The version whose ladder it is of.
    text_da: str
    text_en: str
    # Since when the days count, where a merchant's refund made it lack receipts again.
    refunded_on: date | None = later(None)
    # The day that its text names for the next step: none comes before it, whatever the rules become.
    next_on: date | None = later(None)


class ReceiptsRemindedOf(StepFacts, Event):
    """The citizen is reminded: a letter goes out."""


class TranchesHeld(StepFacts, Event):
    """Until this tranche is accounted for or waived, no other is released. The citizen is told."""


class CaseworkerTold(StepFacts, Event):
    """The case's caseworker is asked to talk to the citizen."""


class ClaimProposed(StepFacts, Event):
    """A controller is asked whether to claim the money back. It decides nothing: a person raises a claim."""


StepTold = ReceiptsRemindedOf | TranchesHeld | CaseworkerTold | ClaimProposed


class ReceiptsWaived(Event):
    """A controller waits no longer for the receipts of this tranche. It stays undocumented."""

    case_no: Key
    line_no: int
    ref: Key
    amount: PositiveMoney
    waived_by: Key
    reason: WordsRef


# Commands ----------------------------------------------------------------------------------------


class StepCommand(LineCommand):
    """A step is told on the day on which it is taken: the days before the next are the citizen's."""

    may_hold_earlier: ClassVar[bool] = False
    ref: Key


class RemindOfReceipts(StepCommand):
    pass


class HoldTranches(StepCommand):
    pass


class TellCaseworker(StepCommand):
    pass


class ProposeClaim(StepCommand):
    pass


class WaiveReceipts(LineCommand):
    may_hold_earlier: ClassVar[bool] = False
    ref: Key
    reason: WordsRef


STEPS: dict[Step, type[StepCommand]] = {
    Step.REMINDED: RemindOfReceipts,
    Step.HELD: HoldTranches,
    Step.TOLD: TellCaseworker,
    Step.CLAIM_PROPOSED: ProposeClaim,
}
TOLD_BY: dict[Step, type[StepTold]] = {
    Step.REMINDED: ReceiptsRemindedOf,
    Step.HELD: TranchesHeld,
    Step.TOLD: CaseworkerTold,
    Step.CLAIM_PROPOSED: ClaimProposed,
}
TO_CITIZEN = (Step.REMINDED, Step.HELD)

# Evolve ------------------------------------------------------------------------------------------


for _step, _event in TOLD_BY.items():

    @cases.on(_event)
    def _taken(case: Case, event: StepFacts, step: Step = _step) -> Case:
        line = case.lines[event.line_no]
        tranche = _with(line.tranches[event.ref], step, event.taken_on, event.next_on)
        return case.with_line(line.with_tranche(tranche))


@cases.on(ReceiptsWaived)
def _waived(case: Case, event: ReceiptsWaived) -> Case:
    line = case.lines[event.line_no]
    line = line.accepted_of(event.waived_by)
    return case.with_line(line.with_tranche(replace(line.tranches[event.ref], waived=True)))


def _with(tranche: Tranche, step: Step, on: date, next_on: date | None = None) -> Tranche:
    return replace(tranche, steps=(*tranche.steps, StepTaken(step, on, next_on)))


# What is due -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Due:
    """A step of a tranche whose receipts don't come."""

    step: Step
    line_no: int
    ref: str
    amount: Money
    due_on: date


def due(case: Case, rules: Rules, on: date) -> Iterator[Due]:
    """The next step of each tranche, if its day has come. Once it is taken, another may be due at once."""
    for line in case.lines.values():
        for tranche, lacking in line.lacking(claimed=line.reserved):
            following = _following(tranche, rules.ladder, case)
            if following and following[1] <= on and not tranche.waived:
                step, due_on = following
                yield Due(step, line.line_no, tranche.ref, lacking, due_on)


def _following(tranche: Tranche, ladder: Ladder | None, case: Case) -> tuple[Step, date] | None:
    """The next step and its day. A step that came late puts off those after it by as much: nobody gets a
    reminder and its consequence in one breath. In a closed case there is nothing to hold."""
    if not ladder or not tranche.owed_since:
        return None
    since, taken = tranche.owed_since, list(tranche.steps)
    rungs = list(_rungs(ladder, tranche))
    order = [step for step, _ in rungs]
    latest = max((order.index(each.step) for each in taken), default=0)
    promised = max((each.next_on for each in taken if each.next_on), default=since)
    for step, days in rungs:
        done = next((each for each in taken if each.step is step), None)
        if done:
            taken.remove(done)
            since = max(since, done.on - timedelta(days=days))
        elif order.index(step) >= latest and not (case.stage.closed and step is Step.HELD):
            return step, working_day(max(since + timedelta(days=days), promised))
    return None


def _rungs(ladder: Ladder, tranche: Tranche) -> Iterator[tuple[Step, int]]:
    """Where a refund began it anew, nobody expects it: the caseworker is told before anything is held."""
    for days in ladder.remind:
        yield Step.REMINDED, days
    if tranche.refunded_on:
        yield Step.TOLD, ladder.hold
    yield Step.HELD, ladder.hold
    if not tranche.refunded_on:
        yield Step.TOLD, ladder.tell
    yield Step.CLAIM_PROPOSED, ladder.claim


def _announced(tranche: Tranche, ladder: Ladder | None, case: Case) -> tuple[Step, date] | None:
    """What the citizen is told comes next: rather that payouts are held than that a caseworker hears of it
    on the same day."""
    following = _following(tranche, ladder, case)
    if following and following[0] is Step.TOLD:
        after = _following(_with(tranche, *following), ladder, case)
        return after if after and after[0] is Step.HELD else following
    return following


def nothing_held(case: Case) -> None:
    """Guard of the release of a tranche: the case has none whose lacking receipts hold the others."""
    for line in case.lines.values():
        for tranche, lacking in line.lacking():
            if tranche.holds:
                raise Refused("tranche_held", tranche=tranche.ref, undocumented=str(lacking))


# Decide ------------------------------------------------------------------------------------------


def _lacking(line: Line, ref: str, claimed: Money = ZERO) -> tuple[Tranche, Money]:
    """Guard: the tranche is on the line, paid, and neither accounted for in full nor waived."""
    tranche = line.tranche(ref)
    for each, lacking in line.lacking(claimed):
        if each.ref == ref and not tranche.waived:
            return tranche, lacking
    raise Refused("wrong_state", stage=tranche.stage.value, waived=tranche.waived)


def _take(step: Step, ask: StepCommand, past: Past) -> list[News]:
    rules = programme_of(ask, past).rules_on(ask.effective_on)
    case = case_of(ask, past)
    line = case.line(ask.line_no)
    tranche, lacking = _lacking(line, ask.ref, line.reserved)
    following = _following(tranche, rules.ladder, case)
    if following is None or following[0] is not step or not tranche.booked_on:
        following_step = following and following[0].value
        raise Refused("wrong_state", next_step=following_step, rules=rules.version)
    if ask.effective_on < following[1]:
        raise Refused("wrong_state", first_day=str(following[1]), rules=rules.version)
    after = _with(tranche, step, ask.effective_on)
    then = _announced(after, rules.ladder, case)
    texts = TEXTS[step](
        Facts(
            case_no=ask.case_no,
            line_no=ask.line_no,
            ref=ask.ref,
            amount=lacking,
            paid_on=tranche.booked_on,
            refunded_on=tranche.refunded_on,
            reminders=sum(each.step is Step.REMINDED for each in after.steps),
            then=then,
        )
    )
    taken = TOLD_BY[step](
        case_no=ask.case_no,
        line_no=ask.line_no,
        ref=ask.ref,
        amount=lacking,
        paid_on=tranche.booked_on,
        due_on=following[1],
        taken_on=ask.effective_on,
        rules=rules.version,
        text_da=texts.danish,
        text_en=texts.english,
        refunded_on=tranche.refunded_on,
        next_on=then[1] if then and step in TO_CITIZEN else None,
    )
    return [cases.news(taken, ask.case_no)]


@decides(RemindOfReceipts)
def remind(ask: RemindOfReceipts, past: Past) -> list[News]:
    return _take(Step.REMINDED, ask, past)


@decides(HoldTranches)
def hold(ask: HoldTranches, past: Past) -> list[News]:
    return _take(Step.HELD, ask, past)


@decides(TellCaseworker)
def tell(ask: TellCaseworker, past: Past) -> list[News]:
    return _take(Step.TOLD, ask, past)


@decides(ProposeClaim)
def propose(ask: ProposeClaim, past: Past) -> list[News]:
    return _take(Step.CLAIM_PROPOSED, ask, past)


@decides(WaiveReceipts)
def waive(ask: WaiveReceipts, past: Past) -> list[News]:
    programme_of(ask, past)
    line = case_of(ask, past).line(ask.line_no)
    tranche, lacking = _lacking(line, ask.ref)
    payers = (tranche.requested_by, tranche.approved_by, tranche.released_by)
    if ask.by in payers:
        raise Refused(
            "same_person",
            requested_by=tranche.requested_by,
            approved_by=tranche.approved_by,
            released_by=tranche.released_by,
        )
    waived = ReceiptsWaived(
        case_no=ask.case_no,
        line_no=ask.line_no,
        ref=ask.ref,
        amount=lacking,
        waived_by=ask.by,
        reason=ask.reason,
    )
    return [cases.news(waived, ask.case_no)]
