"""A bundle read again by Teten: the same reports, made of the events that the auditor holds."""

import json
from datetime import date, datetime
from pathlib import Path

from domain.words import Event, Recorded
from service.bundle.verify import Bundle
from service.entries import recorded
from service.replay import Attempt, Replayed
from service.report import Reports


class BundleBroken(Exception):
    """It is not what was made and signed. The message says what is wrong with it."""


class Words:
    """The texts that the bundle holds in clear."""

    def __init__(self, bundle: Bundle) -> None:
        self._texts = {each["ref"]: each.get("text") for each in bundle.words()}

    def read(self, ref: str | None) -> str | None:
        return self._texts.get(ref or "")


def reports(folder: Path, vkey: str | None = None) -> Reports:
    """Reports on its programme, with everything that is in it. `vkey`: the log's key, without which nobody
    knows whose bundle it is. BundleBroken."""
    try:
        bundle = Bundle(folder, vkey)
        wrong = [each for found in bundle.verify().values() for each in found]
    except (OSError, ValueError, LookupError) as error:
        raise BundleBroken(f"{folder} is no whole bundle: {error}") from error
    if wrong:
        told = "\n".join(wrong[:10])
        raise BundleBroken(f"{folder} is not what was made and signed:\n{told}")
    programme = bundle.made["programme"]
    replayed = Replayed(_history(folder), _attempts(folder, programme))
    return Reports(replayed, Words(bundle), programme)


def _history(folder: Path) -> list[Recorded[Event]]:
    found = []
    with (folder / "events.jsonl").open("rb") as lines:
        for header in lines:
            position, stream, version, topic = json.loads(header)
            found.append(recorded(stream, version, topic, next(lines)[:-1], position))
    return found


def _attempts(folder: Path, programme: str) -> list[Attempt]:
    """Of each: number, and then id, digest, name, programme, actor, at, effective_on, cause, recorded_at …"""
    with (folder / "refused.jsonl").open("rb") as lines:
        told = [json.loads(line)[1] for line in lines]
    return [
        Attempt(programme, date.fromisoformat(each[6]), datetime.fromisoformat(each[8]))
        for each in told
    ]
