"""What was written once is read for good: the same event, and the same bytes again."""

import json

import pytest

from domain.words import EVENTS
from tests.everything import ALL, EVENT
from tests.golden.add import LINES, canonical, kept, lines, read


def test_every_event_has_a_stored_line() -> None:
    assert kept() == set(EVENTS), "python -m tests.golden.add keeps a line of a new event"


@pytest.mark.parametrize("line", lines(), ids=lambda line: str(json.loads(line)["event"]))
def test_a_stored_line_is_read_and_written_again_to_the_byte(line: str) -> None:
    event = read(line)
    assert canonical(event, as_read=True) == line
    assert read(canonical(event)) == event


def test_whatever_happens_is_read_back_from_what_is_written() -> None:
    for entry in ALL.log:
        assert read(canonical(entry.event)) == entry.event


def test_the_story_in_which_everything_happens_has_every_event() -> None:
    assert set(EVENT) == set(EVENTS)


def test_lines_end_as_they_do_in_a_text_file_and_none_is_there_twice() -> None:
    text = LINES.read_bytes()
    assert text.endswith(b"}\n")
    assert b"\r" not in text
    assert len(set(lines())) == len(lines())
