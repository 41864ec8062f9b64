"""What the crowd asks for around a plan, whether its programme screens and has phases or not."""

from collections.abc import Sequence

from domain.programme import TrajectoryPhase
from domain.words import Command
from tests import examples as ask
from tests import examples_plan as plan
from tests.domain.crowd import ANYBODY, CASEWORKER, FEW, FUNDING, TERMS, Crowd, Wish

Steps = Sequence[Command]

# The crowd's usual rules, and with them all that a plan can be held to.
STRICT = TERMS.rules.model_copy(
    update={
        "screening": True,
        "trajectory": (
            TrajectoryPhase(id="contact", name="Contact en motivatie", months_max=5),
            TrajectoryPhase(id="work", name="Werk", months_max=12),
        ),
    }
)
ESTABLISH_STRICT = ask.establish(terms=TERMS.model_copy(update={"rules": STRICT}), funding=FUNDING)
MOSTLY = [True, True, True, True, False]


def planned(case_no: str) -> Steps:
    """Without a screening no strict programme grants, and without a phase none pays: one case has both."""
    where = {"case_no": case_no}
    lines = [plan.screen_line(**where, line_no=line_no) for line_no in (1, 2, 3)]
    phase = [plan.enter_phase(**where)] if case_no == "A-1" else []
    return [plan.screen_case(**where), *lines, *phase]


def a_screening(crowd: Crowd) -> Steps:
    line = crowd.line()
    return [
        plan.screen_case(**crowd.case(), suited=crowd.choose(MOSTLY)),
        plan.screen_line(**line, fits=crowd.choose(MOSTLY)),
        ask.approve_line(**line),
    ]


def a_meeting(crowd: Crowd) -> Steps:
    some = tuple(each for each in ANYBODY[:4] if crowd.choose([True, True, False]))
    attendees = crowd.choose([tuple(CASEWORKER), some])
    colour = crowd.choose(["green", "green", "yellow", "red"])
    return [plan.record_meeting(**crowd.case(), attendees=attendees, colour=colour)]


def a_change(crowd: Crowd) -> Steps:
    line = crowd.line()
    number = crowd.choose(range(1, len(crowd.told.plans.wishes) + 2))
    which = {"case_no": line["case_no"], "ref": f"V-{number}"}
    answers = (plan.accept_change(**which), plan.decline_change(**which))
    return [
        plan.report_change(**line | which, amount=crowd.choose([*FEW, None])),
        *(crowd.choose(answers) for _ in range(crowd.choose([0, 1, 2]))),
        ask.approve_line(**line),
    ]


def a_phase(crowd: Crowd) -> Steps:
    return [plan.enter_phase(**crowd.case(), phase=crowd.choose(["contact", "work", "rest"]))]


PLAN_WISHES: list[Wish] = [
    *[a_screening] * 3,
    *[a_meeting] * 2,
    *[a_change] * 2,
    *[a_phase] * 2,
]
