"""What the bank answers: settled, returned, handed back, or left for a person to explain."""

from datetime import date
from typing import Any

import pytest
from pydantic import ValidationError

from domain.case.annulment import GrantAnnulled
from domain.case.line import Line
from domain.case.payouts import TrancheReturned, TrancheSettled
from domain.case.receipts import UnspentReturned
from domain.case.recovery import ClaimRepaid
from domain.case.state import cases
from domain.fund import CommitmentReleased, Fund, funds
from domain.money import ZERO, kr
from domain.remittance import EntryUnreconciled, StatementEntry, StatementReceived
from domain.words import Event, decide
from tests.examples import (
    APPROVED,
    BANK_ACCOUNT,
    COURSE,
    GRANTED,
    HANDED_IN,
    LICENCE,
    MISUSED,
    PAID_ON,
    RELEASED,
    SETTLED,
    SHA256,
    WORDS,
    accept_receipt,
    approve_line,
    assessing,
    complete,
    confirm_misuse,
    debit,
    declare_loss,
    establish,
    handed_back,
    payment,
    receive,
    returned_payment,
    stop,
)
from tests.scenario import DAY, Story

LINE: dict[str, Any] = {"case_no": "A-1", "line_no": 1, "account_string": COURSE}
BOOKED: dict[str, Any] = {"statement": "S-2", "entry": "E-1"}


def booked(story: Story, *entries: StatementEntry) -> list[Event]:
    """What the entries of one statement lead to, besides the statement itself."""
    received, *events = [new.event for new in decide(receive(*entries, statement="S-2"), story)]
    assert isinstance(received, StatementReceived)
    return events


def line(story: Story, line_no: int = 1) -> Line:
    return story(cases, "A-1").lines[line_no]


def unreconciled(entry: StatementEntry) -> EntryUnreconciled:
    fields = entry.model_dump(exclude={"return_reason", "hands_back"})
    return EntryUnreconciled(programme="NP", statement="S-2", file="bank/S-2.xml", **fields)


# The statement -----------------------------------------------------------------------------------


def test_a_statement_is_kept_with_every_entry_as_it_came() -> None:
    entry = debit(end_to_end_id=None, words=WORDS)
    SETTLED.when(receive(entry, statement="S-2")).then(
        StatementReceived(
            programme="NP",
            statement="S-2",
            file="bank/S-2.xml",
            sha256=SHA256,
            account=BANK_ACCOUNT,
            opening=kr(80_000),
            closing=kr(75_000),
            entries=(entry,),
        ),
        unreconciled(entry),
    )


def test_a_statement_without_entries_is_received() -> None:
    assert booked(SETTLED) == []


def test_a_statement_is_received_once() -> None:
    SETTLED.when(receive(statement="S-1")).then_refused("wrong_state")


def test_a_statement_is_of_the_programmes_own_account() -> None:
    other = receive(account="9999-0009000002")
    SETTLED.when(other).then_refused("not_found", what="account")


def test_an_entry_is_a_debit_or_a_credit() -> None:
    with pytest.raises(ValidationError):
        debit(indicator="DEBIT")


# Settled -----------------------------------------------------------------------------------------


def test_a_debit_with_the_number_and_the_amount_of_an_ordered_tranche_settles_it() -> None:
    known = {"booked_on": PAID_ON, "holds_from": DAY}
    settled = TrancheSettled(**LINE, **BOOKED, ref="T-1", amount=kr(5_000), **known)
    assert booked(RELEASED, debit()) == [settled]
    assert line(SETTLED).paid == kr(5_000)
    assert line(SETTLED).ordered == ZERO


def test_a_payment_is_settled_on_the_banks_day_not_on_the_statements() -> None:
    story = RELEASED.does(receive(debit(), effective_on=date(2019, 4, 1)))
    assert line(story).tranches["T-1"].booked_on == PAID_ON


@pytest.mark.parametrize("amount", [kr(4_999, 99), kr(5_000, 1), kr(10_000)])
def test_another_amount_settles_nothing(amount: Any) -> None:
    entry = debit(amount=amount)
    assert booked(RELEASED, entry) == [unreconciled(entry)]


def test_a_tranche_is_settled_once() -> None:
    entry = debit()
    assert booked(SETTLED, entry) == [unreconciled(entry)]
    again = debit(entry="E-9")
    assert booked(RELEASED, entry, again)[1:] == [unreconciled(again)]


def test_what_is_not_ordered_is_not_settled() -> None:
    assert booked(APPROVED, debit()) == [unreconciled(debit())]


@pytest.mark.parametrize("ref", ["T-2", "", None, "t-1", "T-1 ", "A-1/1"])
def test_an_unknown_number_settles_nothing(ref: str | None) -> None:
    entry = debit(end_to_end_id=ref)
    assert booked(RELEASED, entry) == [unreconciled(entry)]


def test_a_debit_that_is_itself_sent_back_settles_nothing() -> None:
    entry = debit(return_reason="AC04")
    assert booked(RELEASED, entry) == [unreconciled(entry)]


def test_another_programmes_statement_settles_nothing_of_this_one() -> None:
    both = RELEASED.does(establish(programme="LTT"))
    news = decide(receive(debit(), programme="LTT"), both)
    assert [type(new.event) for new in news] == [StatementReceived, EntryUnreconciled]


# Returned ----------------------------------------------------------------------------------------


def test_a_credit_with_a_return_reason_returns_the_whole_payment() -> None:
    entry = returned_payment(entry="E-1")
    returned = TrancheReturned(**LINE, **BOOKED, ref="T-1", amount=kr(5_000), return_reason="AC04")
    assert booked(SETTLED, entry) == [returned]
    story = SETTLED.does(receive(entry, statement="S-2"))
    assert (line(story).paid, line(story).used) == (ZERO, ZERO)
    assert line(story).granted == kr(20_000)


@pytest.mark.parametrize(
    "entry",
    [
        returned_payment(amount=kr(4_999, 99)),
        returned_payment(return_reason=None),
        returned_payment(end_to_end_id="T-2"),
    ],
    ids=["part of it", "no reason", "another number"],
)
def test_any_other_credit_returns_nothing(entry: StatementEntry) -> None:
    assert booked(SETTLED, entry) == [unreconciled(entry)]


def test_what_is_not_settled_does_not_come_back() -> None:
    entry = returned_payment()
    assert booked(RELEASED, entry) == [unreconciled(entry)]


def test_a_payment_comes_back_once_and_is_not_settled_again() -> None:
    story = SETTLED.does(receive(returned_payment(), statement="S-2"))
    news = decide(receive(returned_payment(), debit(), statement="S-3"), story)
    assert [type(new.event) for new in news[1:]] == [EntryUnreconciled, EntryUnreconciled]


@pytest.mark.parametrize("closing", [stop(), complete()])
def test_what_comes_back_in_a_closed_case_is_no_longer_granted(closing: Any) -> None:
    given_back = {"case_no": "A-1", "line_no": 1, "amount": kr(5_000)}
    closed = SETTLED.does(closing)
    assert booked(closed, returned_payment())[1:] == [
        GrantAnnulled(**given_back, account_string=COURSE),
        CommitmentReleased(**given_back, programme="NP", fund="AARHUS"),
    ]
    story = closed.does(receive(returned_payment(), statement="S-2"))
    assert line(story).granted == ZERO
    assert story(funds, "NP", "AARHUS") == Fund(agreed=kr(40_000))


def test_what_comes_back_in_an_open_case_stays_granted() -> None:
    assert len(booked(SETTLED, returned_payment())) == 1


# Handed back -------------------------------------------------------------------------------------


def test_unspent_money_is_handed_back() -> None:
    unspent = UnspentReturned(**LINE, **BOOKED, amount=kr(700))
    assert booked(SETTLED, handed_back(entry="E-1")) == [unspent]
    story = SETTLED.does(receive(handed_back(), statement="S-2"))
    assert (line(story).undocumented, line(story).paid) == (kr(4_300), kr(5_000))


def test_the_whole_undocumented_advance_is_handed_back_and_not_an_ore_more() -> None:
    story = HANDED_IN.does(accept_receipt(), declare_loss())
    assert booked(story, handed_back(amount=kr(2_700)))[0] != unreconciled(handed_back())
    above = handed_back(amount=kr(2_700, 1))
    assert booked(story, above) == [unreconciled(above)]


def test_a_claim_is_repaid_and_not_an_ore_more() -> None:
    whole = handed_back(entry="E-1", amount=kr(1_500), hands_back="REPAY A-1/1")
    assert booked(MISUSED, whole) == [ClaimRepaid(**LINE, **BOOKED, amount=kr(1_500))]
    above = whole.model_copy(update={"amount": kr(1_500, 1)})
    assert booked(MISUSED, above) == [unreconciled(above)]


def test_money_is_handed_back_on_the_line_that_is_named() -> None:
    story = SETTLED.does(*payment("T-2", kr(4_000), line_no=2))
    [event] = booked(story, handed_back(hands_back="UNSPENT A-1/2", amount=kr(4_000)))
    assert isinstance(event, UnspentReturned)
    assert (event.line_no, event.account_string) == (2, LICENCE)


@pytest.mark.parametrize("closing", [stop(), complete()])
def test_money_is_handed_back_in_a_closed_case_too(closing: Any) -> None:
    assert len(booked(SETTLED.does(closing), handed_back())) == 1
    assert line(SETTLED.does(closing, receive(handed_back(), statement="S-2"))).granted == kr(5_000)


@pytest.mark.parametrize(
    "text",
    [
        "UNSPENT A-2/1",
        "UNSPENT A-1/4",
        "UNSPENT A-1",
        "UNSPENT  A-1/1",
        "UNSPENT A-1/1 tak for hjælpen",
        "unspent A-1/1",
        "UNSPENT A-1/1\n",
        "UNSPENT A-1/١",
        "UNSPENT A-1/00001",
        "RETUR A-1/1",
        "",
        None,
    ],
)
def test_what_names_no_line_of_ours_is_left_for_a_person(text: str | None) -> None:
    entry = handed_back(hands_back=text)
    assert booked(SETTLED, entry) == [unreconciled(entry)]


@pytest.mark.parametrize(
    "entry",
    [handed_back(indicator="DBIT"), handed_back(amount=ZERO), handed_back(amount=-kr(1))],
    ids=["debit", "nothing", "less than nothing"],
)
def test_only_money_that_comes_in_is_handed_back(entry: StatementEntry) -> None:
    assert booked(SETTLED, entry) == [unreconciled(entry)]


def test_nothing_is_handed_back_to_another_programme() -> None:
    both = SETTLED.does(establish(programme="LTT"))
    news = decide(receive(handed_back(), programme="LTT", statement="S-2"), both)
    assert [type(new.event) for new in news] == [StatementReceived, EntryUnreconciled]


# Entries on top of each other --------------------------------------------------------------------


def test_an_entry_is_booked_on_top_of_the_ones_before_it() -> None:
    events = booked(
        RELEASED,
        debit(),
        handed_back(entry="E-2", amount=kr(3_000)),
        handed_back(entry="E-3", amount=kr(2_000)),
        handed_back(entry="E-4", amount=kr(0, 1)),
        returned_payment(entry="E-5"),
    )
    assert [type(event) for event in events] == [
        TrancheSettled,
        UnspentReturned,
        UnspentReturned,
        EntryUnreconciled,
        TrancheReturned,
    ]


def test_entries_count_in_the_order_of_the_statement() -> None:
    events = booked(RELEASED, handed_back(), debit(entry="E-2"))
    assert [type(event).__name__ for event in events] == ["EntryUnreconciled", "TrancheSettled"]


def test_a_payment_that_comes_back_at_once_is_booked_twice() -> None:
    events = booked(RELEASED.does(stop()), debit(), returned_payment())
    assert [type(event) for event in events] == [
        TrancheSettled,
        TrancheReturned,
        GrantAnnulled,
        CommitmentReleased,
    ]


def test_one_statement_moves_the_money_of_several_cases() -> None:
    *ordering, _ = payment("T-2", case_no="B-1")
    story = RELEASED.does(*assessing("B-1"), approve_line(case_no="B-1"), *ordering)
    events = booked(story, debit(), debit(entry="E-2", end_to_end_id="T-2"))
    assert [(type(event), getattr(event, "case_no", "")) for event in events] == [
        (TrancheSettled, "A-1"),
        (TrancheSettled, "B-1"),
    ]


def test_a_file_name_is_kept_with_what_nobody_explained() -> None:
    [event] = booked(GRANTED, debit(words=WORDS))
    assert isinstance(event, EntryUnreconciled)
    assert (event.file, event.words) == ("bank/S-2.xml", WORDS)


@pytest.mark.parametrize("back", ["UNSPENT A-1/1", "REPAY A-1/1"])
def test_what_was_handed_back_is_booked_once_however_often_the_bank_tells_of_it(back: str) -> None:
    story = SETTLED.does(confirm_misuse(amount=kr(2_000)))
    entry = handed_back(hands_back=back)
    once = story.does(receive(entry, statement="S-2"))
    for again in (receive(entry, statement="S-3"), receive(entry, entry, statement="S-3")):
        told = once.does(again).log[len(once.log) + 1 :]
        assert {type(each.event).__name__ for each in told} == {"EntryUnreconciled"}
    another = handed_back(hands_back=back, entry="E-9")
    assert type(once.does(receive(another, statement="S-3")).log[-1].event).__name__ in (
        "UnspentReturned",
        "ClaimRepaid",
    )
