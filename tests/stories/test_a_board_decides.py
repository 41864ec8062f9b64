"""Three partners share what a housing plan pays; a network recommends other shares, and the board decides
(Albertslund)."""

from datetime import date

from domain.money import Money, kr
from service.app import Teten
from tests.stories.schemes import line, scheme
from tests.stories.town import Town

PLAN = scheme(
    "Den boligsociale helhedsplan",
    start="2017-01-01",
    end="2017-12-31",
    bases={"LAB-32": "HELHEDSPLANEN"},
    categories={"course": "Kurser"},
)
FUND = {"fund": "HELHEDSPLANEN"}
THIRDS = [{"partner": name, "weight": 1} for name in ("KOMMUNEN", "VRIDSLØSELILLE", "LBF")]
HALF = [
    {"partner": "KOMMUNEN", "weight": 2},
    {"partner": "VRIDSLØSELILLE", "weight": 1},
    {"partner": "LBF", "weight": 1},
]


def borne(town: Town, day: str) -> dict[str, Money]:
    """What each partner has borne of what was paid by that day."""
    through = date.fromisoformat(day)
    with town.teten.reports(town.programme) as reports:
        found = reports.borne("HELHEDSPLANEN", kr(0), through)
    return {each.partner: each.paid for each in found.partners}


def test_an_agreement_of_three_partners_is_amended_by_the_board(teten: Teten) -> None:
    town = Town(teten, "BHP", PLAN, {"HELHEDSPLANEN": 30_000})

    # Given
    town.tells("The municipality, the housing association and the national fund bear a third each.")
    town.on("2017-01-09")
    town.anna.does("AgreeCofinancing", **FUND, shares=THIRDS)
    town.takes_part("B-1")
    town.is_granted("B-1", line(1, "course", 20_000, "LAB-32", "HELHEDSPLANEN"))
    town.orders("B-1", 1, "T-1", 9_000)
    town.bank_pays()
    town.explains("B-1", 1, "K-1", 9_000, "Fagkurser Midt")

    # When
    town.tells(
        "The resource network recommends that the municipality bears half. The board decides."
    )
    town.on("2017-03-01")
    town.karl.does(
        "RecommendAmendment", **FUND, ref="I-1", shares=HALF, words="Netværket 21. februar"
    )
    with town.refused("forbidden", needs=["controller", "administrator"]):
        town.karl.does("DecideAmendment", **FUND, ref="I-1", adopted=True)
    town.on("2017-04-03")
    decision = {"ref": "I-1", "adopted": True, "decision": "Bestyrelsen 30. marts, punkt 4"}
    town.finn.does("DecideAmendment", **FUND, **decision)
    town.orders("B-1", 1, "T-2", 8_000)
    town.bank_pays()
    town.explains("B-1", 1, "K-2", 8_000, "Fagkurser Midt")
    with town.refused("funding_exhausted"):
        town.anna.does("AmendFunding", **FUND, amount="19999.00")
    town.anna.does("AmendFunding", **FUND, amount="25000.00", decision="Bestyrelsen 30. marts")
    town.kirsten.does("CompleteCase", case_no="B-1")

    # Then
    town.tells("What was paid before stays with those who bore it.")
    thirds = {"KOMMUNEN": kr(3_000), "VRIDSLØSELILLE": kr(3_000), "LBF": kr(3_000)}
    assert borne(town, "2017-03-31") == thirds
    after = {"KOMMUNEN": kr(7_000), "VRIDSLØSELILLE": kr(5_000), "LBF": kr(5_000)}
    assert borne(town, "2017-04-30") == after
    town.stands_at(
        granted=17_000, paid=17_000, advance_paid=17_000, documented=17_000, available=8_000
    )
    town.on("2017-05-02")
    town.closes("2017-01", "2017-02", "2017-03", "2017-04")
    town.recomputed()
