"""hledger reckons every balance anew, and whatever was changed behind Teten's back is named."""

from collections.abc import Iterator
from datetime import date

import psycopg
import pytest

from domain.money import ZERO, kr
from projections.balances import Dimension
from projections.ledger import Account
from service.app import Teten
from service.recomputing import Difference, HledgerFailed, HledgerMissing, found, recompute
from service.report import UnknownProgramme
from tests.recomputed import needs_hledger

END = date.max


@pytest.fixture
def harmed(teten_tt: Teten) -> Iterator["psycopg.Connection[tuple[object, ...]]"]:
    """The database, for who changes it unseen. Afterwards the rows are made anew."""
    with psycopg.connect(teten_tt.url, autocommit=True) as connection:
        yield connection
    teten_tt.rows.rebuild(["balances-1"])


@needs_hledger
@pytest.mark.parametrize("day", [END, date(2019, 4, 3), date(2019, 4, 1), date(2018, 12, 31)])
def test_every_account_of_every_balance_is_what_hledger_makes_of_the_ledger(
    teten_tt: Teten, day: date
) -> None:
    told = recompute(teten_tt, None, day)
    assert told.differences == []
    assert told.compared > len(Dimension) * len(Account)


@needs_hledger
def test_a_balance_that_was_changed_unseen_is_named_to_the_ore(
    teten_tt: Teten, harmed: "psycopg.Connection[tuple[object, ...]]"
) -> None:
    harmed.execute(
        "UPDATE projections.rows SET body = replace(body::text, '1950.00', '1950.01')::jsonb"
        " WHERE projection = 'balances-1' AND key = 'line/TT/T-1/1'"
    )
    assert recompute(teten_tt, "TT", END).differences == [
        Difference(f"line {account}:T-1/1", ours, theirs)
        for account, ours, theirs in (
            (Account.ADVANCE_PAID.value, kr(1_950, 1), kr(1_950)),
            (Account.BANK.value, kr(-1_750, -1), kr(-1_750)),
            (Account.COMMITTED.value, ZERO - kr(0, 1), ZERO),
            (Account.DRAWN.value, kr(1_950, 1), kr(1_950)),
        )
    ]


@needs_hledger
def test_a_balance_that_was_taken_away_is_named_with_all_its_accounts(
    teten_tt: Teten, harmed: "psycopg.Connection[tuple[object, ...]]"
) -> None:
    harmed.execute(
        "DELETE FROM projections.rows WHERE projection = 'balances-1' AND key = 'case/TT/T-1'"
    )
    found = recompute(teten_tt, "TT", END).differences
    assert {each.what.split(" ")[0] for each in found} == {"case"}
    assert (f"case {Account.DRAWN.value}:T-1", ZERO, kr(1_950)) in found
    assert all(each.ours == ZERO for each in found)


@needs_hledger
def test_another_programme_beside_it_is_another_ledger(teten_tt: Teten) -> None:
    with pytest.raises(UnknownProgramme):
        recompute(teten_tt, "X", END)


def test_without_hledger_it_says_how_to_get_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: "object"
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(HledgerMissing, match="apt-get install hledger"):
        found()


@needs_hledger
def test_a_ledger_that_hledger_finds_wrong_is_told_in_its_words(
    teten_tt: Teten, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("service.formats.hledger.ACCOUNTS", "")
    monkeypatch.setattr(
        "service.formats.hledger.OPENING", "; {programme}: no account is declared\n"
    )
    with pytest.raises(HledgerFailed, match="finds the ledger wrong"):
        recompute(teten_tt, "TT", END)


@needs_hledger
def test_the_pilot_is_reckoned_alike_in_every_dimension(pilot: Teten) -> None:
    told = recompute(pilot, "LTT", date(2017, 5, 31))
    assert told.differences == []
    assert told.compared == 8_672
