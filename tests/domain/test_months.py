"""Closed months: closed in order, once they are over, and nothing takes effect in them again."""

from datetime import date, timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from domain.months import MonthClosed
from domain.programme import programmes
from domain.words import Command, Refused, decide
from tests.domain.test_programme import MAY
from tests.examples import APPROVED, ESTABLISHED, GRANTED, release_tranche
from tests.examples_rules import close_month
from tests.scenario import Story, noon

END_OF_MARCH = date(2019, 3, 31)
FIRST_OF_APRIL = END_OF_MARCH + timedelta(days=1)


def closing(month: str, on: date, **but: Any) -> Command:
    return close_month(month=month, effective_on=on, at=noon(on), **but)


@pytest.mark.parametrize(
    ("month", "through"),
    [
        ("2019-03", END_OF_MARCH),
        ("2019-02", date(2019, 2, 28)),
        ("2020-02", date(2020, 2, 29)),
        ("2019-12", date(2019, 12, 31)),
    ],
)
def test_a_month_is_closed_through_its_last_day_once_it_is_over(month: str, through: date) -> None:
    closed = MonthClosed(programme="NP", month=month, through=through)
    ESTABLISHED.when(closing(month, through + timedelta(days=1))).then(closed)
    early = closing(month, through)
    ESTABLISHED.when(early).then_refused("wrong_state", through=str(through))


def test_a_month_is_not_closed_ahead_of_time_by_writing_another_day() -> None:
    ahead = close_month(month="2019-03", effective_on=FIRST_OF_APRIL, at=noon(END_OF_MARCH))
    ESTABLISHED.when(ahead).then_refused("not_yet", asked_on="2019-03-31")
    behind = close_month(month="2019-03", effective_on=END_OF_MARCH, at=noon(FIRST_OF_APRIL))
    ESTABLISHED.when(behind).then_refused("wrong_state", through="2019-03-31")


def march_closed(story: Story = GRANTED) -> Story:
    return story.does(closing("2019-03", FIRST_OF_APRIL))


@pytest.mark.parametrize("month", ["2019-05", "2019-03", "2019-02", "2018-04"])
def test_months_are_closed_one_after_the_other_and_each_once(month: str) -> None:
    story, later = march_closed(), date(2019, 7, 1)
    story.when(closing(month, later)).then_refused("wrong_state", closed_through="2019-03-31")
    both = story.does(closing("2019-04", later))
    assert both(programmes, "NP").closed_through == date(2019, 4, 30)
    both.does(closing("2019-05", later))


@pytest.mark.parametrize(
    "month", ["2019-13", "2019-00", "2019-1", "0019-01", "2200-01", "marts", ""]
)
def test_a_month_is_written_as_a_year_and_a_month(month: str) -> None:
    with pytest.raises(ValidationError):
        close_month(month=month)


@pytest.mark.parametrize("day", [END_OF_MARCH, date(2019, 3, 1), date(2018, 1, 1)])
@pytest.mark.parametrize("command", [each for each, _ in MAY], ids=lambda it: type(it).__name__)
def test_nothing_takes_effect_in_a_closed_month(command: Command, day: date) -> None:
    asked = command.model_copy(update={"effective_on": day})
    march_closed().when(asked).then_refused("month_closed", closed_through="2019-03-31")


@pytest.mark.parametrize("command", [each for each, _ in MAY], ids=lambda it: type(it).__name__)
def test_everything_goes_on_from_the_first_day_of_the_next_month(command: Command) -> None:
    try:
        decide(command.model_copy(update={"effective_on": FIRST_OF_APRIL}), march_closed())
    except Refused as no:
        assert no.code != "month_closed"


def test_what_was_asked_in_a_month_is_done_in_the_next_one_that_is_open() -> None:
    march_closed(APPROVED).does(release_tranche(effective_on=FIRST_OF_APRIL))
