"""Balances on any day, by every dimension."""

from datetime import date, timedelta
from typing import Any

import pytest

from domain.money import ZERO, kr
from domain.words import Event, Recorded
from projections.balances import Balance, Dimension, balances
from projections.ledger import Account
from tests.everything import EVERYTHING
from tests.examples import (
    APPROVED,
    ASSESSED,
    ESTABLISHED,
    GRANTED,
    HANDED_IN,
    MISUSED,
    PAID_ON,
    RELEASED,
    SETTLED,
    SUBMITTED,
    accept_receipt,
    amend_line,
    approve_line,
    assessing,
    declare_loss,
    handed_back,
    payment,
    receive,
    returned_payment,
    stop,
    write_off,
)
from tests.scenario import DAY, Story, fold, recorded

LATER = date(2021, 1, 1)


def rows(story: Story) -> dict[str, Balance]:
    return fold(balances, story.log)


def figures(story: Story, key: str = "line/NP/A-1/1", as_of: date = LATER) -> dict[str, str]:
    """What is not zero."""
    told = rows(story)[key].figures(as_of).model_dump()
    return {name: amount for name, amount in told.items() if amount != "0.00"}


@pytest.mark.parametrize(
    ("story", "told"),
    [
        (SUBMITTED, {}),
        (ASSESSED, {}),
        (GRANTED, {"granted": "20000.00", "committed": "20000.00"}),
        (APPROVED, {"granted": "20000.00", "committed": "20000.00"}),
        (RELEASED, {"granted": "20000.00", "committed": "20000.00"}),
        (
            SETTLED,
            {
                "granted": "20000.00",
                "paid": "5000.00",
                "advance_paid": "5000.00",
                "undocumented": "5000.00",
                "committed": "15000.00",
            },
        ),
        (SETTLED.does(receive(returned_payment(), statement="S-2")), figures(GRANTED)),
        (GRANTED.does(stop()), {}),
        (RELEASED.does(stop()), {"granted": "5000.00", "committed": "5000.00"}),
        (
            SETTLED.does(stop()),
            {
                "granted": "5000.00",
                "paid": "5000.00",
                "advance_paid": "5000.00",
                "undocumented": "5000.00",
            },
        ),
    ],
)
def test_the_figures_of_a_line_as_its_money_goes_out(story: Story, told: dict[str, str]) -> None:
    assert figures(story) == told


@pytest.mark.parametrize(
    ("story", "told"),
    [
        (HANDED_IN, {}),
        (HANDED_IN.does(accept_receipt()), {"documented": "2000.00", "undocumented": "3000.00"}),
        (SETTLED.does(declare_loss()), {"documented": "300.00", "undocumented": "4700.00"}),
        (
            SETTLED.does(receive(handed_back(), statement="S-2")),
            {"unspent_returned": "700.00", "undocumented": "4300.00"},
        ),
        (MISUSED, {"misuse": "1500.00", "claim": "1500.00", "undocumented": "3500.00"}),
        (
            MISUSED.does(write_off()),
            {
                "misuse": "1500.00",
                "written_off": "400.00",
                "claim": "1100.00",
                "undocumented": "3500.00",
            },
        ),
        (
            MISUSED.does(
                receive(handed_back(hands_back="REPAY A-1/1", amount=kr(1_500)), statement="S-2")
            ),
            {"misuse": "1500.00", "repaid": "1500.00", "undocumented": "3500.00"},
        ),
    ],
)
def test_the_figures_of_a_line_as_its_money_is_accounted_for(
    story: Story, told: dict[str, str]
) -> None:
    assert figures(story) == figures(SETTLED) | told


def test_a_payment_that_came_back_after_its_receipts_leaves_less_than_nothing() -> None:
    story = HANDED_IN.does(accept_receipt(), receive(returned_payment(), statement="S-2"))
    assert figures(story)["undocumented"] == "-2000.00"
    assert figures(story)["documented"] == "2000.00"


def test_an_amended_grant_counts_by_its_latest_approved_amount() -> None:
    amended = GRANTED.does(amend_line())
    assert figures(amended)["granted"] == "20000.00"
    assert figures(amended.does(approve_line()))["granted"] == "21000.00"


# Dimensions --------------------------------------------------------------------------------------


def test_every_dimension_of_a_line_has_a_row() -> None:
    assert set(rows(SUBMITTED)) == {
        "programme/NP",
        *("funding/NP/AARHUS", "funding/NP/VELUX"),
        *("legal_basis/NP/LAB-32", "legal_basis/NP/LAB-32-KK", "legal_basis/NP/LAB-76"),
        *("category/NP/course", "category/NP/driving_licence", "category/NP/computer"),
        "phase/NP/1",
        "case/NP/A-1",
        *("line/NP/A-1/1", "line/NP/A-1/2", "line/NP/A-1/3"),
    }


def test_a_row_says_what_it_is_of() -> None:
    def of(key: str) -> tuple[str, str, str]:
        row = rows(SUBMITTED)[key]
        return row.programme, row.dimension.value, row.value

    assert of("programme/NP") == ("NP", "programme", "")
    assert of("funding/NP/VELUX") == ("NP", "funding", "VELUX")
    assert of("line/NP/A-1/2") == ("NP", "line", "A-1/2")


def test_the_whole_is_the_sum_of_its_parts_in_every_dimension() -> None:
    story = EVERYTHING.does(*assessing("D-1"), approve_line(case_no="D-1", line_no=2))
    story = story.does(*payment("T-9", line_no=2, case_no="D-1"))
    told = rows(story)
    whole = told["programme/NP"]
    for dimension in set(Dimension) - {Dimension.PROGRAMME}:
        parts = [row for row in told.values() if row.dimension is dimension]
        for account in set(Account) - {Account.AGREED, Account.AVAILABLE}:
            assert sum(row.on(account, LATER).ore for row in parts) == whole.on(account, LATER).ore


def test_a_fund_tells_what_is_agreed_and_not_granted() -> None:
    row = rows(GRANTED)["funding/NP/AARHUS"]
    assert (row.agreed(LATER), row.available(LATER)) == (kr(40_000), kr(20_000))
    alone = rows(ESTABLISHED)["funding/NP/AARHUS"]
    assert (alone.agreed(LATER), alone.available(LATER)) == (kr(40_000), kr(40_000))
    assert rows(ESTABLISHED)["programme/NP"].available(LATER) == kr(80_000)


def test_the_commitment_and_the_grant_of_a_line_are_counted_once() -> None:
    assert figures(GRANTED, "funding/NP/AARHUS")["granted"] == "20000.00"


# Days --------------------------------------------------------------------------------------------


def moved(entry: Recorded[Event], days: int) -> Recorded[Event]:
    return recorded(
        entry.event, stream=entry.stream, effective_on=entry.effective_on + timedelta(days=days)
    )


def test_a_past_day_is_answered_as_it_was() -> None:
    day_after = PAID_ON + timedelta(days=1)
    story = GRANTED.does(*payment(received_on=day_after))
    assert figures(story, as_of=DAY - timedelta(days=1)) == {}
    assert figures(story, as_of=PAID_ON) == figures(GRANTED)
    assert figures(story, as_of=day_after) == figures(SETTLED)


def test_days_may_come_out_of_order_in_the_log() -> None:
    shuffled = [moved(entry, -position * 7) for position, entry in enumerate(SETTLED.log)]
    ordered = sorted(shuffled, key=lambda entry: entry.effective_on)
    one, other = fold(balances, shuffled), fold(balances, ordered)
    assert set(one) == set(other)
    for key, row in one.items():
        assert row.since == other[key].since
        for day in {entry.effective_on for entry in shuffled}:
            assert row.figures(day) == other[key].figures(day)


def test_a_row_is_known_from_the_first_day_that_anything_is_told_of_it() -> None:
    assert Balance().since == date.max
    assert rows(SUBMITTED)["line/NP/A-1/1"].since == DAY
    late = [moved(entry, 30) for entry in SUBMITTED.log]
    early = [moved(entry, 10) for entry in SUBMITTED.log]
    told = fold(balances, [*late, *early])["line/NP/A-1/1"]
    assert told.since == DAY + timedelta(days=10)


def test_what_makes_a_row_known_without_moving_money_has_no_days() -> None:
    assert rows(SUBMITTED)["line/NP/A-1/1"].days == {}


def test_what_one_day_adds_is_kept_together() -> None:
    row = rows(GRANTED)["programme/NP"]
    assert set(row.days) == {DAY}
    assert row.days[DAY][Account.COMMITTED] == kr(44_000)
    assert row.on(Account.BANK, LATER) == ZERO


def test_events_about_no_money_concern_no_row() -> None:
    silent = {"BudgetAssessed", "FundCommitted", "ReferenceTaken", "RolesAssigned", "CaseStopped"}
    told: dict[str, Any] = {type(entry.event).__name__: entry for entry in EVERYTHING.log}
    assert all(not list(balances.keys(told[name])) for name in silent)
