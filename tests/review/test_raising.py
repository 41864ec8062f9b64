"""What is due is raised, once, whatever happens in between."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date

import psycopg
import pytest

from domain.flag_rules import RuleStage
from domain.flags import FlagRaised
from projections.flags.rule import Hit, Parameters, Rule
from projections.flags.view import Facts
from service.app import Teten
from service.clerk import Malformed
from service.flags.raiser import Raiser
from service.flags.raising import raise_due, would_raise
from service.flags.views import FlagView, flag_views
from tests.review.conftest import LARGE

TODAY = date(2026, 11, 22)
CHANGE = {"programme": "NP", "by": "adm-1", "rule": "large_receipt", "stage": "live"}


def listed(teten: Teten) -> list[FlagView]:
    with teten.rows.snapshot() as view:
        return flag_views(view, "NP", TODAY, lambda _: True)


def raised(teten: Teten) -> list[FlagRaised]:
    found = [entry.event for entry in teten.log.everything()]
    return [event for event in found if isinstance(event, FlagRaised)]


def test_a_draft_finds_beside_the_others_and_raises_nothing(paid: Teten) -> None:
    found = would_raise(paid, "NP", "small_receipt", TODAY)
    assert [each.key for each in found] == ["A-1/K-1", "A-1/K-2", "A-1/K-3"]
    assert raised(paid) == []


def test_what_is_found_by_a_day_is_raised_then_and_the_rest_later(paid: Teten) -> None:
    assert raise_due(paid, "NP", date(2019, 1, 1)).flags == 0
    assert raise_due(paid, "XX", TODAY).flags == 0


def test_two_at_once_and_one_after_them_raise_each_finding_once(paid: Teten) -> None:
    with ThreadPoolExecutor(2) as both:
        for told in both.map(lambda _: raise_due(paid, "NP", TODAY), range(2)):
            assert (told.failing, told.refused) == ({}, {})
    assert raise_due(paid, "NP", TODAY) == (0, {}, {})
    assert [event.key for event in raised(paid)] == ["A-1/K-1", "A-1/K-2"]
    [first, _] = listed(paid)
    assert (first.case, first.line, str(first.amount)) == ("A-1", "1", "2000.00")
    assert (first.rule, first.version, first.parameters) == ("large_receipt", 1, {"at_least": 1000})
    assert (first.raised_on, first.status) == (date(2019, 3, 1), "open")
    assert first.recorded_at.date() > first.raised_on
    assert [each.event for each in first.evidence] == ["ReceiptHandedIn"]


def test_what_was_answered_under_the_name_of_a_flag_is_answered_again_after_a_crash(
    paid: Teten,
) -> None:
    """As after a kill between two flags: the rows are behind, and the same is asked for once more."""
    before = paid.log.head()
    with psycopg.connect(paid.url) as connection:
        connection.execute("DELETE FROM projections.rows WHERE projection = 'review-1'")
    assert raise_due(paid, "NP", TODAY).flags == 2  # Answered as they were.
    assert paid.log.head() == before
    paid.rows.rebuild(["review-1"])


def _broken(_: Facts, __: Parameters) -> Iterator[Hit]:
    raise ZeroDivisionError


def test_a_rule_that_fails_is_told_and_the_others_go_on(
    paid: Teten, rules: dict[str, Rule]
) -> None:
    rules["broken"] = replace(LARGE, id="broken", search=_broken)
    rules["later"] = replace(LARGE, id="later", parameters={"at_least": 2_000})
    told = raise_due(paid, "NP", TODAY)
    assert (told.flags, told.failing) == (1, {"broken": "ZeroDivisionError"})


def test_a_rule_is_changed_for_the_programme_and_what_was_flagged_stays(paid: Teten) -> None:
    before = raised(paid)
    asked = CHANGE | {"version": 2, "parameters": {"at_least": 10}}
    paid.clerk.in_plain("ChangeFlagRule", asked)
    assert raise_due(paid, "NP", TODAY).flags == 1
    *same, newest = raised(paid)
    assert same == before
    assert (newest.version, newest.parameters, newest.key) == (2, {"at_least": 10}, "A-1/K-3")


def test_nobody_tells_what_the_code_says_of_a_rule(paid: Teten) -> None:
    asked = CHANGE | {"version": 3, "parameters": {"at_least": 9}, "shipped": None}
    with pytest.raises(Malformed):
        paid.clerk.in_plain("ChangeFlagRule", asked)


def test_a_rule_that_is_off_raises_nothing_more(paid: Teten, rules: dict[str, Rule]) -> None:
    asked = CHANGE | {"version": 2, "parameters": {"at_least": 10}, "stage": RuleStage.OFF}
    paid.clerk.in_plain("ChangeFlagRule", asked)
    rules["large_receipt"] = replace(LARGE, search=_broken)
    assert raise_due(paid, "NP", TODAY).failing == {}


def test_the_raiser_looks_when_the_log_moved_or_a_day_began(paid: Teten) -> None:
    raiser, before = Raiser(paid), len(raised(paid))
    with psycopg.connect(paid.url, autocommit=True) as connection:
        raiser.look(connection, TODAY)
        assert raiser.looked == (paid.log.head(), TODAY)
        raiser.look(connection, TODAY)
        assert len(raised(paid)) == before
        raiser.look(connection, date(2026, 11, 23))
        assert raiser.looked == (paid.log.head(), date(2026, 11, 23))
