"""Who was told that receipts don't come, and what is held, as known on a day."""

from typing import Any

from domain.money import kr
from projections.worklists import (
    ReceiptsTold,
    Waiting,
    receipts_missing,
    receipts_overdue,
    receipts_told,
    worklists,
)
from tests.examples import PAID_ON, SETTLED, accept_receipt, hand_in
from tests.examples_reminders import BY_THE_LADDER, after, hold, propose, tell, up_to, waive
from tests.scenario import fold


def climbing(*steps: Any) -> Waiting:
    story = SETTLED.does(BY_THE_LADDER, *steps)
    return fold(worklists, story.log)["case-A-1"]


def test_who_was_told_is_listed_with_the_latest_that_asks_for_something() -> None:
    assert list(receipts_told(climbing(*up_to(hold)), after(99))) == []
    [told] = receipts_told(climbing(*up_to(tell)), after(99))
    assert told == ReceiptsTold(
        case="A-1",
        line="1",
        tranche="T-1",
        settled=PAID_ON,
        undocumented=kr(5_000),
        step="told",
        on=after(42),
    )
    whole = climbing(*up_to(propose))
    assert [each.step for each in receipts_told(whole, after(99))] == ["claim_proposed"]
    assert [each.step for each in receipts_told(whole, after(59))] == ["told"]


def test_nobody_is_asked_any_more_once_it_is_covered_or_waived() -> None:
    covered = [hand_in(amount=kr(5_000)), accept_receipt(amount=kr(5_000))]
    assert list(receipts_told(climbing(*up_to(propose), *covered), after(99))) == []
    waived = climbing(*up_to(propose), waive(by="both-1", effective_on=after(61)))
    assert list(receipts_told(waived, after(99))) == []
    assert [each.step for each in receipts_told(waived, after(60))] == ["claim_proposed"]


def test_what_is_waived_is_missing_and_neither_overdue_nor_held() -> None:
    waived = climbing(*up_to(hold), waive(by="both-1", effective_on=after(36)))
    assert list(receipts_overdue(waived, after(36), after(36), 30)) == []
    assert len(list(receipts_overdue(waived, after(35), after(35), 30))) == 1
    [missing] = receipts_missing(waived, after(36))
    assert (missing.waived, missing.held, missing.undocumented) == (True, False, kr(5_000))
    [held] = receipts_missing(waived, after(35))
    assert (held.waived, held.held) == (False, True)
    assert [each.step for each in held.steps] == ["reminded", "reminded", "held"]
    assert held.steps[-1].text.startswith("Vi holder dine næste udbetalinger tilbage")
