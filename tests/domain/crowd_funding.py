"""What the crowd asks for about who pays: sources, their amounts, and those who bear them."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from domain.cofinancing import PartnerShare
from domain.money import kr
from domain.words import Command
from tests import examples_funding as fund
from tests.domain.crowd import CASEWORKER, CONTROLLER, Crowd, Wish
from tests.examples_funding import shares
from tests.scenario import noon

Steps = Sequence[Command]
FUNDS = ["AARHUS", "AARHUS", "VELUX", "REALDANIA"]
AMENDERS = ["adm-1", "adm-1", "fin-1", "both-1"]


def asked_on(crowd: Crowd) -> datetime:
    """Mostly the day itself, and else the day before."""
    return noon(crowd.today - timedelta(days=crowd.choose([0, 0, 0, 1])))


def some_shares(crowd: Crowd) -> tuple[PartnerShare, ...]:
    weights = {name: crowd.choose([0, 1, 2, 7]) for name in ("BO", "KOMMUNEN", "REGIONEN")}
    return shares(**{name: weight for name, weight in weights.items() if weight}) or shares(BO=1)


def a_source(crowd: Crowd) -> Steps:
    return [fund.agree_funding(fund=crowd.choose(FUNDS), amount=kr(3), at=asked_on(crowd))]


def another_amount(crowd: Crowd) -> Steps:
    amount = crowd.choose([kr(8), kr(7), kr(9), kr(6, 1), kr(1)])
    return [fund.amend_funding(fund=crowd.choose(FUNDS), amount=amount, at=asked_on(crowd))]


def an_agreement(crowd: Crowd) -> Steps:
    return [fund.agree_cofinancing(fund=crowd.choose(FUNDS), shares=some_shares(crowd))]


def an_amendment(crowd: Crowd) -> Steps:
    known = [ref for _, ref in crowd.told.funding.recommended]
    ref = crowd.choose([f"I-{len(known) + 1}"] * 3 + known)
    of = {"fund": crowd.choose(FUNDS), "ref": ref}
    adopted = crowd.choose([True, True, False])
    return [
        fund.recommend(**of, by=crowd.choose(CASEWORKER + CONTROLLER), shares=some_shares(crowd)),
        fund.decide_amendment(**of, by=crowd.choose(AMENDERS), adopted=adopted),
    ]


FUNDING_WISHES: list[Wish] = [a_source, another_amount, an_agreement, *[an_amendment] * 2]
