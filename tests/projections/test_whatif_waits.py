"""Who would have waited under other rules, for how long, and what always holds."""

from datetime import date
from typing import Any

import pytest

from domain.case.line import TrancheStage
from domain.money import ZERO, kr, total
from projections.whatif.answer import Day, months
from projections.whatif.figures import Outcome
from projections.whatif.payments import history
from projections.whatif.replay import Replay
from projections.whatif.rules import (
    CENTRAL,
    EVERY_ASSUMPTION,
    Assumptions,
    OtherRules,
)
from tests.everything import ALL
from tests.examples import (
    approve_tranche,
    complete,
    extend,
    granted_under,
    handed_back,
    payment,
    receive,
    release_tranche,
    request_tranche,
    returned_payment,
    terms,
)
from tests.examples_claims import OVERPAID
from tests.examples_rules import change_rules, freeze, lapse_tranche, resume
from tests.projections.whatif_stories import (
    APRIL_1,
    APRIL_20,
    AS_THEN,
    LIMIT,
    MARCH_5,
    MARCH_20,
    MARCH_24,
    asked,
    documented,
    fate,
    lump_sum,
    replayed,
    tranches,
)
from tests.scenario import DAY, Story


def two_purchases() -> Story:
    """12,000 kr. of receipts after two weeks, 8,000 kr. after four: bought on 6 and 10 March."""
    return lump_sum().does(
        *documented(kr(12_000), MARCH_20, "K-1", date(2019, 3, 6)),
        *documented(kr(8_000), APRIL_1, "K-2", date(2019, 3, 10)),
        complete(effective_on=APRIL_20),
    )


@pytest.mark.parametrize("assumed", [AS_THEN, CENTRAL])
def test_a_purchase_waits_for_its_money_and_its_receipt_comes_as_many_days_later(
    assumed: Assumptions,
) -> None:
    was = replayed(two_purchases(), LIMIT, assumed)
    [wish] = was.wishes
    assert [(each.amount, each.on) for each in wish.tranches] == [
        (kr(12_000), DAY),
        (kr(8_000), MARCH_20),
    ]
    # Booked three days after its release, as in history: bought on the 23rd, not on the 10th.
    assert [(each.amount, each.days_later, each.accounted_on) for each in wish.spent] == [
        (kr(12_000), 0, MARCH_20),
        (kr(8_000), 13, date(2019, 4, 14)),
    ]
    second = was.cases["A-1"].lines[1].tranches["T-1.2"]
    assert (second.stage, second.booked_on) == (TrancheStage.SETTLED, date(2019, 3, 23))
    told = asked(two_purchases(), LIMIT)
    assert told.answer.waits.model_dump(mode="json") == {
        "payments": 1,
        "waited": 1,
        "never_in_full": 0,
        "never_paid": "0.00",
        "average_days": "19.0",
        "longest_days": 19,
        "purchases": 2,
        "purchases_waited": 1,
        "purchases_average_days": "13.0",
        "purchases_longest_days": 13,
    }
    # 20,000 from the bank's statement to the first receipt; 12,000; nothing; 8,000; nothing.
    assert [(each.day, each.replayed) for each in told.days] == [
        (MARCH_5, kr(12_000)),
        (MARCH_20, ZERO),
        (MARCH_24, kr(8_000)),
        (APRIL_1, kr(8_000)),
        (date(2019, 4, 14), ZERO),
        (APRIL_20, ZERO),
    ]
    assert [each.history for each in told.days] == [kr(20_000), kr(8_000), kr(8_000), *[ZERO] * 3]


def test_who_never_documented_anything_gets_no_more_or_documents_within_the_deadline() -> None:
    story = lump_sum().does(complete(effective_on=date(2019, 8, 1)))
    assert tranches(story, LIMIT) == [(kr(12_000), DAY)]
    # Held from the first day on; asked when the money is there, on 5 March; 30 days are the deadline.
    assert tranches(story, LIMIT, CENTRAL) == [(kr(12_000), DAY), (kr(8_000), date(2019, 4, 4))]
    told = asked(story, LIMIT)
    assert (told.answer.waits.never_in_full, told.answer.waits.longest_days) == (0, 34)
    assert (told.waits_as_then.never_in_full, told.waits_as_then.never_paid) == (1, kr(8_000))
    assert told.waits_as_then.average_days is None
    assert told.answer.extra_work.receipts == 1


@pytest.mark.parametrize(
    ("ends", "rule"), [(complete(effective_on=MARCH_20), "case_closed"), (None, "after_end_date")]
)
def test_what_never_becomes_possible_before_the_end_is_never_paid(ends: Any, rule: str) -> None:
    later = date(2019, 9, 10)
    story = lump_sum().does(*([ends] if ends else []))
    story = story.does(*documented(kr(12_000), later), *documented(kr(8_000), later, "K-2"))
    told = fate(story, LIMIT)
    assert (told.outcome, told.paid, told.days_waited) == (Outcome.PARTLY, kr(12_000), None)
    assert [each.rule for each in told.held_by] == ["undocumented_limit", rule]


def test_a_longer_time_frame_or_resumed_payouts_let_it_through() -> None:
    later = date(2019, 9, 10)
    story = lump_sum().does(*documented(kr(12_000), later), *documented(kr(8_000), later, "K-2"))
    extended = story.does(extend(effective_on=date(2019, 9, 12)))
    assert fate(extended, LIMIT).last_paid_on == date(2019, 9, 12)
    for scope, key in (("case", "A-1"), ("fund", "AARHUS"), ("programme", "NP")):
        of = {"scope": scope, "key": key}
        frozen = lump_sum().does(
            freeze(**of, effective_on=MARCH_5),
            *documented(kr(20_000), MARCH_20),
            resume(**of, effective_on=APRIL_1),
        )
        told = fate(frozen, LIMIT)
        assert told.last_paid_on == APRIL_1
        assert [each.rule for each in told.held_by] == ["undocumented_limit", "frozen"]


def test_a_whole_second_payment_waits_and_one_that_came_back_is_asked_for_anew() -> None:
    story = lump_sum(kr(12_000)).does(*payment("T-2", kr(8_000)))
    back = returned_payment(entry="E-9", end_to_end_id="T-2", amount=kr(8_000), booked_on=MARCH_20)
    returned = story.does(receive(back, statement="S-9", effective_on=MARCH_20))
    told = fate(returned, LIMIT, of=1)
    assert (told.outcome, told.paid, told.days_waited) == (Outcome.NEVER, ZERO, None)
    assert [each.rule for each in told.held_by] == ["undocumented_limit", "returned"]
    # What was paid later comes back later, too.
    receipts = documented(kr(12_000), date(2019, 3, 6))
    released = story.does(*receipts).does(receive(back, statement="S-9", effective_on=MARCH_20))
    late = replayed(released.does(complete(effective_on=APRIL_20)), LIMIT)
    assert [each.on for each in late.wishes[1].tranches] == [date(2019, 3, 6)]
    assert late.cases["A-1"].lines[1].tranches["T-2"].stage is TrancheStage.RETURNED
    assert total(late.undocumented.values()) == ZERO


def test_a_receipt_that_came_after_a_return_is_for_what_was_paid_anew() -> None:
    back = returned_payment(entry="E-9", end_to_end_id="T-1", amount=kr(20_000))
    story = lump_sum().does(
        receive(back, statement="S-9", effective_on=MARCH_5),
        *payment("T-2", kr(20_000)),
        *documented(kr(20_000), MARCH_20),
    )
    anew = replayed(story, LIMIT).wishes[1]
    assert [(each.amount, each.on) for each in anew.tranches] == [
        (kr(12_000), DAY),
        (kr(8_000), MARCH_20),
    ]


def test_a_payment_that_the_bank_never_made_lapses_as_it_did() -> None:
    story = granted_under(tranche_max=None, undocumented_limit=None, lapse_days=9)
    story = story.does(request_tranche(), approve_tranche(), release_tranche())
    story = story.does(lapse_tranche(effective_on=MARCH_20))
    lapsed = replayed(story, OtherRules({"tranche_max": kr(3_000)}))
    stages = [each.stage for each in lapsed.cases["A-1"].lines[1].tranches.values()]
    assert stages == [TrancheStage.LAPSED, TrancheStage.LAPSED]


def test_unspent_money_is_handed_back_of_what_was_paid() -> None:
    story = lump_sum().does(
        receive(handed_back(amount=kr(20_000)), statement="S-2", effective_on=APRIL_1)
    )
    was = replayed(story, LIMIT)
    assert was.cases["A-1"].lines[1].unspent == kr(12_000)
    assert asked(story, LIMIT).answer.work.receipts == 0


def test_rules_that_changed_are_changed_in_each_of_their_versions() -> None:
    story = lump_sum(kr(5_000)).does(
        change_rules(rules=terms().rules.model_copy(update={"version": 2}), effective_on=MARCH_20),
        *documented(kr(5_000), MARCH_20),
    )
    told = asked(story, OtherRules({"undocumented_limit": None}))
    assert told.answer.rules == {"undocumented_limit": None}
    assert told.fates[0].outcome is Outcome.SAME_DAY


def test_misuse_that_was_taken_back_is_no_misuse() -> None:
    found = asked(OVERPAID, OtherRules({"undocumented_limit": kr(1_000)}))
    # Of 5,000 kr. 1,500 were held to be misused, and 500 still are. Of 1,000 kr. that is 1,000 and then
    # 500; or 300; or nothing.
    assert (found.confirmed_misuse, found.self_check.misuse_differs_by) == (kr(500), ZERO)
    assert [amount for _, amount in found.answer.saved] == [ZERO, ZERO, kr(200), kr(500)]


# What always holds -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "assumed", EVERY_ASSUMPTION, ids=lambda each: f"{each.placement}-{each.habit}"
)
@pytest.mark.parametrize("programme", ["NP", "HP"])
def test_under_its_own_rules_history_comes_out_as_it_was(
    programme: str, assumed: Assumptions
) -> None:
    told = history(ALL.log, programme)
    was = Replay(told, OtherRules(), assumed).run()
    for wish in was.wishes:
        [tranche] = wish.tranches
        of = wish.payment
        assert (tranche.ref, tranche.amount, tranche.on) == (of.ref, of.amount, of.on)
    assert {
        day: amount for day, amount in was.undocumented.items() if amount
    } == told.undocumented()


def test_a_programme_that_paid_no_advance_has_nothing_to_replay() -> None:
    found = asked(granted_under(), LIMIT)
    assert (found.payments, found.confirmed_misuse, found.answer.percent) == (0, ZERO, None)
    assert history(lump_sum().log, "another").events == []


def test_a_month_in_which_nothing_changed_ends_as_the_one_before() -> None:
    days = [
        Day(day=date(2019, 11, 3), history=kr(5), replayed=kr(4)),
        Day(day=date(2019, 11, 30), history=kr(7), replayed=kr(2)),
        Day(day=date(2020, 2, 10), history=kr(1), replayed=kr(1)),
    ]
    assert [(each.day, each.history) for each in months(days)] == [
        (date(2019, 11, 30), kr(7)),
        (date(2019, 12, 31), kr(7)),
        (date(2020, 1, 31), kr(7)),
        (date(2020, 2, 29), kr(1)),
    ]
