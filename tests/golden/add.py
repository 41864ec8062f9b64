"""Keep a stored line of every event that has none yet: `python -m tests.golden.add`.

A line is never changed, for what it stands for is in somebody's log. The new lines are made from the
story in tests/examples_claims.py in which everything happens.
"""

import json
import sys
from pathlib import Path
from typing import Any

from domain.words import EVENTS, Event
from tests.examples_claims import EVENT

LINES = Path(__file__).with_name("events.jsonl")


def canonical(event: Event) -> str:
    line = {"body": event.model_dump(mode="json"), "event": type(event).__name__}
    return json.dumps(line, ensure_ascii=False, separators=(",", ":"), sort_keys=True)


def lines() -> list[str]:
    return LINES.read_text("utf-8").splitlines() if LINES.exists() else []


def read(line: str) -> Event:
    stored: dict[str, Any] = json.loads(line)
    return EVENTS[stored["event"]].model_validate(stored["body"])


def add() -> list[str]:
    """The names of the events that got a line."""
    missing = sorted(set(EVENTS) - {type(read(line)).__name__ for line in lines()})
    with LINES.open("a", encoding="utf-8", newline="\n") as file:
        file.writelines(f"{canonical(EVENT[name])}\n" for name in missing)
    return missing


if __name__ == "__main__":
    sys.stdout.writelines(f"{name}\n" for name in add())
