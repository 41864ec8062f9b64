"""Receipts, refunds, declarations and claims in any order: every krone is where a simple model says."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from tests.domain.crowd import Choose
from tests.domain.purse import Purse
from tests.domain.purses_in_use import Cases

PLACES = [("A-1", 1)] * 4 + [("A-1", 2)] * 4 + [("A-1", 3), ("B-1", 1), ("C-1", 1), ("C-1", 2)]
FEW = [1, 2, 50, 99, 100, 101, 149, 150, 151, 299, 300]
SHARES = [
    ((1, 50), (2, 100)),
    ((2, 300), (3, 1)),
    ((1, 150), (3, 99), (2, 2)),
    ((2, 151), (1, 300)),
]
Wish = Callable[["Wishing"], Any]


@dataclass
class Wishing:
    """By dice or by hypothesis: what about, and how much."""

    cases: Cases
    choose: Choose

    @property
    def where(self) -> tuple[str, int]:
        return self.choose(PLACES)

    def good_for(self, wish: Callable[[Purse], object]) -> tuple[str, int]:
        """A line of which that holds; if there is none, any."""
        return self.choose([at for at in PLACES if wish(self.cases.purses[at])] or PLACES)

    def receipt(self, stage: str) -> tuple[tuple[str, int], str]:
        """Mostly one that was judged so, or not yet."""
        of_it = [
            (at, ref)
            for at in PLACES
            for ref, slip in self.cases.purses[at].slips.items()
            if slip.stage == stage
        ]
        return self.choose([*of_it * 9, (self.where, "K-1")])

    @property
    def ore(self) -> int:
        return self.choose(FEW)

    @property
    def few(self) -> int:
        return self.choose(range(1, 7))

    @property
    def new(self) -> dict[str, Any]:
        """A receipt's number, and its file; of a voucher that arrived, most of the time its own file."""
        voucher, file = self.choose([None, None, *range(1, 7)]), self.choose(range(1, 40))
        known = [
            each.file for (_, ref), each in self.cases.world.vouchers.items() if ref == voucher
        ]
        told = {"number": self.choose(range(1, 40)), "file": self.choose([*known * 6, file])}
        return told | {"voucher": voucher}

    @property
    def of_none(self) -> bool:
        return self.choose([True, False])


WISHES: list[Wish] = [
    *[lambda w: w.cases.a_tranche_is_paid(w.where, w.choose([50, 300, 300]))] * 2,
    *[lambda w: w.cases.a_receipt_is_handed_in(w.good_for(lambda p: p.advance), w.ore, **w.new)]
    * 2,
    lambda w: w.cases.a_receipt_is_shared(
        w.where[0], w.choose(SHARES), w.choose([0, 0, 1, -1]), **w.new
    ),
    lambda w: w.cases.a_voucher_arrives(w.where, w.few, w.choose(range(1, 40)), w.of_none),
    lambda w: w.cases.a_voucher_is_set_aside(w.where, w.few, w.of_none),
    *[lambda w: w.cases.a_receipt_is_accepted(*w.receipt("handed_in"), w.ore, rest=False)] * 3,
    lambda w: w.cases.a_receipt_is_accepted(*w.receipt("accepted"), w.ore, rest=True),
    lambda w: w.cases.a_receipt_is_rejected(*w.receipt("handed_in")),
    *[lambda w: w.cases.the_merchant_refunds(*w.receipt("accepted"), w.ore)] * 3,
    lambda w: w.cases.the_citizen_pays(w.good_for(lambda p: p.undocumented), w.ore, "UNSPENT"),
    lambda w: w.cases.the_citizen_pays(w.good_for(lambda p: p.claim), w.ore, "REPAY"),
    lambda w: w.cases.a_receipt_is_declared_lost(w.good_for(lambda p: p.undocumented), w.ore),
    lambda w: w.cases.misuse_is_confirmed(w.good_for(lambda p: p.undocumented), w.ore),
    lambda w: w.cases.a_claim_is_written_off(w.good_for(lambda p: p.claim), w.ore),
    lambda w: w.cases.a_payment_comes_back(w.good_for(lambda p: p.paid), w.few),
    lambda w: w.cases.days_pass(w.choose([1, 1, 40])),
]
RARELY: list[Wish] = [
    lambda w: w.cases.a_case_is_stopped(w.where[0]),
    lambda w: w.cases.years_pass_and_the_citizen_is_forgotten(w.where[0], w.choose([1, 7])),
    lambda w: w.cases.everything_is_settled(w.where[0]),
]


class MoneyOfReceipts(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.cases = Cases()

    @initialize()
    def they_are_granted(self) -> None:
        self.cases.are_granted()

    @rule(data=st.data())
    def somebody_asks_for_something(self, data: st.DataObject) -> None:
        def choose(of: Any) -> Any:
            return data.draw(st.sampled_from(of))

        choose([*WISHES, *RARELY])(Wishing(self.cases, choose))

    @rule(dice=st.integers(0, 2**32))
    def a_busy_time(self, dice: int) -> None:
        chance = Random(f"{dice}/{len(self.cases.log)}")
        for _ in range(40):
            chance.choice(WISHES)(Wishing(self.cases, chance.choice))

    def teardown(self) -> None:
        self.cases.all_told_each_day()


TestMoneyOfReceipts = MoneyOfReceipts.TestCase
TestMoneyOfReceipts.settings = settings(max_examples=12, stateful_step_count=12, deadline=None)


def test_the_crowd_comes_to_every_way_that_money_moves_and_to_every_refusal() -> None:
    """With dice that fall the same way each time: so that the model is known to be put to the test."""
    reached: Counter[str] = Counter()
    for dice in range(8):
        machine = MoneyOfReceipts()
        machine.they_are_granted()
        for time in range(5):
            machine.a_busy_time(dice * 100 + time)
        if dice == 0:
            for case_no in ("A-1", "C-1"):
                machine.cases.everything_is_settled(case_no)
                machine.cases.a_case_is_stopped(case_no)
                machine.cases.years_pass_and_the_citizen_is_forgotten(case_no, 7)
            machine.a_busy_time(dice)
        machine.teardown()
        reached += machine.cases.reached
    assert {
        *(
            "ReceiptHandedIn",
            "ReceiptAccepted",
            "ReceiptRejected",
            "ReceiptRefunded",
            "LossDeclared",
        ),
        *(
            "VoucherReceived",
            "VoucherFiled",
            "VoucherSetAside",
            "TrancheSettled",
            "TrancheReturned",
        ),
        *("UnspentReturned", "MisuseConfirmed", "ClaimRepaid", "ClaimWrittenOff"),
        *("EntryUnreconciled", "CaseStopped", "CitizenForgotten"),
        *("above_advance", "above_receipt", "above_accepted", "above_claim", "not_found"),
        *("duplicate_receipt", "wrong_state", "declaration_too_large", "citizen_forgotten"),
    } <= set(reached), reached
