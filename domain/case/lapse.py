"""A released tranche that the bank hasn't paid in time lapses: its part of the grant is left again."""

from dataclasses import replace
from datetime import timedelta
from typing import ClassVar

from domain.case.annulment import annulled
from domain.case.line import TrancheStage
from domain.case.payouts import TrancheCommand
from domain.case.sources import AccountString, Parts
from domain.case.state import Case, case_of, cases, programme_of
from domain.identity import Key
from domain.money import PositiveMoney
from domain.words import Draft, Event, News, Past, Refused, decides, later


class TrancheLapsed(Event):
    """The tranche was not paid within the programme's days. It is dead; a new one must be requested."""

    case_no: Key
    line_no: int
    ref: Key
    amount: PositiveMoney
    account_string: AccountString
    parts: Parts = later(())
    rules: int  # The version that says how many days.


class LapseTranche(TrancheCommand):
    may_hold_earlier: ClassVar[bool] = False


@cases.on(TrancheLapsed)
def _lapsed(case: Case, event: TrancheLapsed) -> Case:
    line = case.lines[event.line_no]
    tranche = replace(line.tranches[event.ref], stage=TrancheStage.LAPSED)
    return case.with_line(line.with_tranche(tranche))


@decides(LapseTranche)
def lapse(ask: LapseTranche, past: Past) -> list[News]:
    rules = programme_of(ask, past).rules_on(ask.effective_on)
    case = case_of(ask, past)
    line = case.line(ask.line_no)
    tranche = line.tranche(ask.ref)
    if tranche.stage is not TrancheStage.RELEASED:
        raise Refused("wrong_state", stage=tranche.stage.value)
    if rules.lapse_days is None:
        raise Refused("wrong_state", missing="lapse_days", rules=rules.version)
    if tranche.released_on is None:
        raise Refused("wrong_state", missing="released_on")
    last_day = tranche.released_on + timedelta(days=rules.lapse_days)
    if ask.effective_on <= last_day:
        raise Refused("wrong_state", last_day=str(last_day), rules=rules.version)
    lapsed = TrancheLapsed(
        case_no=ask.case_no,
        line_no=ask.line_no,
        ref=ask.ref,
        amount=tranche.amount,
        account_string=line.account_string,
        rules=rules.version,
    )
    draft = Draft(past)
    draft.add(cases.news(lapsed, ask.case_no))
    if case.stage.closed:
        draft.add(*annulled(draft(cases, ask.case_no)))
    return draft.news
