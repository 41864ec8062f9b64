"""The bank's statements, and the entries in them that nobody has explained."""

from datetime import date

from domain.money import kr
from projections.statements import BankStatement, Unreconciled, statements
from tests.everything import EVERYTHING
from tests.examples import (
    PAID_ON,
    RELEASED,
    WORDS,
    debit,
    handed_back,
    receive,
)
from tests.scenario import DAY, fold


def test_a_statement_tells_its_balances_and_how_many_entries_it_had() -> None:
    story = RELEASED.does(receive(debit(), effective_on=date(2019, 4, 1)))
    assert fold(statements, story.log) == {
        "statement-NP/S-1": BankStatement(
            programme="NP",
            file="bank/S-1.xml",
            received=date(2019, 4, 1),
            opening=kr(80_000),
            closing=kr(75_000),
            entries=1,
        )
    }


def test_what_nobody_explained_is_listed_under_its_statement_in_order() -> None:
    stray = debit(entry="E-2", end_to_end_id="T-7", words=WORDS)
    above = handed_back(entry="E-3", amount=kr(9_000))
    rows = fold(statements, RELEASED.does(receive(stray, debit(), above)).log)
    assert rows["statement-NP/S-1"].entries == 3
    assert rows["statement-NP/S-1"].unreconciled == [
        Unreconciled(
            entry="E-2",
            date=PAID_ON,
            indicator="DBIT",
            amount=kr(5_000),
            end_to_end_id="T-7",
            words=WORDS,
        ),
        Unreconciled(
            entry="E-3",
            date=PAID_ON,
            indicator="CRDT",
            amount=kr(9_000),
            end_to_end_id=None,
            words=None,
        ),
    ]


def test_each_statement_has_a_row_and_nothing_else_has() -> None:
    rows = fold(statements, EVERYTHING.log)
    assert {row.file for row in rows.values()} == {
        *("bank/S-1.xml", "bank/S-2.xml", "bank/S-3.xml", "bank/S-T-2.xml"),
        *("bank/S-8.xml", "bank/S-9.xml", "bank/S-10.xml", "bank/S-11.xml"),
    }
    assert rows["statement-NP/S-1"].received == DAY
