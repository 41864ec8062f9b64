"""Each posting has its voucher, and each voucher its posting or a stated reason."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, timedelta

import pytest

from domain.case.forgetting import CitizenForgotten
from domain.case.invoices import InvoiceReceived
from domain.case.receipts import ReceiptHandedIn
from domain.case.state import cases
from domain.money import Money, kr
from domain.remittance import EntryUnreconciled, StatementReceived
from domain.words import EVENTS, Event, Recorded
from projections.balances import balances
from projections.completeness import Completeness, Gap, Missing, check
from projections.ledger import BOOKINGS, Account, postings
from projections.papers import Fate, papers
from projections.vouchers import BROUGHT, TRACED, WANTED, Brought, VoucherKind
from tests.everything import ALL
from tests.examples import (
    HANDED_IN,
    SETTLED,
    WORDS,
    accept_receipt,
    debit,
    declare_loss,
    receive,
    reject_receipt,
)
from tests.examples_expenses import (
    ATTESTED,
    CLAIMED,
    INVOICED,
    NOTE,
    ORDERED,
    PAID,
    REF,
    SPREAD,
    attest_shared,
    credit_note,
    refunded,
    reject,
    reject_shared,
)
from tests.examples_intake import by_mail, file_voucher, receive_voucher, set_voucher_aside
from tests.scenario import DAY, Story, fold
from tests.service.test_hledger import Chronicle

MUCH_LATER = date(2020, 1, 1)
LOG = ALL.log


def complete(
    log: Iterable[Recorded[Event]],
    as_of: date = MUCH_LATER,
    held: set[str] | None = None,
    programme: str = "NP",
) -> Completeness:
    return check(fold(papers, log).values(), programme, as_of, as_of, held)


def without(*kinds: type[Event]) -> list[Recorded[Event]]:
    """The same story, had those events not been written."""
    return [entry for entry in LOG if not isinstance(entry.event, kinds)]


def missing(gaps: list[Gap]) -> set[tuple[str, str]]:
    return {(gap.what, gap.missing.value) for gap in gaps}


def fates(story: Story, kind: VoucherKind) -> dict[Fate, int]:
    [traced] = [each for each in complete(story.log).vouchers if each.kind is kind]
    return traced.fates


# The definition ----------------------------------------------------------------------------------


def test_every_event_that_books_says_which_voucher_stands_for_it_and_no_other_does() -> None:
    assert set(WANTED) == set(BOOKINGS)


def test_every_event_that_comes_with_a_file_brings_a_voucher() -> None:
    with_files = {kind for kind in EVENTS.values() if "sha256" in kind.model_fields}
    assert with_files <= set(BROUGHT)
    brought = [each for entry in LOG for each in _brought(entry)]
    assert {each.kind for each in brought} >= {*TRACED, VoucherKind.STATEMENT}


def _brought(entry: Recorded[Event]) -> list[Brought]:
    bringing = BROUGHT.get(type(entry.event))
    return bringing(entry.event) if bringing else []


# From posting to voucher -------------------------------------------------------------------------


@pytest.mark.parametrize("programme", ["NP", "HP", "LP"])
def test_nothing_is_missing_where_everything_happened_as_it_should(programme: str) -> None:
    found = complete(LOG, programme=programme)
    assert found.breaches == []
    assert all(each.with_voucher == each.count for each in found.postings)


def _keys(log: Iterable[Recorded[Event]]) -> set[str]:
    """Of the vouchers that are there."""
    return {each.key for entry in log for each in _brought(entry)}


def _wanting(kind: type[Event]) -> set[int]:
    """The positions whose vouchers are gone without events of that kind."""
    gone = _keys(LOG) - _keys(without(kind))
    return {
        entry.position
        for entry in LOG
        if type(entry.event) in WANTED and gone & set(WANTED[type(entry.event)](entry.event))
    }


@pytest.mark.parametrize(
    "kind", [kind for kind in BROUGHT if _wanting(kind)], ids=lambda kind: kind.__name__
)
def test_a_posting_whose_voucher_is_gone_is_named(kind: type[Event]) -> None:
    found = [
        gap.position
        for programme in ("NP", "HP", "LP")
        for gap in complete(without(kind), programme=programme).breaches
        if gap.missing is Missing.VOUCHER
    ]
    assert set(found) == _wanting(kind)


def test_a_voucher_that_came_after_what_it_stands_for_is_none() -> None:
    log = HANDED_IN.does(accept_receipt()).log
    *before, handed_in, accepted = [e for e in log if e.stream == "case-A-1"]
    late = [*before, replace(accepted, position=90), replace(handed_in, position=91)]
    others = [e for e in log if e.stream != "case-A-1"]
    assert missing(complete([*others, *late]).gaps) == {("ReceiptAccepted", "voucher")}


def test_a_payment_of_a_case_that_nobody_registered_is_named() -> None:
    log = [entry for entry in PAID.log if type(entry.event).__name__ == "ExpenseSettled"]
    assert missing(complete(log).gaps) == {("ExpenseSettled", "voucher")}


def test_a_ground_that_nobody_gave_is_told_and_is_no_breach() -> None:
    found = complete(HANDED_IN.does(declare_loss()).log)
    assert missing(found.gaps) == {("LossDeclared", "reason")}
    assert found.breaches == []
    assert complete(HANDED_IN.does(declare_loss(words=WORDS)).log).gaps == []


# From voucher to posting -------------------------------------------------------------------------


def test_a_receipt_waits_with_its_age_until_somebody_decides() -> None:
    [waits] = complete(HANDED_IN.log, DAY + timedelta(days=40)).open
    assert (waits.fate, waits.what, waits.case, waits.line, waits.ref) == (
        *(Fate.AWAITING, "receipt", "A-1", 1, "K-1"),
    )
    assert (waits.day, waits.age, waits.amount) == (DAY, 40, kr(2_000))
    assert fates(HANDED_IN.does(accept_receipt()), VoucherKind.RECEIPT) == {Fate.POSTED: 1}


@pytest.mark.parametrize(("reason", "gaps"), [(None, {("receipt", "reason")}), (WORDS, set())])
def test_a_rejection_needs_its_reason(reason: str | None, gaps: set[tuple[str, str]]) -> None:
    rejected = HANDED_IN.does(reject_receipt(reason=reason))
    assert missing(complete(rejected.log).gaps) == gaps
    assert fates(rejected, VoucherKind.RECEIPT) == {Fate.REJECTED: 1}


def test_what_arrives_is_followed_until_it_is_filed_or_set_aside() -> None:
    kind = VoucherKind.ARRIVAL
    arrived = SETTLED.does(receive_voucher())
    assert fates(arrived, kind) == {Fate.AWAITING: 1}
    assert missing(complete(arrived.log, held=set()).gaps) >= {("arrival", "file")}
    filed = arrived.does(file_voucher())
    assert fates(filed, kind) == {Fate.FILED: 1}
    lost = missing(complete(filed.log, held=set()).gaps)
    assert ("receipt", "file") in lost  # It is the receipt's now.
    assert ("arrival", "file") not in lost
    assert fates(arrived.does(set_voucher_aside()), kind) == {Fate.REJECTED: 1}


def test_what_arrived_for_no_case_is_looked_for_as_well() -> None:
    story = SETTLED.does(by_mail())
    [waits] = [each for each in complete(story.log).open if each.what == "arrival"]
    assert (waits.case, waits.ref, waits.fate) == (None, "V-2", Fate.AWAITING)


def test_an_invoice_is_followed_from_its_arrival_to_its_order() -> None:
    for story, fate in (
        (INVOICED, Fate.AWAITING),
        (ATTESTED, Fate.AWAITING),
        (ORDERED, Fate.POSTED),
    ):
        assert fates(story, VoucherKind.INVOICE) == {fate: 1}
    assert fates(INVOICED.does(reject(reason=WORDS)), VoucherKind.INVOICE) == {Fate.REJECTED: 1}
    credited = INVOICED.does(credit_note(amount=kr(6_000)))
    assert fates(credited, VoucherKind.INVOICE) == {Fate.CREDITED: 1}
    assert fates(INVOICED.does(credit_note()), VoucherKind.INVOICE) == {Fate.AWAITING: 1}


def test_a_credit_note_is_taken_off_or_waits_for_its_refund() -> None:
    kind = VoucherKind.CREDIT_NOTE
    assert fates(INVOICED.does(credit_note()), kind) == {Fate.CREDITED: 1}
    due = PAID.does(credit_note())
    assert fates(due, kind) == {Fate.REFUND_DUE: 1}
    assert [each.ref for each in complete(due.log).open] == [NOTE]
    assert fates(due.does(refunded()), kind) == {Fate.POSTED: 1}
    back = debit(
        entry="E-X",
        indicator="CRDT",
        end_to_end_id=REF,
        amount=kr(6_000),
        return_reason="AC04",
    )
    assert fates(due.does(receive(back, statement="S-X")), kind) == {Fate.CREDITED: 1}


def test_a_cost_of_a_group_is_spread_anew_without_being_rejected() -> None:
    kind = VoucherKind.SHARED_COST
    assert fates(CLAIMED, kind) == {Fate.AWAITING: 1}
    again = SPREAD.does(attest_shared())  # Each share was given up, and charged anew.
    assert fates(again, kind) == {Fate.AWAITING: 1}
    assert fates(again.does(reject_shared(reason=WORDS)), kind) == {Fate.REJECTED: 1}


def test_a_movement_of_the_bank_is_booked_or_unreconciled_or_missing() -> None:
    stranger = receive(debit(entry="E-9", end_to_end_id=None, words=WORDS), statement="S-9")
    story = PAID.does(stranger)
    assert fates(story, VoucherKind.ENTRY) == {Fate.POSTED: 1, Fate.UNRECONCILED: 1}
    log = [entry for entry in story.log if not isinstance(entry.event, EntryUnreconciled)]
    assert missing(complete(log).breaches) == {("entry", "posting")}


def test_a_movement_that_was_booked_with_another_amount_is_named() -> None:
    def doctored(event: Event) -> Event:
        if not isinstance(event, StatementReceived):
            return event
        entries = [each.model_copy(update={"amount": kr(6_000, 1)}) for each in event.entries]
        return event.model_copy(update={"entries": tuple(entries)})

    log = [replace(entry, event=doctored(entry.event)) for entry in PAID.log]
    assert missing(complete(log).breaches) == {("entry", "amount")}


# Files -------------------------------------------------------------------------------------------


def test_a_voucher_needs_its_file_and_a_file_its_voucher() -> None:
    log = INVOICED.does(reject(reason=WORDS)).log
    named = {e.event.sha256 for e in log if isinstance(e.event, InvoiceReceived)}
    assert complete(log, held=named).gaps == []
    [lost] = complete(log, held=set()).gaps
    assert (lost.what, lost.missing, lost.ref) == ("invoice", Missing.FILE, REF)
    [unnamed] = complete(log, held=named | {"ab" * 32}).gaps
    assert (unnamed.missing, unnamed.ref) == (Missing.NAME, "ab" * 32)


def test_the_files_of_who_was_forgotten_are_gone_by_right() -> None:
    citizen = INVOICED(cases, "A-1").citizen
    told = CitizenForgotten(case_no="A-1", citizen=citizen, last_on=DAY, retained_until=DAY)
    rejected = INVOICED.does(reject(reason=WORDS))
    log = rejected.tells(cases.news(told, "A-1")).log
    assert complete(log, held=set()).gaps == []


# In all ------------------------------------------------------------------------------------------


def documented(log: Iterable[Recorded[Event]], as_of: date, programme: str = "NP") -> Money:
    rows = fold(balances, log)
    return rows[f"programme/{programme}"].figures(as_of).documented


def test_what_is_documented_is_what_vouchers_stand_for() -> None:
    found = complete(LOG)
    assert found.documented_in_all == documented(LOG, MUCH_LATER)
    assert found.documented[VoucherKind.RECEIPT] == kr(1_500)  # Less the refund.
    lost = complete(without(ReceiptHandedIn))
    assert lost.documented_in_all == found.documented_in_all - kr(1_500)  # With its refund.


def test_an_earlier_day_knows_nothing_of_what_came_later() -> None:
    assert complete(LOG, DAY - timedelta(days=1)) == complete([])
    assert [each.age for each in complete(HANDED_IN.log, DAY).open] == [0]


@pytest.mark.parametrize(("dice", "kind"), [(3, "usual"), (17, "shared"), (29, "hearing")])
def test_whatever_a_crowd_does_every_krone_documented_has_its_voucher(dice: int, kind: str) -> None:
    crowd = Chronicle()
    crowd.some_steps_are_taken((8, 8), kind)
    for _ in range(4):
        crowd.a_busy_time(dice, 30)
    days = sorted({each.effective_on for each in crowd.history})
    found = complete(crowd.history, days[-1])
    assert found.breaches == []
    assert sum(each.count for each in found.postings) > 10
    assert found.documented_in_all == documented(crowd.history, days[-1])
    booked = [p for e in crowd.history for p in postings(e.event) if p.account is Account.EXPENSE]
    assert bool(booked) == bool(found.documented)
