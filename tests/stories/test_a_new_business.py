"""A baker opens a shop, and lives for six months on taxable support, no benefit (Aarhus, report p. 20)."""

from domain.case.support import SupportMonthConfirmed
from domain.money import kr
from service.app import Teten
from tests.stories.schemes import line, scheme
from tests.stories.town import Town

TETEN = scheme(
    "Langtidsledige tager teten",
    start="2018-01-01",
    end="2018-12-31",
    bases={"LAB-76": "VELUX", "UDEN-FOR-LOVEN": "VELUX"},
    categories={"support": "Forsørgelse", "tools": "Arbejdsredskaber"},
)
MONTHS = [f"2018-{month:02d}" for month in range(3, 9)]


def test_a_baker_gets_six_months_of_taxable_support(teten: Teten) -> None:
    town = Town(teten, "LTT", TETEN, {"VELUX": 60_000})

    # Given
    town.tells("A baker of 27 is granted support as high as the benefit, and money for an oven.")
    town.on("2018-03-01")
    town.takes_part("B-1", phase="3")
    support = line(1, "support", 6 * 7_272, "UDEN-FOR-LOVEN", "VELUX")
    town.is_granted("B-1", support, line(2, "tools", 5_000, "LAB-76", "VELUX"))

    # When
    plan = {"case_no": "B-1", "line_no": 1, "first_month": "2018-03", "monthly": "7272.00"}
    with town.refused("above_grant"):
        town.kirsten.does("PlanSupport", **plan, months=7, taxable=True)
    town.kirsten.does("PlanSupport", **plan, months=6, taxable=True)
    town.orders("B-1", 2, "R-1", 5_000)
    income = []
    for month in MONTHS:
        town.on(f"{month}-25")
        town.tells(f"{month}: the caseworker saw that the shop runs; the controller approves.")
        [confirmed] = [
            event
            for event in town.kirsten.does(
                "ConfirmSupportMonth", case_no="B-1", line_no=1, month=month
            )
            if isinstance(event, SupportMonthConfirmed)
        ]
        income.append((confirmed.month, confirmed.amount, confirmed.taxable))
        ref = {"case_no": "B-1", "line_no": 1, "ref": confirmed.ref}
        with town.refused("forbidden"):
            town.kirsten.does("ApproveExpense", **ref)
        town.finn.does("ApproveExpense", **ref)
        town.bank_pays()
    with town.refused("not_found", what="month"):
        town.kirsten.does("ConfirmSupportMonth", case_no="B-1", line_no=1, month="2018-09")
    town.on("2018-08-28")
    town.explains("B-1", 2, "K-1", 4_200, "Ovnfabrikken")
    town.bank_pays(hands_back={"UNSPENT B-1/2": 800})
    town.kirsten.does("CompleteCase", case_no="B-1")
    town.kirsten.does("RecordOutcome", case_no="B-1", outcome="self_employed")

    # Then
    assert income == [(month, kr(7_272), True) for month in MONTHS]
    assert town.figures("line", "B-1/1").advance_paid == kr(0)  # No receipts are asked for.
    town.stands_at(
        granted=48_632,
        paid=48_632,
        advance_paid=5_000,
        documented=43_632 + 4_200,
        unspent_returned=800,
        available=60_000 - 48_632,
    )
    town.on("2018-09-03")
    town.closes(*MONTHS)
    town.recomputed()
