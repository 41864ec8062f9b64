"""Whatever a file does, it is read or gets its reason, the workshop lives on, and nothing is left behind."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from service.pictures.unreadable import TEXTS, Unreadable
from service.pictures.workshop import WITHOUT_ENGINES, Workshop
from tests.conftest import SHARED
from tests.pictures import bombs, papers
from tests.pictures.mutations import mutated


def reason(workshop: Workshop, content: bytes) -> str | None:
    """Why it can't be read; None: it can."""
    try:
        workshop.copy(content)
    except Unreadable as error:
        return error.reason
    return None


def descriptors() -> int:
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


def children() -> set[int]:
    """Of this process, those that ended and weren't asked for among them."""
    told = (each.read_text("ascii").split() for each in Path("/proc/self/task").glob("*/children"))
    return {int(pid) for each in told for pid in each}


@pytest.fixture(autouse=True)
def nothing_stays_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No process, also none that ended, no open file, and nothing in the temporary folder."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    before, opened = children(), descriptors()
    yield
    assert children() == before
    assert descriptors() == opened
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


PHOTOGRAPHS = SHARED / "corpus" / "receipts"
MUTATED = 120  # Some thousands were tried; each costs the suite a part of a second.


def test_photographs_damaged_by_chance_are_read_or_get_a_reason() -> None:
    small = sorted(PHOTOGRAPHS.glob("*.jpg"), key=lambda path: path.stat().st_size)[:4]
    assert small
    originals = [path.read_bytes() for path in small] + [made() for made in papers.GOOD.values()]
    with Workshop(WITHOUT_ENGINES, seconds=20, megabytes=500) as workshop:
        told = {reason(workshop, mutated(originals, seed)) for seed in range(MUTATED)}
        assert reason(workshop, papers.jpeg()) is None
    assert told <= {None, *TEXTS} - {"reader_failed"}
    assert {None, "truncated"} <= told
