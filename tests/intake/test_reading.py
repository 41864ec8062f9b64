"""Reading what is in the queue: each once, the file kept as it came, and what can't be read said so."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any

from domain.case.readings import ReceiptRead
from domain.voucher import VoucherRead, VoucherUnreadable, vouchers
from domain.words import Event
from projections.intake import ReadingState
from service.app import Teten
from service.intake import queue
from service.intake.draining import Drained, drain, read_again
from service.intake.working import alone
from tests import examples
from tests.examples_intake import set_voucher_aside
from tests.intake.conftest import CITIZEN, Receive
from tests.intake.pictures import broken, photo, shared
from tests.service.test_overdocumented import enter


@contextmanager
def no_bar(_: str, __: int) -> Iterator[Any]:
    yield lambda _: None


def read(teten: Teten) -> Drained:
    """In a real child process, by a reader that is quick."""
    return drain(teten, no_bar, shared)


def events(teten: Teten, *kinds: type[Event]) -> list[Any]:
    return [each.event for each in teten.log.everything() if isinstance(each.event, kinds)]


def test_what_arrives_and_what_is_handed_in_is_read_and_what_cannot_be_is_said_so(
    cases: Teten, arrives: Receive
) -> None:
    good, bad = arrives(photo()), arrives(broken())
    unassigned = arrives(photo("of no case"), case_no=None)
    receipt = {"programme": "NP", "by": "kons-1", "case_no": "A-1", "line_no": 1, "ref": "K-1"}
    claimed = {"amount": "100.00", "merchant": "Kiosk", "purchased_on": "2019-03-06"}
    cases.clerk.in_plain("HandInReceipt", receipt | claimed, photo("handed in"))
    assert queue.standing(cases, ReadingState.WAITING) == 4

    done = read(cases)

    assert (done.read, [each.reason for each in done.not_read]) == (3, ["truncated"])
    assert {each.ref for each in events(cases, VoucherRead)} == {good.ref, unassigned.ref}
    assert [each.ref for each in events(cases, ReceiptRead)] == ["K-1"]
    assert [(each.ref, each.reason) for each in events(cases, VoucherUnreadable)] == [
        (bad.ref, "truncated")
    ]
    stands = queue.length(cases)
    assert (stands.waiting, stands.unreadable, stands.oldest) == (0, 1, None)
    assert read(cases).outcomes == []  # Never tried again and again:
    assert [each.reason for each in read_again(cases, no_bar, shared).not_read] == ["truncated"]


def test_the_file_is_kept_byte_for_byte_with_a_clean_copy_beside_it(
    cases: Teten, arrives: Receive
) -> None:
    content = photo("kept")
    sha256 = cases.log.state(vouchers, "NP", arrives(content).ref).sha256
    assert cases.files.read(sha256, CITIZEN) == content
    read(cases)
    assert cases.files.read(sha256, CITIZEN) == content
    for kind in ("upright", "thumbnail"):
        assert cases.files.read_derived(sha256, CITIZEN, kind)


def test_the_same_arrival_told_of_again_is_one_and_the_same_file_again_is_two(
    cases: Teten, arrives: Receive
) -> None:
    first, again = arrives(photo(), "mail/1"), arrives(photo(), "mail/1")
    assert (again.ref, again.answer.again) == (first.ref, True)
    assert arrives(photo(), "mail/2").ref != first.ref
    assert read(cases).read == 2


def test_what_was_dealt_with_before_its_turn_is_not_read(cases: Teten, arrives: Receive) -> None:
    received = arrives(photo())
    enter(cases, set_voucher_aside(ref=received.ref))
    assert read(cases).outcomes == []


def test_of_a_citizen_who_was_forgotten_nothing_is_read(cases: Teten, arrives: Receive) -> None:
    arrives(photo(), case_no="B-1")
    enter(cases, examples.offer(case_no="B-1"), examples.decline_offer(case_no="B-1"))
    cases.clerk.in_plain("ForgetCitizen", {"programme": "NP", "by": "adm-1", "case_no": "B-1"})
    assert queue.length(cases) == (0, 0, None)
    assert [each.reason for each in read(cases).not_read] == []


def test_that_a_machine_read_a_receipt_keeps_nobody_from_being_forgotten(cases: Teten) -> None:
    enter(cases, examples.hand_in(), examples.record_reading(effective_on=date(2026, 1, 1)))
    assert {each.day for each in cases.forgetting.last_days(CITIZEN)} == {date(2019, 3, 5)}


def test_a_voucher_of_no_case_that_is_filed_is_from_then_on_the_citizens(
    cases: Teten, arrives: Receive
) -> None:
    content = photo("of no case")
    received = arrives(content, case_no=None)
    read(cases)
    receipt = {"programme": "NP", "by": "kons-1", "case_no": "A-1", "line_no": 1, "ref": "K-1"}
    claimed = {"amount": "100.00", "merchant": "Kiosk", "purchased_on": "2019-03-06"}
    wish = receipt | claimed | {"voucher": received.ref, "id": "filing"}
    cases.clerk.in_plain("HandInReceipt", wish)
    assert [each.ref for each in events(cases, ReceiptRead)] == ["K-1"]
    sha256 = cases.log.state(vouchers, "NP", received.ref).sha256
    assert cases.files.read(sha256, CITIZEN) == content
    assert cases.clerk.in_plain("HandInReceipt", wish).again


def test_while_a_service_reads_nobody_else_does(cases: Teten, arrives: Receive) -> None:
    received = arrives(photo())
    with alone(cases.url) as first, alone(cases.url) as second:
        assert (first, second) == (True, False)
    enter(cases, set_voucher_aside(ref=received.ref))
    with alone(cases.url):
        assert read(cases).sentences() == ["0 pictures read, 0 not."]
