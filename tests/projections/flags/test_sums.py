from datetime import UTC, datetime

from domain.case.merchant_refunds import ReceiptRefunded
from domain.case.payouts import TrancheReturned
from domain.case.sources import AccountString
from domain.money import kr
from tests.projections.flags.histories import History, day

STRING = AccountString(programme="TT", funding="AARHUS")


def test_receipts_that_still_miss_after_four_months_are_asked_about() -> None:
    told = History()
    for case_no in ("A-1", "A-2", "A-3", "A-4"):
        told.case(case_no, "course").pays(case_no, kr(5_000), 1)
    told.receipt("A-1", kr(2_000), 9)
    told.receipt("A-2", kr(4_000), 9)
    told.loses("A-2", kr(400), 10).hands_back("A-2", kr(200), 50)
    told.receipt("A-3", kr(5_000), 124)  # A day too late.
    told.rejects("A-4", told.receipt("A-4", kr(5_000), 9), 12)
    told.case("C-1", "course", route="card").pays("C-1", kr(5_000), 1)
    found = told.finds("receipts_missing")
    assert [(each.case_no, each.amount) for each in found] == [
        ("A-1", kr(3_000)),
        ("A-3", kr(5_000)),
        ("A-4", kr(5_000)),
    ]
    assert {each.on for each in found} == {day(123)}
    assert not told.finds("receipts_missing", as_of=day(122))


def test_what_accounts_for_a_line_is_spent_on_its_oldest_tranche_first() -> None:
    told = History().case("A-1", "course", "computer").pays("A-1", kr(2_000), 1)
    told.pays("A-1", kr(3_000), 10).pays("A-1", kr(1_000), 10, line_no=2)
    told.receipt("A-1", kr(2_500), 20)
    assert [each.amount for each in told.finds("receipts_missing")] == [kr(2_500), kr(1_000)]


def test_what_was_accepted_counts_and_what_the_merchant_gave_back_does_not() -> None:
    told = History().case("A-1", "course").pays("A-1", kr(5_000), 1)
    ref = told.receipt("A-1", kr(5_000), 9)
    told.accepts("A-1", ref, kr(3_000), 12).accepts("A-1", ref, kr(1_900), 13)
    assert not told.finds("receipts_missing")
    told.tells(
        ReceiptRefunded(
            case_no="A-1",
            line_no=1,
            ref=ref,
            amount=kr(900),
            refunded_on=day(20),
            account_string=STRING,
            words=None,
        ),
        21,
    )
    assert [each.amount for each in told.finds("receipts_missing")] == [kr(1_000)]


def test_a_payment_that_came_back_needs_no_receipts() -> None:
    told = History().case("A-1", "course").pays("A-1", kr(5_000), 1)
    told.tells(
        TrancheReturned(
            case_no="A-1",
            line_no=1,
            ref="T-1",
            amount=kr(5_000),
            account_string=STRING,
            return_reason="AC04",
            statement="S",
            entry="E",
        ),
        30,
    )
    assert not told.finds("receipts_missing")


def test_losses_just_under_the_limit_again_and_again_are_asked_about() -> None:
    told = History().case("A-1", "course").case("A-2", "course")
    for on in (1, 20, 40, 60):
        told.loses("A-1", kr(480), on).loses("A-2", kr(300), on)
    for on in (200, 300):
        told.loses("A-2", kr(480), on)
    told.case("A-3", "course")
    for on in (1, 100, 200, 300):
        told.loses("A-3", kr(480), on)
    (found,) = told.finds("split_under_limit")
    assert (found.case_no, found.amount, found.on) == ("A-1", kr(1_920), day(60))


def test_round_sums_are_a_draft() -> None:
    told = History().case("A-1", "course").case("A-2", "course").case("A-3", "course")
    for on in range(1, 7):
        told.receipt("A-1", kr(on * 100), on)
        told.receipt("A-2", kr(on * 100 + (on == 3)), on)
    told.receipt("A-3", kr(100), 1)
    (found,) = told.finds("round_sums")
    assert (found.case_no, found.amount, found.on) == ("A-1", kr(1_500), day(5))
    assert not [
        each for each in told.found_by_then(datetime.now(UTC).date()) if each.rule == found.rule
    ]
