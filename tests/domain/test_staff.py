"""Staff: roles that fit together, teams, and cases that change hands."""

import pytest

from domain.case.state import cases
from domain.programme import Role, StaffMember, TeamAssigned, programmes
from domain.staff import CaseReassigned
from tests.examples import (
    ACCEPTED,
    ASSESSED,
    ESTABLISHED,
    STAFF,
    SUBMITTED,
    WORDS,
    approve_line,
    assess,
    establish,
    request_changes,
    stop,
    submit,
)
from tests.examples_rules import assign_roles, assign_team, reassign_case
from tests.scenario import Story, given

CASEWORKER, CONTROLLER = Role.CASEWORKER, Role.CONTROLLER

# Roles -------------------------------------------------------------------------------------------

APART = [
    (Role.ADMINISTRATOR, CONTROLLER),
    (CASEWORKER, Role.ADMINISTRATOR),
    (Role.AUDITOR, CASEWORKER),
    (Role.AUDITOR, Role.ADMINISTRATOR),
    (Role.SYSTEM, CONTROLLER),
    (Role.CITIZEN,),
]


@pytest.mark.parametrize("roles", APART)
def test_who_gives_powers_or_checks_or_is_a_machine_or_a_citizen_does_nothing_else(
    roles: tuple[Role, ...],
) -> None:
    told = {"person": "kons-3", "roles": sorted(roles)}
    ESTABLISHED.when(assign_roles(roles=roles)).then_refused("incompatible_roles", **told)
    staff = (*STAFF, StaffMember(person="kons-3", roles=roles))
    given().when(establish(staff=staff)).then_refused("incompatible_roles", **told)


def test_a_department_head_may_be_caseworker_and_controller() -> None:
    ESTABLISHED.does(assign_roles(roles=(CASEWORKER, CONTROLLER)))


# Teams -------------------------------------------------------------------------------------------


def teams(story: Story) -> dict[str, str]:
    return story(programmes, "NP").teams


def test_staff_come_with_their_teams() -> None:
    nord = StaffMember(person="kons-3", roles=(CASEWORKER,), team="nord")
    story = given().does(establish(staff=(*STAFF, nord)))
    assert teams(story) == {"kons-3": "nord"}
    assert "team" not in STAFF[0].model_dump()


def test_an_administrator_puts_somebody_in_a_team_in_another_or_in_none() -> None:
    joined = TeamAssigned(programme="NP", person="kons-1", team="nord")
    ESTABLISHED.when(assign_team()).then(joined)
    story = ESTABLISHED.does(assign_team(), assign_team(person="kons-2"), assign_team(team="syd"))
    assert teams(story) == {"kons-1": "syd", "kons-2": "nord"}
    assert teams(story.does(assign_team(team=None))) == {"kons-2": "nord"}


def test_nobody_chooses_their_own_team() -> None:
    ESTABLISHED.when(assign_team(person="adm-1")).then_refused("same_person", person="adm-1")


def test_a_team_is_for_who_holds_a_role_here_and_joined_once() -> None:
    ESTABLISHED.when(assign_team(person="nobody")).then_refused("not_found", what="person")
    gone = ESTABLISHED.does(assign_roles(person="kons-1", roles=()))
    gone.when(assign_team()).then_refused("not_found", what="person")
    joined = ESTABLISHED.does(assign_team())
    joined.when(assign_team()).then_refused("wrong_state", is_already="nord")
    ESTABLISHED.when(assign_team(team=None)).then_refused("wrong_state", is_already=None)


# Cases that change hands -------------------------------------------------------------------------


def test_a_case_is_handed_to_another_caseworker() -> None:
    handed = CaseReassigned(case_no="A-1", caseworker="both-1", reason=WORDS)
    ACCEPTED.when(reassign_case(reason=WORDS)).then(handed)
    assert ACCEPTED.does(reassign_case())(cases, "A-1").caseworker == "both-1"
    ACCEPTED.does(stop(), reassign_case(by="kons-1"))


def test_it_goes_to_a_caseworker_and_to_another_one() -> None:
    ACCEPTED.when(reassign_case(caseworker="fin-1")).then_refused("forbidden", of=["fin-1"])
    ACCEPTED.when(reassign_case(caseworker="nobody")).then_refused("forbidden", of=["nobody"])
    own = reassign_case(caseworker="kons-1")
    ACCEPTED.when(own).then_refused("wrong_state", is_already="kons-1")
    ACCEPTED.when(reassign_case(case_no="X-9")).then_refused("not_found", what="case")


# Who prepared a case does not judge it -----------------------------------------------------------


def test_whoever_assessed_the_budget_does_not_get_the_case() -> None:
    taken = reassign_case(caseworker="kons-2")
    ASSESSED.when(taken).then_refused("own_assessment", assessed_by="kons-2")


def test_who_was_the_caseworker_before_does_not_assess_what_they_prepared() -> None:
    handed = SUBMITTED.does(reassign_case())
    for person in ("kons-1", "both-1"):
        handed.when(assess(by=person)).then_refused("own_assessment", caseworker="both-1")
    handed.does(assess(by="kons-2"))


def test_who_handed_in_the_budget_for_a_colleague_does_not_assess_it() -> None:
    ACCEPTED.does(submit(by="both-1")).when(assess(by="both-1")).then_refused("own_assessment")


def test_whoever_assessed_it_neither_hands_it_in_again_nor_grants_of_it() -> None:
    refused = {"code": "own_assessment", "assessed_by": "kons-2"}
    ASSESSED.when(approve_line(by="kons-2")).then_refused(**refused)
    sent_back = ASSESSED.does(request_changes())
    sent_back.when(submit(by="kons-2")).then_refused(**refused)
    sent_back.does(submit(by="both-1"))


def test_who_granted_a_line_does_not_assess_what_is_amended_of_it() -> None:
    granted = ASSESSED.does(approve_line(by="both-1"))
    granted.when(assess(by="both-1")).then_refused("own_assessment")
