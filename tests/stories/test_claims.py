"""Misuse: one claim is heard, paid in part, set off and written off; another is appealed, and the appeal
upheld (Aarhus, report p. 31)."""

from domain.case.recovery import ClaimClosed
from service.app import Teten
from tests.stories.schemes import line, scheme
from tests.stories.town import Town

TETEN = scheme(
    "Langtidsledige tager teten",
    start="2018-01-01",
    end="2019-06-30",
    bases={"LAB-32": "KOMMUNEN"},
    categories={"course": "Kurser"},
    hearing_days=14,
)


def spent(town: Town, case_no: str) -> None:
    """10,000 kr. paid, of which nobody has seen a receipt for 6,000."""
    town.takes_part(case_no)
    town.is_granted(case_no, line(1, "course", 12_000, "LAB-32", "KOMMUNEN"))
    town.orders(case_no, 1, f"T-{case_no}", 10_000)
    town.bank_pays()
    town.explains(case_no, 1, f"R-{case_no}", 4_000, "Fagkurser Midt")
    town.kirsten.does("StopCase", case_no=case_no, reason="Kom ikke mere")


def heard(town: Town, claim: dict[str, object]) -> None:
    """Raised with its evidence, and put to the citizen."""
    with town.refused("not_heard"):
        told = {"case_no": claim["case_no"], "line_no": 1, "amount": "6000.00"}
        town.finn.does("ConfirmMisuse", **told, kind="private_consumption")
    with town.refused("no_evidence"):
        town.finn.does("RaiseClaim", **claim, amount="6000.00", kind="private_consumption")
    town.finn.does(
        "RaiseClaim",
        **claim,
        amount="6000.00",
        kind="private_consumption",
        words="Kontoudtoget viser køb i et byggemarked",
    )
    with town.refused("hearing_too_short", earliest="2018-07-16"):
        town.kirsten.does("OpenHearing", **claim, deadline="2018-07-15")
    town.kirsten.does("OpenHearing", **claim, deadline="2018-07-16")
    with town.refused("same_person", raised_by="fin-1"):
        town.finn.does("DecideClaim", **claim, amount="6000.00", reason="Ingen kvitteringer")
    with town.refused("not_heard", deadline="2018-07-16"):
        town.lea.does("DecideClaim", **claim, amount="6000.00", reason="Ingen kvitteringer")


def test_a_claim_is_heard_paid_in_part_set_off_and_written_off(teten: Teten) -> None:
    town = Town(teten, "LTT", TETEN, {"KOMMUNEN": 20_000})
    claim = {"case_no": "M-1", "line_no": 1, "ref": "KRAV-1"}

    # Given
    town.tells("6,000 kr. were spent on something else, it seems. The citizen is heard.")
    town.on("2018-06-01")
    spent(town, "M-1")
    town.on("2018-07-02")
    heard(town, claim)

    # When
    town.tells(
        "The citizen doesn't answer. Another controller decides, on the day after the deadline."
    )
    town.on("2018-07-17")
    town.lea.does("DecideClaim", **claim, amount="6000.00", reason="Ingen kvitteringer, intet svar")
    half = [{"due": "2018-09-01", "amount": "3000.00"}, {"due": "2018-10-01", "amount": "3000.00"}]
    town.kirsten.does("AgreeInstalments", **claim, instalments=half)
    town.on("2018-09-03")
    town.bank_pays(hands_back={"REPAY M-1/1": 2_500})
    town.on("2018-11-01")
    town.finn.does("SetOffClaim", **claim, amount="1500.00", against="YDELSE-2018-10")
    of_line = {"case_no": "M-1", "line_no": 1, "claim": "KRAV-1"}
    with town.refused("same_person", raised_by="fin-1"):
        town.finn.does("WriteOffClaim", **of_line, amount="2000.00", reason="Dødsbo uden midler")
    with town.refused("above_claim", claim="2000.00"):
        town.lea.does("WriteOffClaim", **of_line, amount="2000.01", reason="Dødsbo uden midler")
    *_, closed = town.lea.does(
        "WriteOffClaim", **of_line, amount="2000.00", reason="Dødsbo uden midler"
    )

    # Then
    assert isinstance(closed, ClaimClosed)
    town.stands_at(
        granted=10_000,
        paid=10_000,
        advance_paid=10_000,
        documented=4_000,
        misuse=6_000,
        repaid=4_000,
        written_off=2_000,
        available=10_000,
    )
    town.on("2018-12-03")
    town.closes("2018-06", "2018-07", "2018-08", "2018-09", "2018-10", "2018-11")
    town.recomputed()


def test_an_appeal_is_upheld_and_what_was_paid_too_much_is_paid_back(teten: Teten) -> None:
    town = Town(teten, "LTT", TETEN, {"KOMMUNEN": 20_000})
    claim = {"case_no": "M-2", "line_no": 1, "ref": "KRAV-2"}

    # Given
    town.tells("A citizen has paid all of a claim, and finds the receipts afterwards.")
    town.on("2018-06-01")
    spent(town, "M-2")
    town.on("2018-07-02")
    heard(town, claim)
    town.kirsten.does("AnswerHearing", **claim, words="Jeg har købt materialer til kurset")
    town.lea.does("DecideClaim", **claim, amount="6000.00", reason="Ingen kvitteringer")
    town.on("2018-08-01")
    town.bank_pays(hands_back={"REPAY M-2/1": 6_000})

    # When
    town.tells("The appeal is a new decision by somebody else, never an edit of the old one.")
    town.on("2018-08-20")
    town.kirsten.does("LodgeAppeal", **claim, words="Her er kvitteringerne fra byggemarkedet")
    with town.refused("same_person", decided_by="both-1"):
        town.lea.does("UpholdAppeal", **claim, amount="500.00", reason="Materialer til kurset")
    town.finn.does("UpholdAppeal", **claim, amount="500.00", reason="Materialer til kurset")
    town.explains("M-2", 1, "R-MATERIALER", 5_500, "Bauhaus")
    with town.refused("same_person", decided_by="fin-1"):
        town.finn.does("OrderRefund", **claim)
    town.lea.does("OrderRefund", **claim)
    town.bank_refunds("KRAV-2", 5_500)

    # Then
    town.stands_at(
        granted=10_000,
        paid=10_000,
        advance_paid=10_000,
        documented=9_500,
        misuse=500,
        repaid=500,
        available=10_000,
    )
    town.on("2018-10-01")
    town.closes("2018-06", "2018-07", "2018-08", "2018-09")
    town.recomputed()
