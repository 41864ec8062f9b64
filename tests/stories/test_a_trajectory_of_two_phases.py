"""Contact for at most six months, then work for at most two years (Werk: een zorg minder!)."""

from domain.money import kr
from service.app import Teten
from tests.examples_plan import TRAJECTORY
from tests.stories.schemes import line, scheme
from tests.stories.town import Town

WEZM = scheme(
    "Werk: een zorg minder!",
    start="2010-01-01",
    end="2013-12-31",
    bases={"WWB": "GEMEENTE"},
    categories={"work": "Werk", "transport": "Vervoer"},
    months=30,
    trajectory=TRAJECTORY,
)
CASE = {"case_no": "W-1"}


def test_a_citizen_comes_through_contact_and_into_work(teten: Teten) -> None:
    town = Town(teten, "WEZM", WEZM, {"GEMEENTE": 50_000})

    # Given
    town.tells("Two lines: a bus pass to get in touch, and clothes and tools for work later.")
    town.on("2010-02-15")
    town.takes_part("W-1")
    bus = line(1, "transport", 6_000, "WWB", "GEMEENTE")
    tools = line(2, "work", 9_000, "WWB", "GEMEENTE")
    town.is_granted("W-1", bus, tools)

    # When
    contact(town)
    work(town)
    town.kirsten.does("CompleteCase", **CASE)
    town.kirsten.does("RecordOutcome", **CASE, outcome="employed")

    # Then
    assert town.figures("line", "W-1/1").granted == kr(2_000)
    town.stands_at(
        granted=10_000,
        paid=10_000,
        advance_paid=10_000,
        documented=9_750,
        unspent_returned=250,
        available=40_000,
    )
    town.on("2012-10-01")
    town.closes("2012-08", "2012-09")
    town.recomputed()


def contact(town: Town) -> None:
    town.tells("The first phase: contact and motivation, half a year at most.")
    with town.refused("outside_phase"):
        town.orders("W-1", 1, "R-1", 2_000)
    town.on("2010-03-01")
    with town.refused("wrong_state", what="phase"):
        town.kirsten.does("EnterPhase", **CASE, phase="work")
    town.kirsten.does("EnterPhase", **CASE, phase="contact")
    town.orders("W-1", 1, "R-1", 2_000)
    town.bank_pays()
    town.on("2010-03-20")
    town.explains("W-1", 1, "K-1", 2_000, "Connexxion")
    town.on("2010-09-02")
    with town.refused("phase_ended", phase="contact", last_day="2010-09-01"):
        town.orders("W-1", 2, "R-2", 5_000)


def work(town: Town) -> None:
    town.tells("The second phase: work, two years at most.")
    town.kirsten.does("EnterPhase", **CASE, phase="work")
    town.orders("W-1", 2, "R-2", 5_000)
    town.bank_pays()
    town.on("2010-09-30")
    town.explains("W-1", 2, "K-2", 5_000, "Gamma")
    town.on("2012-07-02")
    town.orders("W-1", 2, "R-3", 3_000)
    town.bank_pays()
    town.on("2012-07-20")
    town.explains("W-1", 2, "K-3", 2_750, "Gamma")
    town.bank_pays(hands_back={"UNSPENT W-1/2": 250})
    with town.refused("phase_ended", phase="work", last_day="2012-09-02"):
        town.kirsten.does("ExtendTimeFrame", **CASE, end_date="2012-09-03", ground="other")
    town.on("2012-09-03")
    with town.refused("phase_ended", phase="work"):
        town.orders("W-1", 2, "R-4", 1_000)
