"""What a colleague laid out, and gets back against the receipt."""

from typing import Any

from domain.case.outlays import OutlayClaimed
from domain.case.state import cases
from domain.money import kr
from domain.reference import ReferenceTaken
from tests.examples import GRANTED, SHA256, hand_in, stop
from tests.examples_expenses import (
    PURCHASE,
    approve,
    attest,
    claim_outlay,
    claim_shared_outlay,
    paid,
)

LINE: dict[str, Any] = {"case_no": "A-1", "line_no": 1}
OUTLAY = LINE | {"ref": "U-1"}
CLAIMED = GRANTED.does(claim_outlay())


def test_a_colleague_claims_an_outlay_once_with_its_receipt() -> None:
    GRANTED.when(claim_outlay()).then(
        OutlayClaimed(**LINE, **PURCHASE, claimed_by="kons-1"),
        ReferenceTaken(programme="NP", reference="U-1", **LINE),
        ReferenceTaken(programme="NP", reference=SHA256, **LINE),
    )
    other_file = claim_outlay(sha256="0b" * 32)
    CLAIMED.when(other_file).then_refused("wrong_state", reference="U-1")
    CLAIMED.when(claim_outlay(ref="U-2")).then_refused("duplicate_receipt", taken_by="A-1/1")


def test_a_receipt_is_claimed_by_a_colleague_or_handed_in_by_a_citizen_but_not_both() -> None:
    CLAIMED.when(hand_in()).then_refused("duplicate_receipt")
    GRANTED.does(hand_in()).when(claim_outlay()).then_refused("duplicate_receipt")


def test_whoever_may_spend_may_claim() -> None:
    for by in ("kons-2", "both-1", "fin-1"):
        GRANTED.does(claim_outlay(by=by))
    for by in ("rev-1", "system", "nobody"):
        GRANTED.when(claim_outlay(by=by)).then_refused("forbidden")
        GRANTED.when(claim_shared_outlay(by=by)).then_refused("forbidden")


def test_an_outlay_is_for_a_line_and_may_come_late() -> None:
    GRANTED.when(claim_outlay(line_no=4)).then_refused("not_found", what="line")
    GRANTED.does(stop(), claim_outlay())


def test_nobody_attests_or_approves_an_outlay_of_their_own() -> None:
    CLAIMED.when(attest(**OUTLAY)).then_refused("same_person", claimed_by="kons-1")
    attested = CLAIMED.does(attest(**OUTLAY, by="kons-2"))
    attested.does(approve(**OUTLAY))
    by_both = GRANTED.does(claim_outlay(by="both-1"), attest(**OUTLAY))
    by_both.when(approve(**OUTLAY, by="both-1")).then_refused("same_person")


def test_an_outlay_is_paid_back_and_leaves_nothing_to_document() -> None:
    steps = (attest(**OUTLAY, by="kons-2"), approve(**OUTLAY), paid("U-1", kr(300)))
    line = CLAIMED.does(*steps)(cases, "A-1").lines[1]
    assert (line.paid, line.left, line.exposure) == (kr(300), kr(19_700), kr(0))
