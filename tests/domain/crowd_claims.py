"""What a crowd wishes of claims that go by a hearing."""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any

from domain.money import Money, kr
from domain.words import Command
from tests import examples_claims as ask
from tests.domain.crowd import CASEWORKER, FEW, FUNDING, TERMS, Crowd, Wish
from tests.examples import establish

HEARING_DAYS = 3
HEARING_TERMS = TERMS.model_copy(
    update={"rules": TERMS.rules.model_copy(update={"hearing_days": HEARING_DAYS})}
)
ESTABLISH_HEARING = establish(terms=HEARING_TERMS, funding=FUNDING)


def one_of(c: Crowd, refs: Iterable[str]) -> dict[str, Any]:
    """A claim on its own line, most of the time one that is good for it."""
    known = list(refs) or list(c.told.claims.raised)
    if not known:
        return c.line() | c.controls() | {"ref": "R-1"}
    ref = c.choose(known)
    return c.one_of([c.told.claims.line_of[ref]]) | c.controls() | {"ref": ref}


def decided(c: Crowd) -> list[str]:
    claims = c.told.claims
    return [ref for ref in claims.decided if ref not in claims.closed]


def a_claim(c: Crowd) -> Sequence[Command]:
    """As far as the hearing, and sometimes its answer and the decision."""
    ref = f"{c.choose('RRRRRRT')}-{len(c.told.claims.raised) + 1}"
    told = c.told
    unexplained = [line for line in c.paid() if told.paid(line) > told.accounted(line)]
    where = c.one_of(unexplained) | c.controls() | {"ref": ref}
    evidence: dict[str, Any] = c.choose(
        [{}] * 3 + [{"vouchers": ("ab" * 32,), "receipts": ("K-1",)}, {"words": None}]
    )
    deadline = c.today + timedelta(days=c.choose([HEARING_DAYS] * 3 + [HEARING_DAYS - 1]))
    steps: list[Command] = [
        ask.raise_claim(**where, **c.amount() | evidence),
        ask.open_hearing(**where, deadline=deadline),
        ask.answer_hearing(**where | {"by": c.choose(CASEWORKER)}),
        ask.decide_claim(**where | c.controls(), **c.amount()),
    ]
    return steps[: c.choose([2, 3, 4, 4, 4])]


def a_decision(c: Crowd) -> Sequence[Command]:
    where = one_of(c, c.told.claims.undecided())
    heard = Money(c.told.claims.raised.get(where["ref"], 100))
    decision = ask.decide_claim(**where, **_of(c, heard))
    return [c.choose([decision] * 4 + [ask.drop_claim(**where)])]


def _of(c: Crowd, amount: Money) -> dict[str, Money]:
    return {"amount": c.choose([amount, amount, *FEW])}


def an_appeal(c: Crowd) -> Sequence[Command]:
    claims = c.told.claims
    return [ask.lodge_appeal(**one_of(c, c.choose([decided(c), list(claims.decided)])))]


def an_answer(c: Crowd) -> Sequence[Command]:
    where = one_of(c, c.told.claims.appealed)
    amount = c.choose([kr(0), kr(0), kr(1), kr(2), -kr(1)])
    return [
        c.choose([ask.reject_appeal(**where)] + [ask.uphold_appeal(**where, amount=amount)] * 3)
    ]


def a_settlement(c: Crowd) -> Sequence[Command]:
    where = one_of(c, decided(c))
    left = Money(max(1, c.told.claims.left[where["ref"]]))
    plan = ask.instalments((c.today, c.choose([left, *FEW])))
    written_off = {k: v for k, v in where.items() if k != "ref"} | {"claim": where["ref"]}
    line = f"{where['case_no']}/{where['line_no']}"
    return [
        c.choose(
            [
                ask.set_off(**where, **_of(c, left)),
                ask.write_off_claim(**written_off, **_of(c, left)),
                ask.agree_instalments(**where, instalments=plan),
                ask.repay(c.choose([left, *FEW]), f"S-{c.choose(range(999))}", line=line),
                ask.repay(left, f"S-{c.choose(range(999))}", line=line),
            ]
        )
    ]


def a_write_off_of_what_is_not_owed(c: Crowd) -> Sequence[Command]:
    where = one_of(c, decided(c))
    left = Money(max(1, c.told.claims.left[where["ref"]]))
    written_off = {k: v for k, v in where.items() if k != "ref"} | {"claim": where["ref"]}
    return [
        ask.write_off_claim(**written_off | c.controls(), amount=left),
        ask.lodge_appeal(**where),
        ask.uphold_appeal(**where | c.controls(), amount=kr(0)),
    ]


def a_refund(c: Crowd) -> Sequence[Command]:
    claims = c.told.claims
    where = one_of(c, [ref for ref, left in claims.left.items() if left < 0])
    ordered = [ask.refund(Money(amount), ref=ref) for ref, amount in claims.refund.items()]
    returned = [
        ask.refund_returned(Money(amount), ref=ref) for ref, amount in claims.refunded.items()
    ]
    stray = [ask.refund(c.choose(FEW), ref=where["ref"])]
    return [ask.order_refund(**where), c.choose([*ordered * 3, *returned * 2, *stray])]


CLAIM_WISHES: list[Wish] = [
    *[a_claim] * 4,
    *[a_decision] * 3,
    *[an_appeal] * 3,
    *[an_answer] * 3,
    *[a_settlement] * 6,
    *[a_write_off_of_what_is_not_owed] * 3,
    *[a_refund] * 3,
]
