"""What a flag rule is, what it finds, and the list of all of them.

A rule is a pure function of the facts. It is registered under its own name, with its version and its
parameters. To add one is to write one function.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from pydantic import BaseModel

from domain.flag_rules import RuleStage
from domain.flags import Evidence
from domain.money import ZERO, Money
from projections.flags.facts import Fact
from projections.flags.view import Facts

Parameters = Mapping[str, int]
Stage = RuleStage


class Finding(BaseModel, frozen=True):
    """What a rule found, with the rule as it was and the facts that say so. It accuses nobody."""

    rule: str
    version: int
    parameters: dict[str, int | str]
    key: str  # The same when the rule runs again. Unique within rule and programme.
    case_no: str | None  # `None`: about the programme, or about staff.
    line_no: int | None
    amount: Money  # What is in doubt.
    sentence_da: str
    sentence_en: str
    evidence: tuple[Evidence, ...]
    on: date  # The day on which the facts were complete.
    about: str | None = None  # The member of staff who must not answer it.


class Hit(NamedTuple):
    """A finding, but for what its rule is called."""

    key: str
    case_no: str | None
    on: date
    da: str
    en: str
    facts: Iterable[Fact]
    line_no: int | None = None
    amount: Money = ZERO
    about: str | None = None


Search = Callable[[Facts, Parameters], Iterable[Hit]]


@dataclass(frozen=True)
class Rule:
    """`search` looks at facts up to a hit's own day alone: what is found then doesn't change later."""

    id: str
    version: int
    stage: Stage  # As delivered; each programme may change it.
    parameters: Mapping[str, int]
    looks_at: tuple[str, ...]  # Events, and of readings their fields.
    search: Search

    @property
    def says(self) -> str:
        """What it is about, in a sentence or two."""
        return " ".join((self.search.__doc__ or "").split())


@dataclass(frozen=True)
class InForce:
    """A rule as a programme has it now."""

    rule: Rule
    version: int
    parameters: Mapping[str, int]


RULES: dict[str, Rule] = {}


def rule(
    version: int, looks_at: Iterable[str], stage: Stage = Stage.LIVE, **parameters: int
) -> Callable[[Search], Search]:
    """Register the function as the rule of its name. Amounts among the parameters are whole kroner."""

    def register(search: Search) -> Search:
        name = search.__name__
        if name in RULES:
            raise TypeError(f"two rules are called {name}")
        RULES[name] = Rule(name, version, stage, parameters, tuple(looks_at), search)
        return search

    return register


def as_delivered(*stages: Stage) -> list[InForce]:
    """The rules of those stages, with the versions and parameters that they come with."""
    wanted = stages or (Stage.LIVE,)
    return [
        InForce(each, each.version, each.parameters)
        for each in RULES.values()
        if each.stage in wanted
    ]


def findings(facts: Facts, in_force: Iterable[InForce], as_of: date) -> Iterator[Finding]:
    """What the rules find in what was known on that day. Each finding once, as it was found first."""
    for each in in_force:
        told: set[str] = set()
        hits = each.rule.search(facts, each.parameters)
        for hit in sorted(hits, key=lambda hit: (hit.on, hit.key)):
            if hit.on <= as_of and hit.key not in told:
                told.add(hit.key)
                yield _finding(each, hit)


def _finding(of: InForce, hit: Hit) -> Finding:
    evidence = sorted(
        {
            Evidence(
                event=fact.event, position=fact.position, case_no=fact.case_no or None, ref=fact.ref
            )
            for fact in hit.facts
        },
        key=lambda each: each.position,
    )
    return Finding(
        rule=of.rule.id,
        version=of.version,
        parameters=dict(of.parameters),
        key=hit.key,
        case_no=hit.case_no,
        line_no=hit.line_no,
        amount=hit.amount,
        sentence_da=hit.da,
        sentence_en=hit.en,
        evidence=tuple(evidence),
        on=hit.on,
        about=hit.about,
    )
