"""One receipt for several lines, and what is accepted of a receipt bit by bit."""

from datetime import date
from typing import Any

import pytest
from pydantic import ValidationError

from domain.case.readings import ReceiptRead, ReceiptUnreadable
from domain.case.receipts import ReceiptAccepted, ReceiptHandedIn
from domain.case.shared_receipts import ReceiptShare
from domain.case.state import cases
from domain.money import ZERO, Money, kr
from domain.reference import ReferenceTaken
from domain.voucher import VoucherFiled
from domain.words import decide
from tests.examples import (
    COURSE,
    HANDED_IN,
    SETTLED,
    SHA256,
    WORDS,
    accept_receipt,
    hand_in,
    payment,
    reject_receipt,
    share_receipt,
)
from tests.examples_intake import (
    PICTURE,
    receive_voucher,
    record_voucher_reading,
    record_voucher_unreadable,
)
from tests.scenario import DAY, Story

FILE = "ab" * 32
SHARED = SETTLED.does(*payment("T-2", kr(900), line_no=2), share_receipt())


def undocumented(story: Story, line_no: int = 1) -> Money:
    return story(cases, "A-1").lines[line_no].undocumented


def test_each_line_has_its_share_and_the_number_and_the_file_are_taken_once() -> None:
    owner = {"programme": "NP", "case_no": "A-1", "line_no": 1}
    share: dict[str, Any] = {
        "case_no": "A-1",
        "ref": "K-9",
        "sha256": FILE,
        "merchant": "Kursuscenter Brabrand",
        "purchased_on": date(2019, 3, 6),
        "note": None,
        "whole": kr(3_000),
        "holds_from": DAY,
    }
    SETTLED.when(share_receipt()).then(
        ReceiptHandedIn(**share, line_no=1, amount=kr(1_800)),
        ReceiptHandedIn(**share, line_no=2, amount=kr(900)),
        ReferenceTaken(**owner, reference="K-9"),
        ReferenceTaken(**owner, reference=FILE),
    )


def test_each_share_explains_its_own_lines_advance_and_is_judged_for_itself() -> None:
    one = SHARED.does(accept_receipt(ref="K-9", amount=kr(1_800)))
    assert (undocumented(one, 1), undocumented(one, 2)) == (kr(3_200), kr(900))
    both = one.does(reject_receipt(ref="K-9", line_no=2))
    assert undocumented(both, 2) == kr(900)
    both.when(accept_receipt(ref="K-9", line_no=2, amount=kr(1))).then_refused("wrong_state")
    above = accept_receipt(ref="K-9", line_no=2, amount=kr(900, 1))
    one.when(above).then_refused("above_receipt", receipt="900.00")


def test_the_shares_come_to_no_more_than_the_receipt_says() -> None:
    SETTLED.does(share_receipt(amount=kr(2_700)))
    above = share_receipt(amount=kr(2_699, 99))
    SETTLED.when(above).then_refused("above_receipt", receipt="2699.99", shares="2700.00")


def test_every_line_of_it_exists() -> None:
    shares = (ReceiptShare(line_no=1, amount=kr(1)), ReceiptShare(line_no=4, amount=kr(1)))
    SETTLED.when(share_receipt(shares=shares)).then_refused("not_found", what="line", line_no=4)
    SETTLED.when(share_receipt(case_no="A-2")).then_refused("not_found", what="case")


def test_a_shared_receipt_and_an_undivided_one_are_never_the_same() -> None:
    SHARED.when(hand_in(ref="K-9")).then_refused("wrong_state", taken_by="A-1/1")
    SHARED.when(hand_in(sha256=FILE)).then_refused("duplicate_receipt", taken_by="A-1/1")
    HANDED_IN.when(share_receipt(ref="K-1")).then_refused("wrong_state")
    HANDED_IN.when(share_receipt(sha256=SHA256)).then_refused("duplicate_receipt")


@pytest.mark.parametrize("lines", [(1,), (), (1, 1)], ids=["one", "none", "one twice"])
def test_a_receipt_is_shared_by_two_lines_or_more(lines: tuple[int, ...]) -> None:
    with pytest.raises(ValidationError):
        share_receipt(shares=tuple(ReceiptShare(line_no=each, amount=kr(1)) for each in lines))


# Several receipts for one tranche, oldest tranche first --------------------------------------------


def test_several_receipts_explain_one_tranche_and_the_oldest_is_explained_first() -> None:
    story = SETTLED.does(*payment("T-2", kr(2_000), booked_on=date(2019, 3, 10)))
    for number, amount in enumerate([2_000, 2_500, 1_000], start=1):
        receipt = {"ref": f"K-{number}", "amount": kr(amount)}
        story = story.does(hand_in(**receipt, sha256=f"{number:064x}"), accept_receipt(**receipt))
    line = story(cases, "A-1").lines[1]
    late = [(tranche.ref, lacking) for tranche, lacking in line.overdue(date(2019, 6, 1), 30)]
    assert late == [("T-2", kr(1_500))]  # 5,500 kr.: all of T-1, and 500 kr. of T-2.


# Accepted in part ----------------------------------------------------------------------------------


def test_a_receipt_is_accepted_in_part_with_the_reason_for_the_rest() -> None:
    part = accept_receipt(amount=kr(1_200), reason=WORDS)
    accepted = {"case_no": "A-1", "line_no": 1, "ref": "K-1", "account_string": COURSE}
    HANDED_IN.when(part).then(
        ReceiptAccepted(
            **accepted,
            amount=kr(1_200),
            merchant="Fagkurser Midt",
            reason=WORDS,
            accepted_by="kons-1",
            holds_from=DAY,
        )
    )


def test_the_rest_may_be_accepted_later_if_that_is_what_is_asked_for() -> None:
    part = HANDED_IN.does(accept_receipt(amount=kr(1_200)))
    part.when(accept_receipt(amount=kr(800))).then_refused("wrong_state")
    rest = part.does(accept_receipt(amount=kr(500), rest=True))
    assert undocumented(rest) == kr(3_300)
    whole = rest.does(accept_receipt(amount=kr(300), rest=True))
    assert undocumented(whole) == kr(3_000)
    above = accept_receipt(amount=kr(300, 1), rest=True)
    rest.when(above).then_refused("above_receipt", receipt="2000.00", left="300.00")
    whole.when(accept_receipt(amount=kr(0, 1), rest=True)).then_refused("above_receipt")


def test_there_is_a_rest_only_of_what_was_accepted_before() -> None:
    rest = accept_receipt(amount=kr(1), rest=True)
    HANDED_IN.when(rest).then_refused("wrong_state", stage="handed_in")
    HANDED_IN.does(reject_receipt()).when(rest).then_refused("wrong_state", stage="rejected")


def test_the_rest_explains_the_next_tranche_once_there_is_one() -> None:
    story = SETTLED.does(hand_in(amount=kr(6_000)), accept_receipt(amount=kr(5_000)))
    rest = accept_receipt(amount=kr(1_000), rest=True)
    story.when(rest).then_refused("above_advance", undocumented="0.00")
    assert undocumented(story.does(*payment("T-2", kr(1_000)), rest)) == ZERO


# A voucher that arrived ---------------------------------------------------------------------------


@pytest.mark.parametrize("read", [True, False], ids=["read", "unreadable"])
def test_what_arrived_is_filed_over_several_lines(*, read: bool) -> None:
    told = record_voucher_reading() if read else record_voucher_unreadable()
    filing = share_receipt(sha256=PICTURE, voucher="V-1")
    arrived = SETTLED.does(receive_voucher(), told)
    *_, filed, said = (each.event for each in decide(filing, arrived))
    where: dict[str, Any] = {"case_no": "A-1", "line_no": 1}
    assert filed == VoucherFiled(programme="NP", ref="V-1", **where, receipt="K-9")
    assert isinstance(said, ReceiptRead if read else ReceiptUnreadable)
    filed_once = arrived.does(filing)
    filed_once.when(share_receipt(ref="K-10", sha256=PICTURE, voucher="V-1")).then_refused(
        "duplicate_receipt"
    )


def test_a_shared_receipt_is_of_the_vouchers_own_file_and_case() -> None:
    arrived = SETTLED.does(receive_voucher())
    for wrong in ({"sha256": FILE, "voucher": "V-1"}, {"sha256": PICTURE, "voucher": "V-9"}):
        arrived.when(share_receipt(**wrong)).then_refused("not_found", what="voucher")
