"""A receipt for two lines, one accepted in part, a refund by the merchant, and what was left handed back."""

from domain.money import kr
from service.app import Teten
from tests.stories.schemes import line, scheme
from tests.stories.town import Town

TETEN = scheme(
    "Langtidsledige tager teten",
    start="2018-01-01",
    end="2018-12-31",
    bases={"LAB-32": "KOMMUNEN"},
    categories={"course": "Kurser", "computer": "Computer"},
)
CASE = {"case_no": "C-1"}
SHOP = {"merchant": "Kursuscenter Brabrand", "purchased_on": "2018-03-01"}


def test_what_a_merchant_gives_back_is_explained_anew_or_handed_back(teten: Teten) -> None:
    town = Town(teten, "LTT", TETEN, {"KOMMUNEN": 20_000})

    # Given
    town.tells("A course for 3,000 kr. and books for 1,000 kr., both paid in advance.")
    town.on("2018-02-01")
    town.takes_part("C-1")
    course = line(1, "course", 3_000, "LAB-32", "KOMMUNEN")
    town.is_granted("C-1", course, line(2, "computer", 1_000, "LAB-32", "KOMMUNEN"))
    town.orders("C-1", 1, "T-1", 3_000)
    town.orders("C-1", 2, "T-2", 1_000)
    town.bank_pays()

    # When
    town.on("2018-03-02")
    town.tells("One receipt for both, and some coffee, which is for no line.")
    shares = [{"line_no": 1, "amount": "3000.00"}, {"line_no": 2, "amount": "900.00"}]
    receipt = {**CASE, "ref": "R-1"}
    town.kirsten.does("ShareReceipt", b"%PDF-1", **receipt, amount="3950.00", shares=shares, **SHOP)
    with town.refused("duplicate_receipt", taken_by="C-1/1"):
        again = {**CASE, "ref": "R-2", "line_no": 2, "amount": "900.00"}
        town.kirsten.does("HandInReceipt", b"%PDF-1", **again, **SHOP)
    town.kirsten.does("AcceptReceipt", **receipt, line_no=1, amount="3000.00")
    why = {"reason": "En af bøgerne hører ikke til kurset"}
    town.kirsten.does("AcceptReceipt", **receipt, line_no=2, amount="700.00", **why)
    town.tells("The last day of the course is cancelled, and the course centre pays 800 kr. back.")
    town.on("2018-04-10")
    refund = {**receipt, "line_no": 1, "refunded_on": "2018-04-05"}
    town.kirsten.does("RecordMerchantRefund", **refund, amount="800.00", words="Kurset aflyst")
    with town.refused("above_accepted", accepted="2200.00"):
        town.kirsten.does("RecordMerchantRefund", **refund, amount="2200.01")
    assert town.figures("line", "C-1/1").undocumented == kr(800)
    town.bank_pays(hands_back={"UNSPENT C-1/1": 800, "UNSPENT C-1/2": 300})
    town.kirsten.does("CompleteCase", **CASE)

    # Then
    town.stands_at(
        granted=4_000,
        paid=4_000,
        advance_paid=4_000,
        documented=2_900,
        unspent_returned=1_100,
        available=16_000,
    )
    town.closes("2018-01", "2018-02", "2018-03")
    town.recomputed()
