"""The log knows an account by a mark: the same for the same account, and of no use to whoever has the log."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from domain.case import cases
from domain.case.accounts import AccountRegistered
from domain.words import Refused
from service.app import Teten, assembled, opened
from service.clerk import Malformed
from service.people.keys_backup import back_up_keys, restore_keys
from service.people.masters import MasterKey
from tests.conftest import import_into
from tests.data_sets import change
from tests.people.conftest import does, forget
from tests.people.traces import found
from tests.people.traces import opened as with_every_key

ANNAS, BENTS, ANOTHER = "9999-0000000011", "9999-0000000022", "9999-0000000099"
BY_HAND: dict[str, Any] = {"case_no": "T-1", "by": "kons-1", "line_no": None}


def mark(teten: Teten, case_no: str = "T-1") -> str:
    return teten.log.state(cases, case_no).account


def logged(teten: Teten) -> Iterator[bytes]:
    with teten.log.pool.connection() as connection:
        stored = connection.execute("SELECT state FROM log_events").fetchall()
    return (bytes(state) for (state,) in stored)


def paid_to(teten: Teten, case_no: str, account: str) -> str:
    does(teten, "RegisterAccount", **BY_HAND | {"case_no": case_no}, account=account)
    return mark(teten, case_no)


def test_each_citizen_who_is_imported_has_an_account(past: Teten) -> None:
    marks = {case_no: mark(past, case_no) for case_no in ("T-1", "T-2", "T-3")}
    assert len(set(marks.values())) == 3
    assert all(each.startswith("account-") for each in marks.values())


def test_one_account_has_one_mark_in_whosever_case_it_is(past: Teten) -> None:
    before = mark(past)
    assert paid_to(past, "T-2", ANNAS) == before
    assert paid_to(past, "T-1", ANOTHER) != before
    assert paid_to(past, "T-1", ANNAS) == before


def test_the_account_itself_is_in_the_record_alone(past: Teten) -> None:
    paid_to(past, "T-1", ANOTHER)
    record = past.vault.record(past.vault.pseudonym("610190-1001") or "")
    assert (record["account"], record["name"]) == (ANOTHER, "Anna Ærlig")
    assert found([ANOTHER], with_every_key(past)) == {ANOTHER}
    assert found([ANOTHER, ANNAS], logged(past)) == set()


def test_the_same_account_again_is_refused_and_so_is_one_of_a_case_that_nobody_knows(
    past: Teten,
) -> None:
    keys = past.keys.subjects()
    for case_no, code in (("T-1", "wrong_state"), ("X-9", "not_found")):
        with pytest.raises(Refused) as no:
            paid_to(past, case_no, ANNAS)
        assert no.value.code == code
    assert past.keys.subjects() == keys


@pytest.mark.parametrize("account", ["9999 0000000099", "0000000099", 99990000000099, None])
def test_what_is_no_account_is_not_repeated_to_whoever_wrote_it(past: Teten, account: Any) -> None:
    told = {**BY_HAND, "programme": "TT", "effective_on": "2019-06-03", "account": account}
    del told["line_no"]
    with pytest.raises(Malformed) as no:
        past.clerk.in_plain("RegisterAccount", told)
    assert "99" not in str(no.value).replace("9999-0001234567", "")


def test_a_rehearsal_leaves_no_trace_of_the_account(past: Teten) -> None:
    keys, before = past.keys.subjects(), mark(past)
    told = {"programme": "TT", "case_no": "T-1", "by": "kons-1", "account": ANOTHER}
    [event] = past.clerk.rehearsed("RegisterAccount", told)
    assert event.topic == "AccountRegistered"
    assert (past.keys.subjects(), mark(past)) == (keys, before)
    assert past.vault.record(past.vault.pseudonym("610190-1001") or "")["account"] == ANNAS


# A second import ----------------------------------------------------------------------------------


def registered(teten: Teten) -> int:
    return sum(isinstance(each.event, AccountRegistered) for each in teten.log.after(0, 10_000))


def test_an_account_that_was_changed_in_the_data_is_registered_as_of_today(past: Teten) -> None:
    data, before = past.settings.home.with_name("data"), mark(past)
    change(data / "cases.csv", ANNAS, ANOTHER)
    for _ in range(2):
        import_into(past, data)
        assert registered(past) == 4
    news = past.log.after(past.log.head() - 1, 1)[0]
    assert isinstance(news.event, AccountRegistered)
    assert (news.event.account, news.effective_on) == (mark(past), news.at.date())
    assert mark(past) != before


def test_what_was_registered_by_hand_is_no_news_to_an_import(past: Teten) -> None:
    data = past.settings.home.with_name("data")
    change(data / "cases.csv", ANNAS, ANOTHER)
    paid_to(past, "T-1", ANOTHER)
    import_into(past, data)
    assert registered(past) == 4


# Keys that move, and people who are forgotten -----------------------------------------------------


def test_a_mark_stays_when_keys_are_wrapped_anew(past: Teten) -> None:
    before, key = mark(past), "ab" * 32
    past.keys.rewrap(MasterKey(bytes.fromhex(key)))
    with assembled(past.settings, past.url, MasterKey(bytes.fromhex(key))) as again:
        assert paid_to(again, "T-2", ANNAS) == before


def test_once_all_who_had_it_are_forgotten_nothing_leads_from_an_account_to_its_mark(
    past: Teten, tmp_path: Path
) -> None:
    back_up_keys(past, tmp_path / "keys.json")
    before, citizen = mark(past), past.vault.pseudonym("610190-1001") or ""
    forget(past)
    assert not [subject for subject in past.keys.subjects() if citizen in subject]
    restore_keys(past, tmp_path / "keys.json")
    assert not [subject for subject in past.keys.subjects() if citizen in subject]
    with opened(past.settings) as again:
        assert paid_to(again, "T-2", ANNAS) != before


def test_while_somebody_else_has_it_the_mark_stays(past: Teten) -> None:
    before = paid_to(past, "T-2", ANNAS)
    forget(past)
    assert paid_to(past, "T-3", ANNAS) == before
