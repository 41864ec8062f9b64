"""What a receipt is proposed for, with the reasons, and how alike two names of shops are."""

from datetime import date
from typing import Any

import pytest

from domain.case.shared_receipts import ReceiptShare
from domain.money import kr
from domain.programme import Route
from domain.reading import ReadDay, Reading, ReadMoney, ReadText
from projections.matching.facts import CaseFacts, matching, merchants
from projections.matching.likeness import ALIKE, folded, likeness
from projections.matching.proposals import Proposal, Wanted, proposals
from projections.matching.sieve import likely
from tests.everything import ALL
from tests.examples import (
    ACCEPTED,
    APPROVE_ALL,
    GRANTED,
    HANDED_IN,
    LATER,
    OFFERED,
    RELEASED,
    SETTLED,
    SUBMITTED,
    accept_receipt,
    assess,
    complete,
    computer,
    confirm_misuse,
    course,
    declare_loss,
    decline_offer,
    hand_in,
    handed_back,
    licence,
    payment,
    receive,
    refund,
    reject_line,
    reject_receipt,
    request_changes,
    returned_payment,
    rules,
    share_receipt,
    stop,
    submit,
    use_card,
)
from tests.examples_claims import DECIDED, lodge_appeal, uphold_appeal
from tests.examples_rules import change_rules, forget_citizen, lapse_tranche
from tests.scenario import DAY, Story, fold

BOUGHT: dict[str, Any] = {"amount": kr(2_000), "purchased_on": date(2019, 3, 6)}
SHOP = "Fagkurser Midt"
BOTH_PAID = SETTLED.does(*payment("T-2", kr(3_000), line_no=2))


def facts(story: Story) -> CaseFacts:
    return fold(matching, story.log)["case-A-1"]


def proposed(story: Story, **wanted: Any) -> list[Proposal]:
    known = {row.category: row.merchants for row in fold(merchants, story.log).values()}
    return proposals(Wanted(**wanted), [facts(story)], known)


# Names -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Tøjhuset Clara", "TOEJHUSET CLARA ApS"),
        ("Tøjhuset Clara", "Tojhuset Clara"),
        ("Bilka", "Bilka Aarhus 1234"),
        ("Fagkurser Midt", "Fagkurser Mldt"),
        ("Kursuscenter Brabrand", "Brabrand Kursuscenter"),
        ("Værktøjsmagasinet", "Værktojs magasinet"),
    ],
)
def test_one_shop_is_known_by_its_other_spellings(one: str, other: str) -> None:
    assert likeness(one, other) == likeness(other, one) >= ALIKE


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Bilka Aarhus", "Netto Aarhus"),
        ("Café Hjørnet", "Fagkurser Midt"),
        ("Fagkurser Midt", "Aftenskolen Åen"),
        ("", "Bilka"),
        ("Bilka", "--"),
    ],
)
def test_two_shops_are_two(one: str, other: str) -> None:
    assert likeness(one, other) < ALIKE


def test_a_name_of_nothing_but_a_companys_form_keeps_it() -> None:
    assert folded("A/S") == ("a", "s")


# Facts -------------------------------------------------------------------------------------------


def test_what_is_open_of_a_line_is_what_nobody_has_accounted_for() -> None:
    story = HANDED_IN.does(
        accept_receipt(),
        refund(),
        declare_loss(),
        confirm_misuse(),
        receive(handed_back(), statement="S-2"),
    )
    [(advance, lacking)] = facts(story).lines[1].lacking()
    assert (advance.ref, lacking) == ("T-1", kr(1_000))


def test_what_an_appeal_found_to_be_no_misuse_is_open_again() -> None:
    [(_, lacking)] = facts(DECIDED).lines[1].lacking()
    assert lacking == kr(3_500)
    upheld = DECIDED.does(lodge_appeal(), uphold_appeal())
    [(_, lacking)] = facts(upheld).lines[1].lacking()
    assert lacking == kr(4_500)


def test_the_oldest_tranche_is_explained_first_whatever_its_number() -> None:
    story = SETTLED.does(*payment("T-0", kr(1_000), booked_on=date(2019, 3, 10)), declare_loss())
    lacking = [(advance.ref, ore) for advance, ore in facts(story).lines[1].lacking()]
    assert lacking == [("T-1", kr(4_700)), ("T-0", kr(1_000))]


def test_each_share_of_a_receipt_is_judged_for_itself() -> None:
    shared = BOTH_PAID.does(share_receipt(), accept_receipt(ref="K-9", amount=kr(1_800)))
    judged = facts(shared.does(reject_receipt(ref="K-9", line_no=2))).receipts
    assert [(each.accepted, each.rejected) for each in facts(shared).receipts] == [
        (True, False),
        (False, False),
    ]
    assert [(each.accepted, each.rejected) for each in judged] == [(True, False), (False, True)]


def test_a_tranche_that_is_accounted_for_in_full_lacks_nothing() -> None:
    line = facts(SETTLED).lines[1].model_copy(update={"covered": kr(5_000)})
    assert list(line.lacking()) == []


def test_a_payment_that_came_back_is_not_open_and_one_that_lapsed_is_not_on_its_way() -> None:
    back = SETTLED.does(receive(returned_payment(), statement="S-2"))
    assert not list(facts(back).lines[1].lacking())
    assert facts(RELEASED).lines[1].ordered == kr(5_000)
    assert not facts(SETTLED).lines[1].ordered
    late = {"effective_on": date(2019, 5, 1)}
    short = RELEASED.does(change_rules(rules=rules(lapse_days=14), effective_on=LATER))
    assert not facts(short.does(lapse_tranche(ref="T-1", **late))).lines[1].ordered


def test_a_budget_that_is_submitted_again_keeps_what_was_paid() -> None:
    again = SETTLED.does(request_changes(), submit())
    assert facts(again).lines == facts(SETTLED).lines
    assert not facts(SUBMITTED).lines[1].advances


def test_a_share_is_a_receipt_of_the_whole_amount() -> None:
    found = facts(SETTLED.does(share_receipt())).receipts
    assert [(each.line_no, each.amount) for each in found] == [(1, kr(3_000)), (2, kr(3_000))]


def test_merchants_are_learned_from_accepted_receipts_and_from_budgets() -> None:
    known = fold(merchants, HANDED_IN.does(accept_receipt()).log)
    assert known["NP/course"].merchants == {SHOP: 1}
    assert known["NP/computer"].merchants == {"Datamaterial ApS": 1}
    assert "NP/course" not in fold(merchants, HANDED_IN.does(reject_receipt()).log)


def test_each_supplier_of_a_budget_is_known_for_its_own_category() -> None:
    bought_at = {"supplier_name": "Fagkurser Midt", "supplier_cvr": "97500398"}
    budget = submit(lines=(course(**bought_at), computer()))
    known = fold(merchants, ACCEPTED.does(budget).log)
    assert known["NP/course"].merchants == {"Fagkurser Midt": 1}
    assert known["NP/computer"].merchants == {"Datamaterial ApS": 1}


def test_everything_that_can_happen_is_folded() -> None:
    assert fold(matching, ALL.log)
    assert fold(merchants, ALL.log)


# Proposals ---------------------------------------------------------------------------------------


BOUGHT_BY_ADVANCE = (course(), licence(), computer(route=Route.ACCOUNT))
ADVANCED = ACCEPTED.does(submit(lines=BOUGHT_BY_ADVANCE), assess(), *APPROVE_ALL)


def test_the_line_whose_supplier_it_is_comes_first_and_says_so() -> None:
    first, *_ = proposed(ADVANCED, **BOUGHT, merchant="Datamaterial")
    assert first.line_no == 3
    assert first.because_en.startswith("Datamaterial ApS is the line's supplier")
    by_cvr, *_ = proposed(ADVANCED, **BOUGHT, cvr="91335417")
    assert by_cvr.line_no == 3
    assert by_cvr.because_da.startswith("CVR-nummeret er postens leverandørs")


def test_a_line_that_has_a_receipt_of_the_same_merchant_comes_before_one_that_has_none() -> None:
    story = BOTH_PAID.does(hand_in(), accept_receipt())
    first, second = proposed(story, **BOUGHT, merchant="FAGKURSER MIDT APS")
    assert (first.line_no, first.tranche, first.amount) == (1, "T-1", kr(2_000))
    assert "Receipt K-1 of the line is of the same merchant" in first.because_en
    assert "forhandleren sælger det, posten er til" in first.because_da
    assert second.line_no == 2
    assert first.strength > second.strength


def test_a_receipt_is_no_reason_for_itself() -> None:
    """One that was accepted on a line may still wait for its share of another."""
    shared = BOTH_PAID.does(share_receipt(), accept_receipt(ref="K-9", amount=kr(1_800)))
    receipt, _ = facts(shared).receipts
    known = {row.category: row.merchants for row in fold(merchants, shared.log).values()}
    found = proposals(Wanted.keyed(receipt), [facts(shared)], known)
    assert found
    assert not [each for each in found if "of the same merchant" in each.because_en]


def test_just_what_a_line_lacks_to_the_oere_says_more_than_whose_supplier_it_is() -> None:
    lines = (course(), course(line_no=2, supplier_name=SHOP))
    story = ACCEPTED.does(
        submit(lines=lines),
        assess(),
        *APPROVE_ALL[:2],
        *payment(amount=kr(1_234, 56)),
        *payment("T-2", kr(3_000), line_no=2),
    )
    bought = {"purchased_on": date(2019, 3, 6), "merchant": SHOP}
    assert proposed(story, amount=kr(1_234, 56), **bought)[0].line_no == 1
    assert proposed(story, amount=kr(1_234, 55), **bought)[0].line_no == 2


def test_a_card_purchase_of_that_amount_and_day_is_named_until_a_receipt_stands_for_it() -> None:
    card = {"amount": kr(250), "merchant": "Bilka"}
    used = BOTH_PAID.does(use_card(), use_card(merchant="Netto"))
    wanted = {"amount": kr(250), "purchased_on": DAY}
    first, *_ = proposed(used, **wanted, merchant="NETTO")
    assert (first.line_no, first.card_use) == (2, used.log[-1].position)
    assert "The card was used for 250.00 kr. on 2019-03-01" in first.because_en
    taken = used.does(hand_in(**card, purchased_on=DAY))
    first, *_ = proposed(taken, **wanted)
    assert first.card_use == used.log[-1].position
    rejected = taken.does(reject_receipt())
    assert proposed(rejected, amount=kr(250))[0].card_use == used.log[-2].position
    far = proposed(used, amount=kr(250), purchased_on=date(2019, 3, 9))
    assert all(each.card_use is None for each in far)


def test_a_receipt_for_two_lines_stands_for_one_purchase() -> None:
    used = BOTH_PAID.does(use_card(), use_card())
    shares = tuple(ReceiptShare(line_no=line_no, amount=kr(125)) for line_no in (1, 2))
    shared = used.does(share_receipt(amount=kr(250), shares=shares, purchased_on=DAY))
    first, *_ = proposed(shared, amount=kr(250), purchased_on=DAY)
    assert first.card_use == used.log[-1].position


def test_what_is_more_than_a_line_lacks_is_proposed_for_what_it_lacks() -> None:
    first, *_ = proposed(SETTLED, amount=kr(9_000), purchased_on=date(2019, 3, 6))
    assert (first.line_no, first.amount) == (1, kr(5_000))


def test_a_purchase_long_before_or_after_the_payment_is_no_reason() -> None:
    soon, late, early = (
        proposed(SETTLED, amount=kr(5_000), purchased_on=day)[0].strength
        for day in (date(2019, 3, 6), date(2019, 7, 1), date(2019, 2, 1))
    )
    assert soon > late == early


def test_a_tranche_that_is_on_its_way_is_the_weakest_reason_that_is_told() -> None:
    """The bank's statement tells of it later; the citizen may have the money, and the receipt, before."""
    [only] = proposed(RELEASED, **BOUGHT)
    assert (only.line_no, only.tranche, only.amount) == (1, None, None)
    assert (only.because_da, only.strength) == ("En rate er på vej.", 15)


def test_nothing_is_proposed_where_nothing_speaks_for_it() -> None:
    assert proposed(GRANTED, **BOUGHT, merchant="Bilka") == []


def test_an_amount_that_is_just_what_several_lines_lack_is_proposed_for_all_of_them() -> None:
    first, *_ = proposed(BOTH_PAID, amount=kr(8_000), purchased_on=date(2019, 3, 6))
    assert (first.line_no, first.tranche) == (1, "T-1")
    [share] = first.also
    assert (share.line_no, share.amount, share.tranche) == (2, kr(3_000), "T-2")
    assert first.because_en.startswith("The amount is just what lacks receipts of lines 1, 2")
    asked = ReceiptShare(line_no=share.line_no, amount=share.amount)
    shares = (ReceiptShare(line_no=1, amount=kr(5_000)), asked)
    BOTH_PAID.does(share_receipt(amount=kr(8_000), shares=shares))


def test_what_was_read_is_what_is_asked_with_and_what_was_not_read_is_no_reason() -> None:
    reading = Reading(
        readers=("by hand",),
        pages=1,
        total=ReadMoney(amount=kr(2_000), confidence=90),
        purchased_on=ReadDay(day=date(2019, 3, 6), confidence=90),
        merchant=ReadText(text=SHOP, confidence=80),
        cvr=ReadText(text="91335417", confidence=80),
    )
    assert Wanted.read(reading) == Wanted(**BOUGHT, merchant=SHOP, cvr="91335417")
    assert Wanted.read(Reading(readers=("by hand",), pages=1)) == Wanted()
    [receipt] = facts(HANDED_IN).receipts
    assert Wanted.keyed(receipt) == Wanted(**BOUGHT, merchant=SHOP, ref="K-1")
    assert proposed(SETTLED)[:1] == []


# What no receipt can be for --------------------------------------------------------------------------


def of_the_supplier(story: Story) -> list[int]:
    """What is proposed for a receipt of the third line's supplier, and whether its case is looked at."""
    found = proposed(story, cvr="91335417", merchant="Datamaterial")
    assert bool(found) == bool(likely(Wanted(cvr="91335417"), [facts(story)]))
    return [each.line_no for each in found]


def test_a_line_that_is_paid_by_invoice_waits_for_no_receipt() -> None:
    assert of_the_supplier(ADVANCED) == [3]
    assert of_the_supplier(GRANTED) == []


def test_a_line_that_was_rejected_waits_for_no_receipt_also_when_it_is_submitted_again() -> None:
    budget = submit(lines=BOUGHT_BY_ADVANCE)
    rejected = ACCEPTED.does(budget, reject_line(line_no=3))
    assert of_the_supplier(rejected) == []
    assert of_the_supplier(rejected.does(request_changes(), budget)) == []


@pytest.mark.parametrize("close", [stop, complete])
def test_in_a_closed_case_a_line_waits_for_receipts_as_long_as_money_is_out(close: Any) -> None:
    assert of_the_supplier(ADVANCED.does(close())) == []
    ordered = ADVANCED.does(*payment("T-1", line_no=3)[:3], close())
    assert of_the_supplier(ordered) == [3]
    paid = ADVANCED.does(*payment("T-1", line_no=3), close())
    assert of_the_supplier(paid) == [3]
    handed_in = hand_in(line_no=3, amount=kr(5_000))
    documented = paid.does(handed_in, accept_receipt(line_no=3, amount=kr(5_000)))
    assert of_the_supplier(documented) == []


def test_a_case_that_was_declined_or_whose_citizen_was_forgotten_waits_for_nothing() -> None:
    assert of_the_supplier(OFFERED.does(decline_offer())) == []
    done = ADVANCED.does(complete())
    assert facts(done.does(forget_citizen(effective_on=date(2025, 1, 1)))).waiting == []


# Of no known case ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wanted", "story"),
    [
        ({"amount": kr(5_000)}, SETTLED),
        ({"amount": kr(8_000)}, BOTH_PAID),
        ({"amount": use_card().amount}, SETTLED.does(use_card())),
        ({"merchant": "FAGKURSER MIDT 1234"}, HANDED_IN.does(accept_receipt())),
    ],
    ids=["a line's", "all lines'", "the card's", "the merchant's"],
)
def test_without_a_case_those_are_looked_at_that_something_speaks_for(
    wanted: dict[str, Any], story: Story
) -> None:
    assert likely(Wanted(**wanted), [facts(story)])
    assert not likely(Wanted(merchant=SHOP), [facts(HANDED_IN)])  # Nobody accepted it.
    assert not likely(Wanted(amount=kr(7), merchant="Netto"), [facts(story)])


def test_a_suppliers_cvr_number_finds_its_lines() -> None:
    found = facts(SETTLED)
    line = found.lines[1].model_copy(update={"supplier": "Kursus", "supplier_cvr": "95429114"})
    ours = found.model_copy(update={"lines": found.lines | {1: line}})
    assert likely(Wanted(cvr="95429114"), [ours, ours]) == [ours, ours]
    assert likely(Wanted(merchant="Kursus"), [ours])
    assert not likely(Wanted(cvr=""), [found])
    assert not likely(Wanted(merchant="Netto"), [ours, ours])
