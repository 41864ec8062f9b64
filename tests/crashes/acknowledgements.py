"""What was asked and what was answered, written down before anybody acts on it."""

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from domain.words import COMMANDS, Command, Refused


class Told(NamedTuple):
    """An answer as a client got it. Of a refusal the code; of what was done its positions."""

    command: str
    digest: str
    code: str | None
    first: int
    last: int
    again: bool


class Journal:
    """Lines of JSON, each written by one call to the system: what it took, outlives this process."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def write(self, what: str, **facts: Any) -> None:
        os.write(self._file, (json.dumps({"what": what} | facts) + "\n").encode())

    def asked(self, command: Command) -> None:
        body = command.model_dump(mode="json")
        self.write("asked", kind=type(command).__name__, body=body, digest=command.digest())

    def done(self, command: Command, first: int, last: int, *, again: bool) -> None:
        told = {"command": command.id, "digest": command.digest(), "code": None}
        self.write("answered", **told, first=first, last=last, again=again)

    def refused(self, command: Command, no: Refused) -> None:
        told = {"command": command.id, "digest": command.digest(), "code": no.code}
        self.write("answered", **told, first=0, last=0, again=False)

    def close(self) -> None:
        os.close(self._file)


@dataclass
class Acknowledged:
    """All that was read from journals."""

    asked: dict[tuple[str, str], Command] = field(default_factory=dict)  # By id and digest.
    told: list[Told] = field(default_factory=list)
    reused: list[tuple[str, str]] = field(default_factory=list)  # Told to be another's id.
    failures: dict[str, int] = field(default_factory=dict)  # How often what kind of error was met.
    unclear: list[str] = field(default_factory=list)  # Errors that no client could make sense of.
    followers_died: int = 0  # Of services that lived on, with figures that stood still.

    def read(self, path: Path) -> None:
        for line in lines(path):
            match line:
                case {"what": "asked", "kind": kind, "body": body, "digest": digest}:
                    self.asked[body["id"], digest] = COMMANDS[kind].model_validate(body)
                case {"what": "answered"}:
                    self.told.append(Told(*(line[name] for name in Told._fields)))
                case {"what": "reused"}:
                    self.reused.append((line["command"], line["digest"]))
                case {"what": "failed", "error": error}:
                    self.failures[error] = self.failures.get(error, 0) + 1
                case {"what": "unclear", "error": error}:
                    self.unclear.append(error)
                case {"what": "follower died"}:
                    self.followers_died += 1

    def unanswered(self) -> list[Command]:
        """Asked, and never answered: the process was killed, or the database was away."""
        known = {(told.command, told.digest) for told in self.told} | set(self.reused)
        return [command for key, command in self.asked.items() if key not in known]


def lines(path: Path) -> Iterator[dict[str, Any]]:
    """Whole ones only: the last may have been torn, and then nobody was told."""
    if path.exists():
        for line in path.read_bytes().splitlines(keepends=True):
            if line.endswith(b"\n"):
                yield json.loads(line)


def count(path: Path, what: str) -> int:
    return sum(1 for line in lines(path) if line["what"] == what)
