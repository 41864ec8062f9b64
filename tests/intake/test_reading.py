"""Reading what is in the queue: each once, the file kept as it came, and what can't be read said so."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any

import pytest

from domain.case.readings import ReceiptRead
from domain.voucher import VoucherRead, VoucherUnreadable, vouchers
from domain.words import Event
from projections.intake import ReadingState
from service import doctor
from service.app import Teten
from service.evidence.verifying import verify
from service.intake import queue
from service.intake.draining import Drained, drain, read_again
from service.intake.working import alone
from service.people.files import Files
from service.people.forgetting import of_no_case
from service.people.keys import Keys
from tests import examples
from tests.examples_intake import set_voucher_aside
from tests.intake.conftest import CITIZEN, Receive
from tests.intake.pictures import broken, photo, shared
from tests.pictures import papers
from tests.scenario import DAY
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
    assert {each.day for each in cases.forgetting.last_days(CITIZEN)} == {DAY}


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
    assert owners(cases, sha256) == {CITIZEN}
    assert not on_disk(cases, sha256, of_no_case("NP", received.ref))
    assert arrives(content, case_no=None).answer.again  # The folder is taken in again.
    assert not cases.forgetting.filed()
    assert [each.name for each in doctor.examine(cases) if not each.ok] in ([], ["tesseract"])


def owners(teten: Teten, sha256: str) -> set[str]:
    with teten.log.pool.connection() as connection:
        query = "SELECT subject FROM people.files WHERE sha256 = %s"
        return {subject for (subject,) in connection.execute(query, (sha256,))}


def on_disk(teten: Teten, sha256: str, subject: str) -> list[Any]:
    """The file as it came, and every copy made of it, by whose key."""
    return list(teten.settings.files.glob(f"*/*{teten.files.stored(sha256, subject).suffix}"))


@pytest.mark.parametrize(
    ("of", "step"), [(Keys, "destroy"), (Files, "destroy")], ids=["key", "files"]
)
def test_a_filing_that_is_killed_before_the_old_copy_is_gone_is_finished_by_the_next_run(
    cases: Teten, arrives: Receive, monkeypatch: pytest.MonkeyPatch, of: type, step: str
) -> None:
    content = photo("killed")
    received = arrives(content, case_no=None)
    read(cases)
    sha256 = cases.log.state(vouchers, "NP", received.ref).sha256
    own = of_no_case("NP", received.ref)
    assert len(on_disk(cases, sha256, own)) == 3
    with monkeypatch.context() as patched:
        patched.setattr(of, step, killed)
        with pytest.raises(KeyboardInterrupt):
            enter_plain(cases, received.ref)
    assert cases.forgetting.filed() == [own]
    found = verify(cases.checkpoints, cases.files, cases.outside).findings
    assert not [each for each in found if sha256 in each.says]
    cases.forgetting.finish()
    assert not (on_disk(cases, sha256, own) or cases.forgetting.filed())
    assert owners(cases, sha256) == {CITIZEN}
    assert cases.files.read(sha256, CITIZEN) == content


def killed(*_: Any) -> None:
    raise KeyboardInterrupt


def enter_plain(teten: Teten, voucher: str) -> None:
    """Over two lines of the case."""
    shares = [{"line_no": 1, "amount": "60.00"}, {"line_no": 2, "amount": "40.00"}]
    wish = {"programme": "NP", "by": "kons-1", "case_no": "A-1", "ref": "K-2", "voucher": voucher}
    claimed = {"amount": "100.00", "merchant": "Kiosk", "purchased_on": "2019-03-06"}
    teten.clerk.in_plain("ShareReceipt", wish | claimed | {"shares": shares})


def test_what_came_for_no_case_twice_stays_until_both_are_dealt_with(
    cases: Teten, arrives: Receive
) -> None:
    content = photo("twice")
    first, second = (arrives(content, key, case_no=None) for key in ("mail/1", "mail/2"))
    enter_plain(cases, first.ref)
    sha256 = cases.log.state(vouchers, "NP", second.ref).sha256
    assert owners(cases, sha256) == {CITIZEN, of_no_case("NP", second.ref)}
    assert cases.files.read(sha256, of_no_case("NP", second.ref)) == content


def test_while_a_service_reads_nobody_else_does(cases: Teten, arrives: Receive) -> None:
    received = arrives(photo())
    with alone(cases.url) as first, alone(cases.url) as second:
        assert (first, second) == (True, False)
    enter(cases, set_voucher_aside(ref=received.ref))
    with alone(cases.url):
        assert read(cases).sentences() == ["0 pictures read, 0 not."]


def test_every_reason_why_a_file_cannot_be_read_is_recorded_and_none_ends_the_reading(
    cases: Teten, arrives: Receive
) -> None:
    by_reason = {reason: made for reason, made in papers.HOSTILE.values() if reason not in ARRIVED}
    sent = {arrives(made(), f"bad/{reason}").ref: reason for reason, made in by_reason.items()}
    good = arrives(photo()).ref

    done = read(cases)

    assert {each.ref: each.reason for each in events(cases, VoucherUnreadable)} == sent
    assert [each.ref for each in events(cases, VoucherRead)] == [good]
    assert (done.read, len(done.not_read)) == (1, len(sent))
    assert {"wrong_type", "truncated", "active_content", "two_formats"} <= set(by_reason)


ARRIVED = {"empty", "too_large"}  # What doesn't come this far.
