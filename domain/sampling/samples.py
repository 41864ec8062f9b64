"""An auditor's sample: the population fixed, drawn by a later checkpoint, looked at, evaluated, closed.

These are the auditor's own working papers. They move no money, and no decision on money reads them.
"""

from dataclasses import dataclass, field, replace
from typing import Annotated, Any, ClassVar

from pydantic import AfterValidator, Field, model_validator

from domain.case.state import programme_of
from domain.identity import Key, Sha256, WordsRef
from domain.money import ZERO, Money, PositiveMoney, total
from domain.programme import Role
from domain.sampling.drawing import DrawnItem, drawn, seed_of
from domain.sampling.evaluation import Conclusion, Evaluation, Misstatement, evaluated
from domain.sampling.factors import sampling_interval
from domain.sampling.population import FixedStratum, Item, Kind, Strata, digest, fixed
from domain.words import Command, Day, Decider, Event, News, Past, Refused, decides


def _not_negative(amount: Money) -> Money:
    if amount < ZERO:
        raise ValueError("an amount found is 0.00 or more")
    return amount


Found = Annotated[Money, AfterValidator(_not_negative)]
Confidence = Annotated[int, Field(ge=70, le=99)]  # Per cent.

# Events ------------------------------------------------------------------------------------------


class PopulationFixed(Event):
    """What a sample will be drawn from was settled, and how sure it has to make the auditor, before anybody
    could know what would be drawn. `through`: the position up to which the log was read for it."""

    programme: Key
    sample: Key
    kind: Kind
    first_day: Day
    last_day: Day
    through: int
    confidence: Confidence
    materiality: PositiveMoney
    expected: Found
    strata: Strata
    fixed_strata: tuple[FixedStratum, ...]
    items: int
    amount: Money
    left_out_items: int
    left_out_amount: Money
    digest: Sha256
    purpose: WordsRef | None


class SampleDrawn(Event):
    """The first checkpoint that speaks of the population drew these items. Anyone can draw them again."""

    programme: Key
    sample: Key
    size: int
    root: Sha256
    note: str
    seed: Sha256
    items: tuple[DrawnItem, ...]


class ResultEntered(Event):
    """The auditor looked at an item of the sample, and found this much behind it. `missing`: there is nothing
    to look at, which counts as 0.00."""

    programme: Key
    sample: Key
    item: int
    booked: Money
    audited: Found
    missing: bool
    reason: WordsRef | None


class ResultCorrected(Event):
    """The auditor found out better. What was entered before stays in the log."""

    programme: Key
    sample: Key
    item: int
    booked: Money
    audited: Found
    missing: bool
    reason: WordsRef


class SampleClosed(Event):
    """All of the sample was looked at, and this is what it says of the population."""

    programme: Key
    sample: Key
    overstated: Misstatement
    understated: Misstatement
    conclusion: Conclusion


# Commands ----------------------------------------------------------------------------------------


class SampleCommand(Command):
    may_hold_earlier: ClassVar[bool] = False
    sample: Key


class OfPopulation(SampleCommand):
    """`items`: the population, as the service read it from the log through that position. Nobody who asks
    can choose it."""

    items: tuple[Item, ...]
    # What is looked up anew each time that it is asked.
    LOOKED_UP: ClassVar[dict[str, Any]] = {"items": ()}

    def digest(self) -> str:
        """Of what was asked for, without what was looked up for it: a retry is the same wish."""
        return Command.digest(self.model_copy(update=self.LOOKED_UP))


class FixPopulation(OfPopulation):
    kind: Kind
    first_day: Day
    last_day: Day
    confidence: Confidence
    materiality: PositiveMoney
    expected: Found = ZERO
    strata: Strata = ()
    purpose: WordsRef | None = None
    through: int
    LOOKED_UP: ClassVar[dict[str, Any]] = {"items": (), "through": 0}

    @model_validator(mode="after")
    def _forward(self) -> "FixPopulation":
        if self.last_day < self.first_day:
            raise ValueError("a period ends on its first day or later")
        return self


class DrawSample(OfPopulation):
    """`size`, `root`, `note`: the first checkpoint that speaks of the fixed population. 0: there is none."""

    size: int
    root: str
    note: str
    LOOKED_UP: ClassVar[dict[str, Any]] = {"items": (), "size": 0, "root": "", "note": ""}


class ResultCommand(SampleCommand):
    item: int
    audited: Found
    missing: bool = False

    @model_validator(mode="after")
    def _nothing_is_0(self) -> "ResultCommand":
        if self.missing and self.audited:
            raise ValueError("of an item that is missing, 0.00 was found")
        return self


class EnterResult(ResultCommand):
    reason: WordsRef | None = None


class CorrectResult(ResultCommand):
    reason: WordsRef


class CloseSample(SampleCommand):
    pass


# State -------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Sample:
    population: PopulationFixed | None = None
    drawing: SampleDrawn | None = None
    audited: dict[int, Money] = field(default_factory=dict)
    closed: bool = False


samples: Decider[Sample] = Decider("sample", Sample())


@samples.on(PopulationFixed)
def _fixed(_: Sample, event: PopulationFixed) -> Sample:
    return Sample(population=event)


@samples.on(SampleDrawn)
def _drawn(sample: Sample, event: SampleDrawn) -> Sample:
    return replace(sample, drawing=event)


@samples.on(ResultEntered)
def _entered(sample: Sample, event: ResultEntered) -> Sample:
    return replace(sample, audited=sample.audited | {event.item: event.audited})


@samples.on(ResultCorrected)
def _corrected(sample: Sample, event: ResultCorrected) -> Sample:
    return replace(sample, audited=sample.audited | {event.item: event.audited})


@samples.on(SampleClosed)
def _closed(sample: Sample, _: SampleClosed) -> Sample:
    return replace(sample, closed=True)


def evaluation(sample: Sample) -> Evaluation:
    """What the results so far say. Of a sample that was drawn."""
    assert sample.population
    assert sample.drawing
    population = sample.population
    return evaluated(
        population.fixed_strata,
        sample.drawing.items,
        sample.audited,
        population.confidence,
        population.materiality,
    )


# Decide ------------------------------------------------------------------------------------------


@decides(FixPopulation)
def fix(ask: FixPopulation, past: Past) -> list[News]:
    _independent(ask, past)
    if past(samples, ask.programme, ask.sample).population:
        raise Refused("wrong_state", what="sample", is_already="fixed")
    if ask.expected + ask.expected > ask.materiality:
        raise Refused("expected_too_large", materiality=str(ask.materiality))
    interval = sampling_interval(ask.materiality, ask.expected, ask.confidence)
    fixed_strata = fixed(ask.items, ask.strata, interval)
    left_out = [item.amount for item in ask.items if item.amount <= ZERO]
    population = PopulationFixed(
        **ask.model_dump(include=set(PopulationFixed.model_fields) - {"items", "strata"}),
        strata=ask.strata,
        fixed_strata=fixed_strata,
        items=sum(each.items for each in fixed_strata),
        amount=total(each.amount for each in fixed_strata),
        left_out_items=len(left_out),
        left_out_amount=total(left_out),
        digest=digest(ask.items),
    )
    if not population.items:
        raise Refused("not_found", what="items")
    return [samples.news(population, ask.programme, ask.sample)]


@decides(DrawSample)
def draw(ask: DrawSample, past: Past) -> list[News]:
    sample, population = _fixed_for(ask, past)
    if sample.drawing:
        raise Refused("wrong_state", what="sample", is_already="drawn")
    if ask.size <= population.through:
        raise Refused("no_checkpoint", through=population.through)
    if digest(ask.items) != population.digest:
        raise Refused("population_differs", through=population.through)
    seed = seed_of(population.digest, ask.note)
    event = SampleDrawn(
        programme=ask.programme,
        sample=ask.sample,
        size=ask.size,
        root=ask.root,
        note=ask.note,
        seed=seed,
        items=drawn(ask.items, population.strata, population.fixed_strata, seed),
    )
    return [samples.news(event, ask.programme, ask.sample)]


@decides(EnterResult)
def enter(ask: EnterResult, past: Past) -> list[News]:
    sample, item = _looked_at(ask, past)
    if item.position in sample.audited:
        raise Refused("wrong_state", what="item", is_already="entered")
    entered = ResultEntered(**_assessment(ask, item))
    return [samples.news(entered, ask.programme, ask.sample)]


@decides(CorrectResult)
def correct(ask: CorrectResult, past: Past) -> list[News]:
    sample, item = _looked_at(ask, past)
    if item.position not in sample.audited:
        raise Refused("wrong_state", what="item", missing=1)
    corrected = ResultCorrected(**_assessment(ask, item))
    return [samples.news(corrected, ask.programme, ask.sample)]


@decides(CloseSample)
def close_sample(ask: CloseSample, past: Past) -> list[News]:
    sample, drawing = _open(ask, past)
    if missing := len(drawing.items) - len(sample.audited):
        raise Refused("wrong_state", what="sample", missing=missing)
    found = evaluation(sample)
    assert found.conclusion
    closed = SampleClosed(
        programme=ask.programme,
        sample=ask.sample,
        overstated=found.overstated,
        understated=found.understated,
        conclusion=found.conclusion,
    )
    return [samples.news(closed, ask.programme, ask.sample)]


def _independent(ask: SampleCommand, past: Past) -> None:
    """Guard: an auditor asks, and one who never had another role: nobody audits what they did
    themselves."""
    programme = programme_of(ask, past)
    others = {role.value for role in programme.held[ask.by]} - {Role.AUDITOR.value}
    if others:
        raise Refused("same_person", also=sorted(others))


def _fixed_for(ask: SampleCommand, past: Past) -> tuple[Sample, PopulationFixed]:
    """Guard: an auditor asks, about a sample that there is."""
    _independent(ask, past)
    sample = past(samples, ask.programme, ask.sample)
    if not sample.population:
        raise Refused("not_found", what="sample")
    return sample, sample.population


def _open(ask: SampleCommand, past: Past) -> tuple[Sample, SampleDrawn]:
    """Guard: the sample was drawn, and is not closed."""
    sample, _ = _fixed_for(ask, past)
    if not sample.drawing:
        raise Refused("wrong_state", what="sample", missing="drawing")
    if sample.closed:
        raise Refused("wrong_state", what="sample", is_already="closed")
    return sample, sample.drawing


def _looked_at(ask: ResultCommand, past: Past) -> tuple[Sample, DrawnItem]:
    """Guard: the item is in the sample. Nobody adds one."""
    sample, drawing = _open(ask, past)
    for item in drawing.items:
        if item.position == ask.item:
            return sample, item
    raise Refused("not_in_sample", item=ask.item)


def _assessment(ask: EnterResult | CorrectResult, item: DrawnItem) -> dict[str, Any]:
    """What is said of an item, whether for the first time or better."""
    return {
        "programme": ask.programme,
        "sample": ask.sample,
        "item": item.position,
        "booked": item.amount,
        "audited": ask.audited,
        "missing": ask.missing,
        "reason": ask.reason,
    }
