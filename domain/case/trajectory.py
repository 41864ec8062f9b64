"""The phases of a citizen's trajectory, where the programme has any: in their order, none past its length.

Not the `phase` of a case, which says with what group of citizens it began.
"""

from dataclasses import replace
from datetime import date

from domain.case.state import (
    Case,
    CaseCommand,
    Stage,
    cases,
    months_later,
    open_case_of,
    programme_of,
)
from domain.identity import Key
from domain.programme import Rules
from domain.words import Event, News, Past, Refused, decides

# Events ------------------------------------------------------------------------------------------


class TrajectoryPhaseEntered(Event):
    """The citizen came into the next phase of the trajectory, and may be in it until its last day."""

    case_no: Key
    phase: Key
    last_day: date
    rules: int = 1  # The version that says how long it may last.


# Commands ----------------------------------------------------------------------------------------


class EnterPhase(CaseCommand):
    phase: Key


# Evolve ------------------------------------------------------------------------------------------


@cases.on(TrajectoryPhaseEntered)
def _entered(case: Case, event: TrajectoryPhaseEntered) -> Case:
    return replace(case, trajectory=case.trajectory | {event.phase: event.last_day})


# Decide ------------------------------------------------------------------------------------------


@decides(EnterPhase)
def enter(ask: EnterPhase, past: Past) -> list[News]:
    rules = programme_of(ask, past).rules_on(ask.effective_on)
    case = open_case_of(ask, past)
    if case.stage is not Stage.ACCEPTED:
        raise Refused("wrong_state", stage=case.stage.value)
    phases = {phase.id: phase for phase in rules.trajectory}
    if ask.phase not in phases:
        raise Refused("not_found", what="phase", known=list(phases))
    if ask.phase != next((each for each in phases if each not in case.trajectory), None):
        raise Refused("wrong_state", what="phase", entered=list(case.trajectory))
    entered = TrajectoryPhaseEntered(
        case_no=ask.case_no,
        phase=ask.phase,
        last_day=months_later(ask.effective_on, phases[ask.phase].months_max),
        rules=rules.version,
    )
    return [cases.news(entered, ask.case_no)]


def within_phase(case: Case, rules: Rules, day: date) -> None:
    """Guard: where there is a trajectory, the citizen is in a phase of it that lasts until that day."""
    if not rules.trajectory:
        return
    if not case.trajectory:
        raise Refused("outside_phase", known=[phase.id for phase in rules.trajectory])
    [*_, (phase, last_day)] = case.trajectory.items()
    if day > last_day:
        raise Refused("phase_ended", phase=phase, last_day=str(last_day))
