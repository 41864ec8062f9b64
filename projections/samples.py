"""The auditors' samples, each with how it was fixed, drawn and looked at."""

from collections.abc import Iterable
from datetime import date

from pydantic import BaseModel

from domain.money import Money
from domain.sampling.drawing import DrawnItem
from domain.sampling.evaluation import Evaluation
from domain.sampling.samples import (
    PopulationFixed,
    ResultCorrected,
    ResultEntered,
    Sample,
    SampleClosed,
    SampleDrawn,
    evaluation,
)
from domain.words import Event, Recorded
from projections.projection import Projection


class Result(BaseModel):
    """What was found behind an item, as it was told last. `reason`: its words, in the vault."""

    audited: Money
    missing: bool
    reason: str | None
    by: str
    on: date
    corrected: int = 0  # How many times.


class AuditSample(BaseModel):
    fixed: PopulationFixed | None = None
    fixed_at: int = 0  # The position.
    fixed_by: str = ""
    fixed_on: date = date.max
    drawn: SampleDrawn | None = None
    drawn_on: date | None = None
    results: dict[int, Result] = {}
    closed: SampleClosed | None = None
    closed_on: date | None = None

    @property
    def population(self) -> PopulationFixed:
        """Every sample begins with it."""
        assert self.fixed
        return self.fixed

    @property
    def stage(self) -> str:
        if self.closed:
            return "closed"
        return "drawn" if self.drawn else "fixed"

    @property
    def items(self) -> tuple[DrawnItem, ...]:
        return self.drawn.items if self.drawn else ()

    def evaluation(self) -> Evaluation | None:
        """What the results so far say; none before the sample is drawn."""
        if not self.drawn:
            return None
        audited = {item: result.audited for item, result in self.results.items()}
        return evaluation(Sample(self.fixed, self.drawn, audited))


EVENTS = (PopulationFixed, SampleDrawn, ResultEntered, ResultCorrected, SampleClosed)


def keys(news: Recorded[Event]) -> Iterable[str]:
    return [news.stream] if isinstance(news.event, EVENTS) else []


def fold(row: AuditSample, _: str, news: Recorded[Event]) -> AuditSample:
    event, on = news.event, news.effective_on
    match event:
        case PopulationFixed():
            return AuditSample(
                fixed=event, fixed_at=news.position, fixed_by=news.actor, fixed_on=on
            )
        case SampleDrawn():
            return row.model_copy(update={"drawn": event, "drawn_on": on})
        case SampleClosed():
            return row.model_copy(update={"closed": event, "closed_on": on})
    assert isinstance(event, ResultEntered | ResultCorrected)
    before = row.results.get(event.item)
    result = Result(
        audited=event.audited,
        missing=event.missing,
        reason=event.reason,
        by=news.actor,
        on=on,
        corrected=before.corrected + 1 if before else 0,
    )
    return row.model_copy(update={"results": row.results | {event.item: result}})


samples = Projection("samples-1", AuditSample, keys, fold)
