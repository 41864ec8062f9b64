"""Vouchers: what arrives before anybody has said what it is a receipt for, and what comes of it."""

from datetime import date
from typing import Any

import pytest
from pydantic import ValidationError

from domain.case.readings import ReceiptRead, ReceiptUnreadable
from domain.case.receipts import ReceiptHandedIn
from domain.reference import ReferenceTaken
from domain.voucher import (
    AsideFor,
    VoucherFiled,
    VoucherRead,
    VoucherReceived,
    VoucherSetAside,
    VoucherStage,
    VoucherUnreadable,
    vouchers,
)
from domain.words import Command, decide
from tests.examples import (
    ESTABLISHED,
    HANDED_IN,
    READ,
    REGISTERED,
    SETTLED,
    SHA256,
    WORDS,
    assessing,
    decline_offer,
    establish,
    hand_in,
    offer,
    register,
)
from tests.examples_intake import (
    CITIZEN,
    NO_CASE,
    PICTURE,
    by_mail,
    file_voucher,
    receive_voucher,
    record_voucher_reading,
    record_voucher_unreadable,
    set_voucher_aside,
)
from tests.examples_rules import forget_citizen
from tests.scenario import Story

DUE = date(2025, 1, 1)
V1: dict[str, Any] = {"programme": "NP", "ref": "V-1"}
ARRIVED = SETTLED.does(receive_voucher())
OF_NO_CASE = SETTLED.does(by_mail(ref="V-1"))
BETTER = READ.model_copy(update={"agreed": ("total", "purchased_on")})


# Received ----------------------------------------------------------------------------------------


def test_a_citizen_sends_a_picture_for_a_line_of_their_own_case() -> None:
    SETTLED.when(receive_voucher()).then(
        VoucherReceived(**V1, case_no="A-1", line_no=1, sha256=PICTURE, size=4_000, channel="phone")
    )


@pytest.mark.parametrize("by", [CITIZEN, "kons-1", "system"])
def test_a_picture_comes_for_a_case_before_there_is_a_line_for_it(by: str) -> None:
    REGISTERED.does(receive_voucher(line_no=None, by=by))


def test_what_nobody_says_the_case_of_is_received_all_the_same() -> None:
    ESTABLISHED.when(by_mail()).then(
        VoucherReceived(
            programme="NP",
            ref="V-2",
            case_no=None,
            line_no=None,
            sha256=PICTURE,
            size=4_000,
            channel="mail",
        )
    )


def test_a_picture_comes_for_what_is_there() -> None:
    SETTLED.when(receive_voucher(by="kons-1", case_no="X-9")).then_refused("not_found", what="case")
    SETTLED.when(receive_voucher(line_no=4)).then_refused("not_found", what="line")
    ESTABLISHED.when(by_mail(line_no=1)).then_refused("not_found", what="line")


def test_a_number_is_one_vouchers_alone() -> None:
    ARRIVED.when(receive_voucher()).then_refused("wrong_state", is_already="received")
    filed = ARRIVED.does(file_voucher())
    filed.when(receive_voucher()).then_refused("wrong_state", is_already="filed")


def test_the_same_file_may_arrive_twice_and_be_handed_in_once() -> None:
    twice = ARRIVED.does(receive_voucher(ref="V-2"), file_voucher())
    again = file_voucher(ref="K-2", voucher="V-2")
    twice.when(again).then_refused("duplicate_receipt", taken_by="A-1/1")
    handed_in = HANDED_IN.does(receive_voucher(sha256=SHA256))
    once_more = file_voucher(sha256=SHA256)
    handed_in.when(once_more).then_refused("duplicate_receipt", taken_by="A-1/1")


def test_nothing_is_taken_in_for_a_citizen_who_was_forgotten() -> None:
    gone = REGISTERED.does(offer(), decline_offer(), forget_citizen(effective_on=DUE))
    gone.when(receive_voucher(line_no=None)).then_refused("citizen_forgotten")
    arrived = REGISTERED.does(receive_voucher(line_no=None), offer(), decline_offer())
    gone = arrived.does(forget_citizen(effective_on=DUE))
    for command in (record_voucher_reading(), record_voucher_unreadable(), set_voucher_aside()):
        gone.when(command).then_refused("citizen_forgotten")


# The citizen -------------------------------------------------------------------------------------


OTHERS = "citizen-fedcba9876543210"


def test_a_citizen_sends_nothing_to_the_case_of_another_nor_to_none() -> None:
    two = SETTLED.does(register(case_no="B-1", citizen=OTHERS))
    two.when(receive_voucher(case_no="B-1", line_no=None)).then_refused("forbidden")
    two.when(receive_voucher(by=OTHERS)).then_refused("forbidden")
    two.when(receive_voucher(**NO_CASE, line_no=None)).then_refused("forbidden")
    two.when(receive_voucher(case_no="X-9", line_no=None)).then_refused("forbidden")
    two.does(receive_voucher(by=OTHERS, case_no="B-1", line_no=None))


def test_nobody_is_the_citizen_of_a_case_that_is_not_there() -> None:
    SETTLED.when(receive_voucher(by="", case_no="X-9", line_no=None)).then_refused("forbidden")


def test_a_case_of_another_programme_is_not_the_citizens_in_this_one() -> None:
    other = SETTLED.does(establish(programme="LTT"))
    other.when(receive_voucher(programme="LTT")).then_refused("forbidden")


@pytest.mark.parametrize(
    "command",
    [
        file_voucher(by=CITIZEN),
        set_voucher_aside(by=CITIZEN),
        record_voucher_reading(by=CITIZEN),
        record_voucher_unreadable(by=CITIZEN),
        hand_in(by=CITIZEN),
    ],
)
def test_a_citizen_does_nothing_else_even_in_their_own_case(command: Command) -> None:
    ARRIVED.when(command).then_refused("forbidden")


# Read --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("story", "case"), [(ARRIVED, {}), (OF_NO_CASE, NO_CASE)])
def test_a_voucher_is_read_and_the_latest_reading_counts(story: Story, case: Any) -> None:
    story.when(record_voucher_reading(**case)).then(VoucherRead(**V1, reading=READ))
    twice = story.does(
        record_voucher_unreadable(**case),
        record_voucher_reading(**case),
        record_voucher_reading(**case, reading=BETTER),
    )
    voucher = twice(vouchers, "NP", "V-1")
    assert (voucher.reading, voucher.unreadable) == (BETTER, None)


def test_a_voucher_that_cannot_be_read_is_kept_and_said_so() -> None:
    unreadable = VoucherUnreadable(**V1, reason="truncated")
    ARRIVED.when(record_voucher_unreadable()).then(unreadable)


@pytest.mark.parametrize(
    "command", [record_voucher_reading, record_voucher_unreadable, set_voucher_aside, file_voucher]
)
def test_of_a_voucher_that_is_dealt_with_nothing_more_is_said(command: Any) -> None:
    asked = command() if command is not file_voucher else command(ref="K-9")
    aside = ARRIVED.does(set_voucher_aside())
    aside.when(asked).then_refused("wrong_state", is_already="set_aside")
    if command is not file_voucher:  # Its file is a receipt's by then.
        filed = ARRIVED.does(file_voucher())
        filed.when(asked).then_refused("wrong_state", is_already="filed")


@pytest.mark.parametrize(
    "command",
    [
        record_voucher_reading(ref="V-9"),
        record_voucher_unreadable(ref="V-9"),
        set_voucher_aside(ref="V-9"),
        set_voucher_aside(**NO_CASE),
        file_voucher(voucher="V-9"),
        file_voucher(sha256="ab" * 31 + "cd"),
    ],
)
def test_a_voucher_is_found_by_its_number_in_its_own_case_alone(command: Command) -> None:
    ARRIVED.when(command).then_refused("not_found", what="voucher")


# Filed -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("story", [ARRIVED, OF_NO_CASE])
def test_a_voucher_becomes_a_receipt(story: Story) -> None:
    events = [each.event for each in decide(file_voucher(), story)]
    assert [type(each) for each in events] == [
        *(ReceiptHandedIn, ReferenceTaken, ReferenceTaken, VoucherFiled)
    ]
    assert events[-1] == VoucherFiled(**V1, case_no="A-1", line_no=1, receipt="K-V-1")
    voucher = story.does(file_voucher())(vouchers, "NP", "V-1")
    assert (voucher.stage, voucher.case_no) == (VoucherStage.FILED, "A-1")


def test_what_was_read_of_it_is_the_receipts_from_then_on() -> None:
    receipt: dict[str, Any] = {"case_no": "A-1", "line_no": 1, "ref": "K-V-1"}
    read = decide(file_voucher(), ARRIVED.does(record_voucher_reading()))
    assert read[-1].event == ReceiptRead(**receipt, reading=READ)
    not_read = decide(file_voucher(), ARRIVED.does(record_voucher_unreadable()))
    assert not_read[-1].event == ReceiptUnreadable(**receipt, reason="truncated")


def test_a_voucher_that_came_for_one_case_is_not_filed_in_another() -> None:
    two = ARRIVED.does(*assessing("B-1"))
    elsewhere = file_voucher(case_no="B-1", by="kons-1")
    two.when(elsewhere).then_refused("not_found", what="voucher")


# Set aside ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("reason", AsideFor)
def test_a_voucher_of_which_nothing_comes_is_set_aside_with_the_reason(reason: AsideFor) -> None:
    aside = VoucherSetAside(**V1, reason=reason, words=WORDS)
    ARRIVED.when(set_voucher_aside(reason=reason, words=WORDS)).then(aside)


def test_a_reason_is_one_that_there_is() -> None:
    with pytest.raises(ValidationError):
        set_voucher_aside(reason="bad_mood")
