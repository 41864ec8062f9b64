"""Good examples of what happens around a plan: screening, meetings, changes, phases."""

from domain.case.assessment import RecordMeeting
from domain.case.changes import AcceptChange, DeclineChange, ReportChange
from domain.case.screening import ScreenCase, ScreenLine
from domain.case.trajectory import EnterPhase
from domain.programme import TrajectoryPhase
from tests.asking import BY_CASEWORKER, ON_LINE, WORDS, example

# As in "Werk: een zorg minder!": at most half a year to get in touch, and two years of work.
TRAJECTORY = (
    TrajectoryPhase(id="contact", name="Contact en motivatie", months_max=6),
    TrajectoryPhase(id="work", name="Werk", months_max=24),
)

screen_case = example(ScreenCase, **BY_CASEWORKER, suited=True, words=WORDS)
screen_line = example(ScreenLine, **ON_LINE, goal=WORDS, means=WORDS, fits=True)
record_meeting = example(
    RecordMeeting, **BY_CASEWORKER, attendees=("kons-1", "kons-2", "both-1"), colour="green"
)
report_change = example(ReportChange, **ON_LINE, ref="V-1", words=WORDS)
accept_change = example(AcceptChange, **BY_CASEWORKER, ref="V-1")
decline_change = example(DeclineChange, **BY_CASEWORKER, ref="V-1")
enter_phase = example(EnterPhase, **BY_CASEWORKER, phase="contact")
