"""A citizen is forgotten once the retention period is over and nothing is left to be settled."""

from datetime import date
from typing import Any

import pytest
from pydantic import ValidationError

from domain.case.forgetting import CitizenForgotten, LastDay
from domain.case.state import cases
from domain.money import kr
from domain.programme import Role, Rules
from tests.examples import (
    ACCEPTED,
    GRANTED,
    RELEASED,
    RULES,
    SETTLED,
    complete,
    confirm_misuse,
    decline_offer,
    establish,
    hand_in,
    offer,
    payment,
    record_outcome,
    register,
    rules,
    stop,
    write_off,
)
from tests.examples_expenses import ATTESTED, INVOICED, invoice
from tests.examples_reminders import waive
from tests.examples_rules import assign_roles, change_rules, forget_citizen
from tests.scenario import DAY, Story

DUE = date(2025, 1, 1)
LAST = LastDay(case_no="A-1", day=DAY)
DONE = ACCEPTED.does(complete())


def forgotten(**but: Any) -> Any:
    return forget_citizen(**{"effective_on": DUE} | but)


def test_five_years_after_the_year_of_the_last_thing_that_happened() -> None:
    citizen = DONE(cases, "A-1").citizen
    DONE.when(forgotten()).then(
        CitizenForgotten(
            case_no="A-1", citizen=citizen, last_on=DAY, retained_until=date(2024, 12, 31)
        )
    )
    day_before = forgotten(effective_on=date(2024, 12, 31))
    dates = {"last_on": "2019-03-01", "retained_until": "2024-12-31"}
    DONE.when(day_before).then_refused("retained", case_no="A-1", **dates)


def test_how_many_years_is_for_the_rules_of_the_day_to_say() -> None:
    story = DONE.does(change_rules(rules=rules(retention_years=10), effective_on=date(2020, 1, 1)))
    story.when(forgotten()).then_refused("retained", retained_until="2029-12-31")
    story.does(forgotten(effective_on=date(2030, 1, 1)))


def test_who_declined_is_forgotten_like_others() -> None:
    declined = Story().does(establish(), register(), offer(), decline_offer())
    declined.does(forgotten())


@pytest.mark.parametrize("story", [ACCEPTED, GRANTED])
def test_the_citizen_of_an_open_case_is_not_forgotten(story: Story) -> None:
    story.when(forgotten()).then_refused("case_open", case_no="A-1", stage="accepted")


def test_nor_is_one_with_another_case_that_is_open_or_not_due() -> None:
    both = (LAST, LastDay(case_no="B-1", day=date(2021, 1, 1)))
    story = DONE.does(register(case_no="B-1"), offer(case_no="B-1"))
    story.when(forgotten(last_days=both)).then_refused("case_open", case_no="B-1")
    story = story.does(decline_offer(case_no="B-1"))
    story.when(forgotten(last_days=both)).then_refused("retained", case_no="B-1")
    story = story.does(forgotten(last_days=both, effective_on=date(2027, 1, 1)))
    assert story(cases, "A-1").forgotten and story(cases, "B-1").forgotten


def test_who_asks_is_an_administrator_in_every_programme_that_knew_the_citizen() -> None:
    story = DONE.does(
        establish(programme="HP"),
        register(case_no="B-1", programme="HP"),
        offer(case_no="B-1", programme="HP"),
        decline_offer(case_no="B-1", programme="HP"),
        assign_roles(programme="HP", person="adm-2", roles=(Role.ADMINISTRATOR,)),
    )
    both = forgotten(last_days=(LAST, LastDay(case_no="B-1", day=DAY)))
    story.does(both)
    no_more = assign_roles(programme="HP", by="adm-2", person="adm-1", roles=())
    story.does(no_more).when(both).then_refused("forbidden")


# Money that is open --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("story", "what"),
    [
        (RELEASED, "ordered"),
        (SETTLED, "undocumented"),
        (SETTLED.does(confirm_misuse(amount=kr(5_000))), "claim"),
        (INVOICED, "unpaid_expense"),
        (ATTESTED, "unpaid_expense"),
    ],
)
def test_while_money_is_open_its_papers_are_kept(story: Story, what: str) -> None:
    done = story.does(complete())
    done.when(forgotten()).then_refused("money_open", case_no="A-1", what=what)


def test_a_claim_that_is_written_off_is_not_open() -> None:
    story = SETTLED.does(confirm_misuse(amount=kr(5_000)), complete(), write_off(amount=kr(5_000)))
    story.does(forgotten())


def test_receipts_that_were_waived_are_waited_for_no_more() -> None:
    """What nobody waived is open: another tranche, or what was claimed of that one."""
    waived = SETTLED.does(waive(by="both-1"))
    assert waived(cases, "A-1").lines[1].undocumented == kr(5_000)
    waived.does(complete(), forgotten())
    another = waived.does(*payment(ref="T-2", amount=kr(1_000)), complete())
    another.when(forgotten()).then_refused("money_open", what="undocumented", amount="1000.00")
    claimed = waived.does(confirm_misuse(amount=kr(2_000)), complete())
    claimed.when(forgotten()).then_refused("money_open", what="claim", amount="2000.00")


# Afterwards ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("ask", [forgotten(), record_outcome(), hand_in(), stop()])
def test_nothing_is_decided_about_who_is_forgotten(ask: Any) -> None:
    story = DONE.does(forgotten())
    story.when(ask).then_refused("citizen_forgotten", case_no="A-1")


@pytest.mark.parametrize("years", [0, 101, -1])
def test_retention_is_a_number_of_years(years: int) -> None:
    with pytest.raises(ValidationError, match="retention_years"):
        Rules.model_validate(RULES.model_dump() | {"retention_years": years})


def test_five_years_are_not_written_down() -> None:
    assert "retention_years" not in RULES.model_dump()
    assert rules(retention_years=6).model_dump()["retention_years"] == 6


def test_an_invoice_for_who_was_forgotten_is_not_taken_in() -> None:
    gone = GRANTED.does(complete(), forgotten())
    late = invoice(order_reference="A-1/1", effective_on=DUE)
    gone.when(late).then_refused("citizen_forgotten", case_no="A-1")
