"""Flags with their answers, as of a day; and what answers say of the rules."""

from datetime import timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.flags import FlagRaised, FlagStage
from projections.intervals import Interval, wilson
from projections.review import ENOUGH, FlagsOfCase, Precision, precisions, review
from tests.everything import ALL
from tests.examples import WORDS
from tests.examples_flags import (
    FLAG,
    FLAGGED,
    UNTIL,
    UPHELD,
    assign_flag,
    change_flag_rule,
    dismiss_flag,
    mute_flag,
    raise_flag,
    reopen_flag,
    uphold_flag,
)
from tests.scenario import DAY, Story, fold

NEXT = DAY + timedelta(days=1)


def rows(story: Story) -> dict[str, FlagsOfCase]:
    return fold(review, story.log)


def test_a_flag_is_told_with_what_was_answered_and_by_whom() -> None:
    story = FLAGGED.does(assign_flag(), mute_flag(), reopen_flag(), uphold_flag())
    flag = rows(story)["flags-NP/A-1"].flags[FLAG]
    assert [each.name for each in flag.answers] == [
        *("FlagAssigned", "FlagMuted", "FlagReopened", "FlagUpheld")
    ]
    assigned, muted, reopened, upheld = flag.answers
    assert (assigned.to, muted.until, reopened.reason) == ("kons-2", UNTIL, None)
    assert (str(upheld.amount), upheld.reason, upheld.by) == ("1500.00", WORDS, "kons-2")
    assert flag.answer(DAY) == upheld
    assert flag.position == story.log[-5].position


def test_it_stands_as_it_did_on_the_day_that_is_asked_for() -> None:
    story = FLAGGED.does(mute_flag(), dismiss_flag(effective_on=NEXT))
    flag = rows(story)["flags-NP/A-1"].flags[FLAG]
    assert flag.stage(DAY - timedelta(days=1)) == FlagStage.OPEN
    assert flag.stage(DAY) == FlagStage.MUTED
    assert (flag.stage(NEXT), flag.answer(DAY)) == (FlagStage.DISMISSED, None)


def test_what_waits_is_what_nobody_has_answered_or_muted() -> None:
    [row] = rows(FLAGGED.does(raise_flag(key="b"), dismiss_flag())).values()
    assert [each.raised.key for each in row.waiting(DAY)] == ["b"]


def test_a_flag_says_what_it_said_then_whatever_becomes_of_its_rule() -> None:
    changed = FLAGGED.does(change_flag_rule())
    assert rows(changed) == rows(FLAGGED)
    raised = rows(ALL)["flags-NP/A-1"].flags[FLAG].raised
    assert isinstance(raised, FlagRaised)
    assert (raised.version, raised.parameters["whole_kroner"]) == (1, 500)


def test_rows_are_read_back_as_they_were_written() -> None:
    for row in rows(ALL).values():
        assert FlagsOfCase.model_validate_json(row.model_dump_json()) == row


# Precision ---------------------------------------------------------------------------------------


def test_a_rule_is_as_precise_as_its_answers_say_by_version() -> None:
    story = UPHELD.does(
        raise_flag(key="b"),
        raise_flag(key="c", version=2),
        raise_flag(key="d", case_no=None, line_no=None),
    )
    first, second = precisions(rows(story).values(), DAY)
    assert (first.version, first.raised, first.upheld, first.waiting) == (1, 3, 1, 2)
    assert (second.version, second.raised, second.answered) == (2, 1, 0)
    assert (first.enough, first.per_mille) == (False, None)


def test_what_is_muted_is_counted_as_that_until_its_day() -> None:
    muted = rows(FLAGGED.does(mute_flag())).values()
    [then], [later] = precisions(muted, DAY), precisions(muted, UNTIL)
    assert (then.muted, then.waiting, later.muted, later.waiting) == (1, 0, 0, 1)


def precision(upheld: int, dismissed: int) -> Precision:
    counts = {"raised": 0, "waiting": 0, "muted": 0, "upheld": upheld, "dismissed": dismissed}
    return Precision(rule="r", version=1, **counts)


def test_four_answers_say_too_little_and_five_something() -> None:
    assert precision(4, 0).per_mille is None
    assert (precision(4, 1).per_mille, precision(2, 4).per_mille) == (800, 333)
    assert precision(3, 4).per_mille == 429  # To the nearest, of 428.57.
    assert precision(4, 1).interval == wilson(4, ENOUGH)


@pytest.mark.parametrize(
    ("hits", "of", "interval"),
    [
        # As R's binom.confint(hits, of, methods = "wilson") and Newcombe (1998) have them.
        (0, 0, (0, 1_000)),
        (0, 5, (0, 435)),
        (5, 5, (565, 1_000)),
        (3, 10, (107, 604)),
        (81, 263, (255, 367)),
        (15, 148, (62, 161)),
    ],
)
def test_an_interval_is_wilsons(hits: int, of: int, interval: tuple[int, int]) -> None:
    assert wilson(hits, of) == interval


@given(st.integers(1, 10_000).flatmap(lambda of: st.tuples(st.integers(0, of), st.just(of))))
def test_a_share_is_within_its_interval_and_the_interval_within_all_and_nothing(
    share: tuple[int, int],
) -> None:
    hits, of = share
    low, high = wilson(hits, of)
    assert 0 <= low <= Fraction(1_000 * hits, of) <= high <= 1_000
    mirrored = wilson(of - hits, of)
    assert mirrored == Interval(1_000 - high, 1_000 - low)
