"""A funding source (finansieringskilde). The promise: never committed past the amount agreed."""

from dataclasses import dataclass, replace

from domain.identity import Key
from domain.money import ZERO, Money, PositiveMoney
from domain.words import Decider, Event, News, Refused


class FundAgreed(Event):
    """A municipality or a foundation agreed to pay for grants up to this amount."""

    programme: Key
    fund: Key
    name: str
    amount: PositiveMoney


class FundCommitted(Event):
    """Part of the source was promised to a budget line."""

    programme: Key
    fund: Key
    case_no: Key
    line_no: int
    amount: PositiveMoney


class CommitmentReleased(Event):
    """Part of what was promised to a budget line won't be used, and is free again."""

    programme: Key
    fund: Key
    case_no: Key
    line_no: int
    amount: PositiveMoney


@dataclass(frozen=True)
class Fund:
    agreed: Money = ZERO
    committed: Money = ZERO
    frozen_for: str | None = None  # On which ground no payout from it is ordered.

    @property
    def available(self) -> Money:
        return self.agreed - self.committed


funds: Decider[Fund] = Decider("fund", Fund())


@funds.on(FundAgreed)
def _agreed(fund: Fund, event: FundAgreed) -> Fund:
    return replace(fund, agreed=fund.agreed + event.amount)


@funds.on(FundCommitted)
def _committed(fund: Fund, event: FundCommitted) -> Fund:
    return replace(fund, committed=fund.committed + event.amount)


@funds.on(CommitmentReleased)
def _released(fund: Fund, event: CommitmentReleased) -> Fund:
    return replace(fund, committed=fund.committed - event.amount)


def commit(
    fund: Fund, programme: str, name: str, case_no: str, line_no: int, change: Money
) -> list[News]:
    """Promise `change` more (or, if negative, less) of the fund to a line."""
    if change > fund.available:
        raise Refused("funding_exhausted", fund=name, available=str(fund.available))
    if not change:
        return []
    kind = FundCommitted if change > ZERO else CommitmentReleased
    amount = change if change > ZERO else -change
    event = kind(programme=programme, fund=name, case_no=case_no, line_no=line_no, amount=amount)
    return [funds.news(event, programme, name)]
