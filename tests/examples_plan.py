"""Good examples of what happens around a plan: screening, meetings, changes, phases."""

from domain.case.assessment import RecordMeeting
from domain.case.changes import AcceptChange, DeclineChange, ReportChange
from domain.case.screening import ScreenCase, ScreenLine
from domain.case.trajectory import EnterPhase
from domain.money import kr
from domain.programme import TrajectoryPhase
from domain.words import Command
from tests.examples import (
    BY_CASEWORKER,
    ON_LINE,
    WORDS,
    accept_offer,
    establish,
    example,
    offer,
    register,
    terms,
)

# As in "Werk: een zorg minder!": at most half a year to get in touch, and two years of work.
TRAJECTORY = (
    TrajectoryPhase(id="contact", name="Contact en motivatie", months_max=6),
    TrajectoryPhase(id="work", name="Werk", months_max=24),
)

screen_case = example(ScreenCase, **BY_CASEWORKER, suited=True, words=WORDS)
screen_line = example(ScreenLine, **ON_LINE, goal=WORDS, means=WORDS, fits=True)
record_meeting = example(
    RecordMeeting,
    **(BY_CASEWORKER | {"by": "kons-2"}),
    attendees=("kons-1", "kons-2", "both-1"),
    colour="green",
)
report_change = example(ReportChange, **ON_LINE, ref="V-1", words=WORDS)
accept_change = example(AcceptChange, **BY_CASEWORKER, ref="V-1")
decline_change = example(DeclineChange, **BY_CASEWORKER, ref="V-1")
enter_phase = example(EnterPhase, **BY_CASEWORKER, phase="contact")

# Everything that can happen around a plan: in a case with one line, and in a programme with phases.
_B: dict[str, str] = {"case_no": "B-1"}
_W: dict[str, str] = {"case_no": "W-1", "programme": "WEZM"}
EVERY_PLAN: list[Command] = [
    screen_case(**_B),
    screen_line(**_B),
    record_meeting(**_B | {"by": "kons-1"}, minutes=WORDS),
    report_change(**_B, amount=kr(900)),
    accept_change(**_B),
    report_change(**_B, ref="V-2"),
    decline_change(**_B, ref="V-2", reason=WORDS),
    establish(programme="WEZM", terms=terms(trajectory=TRAJECTORY), funding=()),
    register(**_W),
    offer(**_W),
    accept_offer(**_W),
    enter_phase(**_W),
]
