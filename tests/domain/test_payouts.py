"""Tranches: requested within the grant, approved by one person, released by another."""

from datetime import date, timedelta
from typing import Any

import pytest

from domain.case.payouts import (
    CardUsed,
    PayoutSeen,
    TrancheApproved,
    TrancheCancelled,
    TrancheReleased,
    TrancheRequested,
)
from domain.case.state import cases
from domain.money import ZERO, Money, kr
from domain.reference import ReferenceTaken
from domain.words import Command
from tests.examples import (
    APPROVED,
    ASSESSED,
    COURSE,
    END_DATE,
    ESTABLISHED,
    GRANTED,
    LICENCE,
    PAID_ON,
    RELEASED,
    REQUESTED,
    SETTLED,
    accept_receipt,
    amend_line,
    approve_line,
    approve_tranche,
    assessing,
    cancel_tranche,
    confirm_misuse,
    debit,
    declare_loss,
    establish,
    extend,
    granted_under,
    hand_in,
    handed_back,
    payment,
    receive,
    register,
    release_tranche,
    request_tranche,
    returned_payment,
    use_card,
)
from tests.scenario import DAY, Story, given

TRANCHE: dict[str, Any] = {"case_no": "A-1", "line_no": 1, "ref": "T-1"}
DEADLINE = PAID_ON + timedelta(days=30)
DAY_AFTER = DEADLINE + timedelta(days=1)


def requested(amount: Money, ref: str = "T-1", line_no: int = 1) -> list[Any]:
    line = {"case_no": "A-1", "line_no": line_no}
    return [
        TrancheRequested(**line, ref=ref, amount=amount, requested_by="kons-1"),
        ReferenceTaken(**line, programme="NP", reference=ref),
    ]


def next_tranche(story: Story, amount: Money, line_no: int = 1) -> Story:
    """The story with one more tranche, ready to be released."""
    which = {"ref": "T-9", "line_no": line_no}
    return story.does(request_tranche(amount=amount, **which), approve_tranche(**which))


def released(on: date = DAY, line_no: int = 1) -> Command:
    return release_tranche(ref="T-9", line_no=line_no, effective_on=on)


# Requested ---------------------------------------------------------------------------------------


def test_a_tranche_is_requested_and_its_number_is_taken() -> None:
    GRANTED.when(request_tranche()).then(*requested(kr(5_000)))


def test_an_ean_line_is_paid_by_invoice_not_by_tranche() -> None:
    GRANTED.when(request_tranche(line_no=3)).then_refused("wrong_state", route="ean")


def test_a_line_without_a_grant_has_no_tranches() -> None:
    ASSESSED.when(request_tranche()).then_refused("wrong_state")
    only_card = ASSESSED.does(approve_line(line_no=2))
    only_card.when(request_tranche()).then_refused("wrong_state")


def test_a_tranches_number_is_used_once_in_a_programme() -> None:
    REQUESTED.when(request_tranche(amount=kr(1))).then_refused("wrong_state", taken_by="A-1/1")
    REQUESTED.when(request_tranche(line_no=2)).then_refused("wrong_state")
    REQUESTED.does(cancel_tranche()).when(request_tranche()).then_refused("wrong_state")
    another = REQUESTED.does(*assessing("B-1"), approve_line(case_no="B-1"))
    another.when(request_tranche(case_no="B-1")).then_refused("wrong_state")


def test_another_programme_numbers_its_tranches_for_itself() -> None:
    in_ltt = {"programme": "LTT", "case_no": "B-1"}
    steps = [step.model_copy(update=in_ltt) for step in assessing("B-1")]
    both = REQUESTED.does(establish(programme="LTT"), *steps, approve_line(**in_ltt))
    both.does(request_tranche(**in_ltt))


def test_a_tranche_may_use_the_grant_up_and_not_pass_it_by_an_ore() -> None:
    story = granted_under(tranche_max=None).does(request_tranche(ref="T-0", amount=kr(7_000)))
    story.when(request_tranche(amount=kr(13_000))).then(*requested(kr(13_000)))
    story.when(request_tranche(amount=kr(13_000, 1))).then_refused("above_grant", left="13000.00")


@pytest.mark.parametrize("story", [REQUESTED, APPROVED, RELEASED, SETTLED])
def test_a_live_tranche_takes_its_part_of_the_grant(story: Story) -> None:
    half = story.does(request_tranche(ref="T-2", amount=kr(10_000)))
    half.does(request_tranche(ref="T-3", amount=kr(5_000)))
    half.when(request_tranche(ref="T-3", amount=kr(5_000, 1))).then_refused("above_grant")


@pytest.mark.parametrize(
    "story",
    [REQUESTED.does(cancel_tranche()), SETTLED.does(receive(returned_payment(), statement="S-2"))],
    ids=["cancelled", "returned"],
)
def test_a_dead_tranche_no_longer_counts_against_the_grant(story: Story) -> None:
    for ref in ("T-2", "T-3"):
        story = story.does(request_tranche(ref=ref, amount=kr(10_000)))
    story.when(request_tranche(ref="T-4", amount=kr(0, 1))).then_refused("above_grant")


def test_a_tranche_is_at_most_the_programmes_largest() -> None:
    GRANTED.does(request_tranche(amount=kr(10_000)))
    GRANTED.when(request_tranche(amount=kr(10_000, 1))).then_refused("tranche_too_large")


def test_a_card_is_filled_with_more_than_the_largest_tranche() -> None:
    filled = request_tranche(line_no=2, amount=kr(16_000))
    GRANTED.when(filled).then(*requested(kr(16_000), line_no=2))


def test_a_programme_may_have_no_largest_tranche() -> None:
    granted_under(tranche_max=None).does(request_tranche(amount=kr(20_000)))


def test_a_programme_whose_largest_tranche_is_nothing_pays_no_tranches() -> None:
    none_at_all = granted_under(tranche_max=ZERO)
    none_at_all.when(request_tranche(amount=kr(0, 1))).then_refused("tranche_too_large")


def test_a_tranche_is_requested_on_the_end_date_at_the_latest() -> None:
    late = END_DATE + timedelta(days=1)
    GRANTED.does(request_tranche(effective_on=END_DATE))
    GRANTED.when(request_tranche(effective_on=late)).then_refused("after_end_date")
    GRANTED.does(extend(end_date=late)).does(request_tranche(effective_on=late))


# Approved: the first pair of eyes ----------------------------------------------------------------


def test_the_first_pair_of_eyes_approves_and_what_they_saw_is_kept() -> None:
    seen = PayoutSeen(rules=1, line_left=kr(15_000), exposure=ZERO, overdue=ZERO)
    approved = TrancheApproved(**TRANCHE, approver="kons-1", seen=seen)
    REQUESTED.when(approve_tranche()).then(approved)


def test_the_approver_sees_what_is_out_and_what_is_overdue() -> None:
    story = SETTLED.does(declare_loss(), request_tranche(ref="T-2", amount=kr(1_000)))
    seen = PayoutSeen(rules=1, line_left=kr(14_000), exposure=kr(4_700), overdue=kr(4_700))
    story.when(approve_tranche(ref="T-2", effective_on=DAY_AFTER)).then(
        TrancheApproved(**TRANCHE | {"ref": "T-2"}, approver="kons-1", seen=seen)
    )


@pytest.mark.parametrize("story", [APPROVED, RELEASED, SETTLED, REQUESTED.does(cancel_tranche())])
def test_a_tranche_is_approved_once_and_only_while_requested(story: Story) -> None:
    story.when(approve_tranche()).then_refused("wrong_state")


@pytest.mark.parametrize("command", [approve_tranche, release_tranche, cancel_tranche])
def test_a_tranche_is_found_on_its_own_line_alone(command: Any) -> None:
    REQUESTED.when(command(ref="T-2")).then_refused("not_found", what="tranche")
    REQUESTED.when(command(line_no=2)).then_refused("not_found", what="tranche")
    REQUESTED.when(command(line_no=4)).then_refused("not_found", what="line")
    REQUESTED.when(command(case_no="A-2")).then_refused("not_found", what="case")


# Released: the second pair of eyes ---------------------------------------------------------------


def test_the_second_pair_of_eyes_releases_and_what_they_saw_is_kept() -> None:
    seen = PayoutSeen(rules=1, line_left=kr(15_000), exposure=ZERO, overdue=ZERO)
    APPROVED.when(release_tranche()).then(
        TrancheReleased(
            **TRANCHE,
            amount=kr(5_000),
            account_string=COURSE,
            seen=seen,
            released_on=DAY,
            released_by="fin-1",
        )
    )


def test_nobody_is_both_pairs_of_eyes() -> None:
    approved = REQUESTED.does(approve_tranche(by="both-1"))
    approved.when(release_tranche(by="both-1")).then_refused("same_person", approved_by="both-1")
    approved.does(release_tranche(by="fin-1"))


def test_nobody_asks_for_money_and_orders_it() -> None:
    requested = GRANTED.does(request_tranche(by="both-1"), approve_tranche(by="kons-1"))
    requested.when(release_tranche(by="both-1")).then_refused("same_person", requested_by="both-1")
    requested.does(release_tranche(by="fin-1"))


def test_nobody_grants_a_line_and_orders_its_payments() -> None:
    granted = ASSESSED.does(approve_line(by="both-1"), request_tranche(), approve_tranche())
    granted.when(release_tranche(by="both-1")).then_refused("same_person", granted_by="both-1")
    granted.does(release_tranche(by="fin-1"))


def test_nobody_orders_payments_of_a_line_and_grants_more_of_it() -> None:
    ordered = APPROVED.does(release_tranche(by="both-1"), amend_line(amount=kr(21_000)))
    ordered.when(approve_line(by="both-1")).then_refused("same_person", ordered_by="both-1")
    ordered.does(approve_line(by="kons-1"))


@pytest.mark.parametrize("story", [REQUESTED, RELEASED, SETTLED, APPROVED.does(cancel_tranche())])
def test_only_an_approved_tranche_is_released_and_only_once(story: Story) -> None:
    story.when(release_tranche()).then_refused("wrong_state")


# Not too much out --------------------------------------------------------------------------------


@pytest.mark.parametrize("story", [SETTLED, RELEASED], ids=["paid", "ordered"])
def test_the_limit_counts_what_is_paid_or_ordered_and_not_accounted_for(story: Story) -> None:
    next_tranche(story, kr(7_000)).does(released())
    above = next_tranche(story, kr(7_000, 1))
    above.when(released()).then_refused("undocumented_limit", exposure="5000.00", limit="12000.00")


@pytest.mark.parametrize("story", [REQUESTED, APPROVED], ids=["requested", "approved"])
def test_the_limit_leaves_out_what_is_not_ordered_yet(story: Story) -> None:
    next_tranche(story, kr(10_000)).does(released())


def test_the_limit_leaves_out_what_came_back() -> None:
    story = SETTLED.does(receive(returned_payment(), statement="S-2"))
    next_tranche(story, kr(10_000)).does(released())


@pytest.mark.parametrize(
    "covered",
    [
        [hand_in(amount=kr(500)), accept_receipt(amount=kr(300))],
        [declare_loss(amount=kr(300))],
        [receive(handed_back(amount=kr(300)), statement="S-2")],
        [confirm_misuse(amount=kr(300))],
    ],
    ids=["receipt", "declaration", "unspent", "misuse"],
)
def test_the_limit_leaves_out_what_is_accounted_for(covered: list[Command]) -> None:
    story = SETTLED.does(*covered)
    next_tranche(story, kr(7_300)).does(released())
    next_tranche(story, kr(7_300, 1)).when(released()).then_refused("undocumented_limit")


def test_the_limit_is_the_cases_across_its_lines_and_cards_count() -> None:
    story = GRANTED.does(*payment("T-2", kr(4_000), line_no=2))
    next_tranche(story, kr(8_000)).does(released())
    next_tranche(story, kr(8_000, 1)).when(released()).then_refused("undocumented_limit")


def test_a_card_is_filled_whatever_is_out() -> None:
    next_tranche(SETTLED, kr(16_000), line_no=2).does(released(line_no=2))


def test_a_programme_may_have_no_limit() -> None:
    story = granted_under(undocumented_limit=None).does(*payment(amount=kr(10_000)))
    next_tranche(story, kr(10_000)).does(released())


def test_a_programme_whose_limit_is_nothing_releases_nothing() -> None:
    next_tranche(granted_under(undocumented_limit=ZERO), kr(0, 1)).when(released()).then_refused(
        "undocumented_limit"
    )


# No receipt overdue ------------------------------------------------------------------------------


def test_a_receipt_is_overdue_the_day_after_the_deadline() -> None:
    story = next_tranche(SETTLED, kr(1_000))
    story.does(released(on=DEADLINE))
    story.when(released(on=DAY_AFTER)).then_refused("receipts_overdue", undocumented="5000.00")


def test_a_receipt_that_lacks_an_ore_is_overdue() -> None:
    story = next_tranche(SETTLED, kr(1_000))
    story.does(confirm_misuse(amount=kr(5_000)), released(on=DAY_AFTER))
    lacking = story.does(confirm_misuse(amount=kr(4_999, 99)))
    lacking.when(released(on=DAY_AFTER)).then_refused("receipts_overdue", undocumented="0.01")


def test_a_payment_is_never_overdue_before_the_bank_has_booked_it() -> None:
    next_tranche(RELEASED, kr(1_000)).does(released(on=date(2019, 8, 1)))


def test_a_receipt_of_any_line_is_overdue_for_the_whole_case_and_cards_count() -> None:
    story = GRANTED.does(*payment("T-2", kr(4_000), line_no=2))
    next_tranche(story, kr(1_000)).does(released(on=DEADLINE))
    next_tranche(story, kr(1_000)).when(released(on=DAY_AFTER)).then_refused("receipts_overdue")


def test_a_card_is_filled_whatever_is_overdue_and_what_was_seen_says_so() -> None:
    story = next_tranche(SETTLED, kr(16_000), line_no=2)
    seen = PayoutSeen(rules=1, line_left=ZERO, exposure=kr(5_000), overdue=kr(5_000))
    which = {"case_no": "A-1", "line_no": 2, "ref": "T-9", "amount": kr(16_000)}
    codes: dict[str, Any] = {"account_string": LICENCE, "seen": seen}
    filled = TrancheReleased(**which, **codes, released_on=DAY_AFTER, released_by="fin-1")
    story.when(released(on=DAY_AFTER, line_no=2)).then(filled)


def test_what_is_accounted_for_is_spent_on_the_payment_booked_first_whatever_its_number() -> None:
    story = granted_under(undocumented_limit=None).does(
        *payment("T-1", kr(5_000), booked_on=date(2019, 3, 20)),
        *payment("T-2", kr(5_000), booked_on=date(2019, 3, 4)),
        confirm_misuse(amount=kr(5_000)),
    )
    story = next_tranche(story, kr(1_000))
    story.does(released(on=date(2019, 4, 19)))
    story.when(released(on=date(2019, 4, 20))).then_refused("receipts_overdue")


def test_what_is_accounted_for_is_spent_by_number_on_payments_booked_on_one_day() -> None:
    story = granted_under(undocumented_limit=None).does(
        *payment("T-2", kr(4_000)), *payment("T-1", kr(3_000)), confirm_misuse(amount=kr(3_500))
    )
    overdue = story(cases, "A-1").overdue(DAY_AFTER, 30)
    assert [(tranche.ref, lacking) for _, tranche, lacking in overdue] == [("T-2", kr(3_500))]


def test_one_line_never_accounts_for_anothers_payment() -> None:
    story = granted_under(undocumented_limit=None).does(
        *payment("T-1"), *payment("T-2", line_no=2), confirm_misuse(amount=kr(5_000), line_no=2)
    )
    overdue = story(cases, "A-1").overdue(DAY_AFTER, 30)
    assert [(line.line_no, lacking) for line, _, lacking in overdue] == [(1, kr(5_000))]


# Cancelled ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("story", [REQUESTED, APPROVED], ids=["requested", "approved"])
def test_a_tranche_is_cancelled_before_it_is_released(story: Story) -> None:
    story.when(cancel_tranche()).then(TrancheCancelled(**TRANCHE))


@pytest.mark.parametrize("story", [RELEASED, SETTLED, REQUESTED.does(cancel_tranche())])
def test_a_tranche_is_not_cancelled_once_released_nor_twice(story: Story) -> None:
    story.when(cancel_tranche()).then_refused("wrong_state")


# Cards -------------------------------------------------------------------------------------------


def test_what_a_card_was_used_for_is_kept() -> None:
    used = CardUsed(case_no="A-1", merchant="Bilka", mcc="5411", amount=kr(250))
    GRANTED.when(use_card()).then(used)
    ESTABLISHED.does(register()).when(use_card()).then(used)
    ESTABLISHED.when(use_card()).then_refused("not_found")


def test_a_statement_that_settles_two_tranches_settles_each() -> None:
    story = RELEASED.does(
        request_tranche(ref="T-2", amount=kr(1_000)),
        approve_tranche(ref="T-2"),
        release_tranche(ref="T-2"),
        receive(debit(), debit(entry="E-2", end_to_end_id="T-2", amount=kr(1_000))),
    )
    assert story(cases, "A-1").lines[1].paid == kr(6_000)


def test_there_is_nothing_to_request_before_a_programme_exists() -> None:
    given().when(request_tranche()).then_refused("not_found")
