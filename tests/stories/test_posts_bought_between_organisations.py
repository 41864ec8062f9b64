"""A housing plan's nurse (Sønderborg); a colleague bought for ten hours a week (Helsingør). By invoice."""

from domain.money import kr
from service.app import Teten
from tests.stories.schemes import line, scheme
from tests.stories.town import Town

OUTREACH = scheme(
    "Fremskudt beskæftigelsesindsats",
    start="2019-01-01",
    end="2019-12-31",
    bases={"LAB-32": "KOMMUNEN", "HELHEDSPLAN": "HELHEDSPLANEN"},
    categories={"health": "Sundhed", "guidance": "Boligsocial medarbejder"},
)


def is_paid(town: Town, case_no: str, ref: str) -> None:
    """The caseworker saw the hours given; the controller approves; the bank pays with the next lot."""
    town.kirsten.does("AttestExpense", case_no=case_no, line_no=1, ref=ref)
    town.finn.does("ApproveExpense", case_no=case_no, line_no=1, ref=ref)


def test_sonderborg_buys_hours_of_the_housing_plans_nurse_for_each_resident(teten: Teten) -> None:
    town = Town(teten, "SDB", OUTREACH, {"KOMMUNEN": 10_000, "HELHEDSPLANEN": 30_000})
    nurse = {
        case_no: town.supplier("20000005", "Helhedsplanen Nørager", f"{case_no}/1")
        for case_no in ("S-1", "S-2")
    }

    # Given
    town.on("2019-01-15")
    with town.briefly("Two residents are each granted six months of the nurse, by EAN invoice."):
        for case_no in nurse:
            town.takes_part(case_no)
            hours = line(1, "health", 9_000, "HELHEDSPLAN", "HELHEDSPLANEN", route="ean")
            town.is_granted(case_no, hours)

    # When
    town.tells("Nobody can ask for the line's money in tranches: it goes out by invoice alone.")
    with town.refused("wrong_state", route="ean"):
        town.orders("S-1", 1, "R-1", 500)
    for month in range(1, 7):
        town.on(f"2019-{month:02d}-28")
        for case_no, plan in nurse.items():
            ref = plan.invoices(f"{case_no}-{month}", "Sygeplejerske, 3 timer", 1_500)
            is_paid(town, case_no, ref)
        if month == 2:
            with town.refused("duplicate_invoice", taken_by="S-1/1"):
                nurse["S-1"].invoices("S-1-2", "Sygeplejerske, 3 timer", 1_500)
        town.bank_pays()
    town.tells("A seventh month was never granted.")
    town.on("2019-07-10")
    late = nurse["S-1"].invoices("S-1-7", "Sygeplejerske, 1 time", 500)
    with town.refused("above_grant", left="0.00", due="500.00"):
        is_paid(town, "S-1", late)
    town.kirsten.does("RejectExpense", case_no="S-1", line_no=1, ref=late, reason="Ikke bestilt")
    for case_no in nurse:
        town.kirsten.does("CompleteCase", case_no=case_no)

    # Then
    assert town.figures("case", "S-2").documented == kr(9_000)
    assert town.balance("funding", "KOMMUNEN").available(town.today) == kr(10_000)
    town.stands_at(granted=18_000, paid=18_000, documented=18_000, available=22_000)
    town.on("2019-08-01")
    town.closes("2019-06", "2019-07")
    with town.refused("month_closed"):
        town.kirsten.does("StopCase", case_no="S-2", effective_on="2019-07-31")
    town.recomputed()


def test_helsingor_buys_a_colleague_for_ten_hours_a_week(teten: Teten) -> None:
    town = Town(teten, "HEL", OUTREACH, {"KOMMUNEN": 100_000, "HELHEDSPLANEN": 10_000})
    boliggaarden = town.supplier("20000013", "Boliggården", "VAPNAGAARD")
    residents = ["H-1", "H-2", "H-3"]

    # Given
    town.on("2019-01-07")
    with town.briefly("Three residents of Vapnagård share ten hours a week of their own worker."):
        town.kirsten.does("FormGroup", group="VAPNAGAARD")
        for case_no in residents:
            town.takes_part(case_no)
            share = line(1, "guidance", 27_000, "LAB-32", "KOMMUNEN", route="ean")
            town.is_granted(case_no, share)
            town.kirsten.does("JoinGroup", group="VAPNAGAARD", case_no=case_no, line_no=1)

    # When
    for month in range(1, 6):
        town.on(f"2019-{month:02d}-28")
        ref = boliggaarden.invoices(f"2019-{month}", "40 timer à 400 kr.", 16_000)
        town.karl.does("AttestSharedCost", group="VAPNAGAARD", ref=ref)
        town.finn.does("ApproveSharedCost", group="VAPNAGAARD", ref=ref)
        if month % 2:
            town.bank_pays()
    for case_no in residents:
        town.kirsten.does("CompleteCase", case_no=case_no)

    # Then
    thirds = [town.figures("case", case_no).paid for case_no in residents]
    assert thirds == [kr(26_666, 65), kr(26_666, 65), kr(26_666, 70)]
    town.stands_at(granted=80_000, paid=80_000, documented=80_000, available=30_000)
    town.on("2019-06-03")
    town.closes("2019-05")
    town.recomputed()
