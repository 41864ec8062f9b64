"""Whatever is handed in, it gets its reason, and the next receipt is read."""

import os
import signal
from io import BytesIO

import pytest
from PIL import Image

from service.pictures.child import READ
from service.pictures.unreadable import Unreadable
from service.pictures.workshop import Workshop, WorkshopClosed, _Child
from tests.pictures import papers, readers

GOOD = papers.jpeg()


def reason(workshop: Workshop, content: bytes) -> str | None:
    """Why it can't be read; None: it can."""
    try:
        workshop.work(content)
    except Unreadable as error:
        return error.reason
    return None


def trap(width: int) -> bytes:
    return papers.png(Image.new("RGB", (width, 9)))


@pytest.mark.parametrize("name", papers.HOSTILE)
def test_a_hostile_file_gets_its_reason_and_the_next_receipt_is_read(
    workshop: Workshop, name: str
) -> None:
    expected, made = papers.HOSTILE[name]
    assert reason(workshop, made()) == expected
    assert reason(workshop, GOOD) is None


@pytest.mark.parametrize("media_type", papers.GOOD)
def test_a_receipt_is_opened_copied_and_read(workshop: Workshop, media_type: str) -> None:
    worked = workshop.work(papers.GOOD[media_type]())
    pages = 2 if media_type == "application/pdf" else 1
    assert (worked.media_type, worked.pages) == (media_type, pages)
    assert worked.reading
    assert worked.reading.pages == pages
    assert Image.open(BytesIO(worked.derived.upright)).format == "JPEG"


def test_copies_are_made_without_reading(workshop: Workshop) -> None:
    assert workshop.copy(trap(readers.FAILS)) == workshop.copy(trap(readers.FAILS))


@pytest.mark.parametrize(
    ("width", "expected"),
    [
        (readers.CRASHES, "reader_failed"),
        (readers.FAILS, "reader_failed"),
        (readers.GROWS, "too_much_memory"),
        (readers.ASKS_FOR_TOO_MUCH, "too_much_memory"),
    ],
    ids=["crashes", "fails", "grows", "asks for too much"],
)
def test_a_child_that_fails_costs_one_file(workshop: Workshop, width: int, expected: str) -> None:
    assert reason(workshop, trap(width)) == expected
    assert reason(workshop, GOOD) is None


def test_a_child_that_does_not_answer_is_ended() -> None:
    with Workshop("tests.pictures.readers:Trapped", seconds=0.5) as impatient:
        for width in (readers.STOPS, readers.TOILS):
            assert reason(impatient, trap(width)) == "too_slow"
        assert reason(impatient, GOOD) is None


def test_a_child_reaches_neither_the_network_nor_programs_nor_our_settings(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TETEN_MASTER_KEY", "ab" * 32)
    assert reason(workshop, trap(readers.REACHES_OUT)) == "reader_failed"


def test_a_child_that_somebody_ends_is_replaced_and_no_file_is_blamed(workshop: Workshop) -> None:
    assert reason(workshop, GOOD) is None
    assert workshop._child
    os.kill(workshop._child._process.pid, signal.SIGKILL)
    assert reason(workshop, GOOD) is None


def test_a_reader_that_is_not_installed_is_said_and_no_file_is_blamed() -> None:
    with pytest.raises(WorkshopClosed, match="traineddata"):
        Workshop("tests.pictures.readers:not_installed").work(GOOD)


@pytest.mark.parametrize(
    ("asked", "end"),
    [(b"", 0), (READ + trap(readers.HANGS), -signal.SIGALRM)],
    ids=["waits", "hangs"],
)
def test_a_child_ends_when_its_parent_is_gone(asked: bytes, end: int) -> None:
    child = _Child("tests.pictures.readers:Trapped", 0.1, 500)
    child.wait_until_ready()
    if asked:
        child._pipe.send_bytes(asked)
    child._pipe.close()  # As the kernel does with what a killed parent held.
    assert child._process.wait() == end
