"""A receipt on its way from a phone to the books with a question that somebody answers who took
no part in the payment."""

from datetime import date

from domain.case import cases
from domain.flags import FlagStage
from domain.voucher import Channel
from service.app import Teten
from service.flags.raising import raise_due
from service.flags.views import FlagView, flag_views
from service.intake.receiving import Arrival, receive
from tests.intake.pictures import photo
from tests.intake.test_reading import read
from tests.stories.schemes import line, scheme
from tests.stories.town import Town

TETEN = scheme(
    "Langtidsledige tager teten",
    start="2018-01-01",
    end="2019-06-30",
    bases={"LAB-32": "KOMMUNEN"},
    categories={"course": "Kurser"},
)


def flags(town: Town) -> list[FlagView]:
    town.teten.rows.catch_up()
    with town.teten.view() as view:
        return flag_views(view, town.programme, date(2026, 12, 31), lambda _: True)


def test_a_question_stops_nothing_and_is_answered_by_somebody_who_took_no_part(
    teten: Teten,
) -> None:
    town = Town(teten, "LTT", TETEN, {"KOMMUNEN": 20_000})

    # Given
    town.tells("5,000 kr. were paid for a course. The citizen photographs the receipt.")
    town.on("2018-06-01")
    town.takes_part("M-1")
    town.is_granted("M-1", line(1, "course", 12_000, "LAB-32", "KOMMUNEN"))
    town.orders("M-1", 1, "T-1", 5_000)
    town.bank_pays()
    citizen = teten.log.state(cases, "M-1").citizen
    sent = Arrival("LTT", citizen, Channel.PHONE, photo("Café Kurset"), "M-1", 1)
    arrived = receive(teten, sent, "phone/1", "story")
    town.done(arrived.answer)
    assert read(teten).read == 1

    # When
    town.tells("The caseworker files it. A rule wonders about the café: a question, not a stop.")
    receipt = {"case_no": "M-1", "line_no": 1, "ref": "R-1", "amount": "4500.00"}
    bought = {"merchant": "Café Kurset", "purchased_on": "2018-06-01"}
    town.kirsten.does("HandInReceipt", **receipt, **bought, voucher=arrived.ref)
    raise_due(teten, "LTT", date(2026, 11, 22))
    [asked] = flags(town)
    town.tells(asked.sentence)
    assert (asked.rule, asked.case, asked.status) == ("merchant_private", "M-1", FlagStage.OPEN)
    town.kirsten.does("AcceptReceipt", **receipt)

    # Then
    town.tells("Who paid and who accepted don't answer. A colleague does, with the reason.")
    answer = {"flag": asked.flag, "case_no": "M-1", "reason": "Kurset blev holdt i caféens lokaler"}
    for took_part in (town.kirsten, town.finn):
        with town.refused("same_person"):
            took_part.does("DismissFlag", **answer)
    town.lea.does("DismissFlag", **answer)
    [answered] = flags(town)
    assert (answered.status, answered.answered_by) == (FlagStage.DISMISSED, "both-1")
    assert answered.sentence == asked.sentence
    town.stands_at(
        granted=12_000,
        paid=5_000,
        advance_paid=5_000,
        documented=4_500,
        undocumented=500,
        committed=7_000,
        available=8_000,
    )
    town.recomputed()
