"""What is shown of a flag: all of it, whatever became of it, of its rule and of its citizen."""

import json
from datetime import date, timedelta

import pytest

from domain.case.forgetting import CitizenForgotten
from domain.case.state import cases
from projections.review import review
from service.flags.views import FlagView, flag_view
from tests.examples_flags import (
    FLAG,
    FLAGGED,
    UNTIL,
    UPHELD,
    assign_flag,
    change_flag_rule,
    dismiss_flag,
    mute_flag,
    reopen_flag,
)
from tests.scenario import DAY, Story, fold

FORGOTTEN = CitizenForgotten(
    case_no="A-1", citizen="citizen-0123456789abcdef", last_on=DAY, retained_until=DAY
)


def shown(story: Story, on: date = DAY) -> FlagView:
    return flag_view(fold(review, story.log)["flags-NP/A-1"].flags[FLAG], on)


@pytest.mark.parametrize(
    ("story", "status"),
    [
        (FLAGGED, "open"),
        (FLAGGED.does(assign_flag()), "assigned"),
        (FLAGGED.does(mute_flag()), "muted"),
        (FLAGGED.does(dismiss_flag()), "dismissed"),
        (UPHELD, "upheld"),
        (UPHELD.does(reopen_flag()), "open"),
        (FLAGGED.does(change_flag_rule()), "open"),
        (UPHELD.tells(cases.news(FORGOTTEN, "A-1")), "upheld"),
    ],
)
def test_a_flag_keeps_all_that_it_said_whatever_became_of_it(story: Story, status: str) -> None:
    told = json.loads(shown(story).model_dump_json())
    before = json.loads(shown(FLAGGED).model_dump_json())
    assert told["status"] == status
    kept = ("case", "line", "rule", "amount", "sentence", "evidence", "raised_on")
    assert {name: told[name] for name in kept} == {name: before[name] for name in kept}
    assert (told["case"], told["line"], told["amount"]) == ("A-1", "1", "2000.00")
    assert told["raised_on"] == "2019-03-06"
    assert told["sentence"] and told["evidence"][0].keys() == {
        "event",
        "position",
        "case_no",
        "ref",
    }


def test_a_muted_flag_is_asked_again_on_its_day_and_not_the_day_before() -> None:
    muted = FLAGGED.does(assign_flag(), mute_flag())
    before, then = (shown(muted, UNTIL - timedelta(days=back)) for back in (1, 0))
    assert (before.status, before.muted_until) == ("muted", UNTIL)
    assert (then.status, then.muted_until) == ("assigned", None)
