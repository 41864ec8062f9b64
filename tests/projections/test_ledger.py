"""Double entry: what each event books, and what always adds up."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.case.sources import AccountString
from domain.money import ZERO, Money, kr, total
from domain.words import EVENTS, Event
from projections.ledger import BOOKINGS, Account, ledger, postings
from tests.everything import ALL, EVENT, EVERYTHING
from tests.examples import (
    COURSE,
    GRANTED,
    amend_line,
    approve_line,
)
from tests.scenario import fold, recorded

FUNDS = ("AARHUS", "VELUX", "REALDANIA")
BOOKED = {
    "FundAgreed": [("budget:available", "40000.00"), ("budget:agreed", "-40000.00")],
    "FundAmended": [("budget:available", "10000.00"), ("budget:agreed", "-10000.00")],
    "LineGranted": [("budget:committed", "20000.00"), ("budget:available", "-20000.00")],
    "GrantAnnulled": [("budget:available", "15000.00"), ("budget:committed", "-15000.00")],
    "TrancheReleased": [("budget:ordered", "5000.00"), ("budget:committed", "-5000.00")],
    "TrancheLapsed": [("budget:committed", "5000.00"), ("budget:ordered", "-5000.00")],
    "TrancheSettled": [
        ("budget:drawn", "5000.00"),
        ("budget:ordered", "-5000.00"),
        ("assets:advance:paid", "5000.00"),
        ("assets:bank", "-5000.00"),
    ],
    "TrancheReturned": [
        ("budget:committed", "3000.00"),
        ("budget:drawn", "-3000.00"),
        ("assets:bank", "3000.00"),
        ("assets:advance:paid", "-3000.00"),
    ],
    "ExpenseApproved": [("budget:ordered", "6000.00"), ("budget:committed", "-6000.00")],
    "ExpenseSettled": [
        ("budget:drawn", "6000.00"),
        ("budget:ordered", "-6000.00"),
        ("expenses:documented", "6000.00"),
        ("assets:bank", "-6000.00"),
    ],
    "ExpenseReturned": [
        ("budget:committed", "500.00"),
        ("budget:drawn", "-500.00"),
        ("assets:bank", "500.00"),
        ("expenses:documented", "-500.00"),
    ],
    "InvoiceRefunded": [
        ("budget:committed", "1000.00"),
        ("budget:drawn", "-1000.00"),
        ("assets:bank", "1000.00"),
        ("expenses:documented", "-1000.00"),
    ],
    "ReceiptAccepted": [
        ("expenses:documented", "2000.00"),
        ("assets:advance:explained", "-2000.00"),
    ],
    "ReceiptRefunded": [
        ("assets:advance:explained", "500.00"),
        ("expenses:documented", "-500.00"),
    ],
    "LossDeclared": [("expenses:documented", "300.00"), ("assets:advance:explained", "-300.00")],
    "UnspentReturned": [("assets:bank", "700.00"), ("assets:advance:unspent", "-700.00")],
    "MisuseConfirmed": [
        ("assets:claim:raised", "1500.00"),
        ("assets:advance:misused", "-1500.00"),
    ],
    "ClaimRepaid": [("assets:bank", "600.00"), ("assets:claim:repaid", "-600.00")],
    "ClaimWrittenOff": [
        ("expenses:written-off", "400.00"),
        ("assets:claim:written-off", "-400.00"),
    ],
    "ClaimSetOff": [("assets:set-off", "300.00"), ("assets:claim:repaid", "-300.00")],
    "MisuseReversed": [
        ("assets:advance:misused", "1000.00"),
        ("assets:claim:raised", "-1000.00"),
    ],
    "WriteOffReversed": [
        ("assets:claim:written-off", "400.00"),
        ("expenses:written-off", "-400.00"),
    ],
    "ClaimRefunded": [("assets:claim:repaid", "600.00"), ("assets:bank", "-600.00")],
    "RefundReturned": [("assets:bank", "600.00"), ("assets:claim:repaid", "-600.00")],
}


@pytest.mark.parametrize("name", sorted(EVENTS))
def test_what_an_event_books(name: str) -> None:
    booked = [(posting.account.value, str(posting.amount)) for posting in postings(EVENT[name])]
    assert booked == BOOKED.get(name, [])


def test_an_event_that_books_is_told_above() -> None:
    assert {kind.__name__ for kind in BOOKINGS} == set(BOOKED)


@pytest.mark.parametrize("name", sorted(BOOKED))
def test_each_entry_balances_and_each_posting_has_the_events_own_account_string(name: str) -> None:
    event: Any = EVENT[name]
    assert total(posting.amount for posting in postings(event)) == ZERO
    [codes] = {posting.account_string for posting in postings(event)}
    whole_fund = AccountString(programme="NP", funding="AARHUS")
    assert codes == getattr(event, "account_string", whole_fund)


def test_a_lowered_grant_is_booked_the_other_way() -> None:
    lowered = GRANTED.does(amend_line(amount=kr(15_000)), approve_line())
    *_, entry = fold(ledger, lowered.log)["case-A-1"].entries
    booked = {posting.account: posting.amount for posting in entry.postings}
    assert booked == {Account.COMMITTED: -kr(5_000), Account.AVAILABLE: kr(5_000)}


def test_a_grant_that_stays_as_it_was_books_nothing_and_is_in_the_book() -> None:
    story = GRANTED.does(amend_line(amount=kr(20_000)), approve_line())
    entry = fold(ledger, story.log)["case-A-1"].entries[-1]
    assert (entry.event, entry.line_no, entry.postings) == ("LineGranted", 1, [])


# Balances that always hold -----------------------------------------------------------------------


def balance(events: list[Event], *accounts: Account, fund: str = "") -> Money:
    return total(
        posting.amount
        for event in events
        for posting in postings(event)
        if posting.account in accounts and fund in ("", posting.account_string.funding)
    )


@given(st.integers(0, len(EVERYTHING.log)), st.sampled_from(FUNDS))
def test_agreed_is_available_committed_ordered_and_drawn(moment: int, fund: str) -> None:
    events = [entry.event for entry in EVERYTHING.log[:moment]]
    agreed = -balance(events, Account.AGREED, fund=fund)
    of_it = (Account.AVAILABLE, Account.COMMITTED, Account.ORDERED, Account.DRAWN)
    assert balance(events, *of_it, fund=fund) == agreed
    for account in of_it:
        assert balance(events, account, fund=fund) >= ZERO


@given(st.integers(0, len(ALL.log)))
def test_the_cash_books_add_up_at_any_moment(moment: int) -> None:
    events = [entry.event for entry in ALL.log[:moment]]
    cash = [account for account in Account if not account.startswith("budget:")]
    assert balance(events, *cash) == ZERO


def test_the_books_after_everything() -> None:
    events = [entry.event for entry in EVERYTHING.log]
    assert {account.value: str(balance(events, account)) for account in Account} == {
        "budget:agreed": "-95000.00",
        "budget:available": "85000.00",
        "budget:committed": "0.00",
        "budget:ordered": "0.00",
        "budget:drawn": "10000.00",
        "assets:bank": "-8700.00",
        "assets:advance:paid": "5000.00",
        "assets:advance:explained": "-1800.00",
        "assets:advance:unspent": "-700.00",
        "assets:advance:misused": "-1500.00",
        "assets:claim:raised": "1500.00",
        "assets:claim:repaid": "-600.00",
        "assets:claim:written-off": "-400.00",
        "assets:set-off": "0.00",
        "expenses:documented": "6800.00",
        "expenses:written-off": "400.00",
    }


# The book ----------------------------------------------------------------------------------------


def test_each_case_and_each_fund_has_a_book_of_its_own() -> None:
    books = fold(ledger, EVERYTHING.log)
    assert set(books) == {*(f"fund-NP/{name}" for name in FUNDS), "case-A-1"}
    fund = books["fund-NP/AARHUS"].entries
    assert [entry.event for entry in fund] == ["FundAgreed", "FundAmended"]
    assert {entry.line_no for entry in fund} == {None}


def test_the_book_keeps_the_order_and_the_days_of_the_log() -> None:
    entries = fold(ledger, EVERYTHING.log)["case-A-1"].entries
    positions = [entry.position for entry in entries]
    assert positions == sorted(positions)
    [granted, *_] = entries
    assert granted.effective_on == EVERYTHING.log[granted.position - 1].effective_on
    assert [posting.account_string for posting in granted.postings] == [COURSE, COURSE]


def test_what_books_nothing_is_in_no_book() -> None:
    kept = [name for name in EVENTS if ledger.keys(recorded(EVENT[name]))]
    assert sorted(kept) == sorted(BOOKED)
