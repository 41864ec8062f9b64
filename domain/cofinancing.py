"""Who bears a fund's money: partners by weight, as agreed, and as a board amended it from a day on."""

from dataclasses import dataclass, field, replace
from datetime import date
from typing import Annotated, ClassVar

from pydantic import AfterValidator, Field

from domain.case.state import programme_of
from domain.fund import funds
from domain.identity import Key, WordsRef
from domain.programme import Data
from domain.words import Command, Decider, Event, News, Past, Refused, decides


class PartnerShare(Data):
    """A partner, and how heavily it bears: 2 of 2 + 1 is two thirds."""

    partner: Key
    weight: int = Field(ge=1, le=1_000_000)


def _every_partner_once(shares: tuple[PartnerShare, ...]) -> tuple[PartnerShare, ...]:
    if len({share.partner for share in shares}) < len(shares):
        raise ValueError("an agreement names each of its partners once")
    return shares


Shares = Annotated[
    tuple[PartnerShare, ...], Field(min_length=1), AfterValidator(_every_partner_once)
]

# Events ------------------------------------------------------------------------------------------


class CofinancingAgreed(Event):
    """From this day on, what the fund pays is borne by these partners."""

    programme: Key
    fund: Key
    shares: Shares
    in_force_from: date


class AmendmentRecommended(Event):
    """Somebody recommends other shares to the board. Nothing changes before it decides."""

    programme: Key
    fund: Key
    ref: Key
    shares: Shares
    recommended_by: Key
    words: WordsRef | None


class CofinancingAmended(Event):
    """The board followed the recommendation: what the fund pays from this day on is borne like this.
    What it paid before stays with those who bore it."""

    programme: Key
    fund: Key
    ref: Key
    shares: Shares
    in_force_from: date
    decision: WordsRef | None


class AmendmentRejected(Event):
    """The board did not follow the recommendation: the shares stay."""

    programme: Key
    fund: Key
    ref: Key
    decision: WordsRef | None


# Commands ----------------------------------------------------------------------------------------


class AgreeCofinancing(Command):
    may_hold_later: ClassVar[bool] = True
    fund: Key
    shares: Shares


class RecommendAmendment(Command):
    fund: Key
    ref: Key
    shares: Shares
    words: WordsRef | None = None


class DecideAmendment(Command):
    """What the board decided, as written down by somebody else than who recommended it."""

    may_hold_later: ClassVar[bool] = True
    fund: Key
    ref: Key
    adopted: bool
    decision: WordsRef | None = None


# State -------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Recommendation:
    shares: tuple[PartnerShare, ...]
    recommended_by: str
    decided: bool = False


@dataclass(frozen=True)
class Cofinancing:
    """The agreement on one fund."""

    in_force_from: date | None = None  # Of the latest shares. `None`: nothing is agreed.
    recommendations: dict[str, Recommendation] = field(default_factory=dict)


cofinancing: Decider[Cofinancing] = Decider("cofinancing", Cofinancing())


@cofinancing.on(CofinancingAgreed)
def _agreed(agreement: Cofinancing, event: CofinancingAgreed) -> Cofinancing:
    return replace(agreement, in_force_from=event.in_force_from)


@cofinancing.on(AmendmentRecommended)
def _recommended(agreement: Cofinancing, event: AmendmentRecommended) -> Cofinancing:
    new = {event.ref: Recommendation(event.shares, event.recommended_by)}
    return replace(agreement, recommendations=agreement.recommendations | new)


@cofinancing.on(CofinancingAmended)
def _amended(agreement: Cofinancing, event: CofinancingAmended) -> Cofinancing:
    return replace(_decided(agreement, event.ref), in_force_from=event.in_force_from)


@cofinancing.on(AmendmentRejected)
def _rejected(agreement: Cofinancing, event: AmendmentRejected) -> Cofinancing:
    return _decided(agreement, event.ref)


def _decided(agreement: Cofinancing, ref: str) -> Cofinancing:
    done = replace(agreement.recommendations[ref], decided=True)
    return replace(agreement, recommendations=agreement.recommendations | {ref: done})


# Decide ------------------------------------------------------------------------------------------


@decides(AgreeCofinancing)
def agree(ask: AgreeCofinancing, past: Past) -> list[News]:
    programme_of(ask, past)
    if not past(funds, ask.programme, ask.fund).agreed:
        raise Refused("not_found", what="fund", key=ask.fund)
    since = past(cofinancing, ask.programme, ask.fund).in_force_from
    if since:
        raise Refused("wrong_state", what="cofinancing", in_force_from=str(since))
    agreed = CofinancingAgreed(
        programme=ask.programme, fund=ask.fund, shares=ask.shares, in_force_from=ask.effective_on
    )
    return [cofinancing.news(agreed, ask.programme, ask.fund)]


@decides(RecommendAmendment)
def recommend(ask: RecommendAmendment, past: Past) -> list[News]:
    programme_of(ask, past)
    agreement = past(cofinancing, ask.programme, ask.fund)
    if not agreement.in_force_from:
        raise Refused("not_found", what="cofinancing", key=ask.fund)
    if ask.ref in agreement.recommendations:
        raise Refused("wrong_state", what="amendment", is_already="recommended")
    recommended = AmendmentRecommended(
        programme=ask.programme,
        fund=ask.fund,
        ref=ask.ref,
        shares=ask.shares,
        recommended_by=ask.by,
        words=ask.words,
    )
    return [cofinancing.news(recommended, ask.programme, ask.fund)]


@decides(DecideAmendment)
def decide_amendment(ask: DecideAmendment, past: Past) -> list[News]:
    programme_of(ask, past)
    agreement = past(cofinancing, ask.programme, ask.fund)
    recommended = agreement.recommendations.get(ask.ref)
    if not recommended:
        raise Refused("not_found", what="amendment", ref=ask.ref)
    if recommended.decided:
        raise Refused("wrong_state", what="amendment", is_already="decided")
    if recommended.recommended_by == ask.by:
        raise Refused("same_person", recommended_by=ask.by)
    if not ask.adopted:
        rejected = AmendmentRejected(
            programme=ask.programme, fund=ask.fund, ref=ask.ref, decision=ask.decision
        )
        return [cofinancing.news(rejected, ask.programme, ask.fund)]
    since = agreement.in_force_from
    if since and ask.effective_on < since:
        raise Refused("wrong_state", what="cofinancing", in_force_from=str(since))
    changed = CofinancingAmended(
        programme=ask.programme,
        fund=ask.fund,
        ref=ask.ref,
        shares=recommended.shares,
        in_force_from=ask.effective_on,
        decision=ask.decision,
    )
    return [cofinancing.news(changed, ask.programme, ask.fund)]
