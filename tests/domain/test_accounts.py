"""Which account a citizen is paid to, by a mark that says nothing of it."""

import pytest
from pydantic import ValidationError

from domain.case.accounts import AccountRegistered
from tests.examples import ACCOUNT, HANDED_IN, REGISTERED, register_account

ANOTHER = f"account-{1:032x}"
TOLD = REGISTERED.does(register_account())


def test_an_account_is_registered_in_the_case() -> None:
    REGISTERED.when(register_account()).then(AccountRegistered(case_no="A-1", account=ACCOUNT))


def test_another_account_takes_its_place_and_the_first_may_come_back() -> None:
    changed = TOLD.does(register_account(account=ANOTHER))
    changed.when(register_account()).then(AccountRegistered(case_no="A-1", account=ACCOUNT))


def test_the_same_account_again_is_no_news() -> None:
    TOLD.when(register_account()).then_refused(
        "wrong_state", what="account", is_already="registered"
    )


def test_money_that_is_out_moves_no_more_by_it() -> None:
    case = HANDED_IN.does(register_account())
    assert [type(entry.event) for entry in case.log[len(HANDED_IN.log) :]] == [AccountRegistered]


@pytest.mark.parametrize("account", ["9999-0001234567", "account-9999-0001234567", "account-", ""])
def test_no_account_can_stand_in_the_log_in_clear(account: str) -> None:
    with pytest.raises(ValidationError):
        register_account(account=account)
