"""Two people at the same receipt in the same moment: one of them is answered, and no krone counts twice."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from domain.case.receipts import ReceiptAccepted, ReceiptHandedIn
from domain.case.state import cases as all_cases
from domain.money import Money, kr
from domain.voucher import VoucherStage, vouchers
from domain.words import Command, Refused
from service.app import Teten
from tests import examples as ask
from tests.intake.conftest import Receive
from tests.intake.pictures import photo
from tests.intake.test_reading import events
from tests.service.test_overdocumented import enter
from tests.service.together import fresh


def at_once(teten: Teten, *commands: Command) -> list[str]:
    """What each is answered, in order: the code of its refusal, or that it was done."""
    start = Barrier(len(commands))

    def asks(command: Command) -> str:
        start.wait(30)
        try:
            teten.log.handle(fresh(command))
        except Refused as no:
            return no.code
        return "done"

    with ThreadPoolExecutor(len(commands)) as people:
        return sorted(people.map(asks, commands))


def undocumented(teten: Teten) -> Money:
    return teten.log.state(all_cases, "A-1").lines[1].undocumented


def handed_in(teten: Teten) -> Sequence[str]:
    return [each.ref for each in events(teten, ReceiptHandedIn)]


def test_a_voucher_that_two_file_at_once_is_one_receipt_of_one_case(
    cases: Teten, arrives: Receive
) -> None:
    ref = arrives(photo("for two"), case_no=None).ref
    sha256 = cases.log.state(vouchers, "NP", ref).sha256
    enter(cases, ask.offer(case_no="B-1"), ask.accept_offer(case_no="B-1"))
    enter(cases, ask.submit(case_no="B-1"))
    filing = {"voucher": ref, "sha256": sha256}
    answers = at_once(
        cases,
        ask.hand_in(**filing, ref="K-1"),
        ask.hand_in(**filing, ref="K-2", case_no="B-1", by="kons-2"),
        ask.share_receipt(**filing, ref="K-3", by="both-1"),
    )
    assert answers == ["done", "duplicate_receipt", "duplicate_receipt"]
    assert len(set(handed_in(cases))) == 1
    assert cases.log.state(vouchers, "NP", ref).stage is VoucherStage.FILED


def test_what_two_accept_or_refund_at_once_is_no_more_than_there_is(cases: Teten) -> None:
    both = [{"ref": "K-1", "amount": kr(3_000)}, {"ref": "K-2", "amount": kr(3_000)}]
    enter(cases, *(ask.hand_in(**each, sha256=f"{n:064x}") for n, each in enumerate(both)))
    accepting = at_once(cases, *(ask.accept_receipt(**each) for each in both))
    assert accepting == ["above_advance", "done"]
    [accepted] = events(cases, ReceiptAccepted)
    refunding = [
        ask.refund(ref=accepted.ref, amount=kr(2_000), by=by) for by in ("kons-1", "both-1")
    ]
    assert at_once(cases, *refunding) == ["above_accepted", "done"]
    assert undocumented(cases) == kr(4_000)
