"""What a funding source paid for in a period: it adds up, and each krone is told with its voucher."""

from datetime import date, timedelta

import pytest

from domain.money import ZERO, kr
from domain.words import Event, Recorded
from projections.balances import Balance, balances
from projections.ledger import Account, ledger
from projections.papers import papers
from projections.spending import Spending, Standing, spending, sum_of
from tests.everything import ALL
from tests.examples import PAID_ON, accept_receipt, confirm_misuse, hand_in, payment
from tests.examples_sources import TURNS
from tests.scenario import DAY, fold
from tests.service.test_hledger import Chronicle

ONE_DAY = timedelta(days=1)
LAST = date(2020, 1, 1)
LOG = list(ALL.log)


def spent(log: list[Recorded[Event]], fund: str, first: date = DAY, last: date = LAST) -> Spending:
    balance = fold(balances, log)[f"funding/NP/{fund}"]
    return spending(balance, fold(ledger, log), fold(papers, log), first, last)


SHARED = TURNS.does(
    *payment("T-1", kr(5_000)),
    hand_in(amount=kr(4_500)),
    accept_receipt(amount=kr(4_500)),
    confirm_misuse(amount=kr(300)),
)


@pytest.mark.parametrize("fund", ["AARHUS", "VELUX"])
def test_opening_and_movements_make_closing_whatever_the_period(fund: str) -> None:
    days = sorted({entry.effective_on for entry in LOG})
    for first in (days[0], days[1], days[-1], LAST):
        for last in (first, LAST):
            told = spent(LOG, fund, first, last)
            assert told.reconciles
            assert told.opening == Standing.on(
                fold(balances, LOG)[f"funding/NP/{fund}"], first - ONE_DAY
            )
            assert sum_of(told.payments) == told.movement.paid
            assert sum_of(told.documented) == told.movement.documented
            assert sum_of(told.returned) == told.movement.unspent_returned
            assert sum_of(told.claimed) == told.movement.claim


def test_purposes_add_up_to_the_source() -> None:
    told = spent(LOG, "AARHUS")
    for name in ("granted", "paid", "documented", "undocumented", "claim"):
        closing = [getattr(each.closing, name) for each in told.purposes]
        in_period = [getattr(each.in_period, name) for each in told.purposes]
        assert sum(closing, ZERO) == getattr(told.closing, name), name
        assert sum(in_period, ZERO) == getattr(told.movement, name), name


def test_of_a_line_with_several_sources_each_tells_its_own_part() -> None:
    log = list(SHARED.log)
    ours, theirs = spent(log, "AARHUS"), spent(log, "VELUX")
    assert [each.amount for each in ours.payments] == [kr(4_000)]
    assert [each.amount for each in theirs.payments] == [kr(1_000)]
    assert [(each.legal_basis, each.amount) for each in theirs.documented] == [("LAB-76", kr(500))]
    assert [each.amount for each in theirs.claimed] == [kr(300)]
    assert (ours.claimed, ours.reconciles, theirs.reconciles) == ([], True, True)


def test_each_movement_names_its_voucher_and_its_place_in_the_log() -> None:
    told = spent(list(SHARED.log), "VELUX")
    [paid], [explained], [claimed] = told.payments, told.documented, told.claimed
    assert paid.vouchers == ["entry S-T-1/E-T-1"]
    assert explained.vouchers == ["receipt K-1/1"]
    assert claimed.vouchers == ["decision"]
    assert (paid.case, paid.line, paid.event) == ("A-1", 1, "TrancheSettled")
    assert type(SHARED.log[paid.position - 1].event).__name__ == "TrancheSettled"


def test_a_posting_without_papers_is_told_without_a_voucher() -> None:
    log = list(SHARED.log)
    balance = fold(balances, log)["funding/NP/VELUX"]
    told = spending(balance, fold(ledger, log), {}, DAY, LAST)
    assert [each.vouchers for each in told.payments] == [[]]


def test_a_period_without_anything_is_empty_and_agrees() -> None:
    told = spent(LOG, "AARHUS", LAST, LAST)
    assert (told.payments, told.documented, told.opening) == ([], [], told.closing)


def test_a_balance_that_was_changed_does_not_agree_with_the_postings() -> None:
    balance = fold(balances, LOG)["funding/NP/AARHUS"]
    days = balance.days | {PAID_ON: {Account.DRAWN: kr(0, 1)}}
    changed = balance.model_copy(update={"days": days})
    assert not spending(changed, fold(ledger, LOG), fold(papers, LOG), DAY, LAST).reconciles


@pytest.mark.parametrize(("dice", "kind"), [(5, "usual"), (7, "shared")])
def test_whatever_a_crowd_does_each_source_agrees_in_each_half(dice: int, kind: str) -> None:
    crowd = Chronicle()
    crowd.some_steps_are_taken((8, 8), kind)
    for _ in range(3):
        crowd.a_busy_time(dice, 30)
    days = sorted({each.effective_on for each in crowd.history})
    rows: dict[str, Balance] = fold(balances, crowd.history)
    funds = [key.rpartition("/")[2] for key in rows if key.startswith("funding/")]
    middle = days[len(days) // 2]
    for fund in funds:
        first, second = (
            spent(crowd.history, fund, days[0], middle),
            spent(crowd.history, fund, middle + ONE_DAY, days[-1]),
        )
        assert first.reconciles
        assert second.reconciles
        assert first.closing == second.opening
