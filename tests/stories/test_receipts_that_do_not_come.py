"""The ladder: receipts do not come, and nobody has to chase them. One is lost for good, the others
are waived, and the next tranche goes out (Aarhus, report p. 31)."""

from domain.case.line import Step
from domain.money import kr
from domain.programme import Ladder
from projections.audit_trail import sentence
from service.app import Teten
from tests.stories.schemes import line, scheme
from tests.stories.town import Town

TETEN = scheme(
    "Langtidsledige tager teten",
    start="2018-01-01",
    end="2019-06-30",
    bases={"LAB-32": "KOMMUNEN"},
    categories={"course": "Kurser"},
    undocumented_limit=None,
    receipt_deadline_days=90,
    declaration_max=kr(500),
    ladder=Ladder(remind=(14, 28), hold=35, tell=42, claim=60),
)
OF_RATE = {"case_no": "M-1", "line_no": 1, "ref": "T-1"}


def waits_until(town: Town, day: str) -> list[Step]:
    """What the postman does of himself on that day, told aloud."""
    town.on(day)
    town.teten.rows.catch_up()
    before = town.teten.log.head()
    taken = [each.due.step for each in town.teten.reminders.take(town.today)]
    for news in town.teten.log.after(before, 10):
        town._says(news.actor, sentence(news.event))
    return taken


def test_nobody_has_to_chase_receipts_and_the_next_tranche_waits_for_them(teten: Teten) -> None:
    town = Town(teten, "LTT", TETEN, {"KOMMUNEN": 20_000})

    # Given
    town.tells("5,000 kr. were paid on the first of June. Receipts came for 4,000.")
    town.on("2018-06-01")
    town.takes_part("M-1")
    town.is_granted("M-1", line(1, "course", 12_000, "LAB-32", "KOMMUNEN"))
    town.orders("M-1", 1, "T-1", 5_000)
    town.bank_pays()
    town.explains("M-1", 1, "R-1", 4_000, "Fagkurser Midt")

    # When
    town.tells("The citizen is reminded twice. Then other tranches wait, and people are told.")
    assert waits_until(town, "2018-06-14") == []
    assert waits_until(town, "2018-06-15") == [Step.REMINDED]
    assert waits_until(town, "2018-06-29") == [Step.REMINDED]
    assert waits_until(town, "2018-07-06") == [Step.HELD]
    town.applies("M-1", 1, "T-2", 3_000)
    with town.refused("tranche_held", tranche="T-1", undocumented="1000.00"):
        town.finn.does("ReleaseTranche", case_no="M-1", line_no=1, ref="T-2")
    assert waits_until(town, "2018-07-13") == [Step.TOLD]
    assert waits_until(town, "2018-07-31") == [Step.CLAIM_PROPOSED]

    # Then
    town.tells(
        "The caseworker talks to the citizen: one receipt is lost, the shop of the other gone."
    )
    town.on("2018-08-02")
    lost = {"case_no": "M-1", "line_no": 1, "amount": "400.00", "words": "Tabt i toget"}
    town.lea.does("DeclareLoss", **lost)
    with town.refused("tranche_held", undocumented="600.00"):
        town.finn.does("ReleaseTranche", case_no="M-1", line_no=1, ref="T-2")
    with town.refused("same_person", released_by="fin-1"):
        town.finn.does("WaiveReceipts", **OF_RATE, reason="Butikken er lukket")
    town.lea.does("WaiveReceipts", **OF_RATE, reason="Butikken er lukket")
    town.finn.does("ReleaseTranche", case_no="M-1", line_no=1, ref="T-2")
    town.bank_pays()

    town.tells("Nothing is due any more for the first; what was waived is still undocumented.")
    assert waits_until(town, "2018-08-15") == []
    town.stands_at(
        granted=12_000,
        paid=8_000,
        advance_paid=8_000,
        documented=4_400,
        undocumented=3_600,
        committed=4_000,
        available=8_000,
    )
    town.recomputed()
