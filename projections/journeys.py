"""Each citizen's way through the programme, and the counts of the reports: who was offered it, took
part, completed, and left benefits (report pp. 7 and 12)."""

from collections.abc import Iterable, Sequence
from datetime import date

from pydantic import BaseModel

from domain.case.budget import LineGranted
from domain.case.enrolment import (
    CaseCompleted,
    CaseRegistered,
    CaseStopped,
    OfferAccepted,
    OfferDeclined,
    OutcomeRecorded,
    ProgrammeOffered,
)
from domain.staff import CaseReassigned
from domain.words import Event, Recorded
from projections.projection import Projection


class Journey(BaseModel):
    """The dates of one case's milestones; `None`: not reached."""

    programme: str = ""
    case_no: str = ""
    phase: str = ""
    caseworker: str = ""
    offered: date | None = None
    participants: date | None = None
    declined: date | None = None
    completed: date | None = None
    stopped: date | None = None
    with_grant: date | None = None
    outcomes: list[tuple[date, str]] = []

    def reached(self, milestone: str, as_of: date) -> bool:
        day: date | None = getattr(self, milestone)
        return day is not None and day <= as_of

    def outcome(self, as_of: date) -> str | None:
        """The latest outcome entered by that day."""
        known = [outcome for day, outcome in self.outcomes if day <= as_of]
        return known[-1] if known else None

    def stage(self, as_of: date) -> str:
        """The latest milestone, as a word for a list."""
        for milestone, word in STAGES:
            if self.reached(milestone, as_of):
                return word
        return "registered"


STAGES = (
    ("completed", "completed"),
    ("stopped", "stopped"),
    ("declined", "declined"),
    ("participants", "accepted"),
    ("offered", "offered"),
)
MILESTONES: dict[type[Event], str] = {
    ProgrammeOffered: "offered",
    OfferAccepted: "participants",
    OfferDeclined: "declined",
    CaseCompleted: "completed",
    CaseStopped: "stopped",
    LineGranted: "with_grant",
}
COUNTED = ("offered", "participants", "declined", "completed", "stopped", "with_grant")

Counts = dict[str, int]  # By phase, and in total.


def keys(news: Recorded[Event]) -> Iterable[str]:
    counts = type(news.event) in MILESTONES or isinstance(
        news.event, CaseRegistered | CaseReassigned | OutcomeRecorded
    )
    return [news.stream] if counts else []


def fold(journey: Journey, _: str, news: Recorded[Event]) -> Journey:
    match news.event:
        case CaseRegistered() as registered:
            return Journey(
                programme=registered.programme,
                case_no=registered.case_no,
                phase=registered.phase,
                caseworker=registered.caseworker,
            )
        case CaseReassigned(caseworker=caseworker):
            return journey.model_copy(update={"caseworker": caseworker})
        case OutcomeRecorded(outcome=outcome):
            outcomes = [*journey.outcomes, (news.effective_on, outcome)]
            return journey.model_copy(update={"outcomes": outcomes})
    milestone = MILESTONES[type(news.event)]
    first = min(getattr(journey, milestone) or date.max, news.effective_on)
    return journey.model_copy(update={milestone: first})


def counts(
    journeys: Sequence[Journey],
    phases: Iterable[str],
    outcomes: Iterable[str],
    outcomes_left: Iterable[str],
    as_of: date,
) -> dict[str, Counts | dict[str, Counts]]:
    """How many, by phase and in total, had come how far by that day."""
    phases, left = list(phases), set(outcomes_left)

    def count(those: Iterable[Journey]) -> Counts:
        found = [journey.phase for journey in those]
        return {phase: found.count(phase) for phase in phases} | {"total": len(found)}

    final = {id(journey): journey.outcome(as_of) for journey in journeys}
    return {
        **{
            milestone: count(journey for journey in journeys if journey.reached(milestone, as_of))
            for milestone in COUNTED
        },
        "outcomes": {
            outcome: count(journey for journey in journeys if final[id(journey)] == outcome)
            for outcome in outcomes
        },
        "left_benefits": count(journey for journey in journeys if final[id(journey)] in left),
    }


journeys = Projection("journeys-2", Journey, keys, fold)
