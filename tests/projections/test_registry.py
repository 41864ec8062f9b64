"""Every projection there is: named, and the same however it is read."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.words import Event, Recorded
from projections.projection import Projection
from projections.registry import PROJECTIONS
from tests.everything import ALL
from tests.scenario import fold

LOG = ALL.log
AT_ONCE = {projection.name: fold(projection, LOG) for projection in PROJECTIONS}


def stored(projection: Projection[Any], rows: dict[str, Any]) -> dict[str, Any]:
    """The rows as they come back from where they are kept between two batches."""
    kind = projection.row
    return {key: kind.model_validate_json(row.model_dump_json()) for key, row in rows.items()}


def test_names_are_unique_and_say_which_version_they_are() -> None:
    names = [projection.name for projection in PROJECTIONS]
    assert len(set(names)) == len(names)
    assert all(name.rpartition("-")[2].isdigit() for name in names)


@pytest.mark.parametrize("projection", PROJECTIONS, ids=lambda it: it.name)
def test_everything_that_is_registered_reads_something(projection: Projection[Any]) -> None:
    rows = AT_ONCE[projection.name]
    assert rows
    assert all(rows)


@pytest.mark.parametrize("projection", PROJECTIONS, ids=lambda it: it.name)
@given(cuts=st.sets(st.integers(0, len(LOG))))
def test_folding_in_batches_is_folding_at_once(projection: Projection[Any], cuts: set[int]) -> None:
    rows: dict[str, Any] = {}
    for begin, end in zip([0, *sorted(cuts)], [*sorted(cuts), len(LOG)], strict=True):
        rows = stored(projection, fold(projection, LOG[begin:end], rows))
    assert rows == AT_ONCE[projection.name]


@pytest.mark.parametrize("projection", PROJECTIONS, ids=lambda it: it.name)
def test_a_fold_leaves_the_row_before_it_as_it_was(projection: Projection[Any]) -> None:
    rows: dict[str, Any] = {}
    for entry in LOG:
        before = stored(projection, rows)
        touched = fold(projection, [entry], rows)
        assert rows == before
        rows = touched


@pytest.mark.parametrize("projection", PROJECTIONS, ids=lambda it: it.name)
def test_keys_are_asked_for_twice_and_answered_alike(projection: Projection[Any]) -> None:
    def keys(entry: Recorded[Event]) -> list[str]:
        return list(projection.keys(entry))

    for entry in LOG:
        assert keys(entry) == keys(entry)
        assert len(set(keys(entry))) == len(keys(entry))
