"""Good examples of funding that changes, and of agreements on who bears it."""

from domain.cofinancing import (
    AgreeCofinancing,
    DecideAmendment,
    PartnerShare,
    RecommendAmendment,
)
from domain.funding import AgreeFunding, AmendFunding
from domain.money import kr
from domain.words import Command
from tests.examples import WORDS, example
from tests.examples_rules import BY_ADMINISTRATOR, BY_CONTROLLER


def shares(**weights: int) -> tuple[PartnerShare, ...]:
    return tuple(PartnerShare(partner=name, weight=weight) for name, weight in weights.items())


THIRDS, HALVES = shares(BO=2, KOMMUNEN=1), shares(BO=1, KOMMUNEN=1)

agree_funding = example(
    AgreeFunding, **BY_ADMINISTRATOR, fund="REALDANIA", name="Realdania", amount=kr(5_000)
)
amend_funding = example(AmendFunding, **BY_ADMINISTRATOR, fund="AARHUS", amount=kr(50_000))
agree_cofinancing = example(AgreeCofinancing, **BY_ADMINISTRATOR, fund="AARHUS", shares=THIRDS)
recommend = example(RecommendAmendment, **BY_CONTROLLER, fund="AARHUS", ref="I-1", shares=HALVES)
decide_amendment = example(
    DecideAmendment, **BY_ADMINISTRATOR, fund="AARHUS", ref="I-1", adopted=True
)

EVERY_FUNDING: list[Command] = [
    agree_funding(),
    amend_funding(decision=WORDS),
    agree_cofinancing(),
    recommend(words=WORDS),
    decide_amendment(decision=WORDS),
    recommend(ref="I-2"),
    decide_amendment(ref="I-2", adopted=False),
]
