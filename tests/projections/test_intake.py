"""The queue of pictures as rows: what waits, what was read, what can't be, and what came of it."""

from domain.money import ZERO, kr
from domain.reading import ReadMoney
from projections.intake import Kind, Picture, ReadingState, intake
from tests.examples import (
    HANDED_IN,
    READ,
    SETTLED,
    SHA256,
    accept_receipt,
    record_reading,
    record_unreadable,
    reject_receipt,
    share_receipt,
)
from tests.examples_intake import (
    PICTURE,
    file_voucher,
    receive_voucher,
    record_voucher_reading,
    record_voucher_unreadable,
    set_voucher_aside,
)
from tests.scenario import NOON, Story, fold

ARRIVED = SETTLED.does(receive_voucher())


def voucher(story: Story) -> Picture:
    return fold(intake, story.log)["voucher/NP/V-1"]


def receipt(story: Story, ref: str = "K-1") -> Picture:
    return fold(intake, story.log)[f"receipt/A-1/{ref}"]


def test_what_arrives_waits_to_be_read_and_for_a_person() -> None:
    told = voucher(ARRIVED)
    assert (told.kind, told.state, told.open) == (Kind.VOUCHER, ReadingState.WAITING, True)
    assert (told.programme, told.case_no, told.line_no, told.ref) == ("NP", "A-1", 1, "V-1")
    assert (told.sha256, told.channel, told.amount) == (PICTURE, "phone", None)
    assert (told.position, told.at) == (ARRIVED.log[-1].position, NOON)
    assert told.by == "citizen-0123456789abcdef"


def test_a_receipt_that_is_handed_in_waits_likewise_with_what_is_claimed() -> None:
    told = receipt(HANDED_IN)
    assert (told.kind, told.state, told.open) == (Kind.RECEIPT, ReadingState.WAITING, True)
    assert (told.programme, told.case_no, told.line_no) == (None, "A-1", 1)
    assert (told.sha256, told.amount, told.merchant) == (SHA256, kr(2_000), "Fagkurser Midt")


def test_the_latest_reading_counts_and_a_later_trouble_leaves_it() -> None:
    read = voucher(ARRIVED.does(record_voucher_unreadable(), record_voucher_reading()))
    assert (read.state, read.reading, read.reason) == (ReadingState.READ, READ, None)
    receipt_read = receipt(HANDED_IN.does(record_reading(), record_unreadable()))
    assert receipt_read.state is ReadingState.UNREADABLE
    assert (receipt_read.reading, receipt_read.reason) == (READ, "truncated")


def test_a_voucher_that_is_filed_is_read_as_the_receipt_it_became() -> None:
    filed = ARRIVED.does(file_voucher())
    told = voucher(filed)
    assert (told.state, told.open, told.receipt) == (ReadingState.CLOSED, False, "K-V-1")
    assert receipt(filed, "K-V-1").state is ReadingState.WAITING
    read_before = ARRIVED.does(record_voucher_reading(), file_voucher())
    assert receipt(read_before, "K-V-1").state is ReadingState.READ


def test_a_voucher_that_is_set_aside_waits_for_nobody() -> None:
    told = voucher(ARRIVED.does(set_voucher_aside()))
    assert (told.state, told.open, told.aside) == (ReadingState.CLOSED, False, "not_a_receipt")


def test_a_receipt_that_is_judged_waits_for_nobody_and_is_read_all_the_same() -> None:
    for judged in (accept_receipt(), reject_receipt()):
        told = receipt(HANDED_IN.does(judged))
        assert (told.state, told.open) == (ReadingState.WAITING, False)


def test_a_receipt_for_several_lines_is_one_picture_until_every_share_is_judged() -> None:
    """It is compared with what it was said to be of, not with a line's share of that."""
    shared = SETTLED.does(share_receipt(ref="K-1"))
    told = receipt(shared.does(record_reading()))
    assert (told.amount, told.differs, told.open) == (kr(3_000), kr(1_000), True)
    assert told.position == shared.log[-4].position
    one = shared.does(reject_receipt(line_no=1))
    assert receipt(one).open
    assert not receipt(one.does(reject_receipt(line_no=2))).open
    partly = HANDED_IN.does(accept_receipt(amount=kr(100)))
    assert not receipt(partly.does(accept_receipt(amount=kr(100), rest=True))).open


def test_a_picture_that_says_less_than_was_claimed_says_how_much() -> None:
    def differs(total: ReadMoney | None) -> object:
        reading = READ.model_copy(update={"total": total})
        return receipt(HANDED_IN.does(record_reading(reading=reading))).differs

    assert differs(ReadMoney(amount=kr(1_250), confidence=97)) == kr(750)
    assert differs(ReadMoney(amount=kr(2_000), confidence=97)) == ZERO
    # Only a part of the purchase may be for the line.
    assert differs(ReadMoney(amount=kr(2_400), confidence=97)) == ZERO
    assert differs(None) == ZERO
    assert receipt(HANDED_IN).differs == ZERO
    assert voucher(ARRIVED.does(record_voucher_reading())).differs == ZERO
