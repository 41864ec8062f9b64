"""Illness takes the summer: a tranche is paid after the old end date (Aarhus, report p. 39)."""

from domain.case.time_frame import TimeFrameExtended
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
CASE = {"case_no": "I-1"}


def test_a_tranche_is_paid_after_the_old_end_date(teten: Teten) -> None:
    town = Town(teten, "LTT", TETEN, {"KOMMUNEN": 20_000})

    # Given
    town.tells("A course in two parts. The citizen breaks a leg after the first.")
    town.on("2018-02-01")
    town.takes_part("I-1")
    town.is_granted("I-1", line(1, "course", 14_000, "LAB-32", "KOMMUNEN"))
    town.orders("I-1", 1, "T-1", 7_000)
    town.bank_pays()
    town.on("2018-02-20")
    town.explains("I-1", 1, "K-1", 6_600, "Svejseskolen")
    town.tells("One receipt was in the pocket of the trousers that the hospital cut open.")
    with town.refused("declaration_too_large", most="500.00"):
        town.finn.does("DeclareLoss", **CASE, line_no=1, amount="600.00", words="Klippet op")
    town.finn.does("DeclareLoss", **CASE, line_no=1, amount="400.00", words="Klippet op")

    # When
    town.on("2018-08-02")
    with town.refused("after_end_date", end_date="2018-08-01"):
        town.orders("I-1", 1, "T-2", 7_000)
    [extended] = town.kirsten.does(
        "ExtendTimeFrame", **CASE, end_date="2018-11-01", ground="illness", reason="Brækket ben"
    )
    town.on("2018-10-29")
    town.orders("I-1", 1, "T-2", 7_000)
    town.bank_pays()
    town.on("2018-11-02")
    with town.refused("after_end_date", end_date="2018-11-01"):
        town.orders("I-1", 1, "T-3", 100)
    town.explains("I-1", 1, "K-2", 7_000, "Svejseskolen")
    town.kirsten.does("CompleteCase", **CASE)
    town.kirsten.does("RecordOutcome", **CASE, outcome="employed")

    # Then
    assert isinstance(extended, TimeFrameExtended)
    assert extended.ground == "illness"
    assert town.figures("line", "I-1/1").undocumented == kr(0)
    town.stands_at(
        granted=14_000, paid=14_000, advance_paid=14_000, documented=14_000, available=6_000
    )
    town.on("2018-12-03")
    town.closes("2018-10", "2018-11")
    town.recomputed()
