"""What differs between two points of a log, and the events that made it, for whatever happened."""

from dataclasses import replace
from datetime import date, timedelta
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from domain.money import ZERO, total
from domain.words import Event, Recorded
from projections.balances import balances
from projections.differences import Amounts, Difference, Point, amounts, differences
from tests.everything import ALL
from tests.examples import GRANTED, SETTLED
from tests.scenario import DAY, Story, fold

LOG = ALL.log
PROGRAMME = "NP"
days = st.integers(-3, 40).map(lambda after: DAY + timedelta(days=after))
points = st.builds(Point, st.integers(0, len(LOG)), days | st.just(date.max))


def told(point: Point, log: tuple[Recorded[Event], ...]) -> Amounts:
    """The amounts of a report at that point."""
    rows = fold(balances, [entry for entry in log if entry.position <= point.position])
    return {
        (row.dimension, row.value or PROGRAMME): amounts(row, point.as_of)
        for row in rows.values()
        if row.programme == PROGRAMME and row.since <= point.as_of
    }


def between(before: Point, after: Point, log: tuple[Recorded[Event], ...]) -> list[Difference]:
    return differences(PROGRAMME, (before, told(before, log)), (after, told(after, log)), log)


@given(chance=st.randoms(use_true_random=False), before=points, after=points)
@settings(max_examples=12)
def test_the_events_between_two_points_add_up_to_every_difference(
    chance: Random, before: Point, after: Point
) -> None:
    """Each event holds from any day, earlier or later than the day on which it was recorded."""
    log = tuple(
        replace(entry, effective_on=DAY + timedelta(days=chance.randint(-3, 40))) for entry in LOG
    )
    was, is_ = told(before, log), told(after, log)
    found = between(before, after, log)
    for each in found:
        assert total(news.change for news in each.events) == each.change == each.after - each.before
        for news in each.events:
            entry = log[news.position - 1]
            assert before.holds(entry) != after.holds(entry)
    assert {(each.dimension, each.value, each.amount) for each in found} == {
        (*row, name)
        for row in was.keys() | is_.keys()
        for name in (is_.get(row) or was[row])
        if was.get(row, {}).get(name, ZERO) != is_.get(row, {}).get(name, ZERO)
    }
    back = between(after, before, log)
    assert [-each.change for each in back] == [each.change for each in found]


def test_between_a_point_and_itself_nothing_differs() -> None:
    assert between(Point(len(LOG), date.max), Point(len(LOG), date.max), LOG) == []


def test_an_event_is_told_with_who_when_and_both_its_times() -> None:
    story: Story = SETTLED
    head, before = len(story.log), len(GRANTED.log)
    found = between(Point(before, date.max), Point(head, date.max), story.log)
    [paid] = [each for each in found if (each.dimension, each.amount) == ("line", "paid")]
    [news] = paid.events
    entry = story.log[news.position - 1]
    assert (news.event, news.case_no, news.line_no) == ("TrancheSettled", "A-1", 1)
    assert (news.recorded_at, news.effective_on) == (entry.recorded_at, entry.effective_on)
    assert (news.actor, news.command) == (entry.actor, entry.command)
    assert news.sentence.startswith("Rate ")
    assert paid.change == news.change == paid.after
