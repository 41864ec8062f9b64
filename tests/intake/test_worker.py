"""The worker of a running service: whatever comes, it lives on and reads the next good receipt."""

from collections.abc import Iterator
from functools import partial

import psycopg
import pytest

from domain.voucher import VoucherRead, VoucherUnreadable, vouchers
from service.app import Teten
from service.followers import Follower
from service.intake import queue
from service.intake.worker import Worker
from service.pictures.unreadable import TEXTS
from service.pictures.workshop import Workshop
from tests.intake.conftest import CITIZEN, Receive
from tests.intake.pictures import photo
from tests.pictures import papers, readers
from tests.pictures.test_workshop import trap

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
