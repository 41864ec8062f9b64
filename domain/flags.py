"""A flag: a question about money, put to a person: what was found, by which rule, and what was answered.

A flag does nothing by itself: no payment waits for it, and nothing is claimed by it. What it said when it was
raised it says for good: the rule's version, its parameters, the facts and the sentence are in the event.
"""

from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum
from hashlib import sha256
from typing import Annotated

from pydantic import Field

from domain.identity import Key, WordsRef
from domain.money import ZERO, Money
from domain.programme import Data
from domain.words import Day, Decider, Event

NO_CASE = "-"  # In the name of a stream: of flags that are about no single case.
Sentence = Annotated[str, Field(min_length=1, max_length=1_000)]
# What makes it the same finding when the rule runs again.
FindingKey = Annotated[str, Field(min_length=1, max_length=500)]
Parameters = dict[str, int | str]


class Evidence(Data):
    """An entry of the log that a flag rests on, named so that a person finds it."""

    event: str
    position: int
    case_no: Key | None
    ref: str


class FlagStage(StrEnum):
    OPEN = "open"
    ASSIGNED = "assigned"
    MUTED = "muted"  # Until a day; then it is what it was before.
    DISMISSED = "dismissed"
    UPHELD = "upheld"

    @property
    def answered(self) -> bool:
        return self in (FlagStage.DISMISSED, FlagStage.UPHELD)

    @property
    def waits(self) -> bool:
        """For somebody to look at it."""
        return self in (FlagStage.OPEN, FlagStage.ASSIGNED)


def flag_id(rule: str, version: int, key: str) -> str:
    """The same finding always has the same name."""
    return f"{rule}-{sha256(f'{rule}|{version}|{key}'.encode()).hexdigest()[:12]}"


# Events ------------------------------------------------------------------------------------------


class FlagRaised(Event):
    """A rule found something that a person should look at. `found_on`: the day on which the facts were
    complete; when the log learned of it is the entry's own time."""

    programme: Key
    flag: Key
    rule: Key
    version: int
    parameters: Parameters
    key: FindingKey
    case_no: Key | None
    line_no: int | None
    about: Key | None  # The member of staff that it is about, where it is about one.
    amount: Money
    sentence_da: Sentence
    sentence_en: Sentence
    evidence: tuple[Evidence, ...]
    found_on: Day


class FlagAssigned(Event):
    """A colleague looks at it from now on, in place of whoever did before."""

    programme: Key
    flag: Key
    case_no: Key | None
    to: Key
    assigned_by: Key


class FlagMuted(Event):
    """Nobody needs to look at it before that day."""

    programme: Key
    flag: Key
    case_no: Key | None
    until: Day
    reason: WordsRef
    muted_by: Key


class FlagDismissed(Event):
    """Somebody looked, and there is nothing in it."""

    programme: Key
    flag: Key
    case_no: Key | None
    reason: WordsRef
    answered_by: Key


class FlagUpheld(Event):
    """Somebody looked, and it holds for this much. Nothing is claimed by that: see `ClaimRaised`."""

    programme: Key
    flag: Key
    case_no: Key | None
    amount: Money
    reason: WordsRef
    answered_by: Key


class FlagReopened(Event):
    """It is to be looked at again: the answer, or the day until which it was muted, holds no more."""

    programme: Key
    flag: Key
    case_no: Key | None
    reason: WordsRef | None
    reopened_by: Key


# State -------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Flag:
    raised: FlagRaised
    assigned_to: str | None = None
    muted_until: date | None = None
    answer: FlagDismissed | FlagUpheld | None = None

    @property
    def upheld(self) -> Money:
        return self.answer.amount if isinstance(self.answer, FlagUpheld) else ZERO

    def stage(self, on: date) -> FlagStage:
        if self.answer:
            upheld = isinstance(self.answer, FlagUpheld)
            return FlagStage.UPHELD if upheld else FlagStage.DISMISSED
        if self.muted_until and on < self.muted_until:
            return FlagStage.MUTED
        return FlagStage.ASSIGNED if self.assigned_to else FlagStage.OPEN


@dataclass(frozen=True)
class Flags:
    """All flags of one case, or all of a programme that are about no single case."""

    by_id: dict[str, Flag] = field(default_factory=dict)
    found: frozenset[tuple[str, str]] = frozenset()  # By rule and key: each is raised once.

    def with_flag(self, flag: Flag) -> "Flags":
        return replace(self, by_id=self.by_id | {flag.raised.flag: flag})

    def waiting(self, on: date) -> tuple[str, ...]:
        """Those that nobody has answered, nor muted for that day, in the order they were raised in."""
        return tuple(name for name, flag in self.by_id.items() if flag.stage(on).waits)


flags: Decider[Flags] = Decider("flags", Flags())


@flags.on(FlagRaised)
def _raised(of: Flags, event: FlagRaised) -> Flags:
    return replace(of.with_flag(Flag(event)), found=of.found | {(event.rule, event.key)})


@flags.on(FlagAssigned)
def _assigned(of: Flags, event: FlagAssigned) -> Flags:
    return of.with_flag(replace(of.by_id[event.flag], assigned_to=event.to))


@flags.on(FlagMuted)
def _muted(of: Flags, event: FlagMuted) -> Flags:
    return of.with_flag(replace(of.by_id[event.flag], muted_until=event.until))


@flags.on(FlagDismissed)
def _dismissed(of: Flags, event: FlagDismissed) -> Flags:
    return of.with_flag(replace(of.by_id[event.flag], answer=event, muted_until=None))


@flags.on(FlagUpheld)
def _upheld(of: Flags, event: FlagUpheld) -> Flags:
    return of.with_flag(replace(of.by_id[event.flag], answer=event, muted_until=None))


@flags.on(FlagReopened)
def _reopened(of: Flags, event: FlagReopened) -> Flags:
    return of.with_flag(replace(of.by_id[event.flag], answer=None, muted_until=None))
