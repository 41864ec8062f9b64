"""A colleague sees red; the team meets, and the budget turns green (Aarhus, report p. 39)."""

from domain.case.assessment import MeetingHeld
from domain.money import kr
from service.app import Teten
from tests.stories.schemes import line, scheme
from tests.stories.town import Town

TETEN = scheme(
    "Langtidsledige tager teten",
    start="2018-01-01",
    end="2018-12-31",
    bases={"LAB-32": "KOMMUNEN"},
    categories={"course": "Kurser"},
)
CASE = {"case_no": "R-1"}


def test_an_assessment_turns_from_red_to_green_at_a_meeting(teten: Teten) -> None:
    town = Town(teten, "LTT", TETEN, {"KOMMUNEN": 40_000})

    # Given
    town.tells("A citizen wants to become a yoga teacher. A colleague doesn't see where it leads.")
    town.on("2018-04-03")
    town.takes_part("R-1")
    course = line(1, "course", 12_000, "LAB-32", "KOMMUNEN")
    town.kirsten.does("SubmitBudget", **CASE, lines=[course])
    with town.refused("own_assessment"):
        town.kirsten.does("AssessBudget", **CASE, colour="green")
    town.karl.does("AssessBudget", **CASE, colour="red")
    with town.refused("assessed_red", by=["kons-2"]):
        town.kirsten.does("ApproveLine", **CASE, line_no=1)

    # When
    town.tells("The caseworker brings it to the team.")
    town.on("2018-04-10")
    meeting = {
        "colour": "green",
        "minutes": "Kurset giver et certifikat, og tre studier søger folk",
    }
    with town.refused("too_few_colleagues", least=2):
        town.karl.does("RecordMeeting", **CASE, attendees=["kons-1", "kons-2"], **meeting)
    attendees = ["kons-1", "kons-2", "both-1"]
    [held] = town.karl.does("RecordMeeting", **CASE, attendees=attendees, **meeting)
    town.kirsten.does("ApproveLine", **CASE, line_no=1)
    town.orders("R-1", 1, "T-1", 10_000)
    town.bank_pays()
    town.on("2018-05-02")
    town.explains("R-1", 1, "K-1", 10_000, "Yogaskolen")
    town.orders("R-1", 1, "T-2", 2_000)
    town.bank_pays()
    town.on("2018-06-01")
    town.explains("R-1", 1, "K-2", 2_000, "Yogaskolen")
    town.kirsten.does("CompleteCase", **CASE)
    town.kirsten.does("RecordOutcome", **CASE, outcome="self_employed")

    # Then
    assert isinstance(held, MeetingHeld)
    assert teten.vault.read(held.minutes) == meeting["minutes"]
    assert town.figures("case", "R-1").documented == kr(12_000)
    town.stands_at(
        granted=12_000, paid=12_000, advance_paid=12_000, documented=12_000, available=28_000
    )
    town.on("2018-07-02")
    town.closes("2018-04", "2018-05", "2018-06")
    town.recomputed()
