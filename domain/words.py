"""The words everything else is written in: Event, Command, Refused, Decider, Past, News, Recorded."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import reduce
from hashlib import sha256
from typing import Annotated, Any, ClassVar, Generic, Protocol, TypeVar

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

S = TypeVar("S")
C = TypeVar("C", bound="Command")
E = TypeVar("E", bound="Event")
Ev = TypeVar("Ev", bound="Event", covariant=True)

# Far enough either way for any programme, and never so far that a month or a deadline can't be added.
Day = Annotated[date, Field(ge=date(1900, 1, 1), le=date(2199, 12, 31))]
Month = Annotated[str, Field(pattern=r"^(19|20|21)[0-9]{2}-(0[1-9]|1[0-2])$")]
Cause = Annotated[str, Field(pattern=r"^[\w.:/ -]{0,100}$")]

EVENTS: dict[str, type["Event"]] = {}
COMMANDS: dict[str, type["Command"]] = {}


def later(default: Any) -> Any:
    """A field that came after the first release. It is written only when it says something: what was
    stored before keeps its bytes, and a command that is asked again its digest."""
    return Field(default=default, exclude_if=lambda value: value == default)


class Event(BaseModel):
    """Something that happened. Named in the past tense, stored forever under its class name."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    @classmethod
    def __pydantic_init_subclass__(cls, **_: Any) -> None:
        if cls.__name__ in EVENTS:
            raise TypeError(f"two events are called {cls.__name__}")
        EVENTS[cls.__name__] = cls


class Command(BaseModel):
    """Something asked for, by someone, at some time. Named in the imperative; may be refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str  # Chosen by whoever asks, so that asking twice can be told from asking for two.
    by: str
    at: AwareDatetime
    programme: str
    effective_on: Day
    # From which days it may hold. Not from earlier ones where a deadline or a rule could be got around.
    may_hold_earlier: ClassVar[bool] = True
    may_hold_later: ClassVar[bool] = False
    cause: Cause = ""  # What made the asker ask: a row of a journal, an event, a screen.

    def digest(self) -> str:
        """What was asked for, apart from the clock: a retry has the same digest, another wish has not."""
        asked = self.model_dump_json(exclude={"at", "cause"})
        return sha256(f"{type(self).__name__} {asked}".encode()).hexdigest()


class Refused(Exception):
    """The command was understood, and the answer is no. A `code` never changes its name."""

    def __init__(self, code: str, **facts: Any) -> None:
        super().__init__(code)
        self.code, self.facts = code, facts


@dataclass(frozen=True)
class News:
    """An event, and the stream that it is about to be written to."""

    decider: "Decider[Any]"
    key: tuple[str, ...]
    event: Event

    @property
    def stream(self) -> str:
        return self.decider.stream(*self.key)


@dataclass(frozen=True)
class Decider(Generic[S]):
    """One kind of stream: its name, its state before anything happened, and how events change it.

    A fold believes its event: it happened, so nothing is checked and nothing can fail.
    """

    prefix: str
    initial: S
    folds: dict[type[Event], Callable[[S, Any], S]] = field(default_factory=dict)

    def on(self, kind: type[E]) -> Callable[[Callable[[S, E], S]], Callable[[S, E], S]]:
        """Register how an event of this kind changes the state."""

        def register(fold: Callable[[S, E], S]) -> Callable[[S, E], S]:
            self.folds[kind] = fold
            return fold

        return register

    def evolve(self, state: S, event: Event) -> S:
        fold = self.folds.get(type(event))
        return fold(state, event) if fold else state

    def fold(self, history: Iterable[Event], state: S | None = None) -> S:
        return reduce(self.evolve, history, self.initial if state is None else state)

    def stream(self, *key: str) -> str:
        """`fund-LTT/AARHUS`: no key of ours holds a slash, so two keys never make one name."""
        return f"{self.prefix}-{'/'.join(key)}"

    def news(self, event: Event, *key: str) -> News:
        return News(self, key, event)


class Past(Protocol):
    """What has happened so far, as the state of any stream. Whatever is asked for is relied upon:
    a decision stands only if none of those streams has moved when it is written."""

    def __call__(self, decider: Decider[S], *key: str) -> S: ...


Finish = Callable[["News", Past], "News"]
FINISHES: list[Finish] = []


def finishes(finish: Finish) -> Finish:
    """Register what every event goes through on its way from its decision, with all before it as the past."""
    FINISHES.append(finish)
    return finish


class Draft:
    """The past with some news on top, for a decision of several steps that build on each other."""

    def __init__(self, past: Past) -> None:
        self._past = past
        self._states: dict[str, Any] = {}
        self.news: list[News] = []

    def __call__(self, decider: Decider[S], *key: str) -> S:
        stream = decider.stream(*key)
        if stream not in self._states:
            self._states[stream] = self._past(decider, *key)
        state: S = self._states[stream]
        return state

    def add(self, *news: News) -> None:
        for each in news:
            new = reduce(lambda so_far, finish: finish(so_far, self), FINISHES, each)
            state = self(new.decider, *new.key)
            self._states[new.stream] = new.decider.evolve(state, new.event)
            self.news.append(new)


DECISIONS: dict[type[Command], Callable[[Any, Past], Sequence[News]]] = {}


def decide(command: Command, past: Past) -> Sequence[News]:
    """What the command leads to, given the past. Refused: nothing, and why."""
    draft = Draft(past)
    draft.add(*DECISIONS[type(command)](command, past))
    return draft.news


def decides(
    kind: type[C],
) -> Callable[[Callable[[C, Past], Sequence[News]]], Callable[[C, Past], Sequence[News]]]:
    """Register a command's decision: flat, ordered guards; past the last one it must succeed."""

    def register(
        decision: Callable[[C, Past], Sequence[News]],
    ) -> Callable[[C, Past], Sequence[News]]:
        if kind.__name__ in COMMANDS:
            raise TypeError(f"two commands are called {kind.__name__}")
        COMMANDS[kind.__name__] = kind
        DECISIONS[kind] = decision
        return decision

    return register


@dataclass(frozen=True)
class Recorded(Generic[Ev]):
    """An event with its circumstances: where it stands, who caused it, and its two times."""

    event: Ev
    stream: str
    version: int
    position: int
    actor: str
    command: str
    digest: str
    cause: str
    at: datetime  # When the actor did it, as told by whoever asked.
    effective_on: date  # The day from which it holds.
    recorded_at: datetime  # When the log learned of it.
