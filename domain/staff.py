"""People: which roles they hold, which team they are in, and whose case it is."""

from dataclasses import replace

from domain.case.state import Case, CaseCommand, case_of, cases, programme_of
from domain.identity import Key, WordsRef
from domain.programme import Role, RolesAssigned, TeamAssigned, compatible, programmes
from domain.words import Command, Event, News, Past, Refused, decides

# Events ------------------------------------------------------------------------------------------


class CaseReassigned(Event):
    """The case was handed to another caseworker, and so to that caseworker's team."""

    case_no: Key
    caseworker: Key
    reason: WordsRef | None


# Commands ----------------------------------------------------------------------------------------


class StaffCommand(Command):
    person: Key


class AssignRoles(StaffCommand):
    roles: tuple[Role, ...]


class AssignTeam(StaffCommand):
    team: Key | None


class ReassignCase(CaseCommand):
    """By a colleague or by the economy: people fall ill and leave, and can't always hand over themselves."""

    caseworker: Key
    reason: WordsRef | None = None


# Evolve ------------------------------------------------------------------------------------------


@cases.on(CaseReassigned)
def _reassigned(case: Case, event: CaseReassigned) -> Case:
    return replace(case.touched_by(event.caseworker), caseworker=event.caseworker)


# Decide ------------------------------------------------------------------------------------------


def _of_another(ask: StaffCommand, past: Past) -> None:
    """Guard: nobody decides on their own powers."""
    programme_of(ask, past)
    if ask.person == ask.by:
        raise Refused("same_person", person=ask.person)


@decides(AssignRoles)
def assign_roles(ask: AssignRoles, past: Past) -> list[News]:
    _of_another(ask, past)
    compatible(ask.person, ask.roles)
    assigned = RolesAssigned(programme=ask.programme, person=ask.person, roles=ask.roles)
    return [programmes.news(assigned, ask.programme)]


@decides(AssignTeam)
def assign_team(ask: AssignTeam, past: Past) -> list[News]:
    _of_another(ask, past)
    programme = past(programmes, ask.programme)
    if not programme.roles.get(ask.person):
        raise Refused("not_found", what="person", person=ask.person)
    if programme.teams.get(ask.person) == ask.team:
        raise Refused("wrong_state", what="team", is_already=ask.team)
    assigned = TeamAssigned(programme=ask.programme, person=ask.person, team=ask.team)
    return [programmes.news(assigned, ask.programme)]


@decides(ReassignCase)
def reassign(ask: ReassignCase, past: Past) -> list[News]:
    """Also of a closed case: its receipts and claims go on."""
    programme = programme_of(ask, past)
    case = case_of(ask, past)
    if Role.CASEWORKER not in programme.roles.get(ask.caseworker, ()):
        raise Refused("forbidden", needs=[Role.CASEWORKER.value], of=[ask.caseworker])
    if ask.caseworker == case.caseworker:
        raise Refused("wrong_state", what="caseworker", is_already=ask.caseworker)
    if ask.caseworker in case.assessments:
        raise Refused("own_assessment", assessed_by=ask.caseworker)
    reassigned = CaseReassigned(case_no=ask.case_no, caseworker=ask.caseworker, reason=ask.reason)
    return [cases.news(reassigned, ask.case_no)]
