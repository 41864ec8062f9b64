"""What grows without bounds is ended before it takes the machine's memory, whatever it grows by."""

import os
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from service.pictures.unreadable import Unreadable
from service.pictures.workshop import WITHOUT_ENGINES, Workshop
from tests.pictures import bombs, papers


def reason(workshop: Workshop, content: bytes) -> str | None:
    """Why it can't be read; None: it can."""
    try:
        workshop.copy(content)
    except Unreadable as error:
        return error.reason
    return None


def children() -> set[int]:
    """Of this process, those that ended and weren't asked for among them."""
    told = (each.read_text("ascii").split() for each in Path("/proc/self/task").glob("*/children"))
    return {int(pid) for each in told for pid in each}


@pytest.fixture(autouse=True)
def nothing_stays_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No process, also none that ended, no open file, and nothing in the temporary folder."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    before, opened = children(), len(os.listdir("/proc/self/fd"))
    yield
    assert children() == before
    assert len(os.listdir("/proc/self/fd")) == opened
    assert not list(tmp_path.iterdir())


def test_a_small_file_that_unpacks_to_much_gets_its_reason_and_the_next_is_read() -> None:
    """All of them in one workshop, which lives on."""
    with Workshop(WITHOUT_ENGINES, seconds=20, megabytes=500) as workshop:
        for name, (expected, made) in bombs.BOMBS.items():
            assert reason(workshop, made()) in expected, name
            assert reason(workshop, papers.jpeg()) is None, name


def test_a_file_that_takes_too_long_gets_its_reason_and_the_next_is_read() -> None:
    with Workshop(WITHOUT_ENGINES, seconds=1) as workshop:
        assert reason(workshop, bombs.jpeg_of_many_scans()) == "too_slow"
        assert reason(workshop, papers.jpeg()) is None


def test_what_fills_more_than_it_may_is_ended_though_the_system_would_give_it_more() -> None:
    """Twenty large pages fill some 350 MB while their copies are made: above the limit, and below what the
    kernel refuses by itself, so that only somebody who watches can see it."""
    made = partial(bombs.pdf, 1_200.0, 1_800.0, 20)
    with Workshop(WITHOUT_ENGINES, seconds=60, megabytes=250) as watched:
        assert reason(watched, made()) == "too_much_memory"
        assert reason(watched, papers.jpeg()) is None
    with Workshop(WITHOUT_ENGINES, seconds=60, megabytes=250) as not_watched:
        child = not_watched._child
        assert child
        child._memory = lambda: 0  # type: ignore[method-assign]
        assert reason(not_watched, made()) is None
