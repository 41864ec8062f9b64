"""Rules by date: a decision is judged by the version in force on its day, and says by which."""

import ast
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

import domain
from domain.money import Money, kr
from domain.programme import Role, RolesAssigned, Route, Rules, in_force, programmes
from domain.rules import RulesChanged
from domain.words import Command, Event, Refused, decide
from tests.examples import (
    ACCEPTED,
    APPROVED,
    ASSESSED,
    ESTABLISHED,
    GRANTED,
    RULES,
    SETTLED,
    WORDS,
    amend_line,
    approve_line,
    approve_tranche,
    assess,
    declare_loss,
    release_tranche,
    request_tranche,
    rules,
    submit,
)
from tests.examples_rules import assign_roles, change_rules, close_month
from tests.scenario import DAY, Story, noon

APRIL, MAY = date(2019, 4, 1), date(2019, 5, 1)
BEFORE = APRIL - timedelta(days=1)


def changed(story: Story, on: date = APRIL, **but: Any) -> Story:
    """The story with other rules from that day on."""
    return story.does(change_rules(rules=rules(**but), effective_on=on))


# Changed -----------------------------------------------------------------------------------------


def test_the_rules_are_changed_from_a_day_on_for_a_reason() -> None:
    asked = change_rules(rules=rules(cap=kr(60_000)), effective_on=APRIL, reason=WORDS)
    ESTABLISHED.when(asked).then(
        RulesChanged(programme="NP", rules=rules(cap=kr(60_000)), in_force_from=APRIL, reason=WORDS)
    )


def test_every_version_is_kept_and_each_holds_from_its_own_day() -> None:
    story = changed(ESTABLISHED, months=7).does(
        change_rules(rules=rules(3, months=8), effective_on=MAY)
    )
    programme = story(programmes, "NP")
    months = {day: programme.rules_on(day).months for day in (date.min, BEFORE, APRIL, MAY)}
    assert months == {date.min: 6, BEFORE: 6, APRIL: 7, MAY: 8}
    assert programme.rules_on(MAY - timedelta(days=1)).months == 7
    assert programme.rules_on(date.max).version == 3


def test_of_two_changes_from_the_same_day_the_later_one_holds() -> None:
    story = changed(ESTABLISHED).does(change_rules(rules=rules(3), effective_on=APRIL))
    assert story(programmes, "NP").rules_on(APRIL).version == 3
    assert story(programmes, "NP").rules_on(BEFORE).version == 1


def test_rules_are_never_changed_for_days_gone_by() -> None:
    today = change_rules(rules=rules(), at=noon(APRIL), effective_on=APRIL)
    ESTABLISHED.does(today)
    yesterday = today.model_copy(update={"effective_on": BEFORE})
    ESTABLISHED.when(yesterday).then_refused("backdated", asked_on="2019-04-01")


def test_the_day_of_asking_is_the_day_where_it_was_asked() -> None:
    just_after_midnight = datetime(2019, 4, 1, 0, 30, tzinfo=timezone(timedelta(hours=2)))
    assert just_after_midnight.astimezone(UTC).date() == BEFORE
    asked = change_rules(rules=rules(), at=just_after_midnight, effective_on=BEFORE)
    ESTABLISHED.when(asked).then_refused("backdated", asked_on="2019-04-01")


def test_a_change_does_not_come_before_the_one_before() -> None:
    story = changed(ESTABLISHED)
    early = change_rules(rules=rules(3), effective_on=BEFORE)
    story.when(early).then_refused("wrong_state", in_force_from="2019-04-01")


@pytest.mark.parametrize("version", [1, 3, 0])
def test_whoever_changes_the_rules_knows_which_version_they_replace(version: int) -> None:
    asked = change_rules(rules=rules(version), effective_on=APRIL)
    ESTABLISHED.when(asked).then_refused("wrong_state", what="rules", version=1)


# Judged ------------------------------------------------------------------------------------------

Judged = tuple[Story, Callable[..., Command], dict[str, Any], str]
# A story, what is asked, rules under which it is refused, and with which code.
JUDGED: list[Judged] = [
    (ACCEPTED, submit, {"cap": kr(43_999)}, "cap_exceeded"),
    (ASSESSED, approve_line, {"cap": kr(19_999)}, "cap_exceeded"),
    (GRANTED, amend_line, {"cap": kr(44_999)}, "cap_exceeded"),
    (GRANTED, request_tranche, {"tranche_max": kr(4_999)}, "tranche_too_large"),
    (APPROVED, release_tranche, {"undocumented_limit": kr(4_999)}, "undocumented_limit"),
    (SETTLED, declare_loss, {"declaration_max": kr(299)}, "declaration_too_large"),
]


@pytest.mark.parametrize(("story", "asks", "strict", "code"), JUDGED, ids=lambda it: str(it)[:20])
def test_a_decision_is_judged_by_the_rules_of_its_day_and_the_refusal_says_which(
    story: Story, asks: Callable[..., Command], strict: dict[str, Any], code: str
) -> None:
    story = changed(story, **strict)
    story.does(asks(effective_on=BEFORE))
    story.when(asks(effective_on=APRIL)).then_refused(code, rules=2)


@pytest.mark.parametrize(("story", "asks", "_strict", "_code"), JUDGED, ids=lambda it: str(it)[:20])
def test_an_event_says_which_rules_it_was_judged_by(
    story: Story, asks: Callable[..., Command], _strict: Any, _code: str
) -> None:
    story = changed(story)
    for day, version in ((BEFORE, 1), (APRIL, 2)):
        [event, *_] = [new.event for new in decide(asks(effective_on=day), story)]
        assert judged_by(event) == version


def judged_by(event: Any) -> int:
    version: int = getattr(event, "seen", event).rules
    return version


def test_a_receipt_is_late_by_the_rules_of_the_day_of_the_release() -> None:
    story = changed(SETTLED, receipt_deadline_days=20)
    story = story.does(request_tranche(ref="T-9"), approve_tranche(ref="T-9"))
    story.does(release_tranche(ref="T-9", effective_on=BEFORE))
    story.when(release_tranche(ref="T-9", effective_on=APRIL)).then_refused(
        "receipts_overdue", undocumented="5000.00", rules=2
    )


def test_the_approver_sees_what_is_overdue_by_the_rules_of_the_day() -> None:
    story = changed(SETTLED, receipt_deadline_days=20).does(request_tranche(ref="T-9"))
    for day, version, overdue in ((BEFORE, 1, kr(0)), (APRIL, 2, kr(5_000))):
        [new] = decide(approve_tranche(ref="T-9", effective_on=day), story)
        seen = getattr(new.event, "seen")  # noqa: B009
        assert (seen.rules, seen.overdue) == (version, overdue)


def test_the_time_frame_is_that_of_the_rules_on_the_day_of_the_first_grant() -> None:
    story = changed(ASSESSED, months=9)
    for day, end, version in ((BEFORE, date(2019, 9, 30), 1), (APRIL, date(2020, 1, 1), 2)):
        [_, time_frame, *_] = [new.event for new in decide(approve_line(effective_on=day), story)]
        assert time_frame.model_dump() == {"case_no": "A-1", "end_date": end, "rules": version}


def test_a_route_is_open_from_the_day_on_which_the_rules_have_it() -> None:
    story = changed(ACCEPTED, routes=(Route.EAN,))
    story.does(submit(effective_on=BEFORE))
    story.when(submit(effective_on=APRIL)).then_refused("not_found", what=["route"])


def test_what_was_judged_by_old_rules_stands_when_they_are_changed() -> None:
    story = changed(SETTLED, undocumented_limit=kr(1), cap=kr(1), tranche_max=kr(1))
    assert story.log[: len(SETTLED.log)] == SETTLED.log


amounts = st.integers(1, 3_000_000).map(Money)


@given(
    caps=st.lists(amounts, max_size=4),
    gaps=st.lists(st.integers(0, 40), min_size=4, max_size=4),
    day=st.integers(0, 120),
    amount=amounts,
)
def test_an_outcome_depends_only_on_the_version_in_force_on_its_day(
    caps: list[Money], gaps: list[int], day: int, amount: Money
) -> None:
    """Whatever the versions before and after: as if the programme had only ever had that one."""
    story, since, alone = GRANTED, DAY, RULES.model_copy(update={"version": 1})
    on = DAY + timedelta(days=day)
    for version, (cap, gap) in enumerate(zip(caps, gaps, strict=False), start=2):
        since += timedelta(days=gap)
        new = rules(version, cap=cap, tranche_max=amount, declaration_max=cap)
        story = story.does(change_rules(rules=new, effective_on=since))
        if since <= on:
            alone = new
    only = GRANTED.tells(
        programmes.news(
            RulesChanged(programme="NP", rules=alone, in_force_from=date.min, reason=None), "NP"
        )
    )
    for asked in (
        amend_line(amount=amount, effective_on=on),
        request_tranche(amount=amount, effective_on=on),
    ):
        assert outcome(asked, story) == outcome(asked, only)


def outcome(asked: Command, story: Story) -> list[Event] | tuple[str, dict[str, Any]]:
    try:
        return [new.event for new in decide(asked, story)]
    except Refused as no:
        return no.code, no.facts


@given(st.lists(st.dates(), min_size=1, max_size=6).map(sorted), st.dates())
def test_the_rules_in_force_are_the_latest_that_have_begun(days: list[date], on: date) -> None:
    days[0] = date.min
    versions = [(day, rules(number)) for number, day in enumerate(days, start=1)]
    begun = [each.version for since, each in versions if since <= on]
    assert in_force(versions, on).version == max(begun)


def test_there_is_one_way_to_the_rules_and_it_takes_a_day() -> None:
    """Nothing in the domain reads the rules that a programme began with but what keeps the versions."""
    for path in Path(domain.__file__).parent.rglob("*.py"):
        used = {ast.unparse(each) for each in ast.walk(ast.parse(path.read_text("utf-8")))}
        reads = {text for text in used if text.endswith("terms.rules")}
        assert reads <= ({"event.terms.rules"} if path.name == "programme.py" else set()), path


@pytest.mark.parametrize("days", [-1, 3_651, "often"])
def test_a_tranche_lapses_after_a_sensible_number_of_days(days: Any) -> None:
    with pytest.raises(ValidationError):
        Rules.model_validate(RULES.model_dump() | {"lapse_days": days})


def test_rules_without_a_lapse_are_written_as_they_were_before_there_was_one() -> None:
    assert "lapse_days" not in RULES.model_dump()
    assert rules(lapse_days=0).model_dump()["lapse_days"] == 0


# Roles -------------------------------------------------------------------------------------------


def test_an_administrator_gives_somebody_roles_in_place_of_any_before() -> None:
    assigned = RolesAssigned(programme="NP", person="kons-1", roles=(Role.CONTROLLER,))
    asked = assign_roles(person="kons-1", roles=(Role.CONTROLLER,))
    ESTABLISHED.when(asked).then(assigned)
    ACCEPTED.does(asked).when(submit()).then_refused("forbidden")


def test_who_has_left_has_no_role() -> None:
    left = ACCEPTED.does(assign_roles(person="kons-1", roles=()))
    left.when(submit()).then_refused("forbidden")


def test_nobody_changes_their_own_roles() -> None:
    own = assign_roles(person="adm-1", roles=(Role.ADMINISTRATOR, Role.CONTROLLER))
    ESTABLISHED.when(own).then_refused("same_person", person="adm-1")


def test_an_administrator_touches_no_money() -> None:
    ASSESSED.when(approve_line(by="adm-1")).then_refused("forbidden")
    APPROVED.when(release_tranche(by="adm-1")).then_refused("forbidden")
    APPROVED.when(close_month(by="adm-1")).then_refused("forbidden")
    ACCEPTED.when(assess(by="adm-1")).then_refused("forbidden")
