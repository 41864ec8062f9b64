"""Decisions of commands that wait together, made in memory before they are stored."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from eventsourcing.persistence import StoredEvent
from psycopg import Cursor

from domain.case import cases
from domain.words import Command, Decider, News, Past, Refused, S, decide
from service.answers import Answer, VersionMoved
from service.entries import stored
from service.states import Standing, States

Beside = Callable[[Cursor[Any]], None]
"""Something stored in the same transaction as a command's events. It may run again if that one fails."""


class Conditions(NamedTuple):
    """What goes with a command on a case, from whoever passes it on. No part of what is asked for."""

    version: int | None = None  # The case's, as the asker saw it last: at another, VersionMoved.
    unseen: bool = False  # The case is none of the asker's: decided as if there were no such case.


UNCONDITIONAL = Conditions()


class Asked(NamedTuple):
    """A command on its way to an answer."""

    command: Command
    keep: Beside | None
    digest: str
    at: str
    effective_on: str
    conditions: Conditions = UNCONDITIONAL
    in_doubt: bool = False  # It was sent on a line that then broke.

    @classmethod
    def of(
        cls, command: Command, keep: Beside | None, conditions: Conditions = UNCONDITIONAL
    ) -> "Asked":
        at, effective_on = command.at.isoformat(), command.effective_on.isoformat()
        return cls(command, keep, command.digest(), at, effective_on, conditions)

    def decided(self, past: Past, version: Callable[[str], int]) -> Sequence[News]:
        """What it leads to under its conditions. Refused, or VersionMoved."""
        if self.conditions == UNCONDITIONAL:
            return decide(self.command, past)
        case_no = getattr(self.command, "case_no", None) or ""  # Some are about no case.
        stream, unseen = cases.stream(case_no), self.conditions.unseen
        if self.conditions.version is not None:
            current = 0 if unseen else version(stream)
            if current != self.conditions.version:
                raise VersionMoved(current)
        if not unseen:
            return decide(self.command, past)
        decide(self.command, _Without(past, stream))
        raise Refused("not_found", what="case", case_no=case_no)


class _Without(NamedTuple):
    """The past, as if nothing had happened in one stream."""

    past: Past
    stream: str

    def __call__(self, decider: Decider[S], *key: str) -> S:
        hidden = decider.stream(*key) == self.stream
        return decider.initial if hidden else self.past(decider, *key)


class Decided(NamedTuple):
    """What a command led to: the numbers of its first and last event in the group, counted from 1, or an
    error."""

    asked: Asked
    first: int
    last: int
    error: Exception | None

    def answer(self, before: int) -> Answer | Exception:
        """Once it is stored, with the group's events after the position `before`."""
        return self.error or Answer(
            command=self.asked.command.id,
            first_position=before + self.first,
            last_position=before + self.last,
        )


class Group:
    """Commands decided one after the other, each on top of those before it, as one transaction will store
    them. A command that is refused, or that fails, changes nothing for those after it."""

    def __init__(self, states: States, asked: Sequence[Asked], certain: Standing) -> None:
        self._states, self._certain = states, certain
        self.deciders: dict[str, Decider[Any]] = {}  # Of every stream that was looked at.
        self.began: Standing = {}  # How it stood then, as far as was known.
        self.unknown: list[str] = []  # It wasn't known, and was taken to be empty.
        self._stand: Standing = {}  # How it stands after the latest decision.
        self.events: list[StoredEvent] = []
        self.written: set[str] = set()
        self._now = datetime.now(UTC).isoformat()
        self.stored = False
        self.decided = [self._decided(each) for each in asked]

    def __call__(self, decider: Decider[S], *key: str) -> S:
        """The past, as a decision reads it."""
        state: S = self._at(decider, decider.stream(*key))[1]
        return state

    def _at(self, decider: Decider[S], stream: str) -> tuple[int, S]:
        if stream not in self._stand:
            known = self._certain.get(stream) or self._states.get(stream)
            if known is None:
                self.unknown.append(stream)
            self._stand[stream] = self.began[stream] = known or (0, decider.initial)
            self.deciders[stream] = decider
        return self._stand[stream]

    def _decided(self, asked: Asked) -> Decided:
        first = len(self.events) + 1
        try:
            self._add(asked)
        except Refused as no:
            return Decided(asked, 0, 0, no)
        except Exception as error:  # noqa: BLE001 - it is the answer of this command, and of no other
            return Decided(asked, 0, 0, error)
        return Decided(asked, first, len(self.events), None)

    def _add(self, asked: Asked) -> None:
        ends: Standing = {}
        events: list[StoredEvent] = []
        for new in asked.decided(self, lambda stream: self._at(cases, stream)[0]):
            stream = new.stream
            version, state = ends.get(stream) or self._at(new.decider, stream)
            ends[stream] = version + 1, new.decider.evolve(state, new.event)
            events.append(stored(new.event, stream, version + 1, self._circumstances(asked)))
        self._stand |= ends
        self.written |= ends.keys()
        self.events += events

    def _circumstances(self, asked: Asked) -> dict[str, str]:
        return {
            "actor": asked.command.by,
            "at": asked.at,
            "cause": asked.command.cause,
            "command": asked.command.id,
            "digest": asked.digest,
            "effective_on": asked.effective_on,
            "recorded_at": self._now,
        }

    def answers(self) -> list[dict[str, Any]]:
        """Rows of `commands`, with positions counted from the group's first event. Of commands that were
        done or refused: what failed is nobody's answer."""
        return [
            {
                "id": asked.command.id,
                "digest": asked.digest,
                "name": type(asked.command).__name__,
                "programme": asked.command.programme,
                "actor": asked.command.by,
                "at": asked.at,
                "effective_on": asked.effective_on,
                "cause": asked.command.cause,
                "recorded_at": self._now,
                "first_position": None if error else first,
                "last_position": None if error else last,
                "code": error.code if error else None,
                "facts": error.facts if error else None,
            }
            for asked, first, last, error in self.decided
            if error is None or isinstance(error, Refused)
        ]

    @property
    def keeps(self) -> list[Beside]:
        """What belongs to the commands that are done."""
        return [each.asked.keep for each in self.decided if each.asked.keep and not each.error]

    def doubts(self, certain: Standing, *, all_doubted: bool = False) -> Standing:
        """Streams whose state may not be what the log holds: those that are not in memory, or all."""
        doubted = self.began if all_doubted else self.unknown
        return {each: self.began[each] for each in doubted if each not in certain}

    @property
    def ends(self) -> Standing:
        """How the streams that are written stand then."""
        return {stream: self._stand[stream] for stream in self.written}

    def remember(self) -> None:
        """It is stored: let the next decisions begin here."""
        self._states.learn(self.ends)
        self.stored = True
