"""What changes of a programme's funding while it runs: a new source, or another amount of an old one."""

from dataclasses import replace

from domain.case.state import programme_of
from domain.fund import Fund, FundAgreed, funds
from domain.identity import Key, Reference, WordsRef
from domain.money import Money, PositiveMoney
from domain.words import Command, Event, News, Past, Refused, decides

# Events ------------------------------------------------------------------------------------------


class FundAmended(Event):
    """Whoever pays decided on another amount, more or less. What is promised to the lines stays covered."""

    programme: Key
    fund: Key
    amount: PositiveMoney
    change: Money
    decision: WordsRef | None


# Commands ----------------------------------------------------------------------------------------


class AgreeFunding(Command):
    """A new source in a programme that runs already."""

    fund: Key
    name: Reference
    amount: PositiveMoney


class AmendFunding(Command):
    """The new amount whole, not the difference."""

    fund: Key
    amount: PositiveMoney
    decision: WordsRef | None = None


# Evolve ------------------------------------------------------------------------------------------


@funds.on(FundAmended)
def _amended(fund: Fund, event: FundAmended) -> Fund:
    return replace(fund, agreed=event.amount)


# Decide ------------------------------------------------------------------------------------------


@decides(AgreeFunding)
def agree(ask: AgreeFunding, past: Past) -> list[News]:
    programme_of(ask, past)
    if past(funds, ask.programme, ask.fund).agreed:
        raise Refused("wrong_state", what="fund", is_already="agreed")
    agreed = FundAgreed(programme=ask.programme, fund=ask.fund, name=ask.name, amount=ask.amount)
    return [funds.news(agreed, ask.programme, ask.fund)]


@decides(AmendFunding)
def amend(ask: AmendFunding, past: Past) -> list[News]:
    programme_of(ask, past)
    fund = past(funds, ask.programme, ask.fund)
    if not fund.agreed:
        raise Refused("not_found", what="fund", key=ask.fund)
    if ask.amount == fund.agreed:
        raise Refused("wrong_state", what="fund", is_already=str(ask.amount))
    if ask.amount < fund.committed:
        raise Refused("funding_exhausted", fund=ask.fund, committed=str(fund.committed))
    changed = FundAmended(
        programme=ask.programme,
        fund=ask.fund,
        amount=ask.amount,
        change=ask.amount - fund.agreed,
        decision=ask.decision,
    )
    return [funds.news(changed, ask.programme, ask.fund)]
