"""Audit samples: what the decisions on them can't know and nobody may choose (the population as the log has
it, the checkpoint that draws), and the drawing done again."""

from collections.abc import Mapping
from datetime import date
from typing import Any, NamedTuple

from pydantic import BaseModel

from domain.money import Money
from domain.sampling.drawing import DrawnItem, drawn, seed_of
from domain.sampling.evaluation import Evaluation
from domain.sampling.factors import sampling_interval
from domain.sampling.population import Item, Kind, digest, fixed
from domain.sampling.samples import PopulationFixed, SampleClosed, SampleDrawn, evaluation, samples
from domain.words import Event, Recorded
from projections.population import population
from projections.samples import AuditSample, Result
from projections.samples import samples as sample_rows
from service.evidence.checkpoints import Checkpoints, Made
from service.evidence.notes import BadKey, BadNote
from service.log import Log
from service.rows import Snapshot

LOOKED_UP = {
    "FixPopulation": ("items", "through"),
    "DrawSample": ("items", "size", "root", "note"),
}


class Wanted(BaseModel):
    """Which population."""

    programme: str
    kind: Kind
    first_day: date
    last_day: date


def looked_up(
    log: Log, checkpoints: Checkpoints, command: str, body: Mapping[str, Any]
) -> dict[str, Any]:
    """What goes with a command on a sample, by the names of its fields. pydantic's ValidationError: the body
    doesn't say which population."""
    match command:
        case "FixPopulation":
            through = log.head()
            items = _items(log, Wanted.model_validate(body), through)
            return {"items": _written(items), "through": through}
        case "DrawSample":
            beginning = _beginning(log, str(body.get("programme")), str(body.get("sample")))
            made = checkpoints.first_from(beginning.position) if beginning else None
            return {
                "items": _written(_items_of(log, beginning.event)) if beginning else [],
                "size": made.size if made else 0,
                "root": made.checkpoint.root.hex() if made else "",
                "note": made.note if made else "",
            }
    return {}


def _items(log: Log, wanted: Wanted, through: int) -> list[Item]:
    return population(
        log.everything(),
        wanted.programme,
        wanted.kind,
        wanted.first_day,
        wanted.last_day,
        through,
    )


def _written(items: list[Item]) -> list[dict[str, Any]]:
    return [item.model_dump(mode="json") for item in items]


def _items_of(log: Log, event: PopulationFixed) -> list[Item]:
    return _items(log, Wanted.model_validate(event, from_attributes=True), event.through)


def _beginning(log: Log, programme: str, sample: str) -> Recorded[PopulationFixed] | None:
    """The event that fixed the sample's population, with its position."""
    for news in _history(log, programme, sample):
        if isinstance(news.event, PopulationFixed):
            return news  # type: ignore[return-value]
    return None


def _history(log: Log, programme: str, sample: str) -> list[Recorded[Event]]:
    with log.pool.connection() as connection:
        return log.history(connection, samples.stream(programme, sample), log.head())


# Drawn again -------------------------------------------------------------------------------------


class Compared(NamedTuple):
    """Something that was told, reckoned anew from the log."""

    what: str
    same: bool
    says: str


def redrawn(log: Log, checkpoints: Checkpoints, programme: str, sample: str) -> list[Compared]:
    """The population, the checkpoint, the seed and the items, and what a closed sample says, each beside what
    the log tells of them. Empty:
    there is no such sample, or it isn't drawn."""
    beginning = _beginning(log, programme, sample)
    events = [news.event for news in _history(log, programme, sample)]
    told = next((event for event in events if isinstance(event, SampleDrawn)), None)
    if not beginning or not told:
        return []
    fixed_as = beginning.event
    items = _items_of(log, fixed_as)
    made = checkpoints.first_from(beginning.position)
    seed = seed_of(digest(items), made.note) if made else ""
    again = drawn(items, fixed_as.strata, _strata(fixed_as, items), seed)
    return [
        Compared(
            "population",
            digest(items) == fixed_as.digest and _strata(fixed_as, items) == fixed_as.fixed_strata,
            f"{fixed_as.items} items, {fixed_as.amount} kr., through position {fixed_as.through}",
        ),
        Compared("checkpoint", *_compared(checkpoints, made, told, beginning.position)),
        Compared("seed", seed == told.seed, told.seed),
        Compared("items", again == told.items, f"{len(told.items)} drawn"),
        *_evaluated_again(events),
    ]


def _evaluated_again(events: list[Event]) -> list[Compared]:
    """What a closed sample says, beside what its results say; nothing of one that is open."""
    closed = [event for event in events if isinstance(event, SampleClosed)]
    if not closed:
        return []
    says = Evaluation.model_validate(closed[-1], from_attributes=True)
    return [Compared("evaluation", says == evaluation(samples.fold(events)), says.conclusion or "")]


def _strata(event: PopulationFixed, items: list[Item]) -> tuple[Any, ...]:
    interval = sampling_interval(event.materiality, event.expected, event.confidence)
    return fixed(items, event.strata, interval)


def _compared(
    checkpoints: Checkpoints, made: Made | None, told: SampleDrawn, position: int
) -> tuple[bool, str]:
    if not made:
        return False, f"none speaks of position {position}"
    try:
        signed = checkpoints.opened(made)
    except (BadNote, BadKey, FileNotFoundError) as error:
        return False, f"of size {made.size} is not signed by the log's keys: {error}"
    same = (made.size, made.note, signed.root.hex()) == (told.size, told.note, told.root)
    return same, f"of size {made.size} is the first that speaks of position {position}"


# As it is shown ----------------------------------------------------------------------------------


class LookedAt(DrawnItem):
    """An item of the sample, with what was found behind it; `None`: nobody has looked yet."""

    audited: Money | None
    missing: bool
    corrected: int
    reason: str | None  # Its words are in the vault.


class Drawing(BaseModel):
    on: date
    size: int
    root: str
    note: str
    seed: str


class SampleView(BaseModel):
    stage: str  # fixed, drawn, closed.
    fixed_on: date
    fixed_by: str
    fixed_at: int  # The position in the log.
    population: PopulationFixed
    drawing: Drawing | None
    items: list[LookedAt]
    to_look_at: int
    evaluation: Evaluation | None  # Of the results so far.
    closed_on: date | None


def sample_views(snapshot: Snapshot, programme: str) -> list[SampleView]:
    """A programme's samples, in the order in which they were fixed."""
    found = snapshot.all(sample_rows, samples.stream(programme, "")).values()
    return [_view(row) for row in sorted(found, key=lambda row: row.fixed_at)]


def sample_view(snapshot: Snapshot, programme: str, sample: str) -> SampleView | None:
    """None: there is none of that name."""
    key = samples.stream(programme, sample)
    row = snapshot.get(sample_rows, key) if key.isprintable() else None
    return _view(row) if row else None


def _view(row: AuditSample) -> SampleView:
    drawn, drawing = row.drawn, None
    if drawn and row.drawn_on:
        told = drawn.model_dump(include=set(Drawing.model_fields))
        drawing = Drawing(on=row.drawn_on, **told)
    return SampleView(
        stage=row.stage,
        fixed_on=row.fixed_on,
        fixed_by=row.fixed_by,
        fixed_at=row.fixed_at,
        population=row.population,
        drawing=drawing,
        items=[_looked_at(item, row.results.get(item.position)) for item in row.items],
        to_look_at=len(row.items) - len(row.results),
        evaluation=row.evaluation(),
        closed_on=row.closed_on,
    )


def _looked_at(item: DrawnItem, result: Result | None) -> LookedAt:
    return LookedAt(
        **dict(item),
        audited=result.audited if result else None,
        missing=bool(result and result.missing),
        corrected=result.corrected if result else 0,
        reason=result.reason if result else None,
    )
