"""The worker of a running service: whatever comes, it lives on and reads the next good receipt."""

from collections.abc import Iterator
from functools import partial

import psycopg
import pytest

from domain.programme import Role
from domain.voucher import VoucherRead, VoucherUnreadable, vouchers
from service import beside
from service.app import Teten
from service.followers import Follower
from service.intake import queue
from service.intake.queue import in_turn
from service.intake.worker import Worker
from service.people.forgetting import of_no_case
from service.pictures.unreadable import TEXTS
from service.pictures.workshop import Worked, Workshop
from tests.examples_rules import assign_roles
from tests.intake.conftest import CITIZEN, Receive
from tests.intake.pictures import photo, shared
from tests.pictures import papers, readers
from tests.pictures.test_workshop import trap
from tests.service.test_overdocumented import enter
from tests.service.test_serve import wait_until

HOSTILE = (
    "a JPEG that ends early",
    "a picture of 20,000 x 20,000",
    "a PDF with a script",
    "a JPEG, then a zip",
    "a zip named .jpg",
)
PATIENCE = 120  # Seconds without any event.


@pytest.fixture
def following(cases: Teten) -> Iterator[Follower]:
    follower = Follower(cases.url, cases.rows, died=lambda: None)
    follower.start()
    yield follower
    follower.stop()


@pytest.mark.usefixtures("following")
def test_what_nobody_can_read_is_kept_apart_with_its_reason_and_the_next_receipt_is_read(
    cases: Teten, arrives: Receive
) -> None:
    bad = {papers.HOSTILE[name][1](): papers.HOSTILE[name][0] for name in HOSTILE}
    bad[trap(readers.CRASHES)] = "reader_failed"
    sent = {arrives(content, f"bad/{at}").ref: content for at, content in enumerate(bad)}
    worker = Worker(cases, partial(Workshop, "tests.pictures.readers:Trapped", megabytes=500))
    with psycopg.connect(cases.url, autocommit=True) as connection:
        connection.execute("LISTEN log_events")
        worker.start()
        try:
            came = _outcomes(cases, connection, len(sent))
            assert came == {ref: bad[content] for ref, content in sent.items()}
            good = arrives(photo(), "good").ref
            assert _outcomes(cases, connection, len(sent) + 1)[good] is None
        finally:
            worker.stop()
    assert set(bad.values()) <= set(TEXTS)
    assert (worker.trouble, worker._thread.is_alive()) == (None, False)
    for ref, content in sent.items():
        assert cases.files.read(cases.log.state(vouchers, "NP", ref).sha256, CITIZEN) == content
    cases.rows.wait_until_seen(cases.log.head())
    assert queue.length(cases) == (0, len(sent), None)


@pytest.mark.usefixtures("following")
def test_a_picture_whose_key_is_broken_keeps_no_other_waiting_and_is_read_when_it_is_mended(
    cases: Teten, arrives: Receive, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(beside, "FIRST_WAIT", 0.05)
    bad = arrives(photo("first"), "first", case_no=None)
    good = arrives(photo("second"), "second").ref
    flipped = "UPDATE people.keys SET wrapped = set_byte(wrapped, 20, get_byte(wrapped, 20) # 1)"
    with psycopg.connect(cases.url, autocommit=True) as connection:
        flip = f"{flipped} WHERE subject = '{of_no_case('NP', bad.ref)}'".encode()
        assert connection.execute(flip).rowcount == 1
        connection.execute("LISTEN log_events")
        worker = Worker(cases, shared)
        worker.start()
        try:
            assert _outcomes(cases, connection, 1) == {good: None}
            [picture] = in_turn(cases)
            wait_until(lambda: worker.trouble == "VaultClosed")
            assert list(worker.troubles) == [f"picture at {picture.position}"]
            connection.execute(flip)
            assert _outcomes(cases, connection, 2) == {good: None, bad.ref: None}
            wait_until(lambda: worker.trouble is None)
        finally:
            worker.stop()


@pytest.mark.usefixtures("following")
def test_a_picture_that_fails_and_is_set_aside_by_a_person_is_in_nobodys_way_any_more(
    cases: Teten, arrives: Receive, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(beside, "FIRST_WAIT", 0.05)
    tries: list[None] = []

    def breaks(*_: object) -> None:
        tries.append(None)
        raise KeyError

    monkeypatch.setattr("service.intake.worker.read_one", breaks)
    ref = arrives(photo()).ref
    worker = Worker(cases, shared)
    worker.start()
    try:
        wait_until(lambda: len(tries) > 2)
        assert (worker.trouble or "").startswith("KeyError (test_worker.py:")
        aside = {
            "programme": "NP",
            "case_no": "A-1",
            "ref": ref,
            "reason": "not_a_receipt",
            "by": "kons-1",
        }
        cases.clerk.in_plain("SetVoucherAside", aside)
        wait_until(lambda: worker.trouble is None)
    finally:
        worker.stop()


@pytest.mark.usefixtures("following")
def test_what_nobody_may_record_is_told_and_read_as_soon_as_somebody_may(
    cases: Teten, arrives: Receive, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked_up = []

    def work(workshop: Workshop, content: bytes) -> Worked:
        looked_up.append(content)
        return worked(workshop, content)

    worked = Workshop.work
    monkeypatch.setattr(Workshop, "work", work)
    ref = arrives(photo()).ref
    enter(cases, assign_roles(person="system", roles=()))
    with psycopg.connect(cases.url, autocommit=True) as connection:
        connection.execute("LISTEN log_events")
        worker = Worker(cases, shared)
        worker.start()
        try:
            wait_until(lambda: "programme NP" in worker.troubles)
            assert worker.trouble == "nobody_may"
            assert looked_up == []
            enter(cases, assign_roles(person="robot", roles=frozenset({Role.SYSTEM})))
            assert _outcomes(cases, connection, 1) == {ref: None}
            wait_until(lambda: worker.trouble is None)
        finally:
            worker.stop()
    assert looked_up == [photo()]


def _outcomes(
    teten: Teten, connection: "psycopg.Connection[tuple[object, ...]]", count: int
) -> dict[str, str | None]:
    """Why each voucher can't be read, or None if it was, as soon as it is so many."""
    while True:
        found = {
            event.ref: event.reason if isinstance(event, VoucherUnreadable) else None
            for event in (each.event for each in teten.log.everything())
            if isinstance(event, VoucherRead | VoucherUnreadable)
        }
        if len(found) == count:
            return found
        assert list(connection.notifies(timeout=PATIENCE, stop_after=1)), "nothing happens"
