"""A driving licence that the law pays in part: the municipality's two thousand first, then the foundation."""

from domain.money import kr
from service.app import Teten
from tests.stories.schemes import line, scheme, sources
from tests.stories.town import Town

TETEN = scheme(
    "Langtidsledige tager teten",
    start="2018-01-01",
    end="2018-12-31",
    bases={"LAB-32": "KOMMUNEN", "LAB-76": "VELUX"},
    categories={"driving_licence": "Kørekort", "computer": "Computer"},
)
OURS = {"legal_basis": "LAB-32", "funding": "KOMMUNEN"}
THEIRS = {"legal_basis": "LAB-76", "funding": "VELUX"}
CASE = {"case_no": "K-1"}


def test_each_krone_of_a_line_from_two_sources_is_known(teten: Teten) -> None:
    town = Town(teten, "LTT", TETEN, {"KOMMUNEN": 20_000, "VELUX": 20_000})

    # Given
    town.tells(
        "A licence: 2,000 kr. under the law, the rest from the foundation. A computer by halves."
    )
    town.on("2018-02-01")
    town.takes_part("K-1")
    licence = line(1, "driving_licence", 9_000, "LAB-32", "KOMMUNEN")
    in_turn = sources({**OURS, "up_to": "2000.00"}, THEIRS)
    computer = line(2, "computer", 5_000, "LAB-32", "KOMMUNEN", route="ean")
    by_halves = sources({**OURS, "share": 1}, {**THEIRS, "share": 1})
    town.is_granted("K-1", licence | in_turn, computer | by_halves)
    assert town.figures("funding", "KOMMUNEN").granted == kr(4_500)
    assert town.figures("funding", "VELUX").granted == kr(9_500)

    # When
    town.orders("K-1", 1, "T-1", 3_000)
    shop = town.supplier("91335417", "Datamaterial ApS", "K-1/2")
    ref = shop.invoices("501", "Bærbar computer", 4_501)
    bill = {**CASE, "line_no": 2, "ref": ref}
    town.kirsten.does("AttestExpense", **bill)
    town.finn.does("ApproveExpense", **bill)
    town.bank_pays()
    town.on("2018-03-01")
    town.explains("K-1", 1, "K-1", 2_500, "Trøjborg Køreskole")
    town.bank_pays(hands_back={"UNSPENT K-1/1": 500})
    shop.credits("502", "501", "Fortrudt taske", 301)
    town.bank_pays(hands_back={f"CREDITNOTE {shop.cvr}:502": 301})
    town.on("2018-04-03")
    town.kirsten.does("CompleteCase", **CASE)

    # Then
    town.tells("The municipality paid the first of the licence, and half of the computer.")
    ours, theirs = town.figures("funding", "KOMMUNEN"), town.figures("funding", "VELUX")
    assert (ours.paid, ours.documented) == (kr(4_100), kr(4_100))
    assert (theirs.paid, theirs.unspent_returned) == (kr(3_100), kr(500))
    assert (theirs.documented, theirs.undocumented) == (kr(2_600), kr(0))
    town.stands_at(
        granted=7_200,
        paid=7_200,
        advance_paid=3_000,
        documented=6_700,
        unspent_returned=500,
        available=32_800,
    )
    town.on("2018-05-02")
    town.closes("2018-02", "2018-03", "2018-04")
    town.recomputed()
