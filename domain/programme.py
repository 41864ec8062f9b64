"""A programme: the scheme's rules as data, and who may do what in it."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from domain.fund import FundAgreed, funds
from domain.identity import Account, Gln, Key
from domain.money import Money, PositiveMoney
from domain.words import Command, Decider, Event, News, Past, Refused, decides, later


class Role(StrEnum):
    CASEWORKER = "caseworker"
    CONTROLLER = "controller"
    AUDITOR = "auditor"
    ADMINISTRATOR = "administrator"  # People and rules, no money.
    SYSTEM = "system"
    CITIZEN = "citizen"  # Of their own case, by a link or a sign-in; nobody assigns it.


TOGETHER = {Role.CASEWORKER, Role.CONTROLLER}  # A department's head may be both: not in one matter.


class Route(StrEnum):
    """How the money of a line goes out."""

    EAN = "ean"  # By the supplier's electronic invoice to the municipality's GLN.
    ACCOUNT = "account"  # In tranches to the citizen's own account.
    CARD = "card"  # In tranches to a prepaid card: what the pilot did, and left.


class Data(BaseModel):
    """A part of an event or of a command."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class LegalBasis(Data):
    """A lovhjemmel, and the funding source that pays what is granted under it."""

    id: Key
    text: str
    covered_by_law: bool
    funding: Key


class Category(Data):
    id: Key
    name: str


class TrajectoryPhase(Data):
    """A stretch of the citizen's way through the programme, and how long it may last."""

    id: Key
    name: str
    months_max: int = Field(ge=1, le=1200)


LadderDay = Annotated[int, Field(ge=1, le=3_650)]


class Ladder(Data):
    """What is done while the receipts of a tranche don't come: each step in days after the bank paid it. Not
    after the deadline: a reminder that helps comes before it, and the citizen counts from the money."""

    remind: Annotated[tuple[LadderDay, ...], Field(min_length=1, max_length=20)]
    hold: LadderDay  # No other tranche of the case is released.
    tell: LadderDay  # The case's caseworker.
    claim: LadderDay  # A controller is asked whether to claim it.

    @model_validator(mode="after")
    def _upwards(self) -> "Ladder":
        days = (*self.remind, self.hold, self.tell, self.claim)
        if list(days) != sorted(days) or len(set(self.remind)) < len(self.remind):
            raise ValueError("a ladder goes upwards: reminders, hold, tell, claim")
        return self


HearingDays = Annotated[int, Field(ge=1, le=365)]
RetentionYears = Annotated[int, Field(ge=1, le=100)]
DeclarationsMonths = Annotated[int, Field(ge=1, le=120)]


class Rules(Data):
    """What every decision is judged by. `None`: there is no such limit."""

    version: int
    cap: PositiveMoney  # Per citizen (report p. 5: up to 50,000 kr.).
    months: Annotated[
        int, Field(ge=0, le=1_200)
    ]  # From the first approved line to the end date (report p. 39: about six).
    tranche_max: Money | None
    undocumented_limit: Money | None
    receipt_deadline_days: Annotated[int, Field(ge=0, le=36_500)]
    declaration_max: Money
    routes: tuple[Route, ...]
    screening: bool = later(default=False)  # No grant before citizen and line are screened (p. 31).
    trajectory: tuple[TrajectoryPhase, ...] = later(())  # In their order. Empty: there are none.
    # From the release of a tranche until it lapses unpaid.
    lapse_days: Annotated[int, Field(ge=0, le=3_650)] | None = later(None)

    # How long a citizen has to answer before a claim is decided (forvaltningsloven § 19). `None`, as in
    # the pilot: misuse is claimed at once.
    hearing_days: HearingDays | None = later(None)

    # Lost receipts that one citizen may declare within so many months, in all. `None`: no such limit.
    declarations_max_total: PositiveMoney | None = later(None)
    declarations_months: DeclarationsMonths = later(12)

    # Full years after the one in which the last thing happened, before a citizen may be forgotten
    # (bogføringsloven § 12: five, counted from the end of the financial year).
    retention_years: RetentionYears = later(5)

    # What happens when receipts don't come. `None`: nothing by itself.
    ladder: Ladder | None = later(None)

    @field_validator("trajectory")
    @classmethod
    def _every_phase_once(cls, phases: tuple[TrajectoryPhase, ...]) -> tuple[TrajectoryPhase, ...]:
        if len({phase.id for phase in phases}) < len(phases):
            raise ValueError("a trajectory comes through each of its phases once")
        return phases


def in_force(versions: Iterable[tuple[date, Rules]], on: date) -> Rules:
    """The rules of a day, out of all there were, in order, each with its first day."""
    return [rules for since, rules in versions if since <= on][-1]


class CostFigures(Data):
    """What the business case is reckoned from (report p. 41)."""

    extra_cost_per_citizen: dict[str, Money]
    benefit_per_month: PositiveMoney
    casework_per_year: Money
    activation_per_year: Money


class StaffMember(Data):
    person: Key
    roles: tuple[Role, ...]
    team: Key | None = later(None)


class FundingAgreement(Data):
    id: Key
    name: str
    amount: PositiveMoney


class Terms(Data):
    """Everything that a programme was established with."""

    name: str
    kind: str
    currency: str
    start: date
    end: date
    rules: Rules
    legal_bases: tuple[LegalBasis, ...]
    categories: tuple[Category, ...]
    misuse_kinds: tuple[str, ...]
    outcomes: tuple[str, ...]
    outcomes_left: tuple[str, ...]  # Those that mean: left benefits.
    buyer_gln: Gln
    buyer_name: str
    bank_account: Account  # The municipality's own.
    costs: CostFigures


# Events ------------------------------------------------------------------------------------------


class ProgrammeEstablished(Event):
    """The municipality decided on a programme, its rules and its accounts."""

    programme: Key
    terms: Terms


class RolesAssigned(Event):
    """A member of staff got these roles in the programme, in place of any roles before."""

    programme: Key
    person: Key
    roles: tuple[Role, ...]


class TeamAssigned(Event):
    """A member of staff belongs to this team from now on, or to none. Their cases are the team's."""

    programme: Key
    person: Key
    team: Key | None


# Commands ----------------------------------------------------------------------------------------


class EstablishProgramme(Command):
    """Set up a programme with its funding agreements and its staff, all at once or not at all."""

    terms: Terms
    funding: tuple[FundingAgreement, ...]
    staff: tuple[StaffMember, ...]


# State -------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Programme:
    established: Terms | None = None
    roles: dict[str, tuple[Role, ...]] = field(default_factory=dict)
    held: dict[str, frozenset[Role]] = field(default_factory=dict)  # Roles, now or ever before.
    teams: dict[str, str] = field(default_factory=dict)  # Of those who are in one.
    versions: tuple[tuple[date, Rules], ...] = ()  # The first holds for all days before the second.
    closed_through: date | None = None  # The last day of the last month that was closed.
    frozen_for: str | None = None  # On which ground no payout is ordered.

    @property
    def terms(self) -> Terms:
        """What was decided. Refused as `not_found` where no such programme exists."""
        if not self.established:
            raise Refused("not_found", what="programme")
        return self.established

    def rules_on(self, day: date) -> Rules:
        """What is decided with effect from that day is judged by these, whenever it is decided."""
        return in_force(self.versions, day)

    def require(self, person: str, *roles: Role) -> None:
        """Guard: the person is known here and holds one of the roles."""
        if not set(self.roles.get(person, ())) & set(roles):
            raise Refused("forbidden", needs=[role.value for role in roles])


programmes: Decider[Programme] = Decider("programme", Programme())


@programmes.on(ProgrammeEstablished)
def _established(programme: Programme, event: ProgrammeEstablished) -> Programme:
    versions = ((date.min, event.terms.rules),)
    return replace(programme, established=event.terms, versions=versions)


@programmes.on(RolesAssigned)
def _assigned(programme: Programme, event: RolesAssigned) -> Programme:
    held = programme.held.get(event.person, frozenset()) | set(event.roles)
    return replace(
        programme,
        roles=programme.roles | {event.person: event.roles},
        held=programme.held | {event.person: held},
    )


@programmes.on(TeamAssigned)
def _joined(programme: Programme, event: TeamAssigned) -> Programme:
    others = {who: team for who, team in programme.teams.items() if who != event.person}
    return replace(programme, teams=others | ({event.person: event.team} if event.team else {}))


# Decide ------------------------------------------------------------------------------------------


def compatible(person: str, roles: Iterable[Role]) -> None:
    """Guard: nobody checks what they do themselves, nor gives themselves the power to. One person may hold
    the roles caseworker and controller; every other role is held alone, and a citizen's is no member's
    of staff."""
    wanted = set(roles)
    if Role.CITIZEN in wanted or (len(wanted) > 1 and not wanted <= TOGETHER):
        raise Refused(
            "incompatible_roles", person=person, roles=sorted(role.value for role in wanted)
        )


@decides(EstablishProgramme)
def establish(ask: EstablishProgramme, past: Past) -> list[News]:
    if past(programmes, ask.programme).established:
        raise Refused("wrong_state", what="programme", is_already="established")
    if not any(each.person == ask.by and Role.SYSTEM in each.roles for each in ask.staff):
        raise Refused("forbidden", needs=[Role.SYSTEM.value])
    for member in ask.staff:
        compatible(member.person, member.roles)
    staff: list[Event] = [
        RolesAssigned(programme=ask.programme, person=member.person, roles=member.roles)
        for member in ask.staff
    ]
    staff += [
        TeamAssigned(programme=ask.programme, person=member.person, team=member.team)
        for member in ask.staff
        if member.team
    ]
    return [
        programmes.news(
            ProgrammeEstablished(programme=ask.programme, terms=ask.terms), ask.programme
        ),
        *(programmes.news(event, ask.programme) for event in staff),
        *(
            funds.news(
                FundAgreed(
                    programme=ask.programme,
                    fund=agreement.id,
                    name=agreement.name,
                    amount=agreement.amount,
                ),
                ask.programme,
                agreement.id,
            )
            for agreement in ask.funding
        ),
    ]
