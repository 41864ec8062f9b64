"""The account that a citizen is paid to: which one it is, only the vault knows. Whether it is the same as
another, everybody sees."""

from dataclasses import replace

from domain.case.state import Case, CaseCommand, case_of, cases, programme_of
from domain.identity import AccountMark, Key
from domain.words import Event, News, Past, Refused, decides

# Events ------------------------------------------------------------------------------------------


class AccountRegistered(Event):
    """From now on the citizen is paid to this account, in place of any before."""

    case_no: Key
    account: AccountMark


# Commands ----------------------------------------------------------------------------------------


class RegisterAccount(CaseCommand):
    account: AccountMark


# Evolve ------------------------------------------------------------------------------------------


@cases.on(AccountRegistered)
def _account(case: Case, event: AccountRegistered) -> Case:
    return replace(case, account=event.account)


# Decide ------------------------------------------------------------------------------------------


@decides(RegisterAccount)
def register_account(ask: RegisterAccount, past: Past) -> list[News]:
    """Also of a closed case: what was ordered is still paid, and what was paid too much paid back."""
    programme_of(ask, past)
    if case_of(ask, past).account == ask.account:
        raise Refused("wrong_state", what="account", is_already="registered")
    return [
        cases.news(AccountRegistered(case_no=ask.case_no, account=ask.account), ask.case_no),
    ]
