"""Acts that take two people, reckoned from the events alone: who did what in which matter.

In one matter a person has one part, as often as they like. The matters, their parts and the acts are those
of the table in docs/decisions/0026-two-people.md.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from domain.words import Event, Recorded

SAMPLE = {"PopulationFixed", "SampleDrawn", "ResultEntered", "ResultCorrected", "SampleClosed"}


class Duty(NamedTuple):
    subject: str
    duty: str
    person: str


class Duties:
    def __init__(self) -> None:
        self.parts: dict[tuple[str, str], str] = {}
        self.decisions: Counter[str] = (
            Counter()
        )  # Appeals upheld, by claim: each is a new decision.
        self.founding: set[str] = set()  # The command that established each programme.

    def add(self, entry: Recorded[Event]) -> None:
        for subject, duty, person in self.told(entry):
            before = self.parts.setdefault((subject, person), duty)
            assert before == duty, f"{person} has two parts in {subject}: {before}, {duty}"

    def all(self) -> set[Duty]:
        return {Duty(subject, duty, person) for (subject, person), duty in self.parts.items()}

    def told(self, entry: Recorded[Event]) -> Iterator[Duty]:
        line = f"{entry.stream}/{getattr(entry.event, 'line_no', '')}"
        ref = f"{line}/{getattr(entry.event, 'ref', '')}"
        yield from self.of_the_budget(entry, line)
        yield from self.of_payments(entry, line, ref)
        yield from self.of_claims(entry, ref)
        yield from self.of_the_programme(entry)

    def of_the_budget(self, entry: Recorded[Event], line: str) -> Iterator[Duty]:
        event: Any = entry.event
        by, stream, name = entry.actor, entry.stream, type(event).__name__
        match name:
            case "CaseRegistered" | "CaseReassigned":
                yield Duty(f"budget {stream}", "prepares", event.caseworker)
            case "BudgetSubmitted":
                yield Duty(f"budget {stream}", "prepares", by)
            case "BudgetAssessed":
                yield Duty(f"budget {stream}", "assesses", by)
            case "MeetingHeld":
                for person in event.attendees:
                    if self.parts.get((f"budget {stream}", person)) != "prepares":
                        yield Duty(f"budget {stream}", "assesses", person)
            case "LineGranted":
                yield Duty(f"budget {stream}", "prepares", by)
                yield Duty(f"payments {line}", "grants", by)

    def of_payments(self, entry: Recorded[Event], line: str, ref: str) -> Iterator[Duty]:
        event: Any = entry.event
        by, name = entry.actor, type(event).__name__
        match name:
            case "TrancheRequested" | "TrancheApproved":
                yield Duty(f"tranche {ref}", "approves", by)
            case "TrancheReleased":
                yield Duty(f"tranche {ref}", "orders", by)
                yield Duty(f"payments {line}", "orders", by)
            case "ReceiptsWaived":
                yield Duty(f"tranche {ref}", "waives", by)
            case "OutlayClaimed" | "ShareCharged" if event.claimed_by:
                yield Duty(f"expense {ref}", "claims", event.claimed_by)
            case "ExpenseAttested" | "SupportMonthConfirmed":
                yield Duty(f"expense {ref}", "attests", by)
            case "ExpenseApproved":
                yield Duty(f"expense {ref}", "orders", by)
                yield Duty(f"payments {line}", "orders", by)

    def of_claims(self, entry: Recorded[Event], ref: str) -> Iterator[Duty]:
        event: Any = entry.event
        by, name = entry.actor, type(event).__name__
        decision = f"decision {ref}/{self.decisions[ref]}"
        match name:
            case "ClaimRaised":
                yield Duty(f"claim {ref}", "raises", by)
            case "ClaimDecided":
                yield Duty(f"claim {ref}", "settles", by)
                yield Duty(decision, "decides", by)
            case "ClaimWrittenOff" if event.claim:
                of_claim = f"claim {entry.stream}/{event.line_no}/{event.claim}"
                yield Duty(of_claim, "settles", by)
            case "AppealRejected" | "RefundOrdered":
                yield Duty(decision, "answers", by)
            case "AppealUpheld":
                yield Duty(decision, "answers", by)
                self.decisions[ref] += 1
                yield Duty(f"decision {ref}/{self.decisions[ref]}", "decides", by)

    def of_the_programme(self, entry: Recorded[Event]) -> Iterator[Duty]:
        event: Any = entry.event
        by, stream, name = entry.actor, entry.stream, type(event).__name__
        match name:
            case "ProgrammeEstablished":
                self.founding.add(f"{stream} {entry.command}")
            case "RolesAssigned" | "TeamAssigned":
                yield Duty(f"powers {stream}/{event.person}", "holds", event.person)
                if f"{stream} {entry.command}" not in self.founding:
                    yield Duty(f"powers {stream}/{event.person}", "gives", by)
            case "AmendmentRecommended":
                yield Duty(f"amendment {stream}/{event.ref}", "recommends", by)
            case "CofinancingAmended" | "AmendmentRejected":
                yield Duty(f"amendment {stream}/{event.ref}", "decides", by)


def two_people_everywhere(entries: Iterable[Recorded[Event]]) -> set[Duty]:
    """Every part that somebody had in a matter. Fails where somebody had two."""
    duties = Duties()
    for entry in entries:
        duties.add(entry)
    return duties.all()
