"""Payouts of a case, a fund or a programme, frozen and resumed. What was ordered before goes through."""

from dataclasses import replace
from typing import Any, Literal

from domain.case.line import Line
from domain.case.state import Case, cases, programme_of
from domain.fund import Fund, funds
from domain.identity import Key, WordsRef
from domain.programme import Programme, programmes
from domain.words import Command, Decider, Event, News, Past, Refused, decides

Scope = Literal["case", "fund", "programme"]
Ground = Literal["audit", "year_end", "doubt"]
Stream = tuple[Decider[Any], tuple[str, ...]]

# Events ------------------------------------------------------------------------------------------


class PayoutsFrozen(Event):
    """Until they are resumed, no payout of this case, fund or programme is ordered."""

    programme: Key
    scope: Scope
    key: Key
    ground: Ground
    reason: WordsRef | None


class PayoutsResumed(Event):
    """What the payouts were frozen for is settled; they are ordered again."""

    programme: Key
    scope: Scope
    key: Key
    ground: Ground
    reason: WordsRef | None


# Commands ----------------------------------------------------------------------------------------


class FreezePayouts(Command):
    scope: Scope
    key: Key
    ground: Ground
    reason: WordsRef | None = None


class ResumePayouts(Command):
    scope: Scope
    key: Key
    reason: WordsRef | None = None


# Evolve ------------------------------------------------------------------------------------------


STOPPABLE: tuple[Decider[Any], ...] = (cases, funds, programmes)
for _stoppable in STOPPABLE:

    @_stoppable.on(PayoutsFrozen)
    def _frozen(of: Any, event: PayoutsFrozen) -> Any:
        return replace(of, frozen_for=event.ground)

    @_stoppable.on(PayoutsResumed)
    def _resumed(of: Any, _: PayoutsResumed) -> Any:
        return replace(of, frozen_for=None)


# Decide ------------------------------------------------------------------------------------------


def flowing(case: Case, line: Line, programme: Programme, past: Past) -> None:
    """Guard of every decision that orders a payment: neither its case, nor its fund, nor the programme
    is frozen."""
    name = case.programme
    of_line = dict.fromkeys(codes.funding for codes in line.account_strings)
    stops = (
        ("case", case.case_no, case.frozen_for),
        *(("fund", fund, past(funds, name, fund).frozen_for) for fund in of_line),
        ("programme", name, programme.frozen_for),
    )
    for scope, key, ground in stops:
        if ground:
            raise Refused("frozen", scope=scope, key=key, ground=ground)


def _found(ask: FreezePayouts | ResumePayouts, past: Past) -> tuple[Stream, str | None]:
    """Guard: the case, the fund or the programme exists. Its stream, and what it is frozen for."""
    programme = programme_of(ask, past)
    of: Case | Fund | Programme
    stream: Stream
    if ask.scope == "case":
        of = past(cases, ask.key)
        known, stream = of.programme == ask.programme, (cases, (ask.key,))
    elif ask.scope == "fund":
        of = past(funds, ask.programme, ask.key)
        known, stream = bool(of.agreed), (funds, (ask.programme, ask.key))
    else:
        of = programme
        known, stream = ask.key == ask.programme, (programmes, (ask.key,))
    if not known:
        raise Refused("not_found", what=ask.scope, key=ask.key)
    return stream, of.frozen_for


@decides(FreezePayouts)
def freeze(ask: FreezePayouts, past: Past) -> list[News]:
    (decider, key), ground = _found(ask, past)
    if ground:
        raise Refused("wrong_state", what="payouts", ground=ground)
    stopped = PayoutsFrozen(
        programme=ask.programme,
        scope=ask.scope,
        key=ask.key,
        ground=ask.ground,
        reason=ask.reason,
    )
    return [decider.news(stopped, *key)]


@decides(ResumePayouts)
def resume(ask: ResumePayouts, past: Past) -> list[News]:
    (decider, key), ground = _found(ask, past)
    if not ground:
        raise Refused("wrong_state", what="payouts", is_already="resumed")
    resumed = PayoutsResumed(
        programme=ask.programme, scope=ask.scope, key=ask.key, ground=ground, reason=ask.reason
    )
    return [decider.news(resumed, *key)]
