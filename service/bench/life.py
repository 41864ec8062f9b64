"""Made-up cases from the first offer to the outcome: every step of them decided by the domain.

Who and when are placeholders, so that one history can be had for any number of citizens.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from random import Random
from typing import Any

from domain.money import Money, kr
from domain.programme import EstablishProgramme
from domain.remittance import ReceiveStatement, StatementEntry
from domain.words import Command, Decider, News, S, decide
from service.bench import scheme

# Placeholders: each is a valid name of its kind, and stands nowhere else.
PROGRAMME, CASE, STATEMENT = "Qprogramme", "Qcase", "Qstatement"
HASH = "deadbeefcafe"  # The beginning of every fingerprint and every reference to sealed words.
FIRST_DAY = date(2100, 1, 4)  # A Monday. Every date from 2100 on is a number of days after it.

MORNING, BANK_OPENS = timedelta(hours=8), timedelta(hours=6)
OPENING = kr(1_000_000)  # Of each statement: real ones are written anew for many cases.


@dataclass(frozen=True)
class Step:
    """A command, and what it led to."""

    command: Command
    news: Sequence[News]


@dataclass
class Memory:
    """The past of one made-up world, kept as states."""

    states: dict[str, Any] = field(default_factory=dict)

    def __call__(self, decider: Decider[S], *key: str) -> S:
        state: S = self.states.get(decider.stream(*key), decider.initial)
        return state

    def learns(self, news: Sequence[News]) -> None:
        for new in news:
            state = self(new.decider, *new.key)
            self.states[new.stream] = new.decider.evolve(state, new.event)


def established() -> EstablishProgramme:
    """How the programme of the placeholders began, two weeks before the first day."""
    start = FIRST_DAY - timedelta(days=14)
    return EstablishProgramme(
        id=f"{PROGRAMME}/programme",
        by=scheme.SYSTEM,
        at=datetime.combine(start, datetime.min.time(), UTC),
        programme=PROGRAMME,
        effective_on=start,
        terms=scheme.terms(start, start + timedelta(days=730)),
        funding=scheme.funding(1_000),
        staff=scheme.STAFF,
    )


class Life:
    """One citizen's case. Time goes on by each step; an office has its hours, a bank its Mondays."""

    def __init__(self, number: int) -> None:
        self.dice = Random(number)  # nosec B311 # noqa: S311 - the same histories every time
        self.steps: list[Step] = []
        self._past = Memory()
        self._past.learns(decide(established(), self._past))
        self._now = datetime.combine(FIRST_DAY, datetime.min.time(), UTC) + MORNING
        self._numbers = 0

    # Time ----------------------------------------------------------------------------------------

    @property
    def today(self) -> date:
        return self._now.date()

    def days_pass(self, least: int, most: int) -> None:
        """To a morning that many days later, or the Monday after."""
        day = self.today + timedelta(days=self.dice.randint(least, most))
        day += timedelta(days={5: 2, 6: 1}.get(day.weekday(), 0))
        self._now = datetime.combine(day, datetime.min.time(), UTC) + MORNING

    def until_the_bank_writes(self) -> None:
        monday = self.today + timedelta(days=7 - self._now.weekday())
        self._now = datetime.combine(monday, datetime.min.time(), UTC) + BANK_OPENS

    # Steps ---------------------------------------------------------------------------------------

    def does(self, kind: type[Command], by: str, /, **fields: Any) -> None:
        """The command, decided. A refusal would be a mistake in the history."""
        if "case_no" in kind.model_fields:
            fields["case_no"] = CASE
        asked = kind(
            id=f"{CASE}/{len(self.steps) + 1}",
            by=by,
            at=self._now,
            programme=PROGRAMME,
            effective_on=self.today,
            **fields,
        )
        news = decide(asked, self._past)
        self._past.learns(news)
        self.steps.append(Step(asked, news))
        self._now += timedelta(minutes=self.dice.randint(5, 12))

    def bank_says(self, amount: Money, indicator: str = "DBIT", **also: Any) -> None:
        """One entry of the week's statement: debited, or with `also` credited for a reason."""
        self.until_the_bank_writes()
        statement = f"{STATEMENT}{len(self.steps)}"
        told = {"end_to_end_id": None, "return_reason": None, "hands_back": None, "words": None}
        entry = StatementEntry(
            entry=self.number("E"),
            booked_on=self.today - timedelta(days=3),
            indicator=indicator,
            amount=amount,
            **told | also,
        )
        self.does(
            ReceiveStatement,
            scheme.SYSTEM,
            statement=statement,
            file=f"bank/{statement}.xml",
            sha256=fingerprint(statement),
            account=scheme.BANK_ACCOUNT,
            opening=OPENING,
            closing=OPENING,
            entries=(entry,),
        )
        self.days_pass(1, 3)

    # Who and what --------------------------------------------------------------------------------

    def number(self, letter: str) -> str:
        self._numbers += 1
        return f"{CASE}-{letter}{self._numbers}"

    def caseworker(self) -> str:
        return self.dice.choice(scheme.CASEWORKERS[2:])

    def controller(self) -> str:
        return self.dice.choice(scheme.CONTROLLERS)

    def chance(self, percent: int) -> bool:
        return self.dice.randrange(100) < percent

    def some(self, least: int, most: int) -> Money:
        """An amount of kroner within those bounds."""
        return kr(self.dice.randint(least, most))


def fingerprint(*words: str) -> str:
    return HASH + sha256("/".join(words).encode()).hexdigest()[len(HASH) :]


def words_of(*words: str) -> str:
    return f"words-{fingerprint(*words)[:32]}"
