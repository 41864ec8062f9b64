"""What other rules would have saved, on small stories that can be reckoned by head."""

from domain.money import ZERO, kr
from projections.whatif.figures import Outcome
from projections.whatif.rules import (
    Assumptions,
    Habit,
    OtherRules,
    Placement,
)
from tests.examples import (
    accept_offer,
    approve_line,
    assess,
    course,
    establish,
    granted_under,
    offer,
    payment,
    register,
    submit,
    terms,
)
from tests.projections.whatif_stories import (
    APRIL_1,
    APRIL_10,
    APRIL_20,
    BITES,
    LIMIT,
    MARCH_20,
    TO_THE_ACCOUNT,
    asked,
    documented,
    fate,
    lump_sum,
    misused,
    saved,
    tranches,
)
from tests.scenario import DAY, given


def test_misuse_above_what_may_be_undocumented_at_once_could_not_have_been_paid() -> None:
    story = lump_sum().does(misused(kr(15_000)))
    # 12,000 go out and nothing more before the misuse is confirmed. Of those are misused: all 12,000;
    # three quarters, 9,000; or, after the 5,000 that weren't, 7,000.
    assert saved(story, LIMIT) == [kr(3_000), kr(3_000), kr(6_000), kr(8_000)]
    assert asked(story, LIMIT).answer.percent == {
        "certain": "20.0",
        "low": "20.0",
        "central": "40.0",
        "high": "53.3",
    }


def test_smaller_bites_alone_stop_nothing() -> None:
    story = lump_sum().does(misused(kr(15_000)))
    assert saved(story, BITES) == [ZERO, ZERO, ZERO, ZERO]
    assert tranches(story, BITES) == [(kr(10_000), DAY), (kr(10_000), DAY)]
    told = fate(story, BITES)
    assert (told.outcome, told.tranches, told.days_waited) == (Outcome.SAME_DAY, 2, 0)
    assert asked(story, BITES).answer.extra_work.model_dump() == {
        "tranches": 1,
        "invoices": 0,
        "first_approvals": 1,
        "second_approvals": 1,
        "receipts": 0,
    }


def test_receipts_first_with_smaller_bites_holds_the_second_until_the_first_is_documented() -> None:
    story = lump_sum().does(*documented(kr(10_000), MARCH_20), misused(kr(10_000)))
    rules = OtherRules({"tranche_max": kr(10_000)}, receipts_first=True)
    # Half of every krone is misused: 5,000 of the first 10,000 are never documented.
    assert tranches(story, rules) == [(kr(10_000), DAY)]
    # Honest kroner first: the second 10,000 come on the day of the receipt, all of them misused by April.
    last = Assumptions(Placement.MISUSED_LAST, Habit.AS_THEN)
    assert tranches(story, rules, last) == [(kr(10_000), DAY), (kr(10_000), MARCH_20)]
    # Misused kroner first: 10,000, of 10,000 confirmed.
    assert saved(story, rules) == [ZERO, ZERO, kr(5_000), kr(5_000)]
    assert fate(story, rules).held_by[0].model_dump() == {
        "rule": "receipts_first",
        "since": DAY,
        "facts": {"exposure": "10000.00"},
    }
    assert [each.name for each in asked(story, rules).scenarios] == [
        "tranche_max",
        "receipts_first",
        "together",
    ]


def test_a_shorter_deadline_holds_the_next_tranche_until_the_receipt_comes() -> None:
    story = lump_sum(kr(5_000), receipt_deadline_days=60).does(
        *(
            each.model_copy(
                update={"effective_on": APRIL_10, "at": each.at.replace(month=4, day=10)}
            )
            for each in payment("T-2")[:3]
        ),
        *documented(kr(5_000), APRIL_20),
    )
    told = fate(story, OtherRules({"receipt_deadline_days": 30}), of=1)
    assert (told.outcome, told.days_waited, told.last_paid_on) == (Outcome.WAITED, 10, APRIL_20)
    assert [(each.rule, each.since, each.facts) for each in told.held_by] == [
        ("receipts_overdue", APRIL_10, {"undocumented": "5000.00", "rules": "1"})
    ]
    assert fate(story, OtherRules({"receipt_deadline_days": 60}), of=1).outcome is Outcome.SAME_DAY


def test_nothing_limits_a_card_until_it_is_taken_away() -> None:
    story = lump_sum(kr(16_000), line_no=2).does(misused(kr(16_000), line_no=2))
    assert saved(story, LIMIT) == [ZERO, ZERO, ZERO, ZERO]
    without = OtherRules({**LIMIT.changes, "routes": TO_THE_ACCOUNT})
    assert saved(story, without) == [kr(4_000), kr(4_000), kr(4_000), kr(4_000)]
    found = asked(story, without)
    assert [each.name for each in found.scenarios] == [
        "routes",
        "undocumented_limit",
        "together",
        "invoices",
        "together_with_invoices",
    ]
    assert found.scenarios[0].rules == {"routes": ["ean", "account"]}
    assert found.scenarios[0].saved.high == ZERO


def test_what_is_confirmed_on_a_later_day_may_have_been_paid_after_the_first() -> None:
    """Nothing stops a case's payments when some of its misuse is confirmed, and that makes room again."""
    story = lump_sum().does(misused(kr(13_000)), misused(kr(5_000), APRIL_10))
    assert asked(story, LIMIT).answer.saved.certain == kr(1_000)
    # What is confirmed on one day was undocumented at once.
    story = lump_sum().does(misused(kr(13_000)), misused(kr(5_000)))
    assert asked(story, LIMIT).answer.saved.certain == kr(6_000)


def test_a_line_that_names_its_supplier_is_paid_by_invoice_and_its_misuse_could_not_be() -> None:
    supplied = submit(lines=(course(supplier_cvr="91335417", supplier_name="Datamaterial ApS"),))
    steps = (register(), offer(), accept_offer(), supplied, assess(), approve_line())
    limitless = terms(tranche_max=None, undocumented_limit=None)
    story = given().does(establish(terms=limitless), *steps, *payment("T-1", kr(20_000)))
    story = story.does(*documented(kr(5_000), MARCH_20), misused(kr(15_000)))
    found = asked(story, OtherRules({"routes": TO_THE_ACCOUNT}))
    assert [(each.name, each.saved.certain) for each in found.scenarios] == [
        ("routes", ZERO),
        ("together", ZERO),
        ("invoices", kr(15_000)),
        ("together_with_invoices", kr(15_000)),
    ]
    by_invoice = found.scenarios[-1]
    assert by_invoice.paid == kr(20_000)
    assert by_invoice.undocumented.peak == ZERO
    assert by_invoice.extra_work.model_dump() == {
        "tranches": -1,
        "invoices": 1,
        "first_approvals": 0,
        "second_approvals": 0,
        "receipts": -1,
    }


def test_after_confirmed_misuse_nothing_is_sent_of_what_was_asked_for_before() -> None:
    story = lump_sum().does(misused(kr(12_000)), *documented(kr(8_000), APRIL_10))
    first = Assumptions(Placement.MISUSED_FIRST, Habit.AS_THEN)
    assert tranches(story, LIMIT, first) == [(kr(12_000), DAY)]
    held = fate(story, LIMIT).held_by
    assert [(each.rule, each.since) for each in held] == [
        ("undocumented_limit", DAY),
        ("misuse_confirmed", APRIL_1),
    ]


def test_what_was_paid_at_one_go_is_asked_for_in_the_order_that_is_assumed() -> None:
    story = granted_under(tranche_max=None, undocumented_limit=None)
    both = zip(payment("T-1", kr(12_000)), payment("T-2", kr(12_000), 2), strict=True)
    story = story.does(*(step for steps in both for step in steps))
    story = story.does(misused(kr(12_000), line_no=2))
    rules = OtherRules({**LIMIT.changes, "routes": TO_THE_ACCOUNT})
    # Only one of the two lines can be paid. The one that is misused, if it is asked for first.
    assert saved(story, rules) == [ZERO, ZERO, kr(12_000), kr(12_000)]
