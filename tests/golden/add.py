"""Keep a stored line of every event that has none with all its fields yet: `python -m tests.golden.add`.

A line is never changed, for what it stands for is in somebody's log. The new lines are made from the
story in tests/everything.py in which everything happens.
"""

import json
import sys
from pathlib import Path
from typing import Any

from domain.words import EVENTS, Event
from tests.everything import EVENT

LINES = Path(__file__).with_name("events.jsonl")


def canonical(event: Event, *, as_read: bool = False) -> str:
    """`as_read`: with the fields that the line has which it was read from, and no newer ones."""
    body = event.model_dump(mode="json", exclude_unset=as_read)
    line = {"body": body, "event": type(event).__name__}
    return json.dumps(line, ensure_ascii=False, separators=(",", ":"), sort_keys=True)


def lines() -> list[str]:
    return LINES.read_text("utf-8").splitlines() if LINES.exists() else []


def read(line: str) -> Event:
    stored: dict[str, Any] = json.loads(line)
    return EVENTS[stored["event"]].model_validate(stored["body"])


def kept() -> set[str]:
    """The events that have a line with all the fields that are written today."""
    events = {line: read(line) for line in lines()}
    return {type(event).__name__ for line, event in events.items() if canonical(event) == line}


def add() -> list[str]:
    """The names of the events that got a line."""
    missing = sorted(set(EVENTS) - kept())
    with LINES.open("a", encoding="utf-8", newline="\n") as file:
        file.writelines(f"{canonical(EVENT[name])}\n" for name in missing)
    return missing


if __name__ == "__main__":
    sys.stdout.writelines(f"{name}\n" for name in add())
