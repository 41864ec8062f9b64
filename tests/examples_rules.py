"""Good examples of what changes, stops or closes: rules, roles, payouts, months and tranches not paid."""

from typing import Any

from domain.case.forgetting import ForgetCitizen, LastDay
from domain.case.lapse import LapseTranche
from domain.case.stops import FreezePayouts, ResumePayouts
from domain.months import CloseMonth
from domain.programme import Role
from domain.rules import ChangeRules
from domain.staff import AssignRoles, AssignTeam, ReassignCase
from tests.examples import example
from tests.scenario import DAY, NOON

ASKED: dict[str, Any] = {"id": "1", "at": NOON, "programme": "NP", "effective_on": DAY}
BY_ADMINISTRATOR, BY_CONTROLLER = ASKED | {"by": "adm-1"}, ASKED | {"by": "fin-1"}

change_rules = example(ChangeRules, **BY_ADMINISTRATOR)
assign_roles = example(AssignRoles, **BY_ADMINISTRATOR, person="kons-3", roles=(Role.CASEWORKER,))
assign_team = example(AssignTeam, **BY_ADMINISTRATOR, person="kons-1", team="nord")
reassign_case = example(ReassignCase, **BY_CONTROLLER, case_no="A-1", caseworker="both-1")
freeze = example(FreezePayouts, **BY_CONTROLLER, scope="case", key="A-1", ground="doubt")
resume = example(ResumePayouts, **BY_CONTROLLER, scope="case", key="A-1")
close_month = example(CloseMonth, **BY_CONTROLLER, month="2019-02")
lapse_tranche = example(
    LapseTranche, **ASKED | {"by": "system"}, case_no="A-1", line_no=1, ref="T-1"
)
forget_citizen = example(
    ForgetCitizen, **BY_ADMINISTRATOR, case_no="A-1", last_days=(LastDay(case_no="A-1", day=DAY),)
)
