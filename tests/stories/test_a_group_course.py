"""Ten citizens share a course, its guest teachers, its coffee and fruit (Lyngby-Taarbæk's workshop)."""

from datetime import date, timedelta

from domain.money import kr, total
from service.app import Teten
from tests.stories.schemes import line, scheme
from tests.stories.town import Town

WORKSHOP = scheme(
    "Ressourceværkstedet",
    start="2019-01-01",
    end="2019-12-31",
    bases={"LAB-32": "KOMMUNEN"},
    categories={"course": "Kurser"},
)
TEN = [f"V-{n:02d}" for n in range(1, 11)]
NINE = [case_no for case_no in TEN if case_no != "V-07"]
FIRST_MONDAY = date(2019, 2, 4)
HOLD = {"group": "HOLD-1"}


def test_ten_citizens_share_a_course_of_thirteen_weeks(teten: Teten) -> None:
    town = Town(teten, "LTK", WORKSHOP, {"KOMMUNEN": 100_000})
    coach = town.supplier("10000009", "Coachen", "HOLD-1")
    lawyer = town.supplier("10000017", "Fleksjobjuristen", "HOLD-1")
    dietician = town.supplier("10000025", "Diætisten", "HOLD-1")

    # Given
    town.on("2019-01-28")
    ten_join(town)

    # When
    town.tells("Thirteen Mondays. Two caseworkers buy coffee and fruit by turns.")
    for week in range(1, 14):
        town.on(str(FIRST_MONDAY + timedelta(weeks=week - 1)))
        coffee_and_fruit(town, week)
        match week:
            case 4 | 8 | 13:
                is_billed(town, coach.invoices(f"C-{week}", "Undervisning", 12_000))
            case 5:
                is_billed(town, lawyer.invoices("J-1", "Oplæg om fleksjob", 3_000))
            case 7:
                town.tells(
                    "One of the ten stops, and bears no part of what is attested from now on."
                )
                town.kirsten.does("StopCase", case_no="V-07", reason="Flyttet til en anden kommune")
                town.kirsten.does("LeaveGroup", case_no="V-07", **HOLD)
            case 9:
                is_billed(town, dietician.invoices("D-1", "Oplæg om kost", 2_500))
                town.tells(
                    "The lawyer came for two lessons of three: 1,000 kr. go back to all ten."
                )
                note = lawyer.credits("K-1", "J-1", "Oplæg om fleksjob", 1_000)
        if week in (4, 8):
            town.bank_pays()
    town.on("2019-04-30")
    town.bank_pays(hands_back={f"CREDITNOTE {note}": 1_000})
    for case_no in NINE:
        town.kirsten.does("CompleteCase", case_no=case_no)

    # Then
    assert town.unpaid == {}
    tenth = kr(7 * 13 + 1_200 + 300 - 100)  # Of coffee and fruit, a month's coach, and the lawyer.
    assert town.figures("case", "V-07").documented == tenth
    ninths = [town.figures("case", case_no).paid for case_no in NINE]
    assert total(ninths) + tenth == kr(3 * 12_000 + 3_000 - 1_000 + 2_500 + 13 * 130)
    assert max(ninths) - min(ninths) <= kr(0, 9)  # An øre for each of nine costs.
    town.stands_at(granted=42_190, paid=42_190, documented=42_190, available=57_810)
    town.on("2019-05-02")
    town.closes("2019-01", "2019-02", "2019-03", "2019-04")
    with town.refused("month_closed", closed_through="2019-04-30"):
        town.kirsten.does("LeaveGroup", case_no="V-01", effective_on="2019-04-30", **HOLD)
    town.recomputed()


def ten_join(town: Town) -> None:
    with town.briefly("Ten citizens say yes. Each is granted 6,000 kr. for the course they share."):
        town.kirsten.does("FormGroup", **HOLD)
        for case_no in TEN:
            town.takes_part(case_no)
            town.is_granted(case_no, line(1, "course", 6_000, "LAB-32", "KOMMUNEN", route="ean"))
            town.kirsten.does("JoinGroup", case_no=case_no, line_no=1, **HOLD)


def coffee_and_fruit(town: Town, week: int) -> None:
    """Laid out by one caseworker, seen by the other."""
    buyer, other = (town.kirsten, town.karl) if week % 2 else (town.karl, town.kirsten)
    ref = {"ref": f"U-{week}", **HOLD}
    bought = {"merchant": "Irma", "purchased_on": str(town.today), "amount": "130.00"}
    with town.briefly(f"Week {week}: coffee and fruit for 130 kr., laid out by {buyer.id}."):
        buyer.does("ClaimSharedOutlay", f"\x89PNG week {week}".encode(), **ref, **bought)
        with town.refused("same_person", claimed_by=buyer.id):
            buyer.does("AttestSharedCost", **ref)
        other.does("AttestSharedCost", **ref)
        town.finn.does("ApproveSharedCost", **ref)


def is_billed(town: Town, ref: str) -> None:
    """A caseworker saw that it was taught; the controller approves what they attested."""
    town.karl.does("AttestSharedCost", ref=ref, **HOLD)
    town.finn.does("ApproveSharedCost", ref=ref, **HOLD)
