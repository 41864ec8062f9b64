"""Receipts and declarations: what explains that an advance was spent as agreed."""

from datetime import date
from typing import Any

import pytest
from pydantic import ValidationError

from domain.case.budget import BudgetSubmitted
from domain.case.readings import ReceiptRead, ReceiptUnreadable
from domain.case.receipts import LossDeclared, ReceiptAccepted, ReceiptHandedIn, ReceiptRejected
from domain.case.state import cases
from domain.money import ZERO, Money, kr
from domain.reference import ReferenceTaken
from domain.words import Command, decide
from tests.examples import (
    ACCEPTED,
    COURSE,
    GRANTED,
    HANDED_IN,
    READ,
    RELEASED,
    SETTLED,
    SHA256,
    SUBMITTED,
    WORDS,
    accept_receipt,
    assessing,
    confirm_misuse,
    course,
    declare_loss,
    establish,
    granted_under,
    hand_in,
    handed_back,
    payment,
    receive,
    record_reading,
    record_unreadable,
    register,
    reject_receipt,
    returned_payment,
)
from tests.scenario import DAY, Story

RECEIPT: dict[str, Any] = {"case_no": "A-1", "line_no": 1, "ref": "K-1"}
OTHER_FILE = "cd" * 32


def undocumented(story: Story) -> Money:
    return story(cases, "A-1").lines[1].undocumented


# Handed in ---------------------------------------------------------------------------------------


def test_a_receipt_is_handed_in_and_its_number_and_its_file_are_taken() -> None:
    owner = {"programme": "NP", "case_no": "A-1", "line_no": 1}
    SETTLED.when(hand_in(note=WORDS)).then(
        ReceiptHandedIn(
            **RECEIPT,
            amount=kr(2_000),
            sha256=SHA256,
            merchant="Fagkurser Midt",
            purchased_on=date(2019, 3, 6),
            note=WORDS,
            holds_from=DAY,
        ),
        ReferenceTaken(**owner, reference="K-1"),
        ReferenceTaken(**owner, reference=SHA256),
    )


@pytest.mark.parametrize("story", [SUBMITTED, GRANTED, RELEASED, SETTLED])
def test_a_receipt_is_handed_in_for_any_line_of_a_submitted_budget(story: Story) -> None:
    story.does(hand_in(line_no=3))


def test_a_receipt_is_for_a_line_that_exists() -> None:
    ACCEPTED.when(hand_in()).then_refused("not_found", what="line")
    SETTLED.when(hand_in(line_no=4)).then_refused("not_found", what="line")
    SETTLED.when(hand_in(case_no="A-2")).then_refused("not_found", what="case")


def test_a_receipts_number_is_used_once_in_a_programme() -> None:
    again = hand_in(sha256=OTHER_FILE)
    HANDED_IN.when(again).then_refused("wrong_state", taken_by="A-1/1")
    HANDED_IN.does(reject_receipt()).when(again).then_refused("wrong_state")
    HANDED_IN.when(hand_in(sha256=OTHER_FILE, line_no=2)).then_refused("wrong_state")
    another = HANDED_IN.does(*assessing("B-1"))
    another.when(hand_in(sha256=OTHER_FILE, case_no="B-1")).then_refused("wrong_state")


def test_a_receipts_file_is_used_once_in_a_programme() -> None:
    again = hand_in(ref="K-2")
    HANDED_IN.when(again).then_refused("duplicate_receipt", taken_by="A-1/1")
    HANDED_IN.does(reject_receipt()).when(again).then_refused("duplicate_receipt")
    HANDED_IN.when(hand_in(ref="K-2", line_no=2)).then_refused("duplicate_receipt")
    another = HANDED_IN.does(*assessing("B-1"))
    another.when(hand_in(ref="K-2", case_no="B-1")).then_refused("duplicate_receipt")


def test_another_programme_numbers_its_receipts_for_itself() -> None:
    in_ltt = {"programme": "LTT", "case_no": "B-1"}
    steps = [step.model_copy(update=in_ltt) for step in assessing("B-1")]
    HANDED_IN.does(establish(programme="LTT"), *steps, hand_in(**in_ltt))


def test_a_refused_receipt_leaves_its_number_free() -> None:
    HANDED_IN.when(hand_in(ref="K-2")).then_refused("duplicate_receipt")
    HANDED_IN.does(hand_in(ref="K-2", sha256=OTHER_FILE))


# Accepted ----------------------------------------------------------------------------------------


def test_a_receipt_is_accepted_and_explains_the_lines_advance() -> None:
    told = {"account_string": COURSE, "merchant": "Fagkurser Midt", "accepted_by": "kons-1"}
    accepted = ReceiptAccepted(**RECEIPT, amount=kr(2_000), holds_from=DAY, **told)
    HANDED_IN.when(accept_receipt()).then(accepted)
    assert undocumented(HANDED_IN.does(accept_receipt())) == kr(3_000)


def test_a_receipt_is_accepted_for_less_than_it_says_and_never_for_more() -> None:
    assert undocumented(HANDED_IN.does(accept_receipt(amount=kr(0, 1)))) == kr(4_999, 99)
    above = accept_receipt(amount=kr(2_000, 1))
    HANDED_IN.when(above).then_refused("above_receipt", receipt="2000.00")


def test_receipts_explain_the_whole_advance_and_not_an_ore_more() -> None:
    story = SETTLED.does(hand_in(amount=kr(6_000)))
    assert undocumented(story.does(accept_receipt(amount=kr(5_000)))) == ZERO
    above = accept_receipt(amount=kr(5_000, 1))
    story.when(above).then_refused("above_advance", undocumented="5000.00")


def test_an_advance_that_is_only_ordered_is_not_there_to_be_explained() -> None:
    story = RELEASED.does(hand_in())
    story.when(accept_receipt(amount=kr(0, 1))).then_refused("above_advance", undocumented="0.00")


def test_one_lines_receipt_never_explains_anothers_advance() -> None:
    story = SETTLED.does(hand_in(line_no=2))
    story.when(accept_receipt(line_no=2, amount=kr(0, 1))).then_refused("above_advance")


@pytest.mark.parametrize(
    "covered",
    [
        [hand_in(ref="K-2", sha256=OTHER_FILE), accept_receipt(ref="K-2", amount=kr(300))],
        [declare_loss(amount=kr(300))],
        [receive(handed_back(amount=kr(300)), statement="S-2")],
        [confirm_misuse(amount=kr(300))],
    ],
    ids=["receipt", "declaration", "unspent", "misuse"],
)
def test_what_is_accounted_for_is_not_accounted_for_again(covered: list[Command]) -> None:
    story = SETTLED.does(hand_in(amount=kr(6_000)), *covered)
    story.does(accept_receipt(amount=kr(4_700)))
    story.when(accept_receipt(amount=kr(4_700, 1))).then_refused("above_advance")


def test_money_that_came_back_after_its_receipts_makes_undocumented_negative() -> None:
    story = HANDED_IN.does(accept_receipt(), receive(returned_payment(), statement="S-2"))
    assert undocumented(story) == -kr(2_000)
    more = story.does(hand_in(ref="K-2", sha256=OTHER_FILE))
    more.when(accept_receipt(ref="K-2", amount=kr(0, 1))).then_refused("above_advance")
    again = more.does(*payment("T-2", kr(5_000)))
    again.does(accept_receipt(ref="K-2", amount=kr(2_000)))
    assert undocumented(again) == kr(3_000)


@pytest.mark.parametrize("judge", [accept_receipt, reject_receipt])
def test_a_receipt_is_judged_once(judge: Any) -> None:
    HANDED_IN.does(accept_receipt()).when(judge()).then_refused("wrong_state")
    HANDED_IN.does(reject_receipt()).when(judge()).then_refused("wrong_state")


@pytest.mark.parametrize("judge", [accept_receipt, reject_receipt])
def test_a_receipt_is_found_on_its_own_line_alone(judge: Any) -> None:
    HANDED_IN.when(judge(ref="K-2")).then_refused("not_found", what="receipt")
    HANDED_IN.when(judge(line_no=2)).then_refused("not_found", what="receipt")
    HANDED_IN.when(judge(line_no=4)).then_refused("not_found", what="line")


# Rejected ----------------------------------------------------------------------------------------


def test_a_rejected_receipt_explains_nothing() -> None:
    HANDED_IN.when(reject_receipt(reason=WORDS)).then(ReceiptRejected(**RECEIPT, reason=WORDS))
    assert undocumented(HANDED_IN.does(reject_receipt())) == kr(5_000)


# Declared lost -----------------------------------------------------------------------------------


def test_a_declaration_stands_in_for_a_lost_receipt() -> None:
    declared = LossDeclared(
        case_no="A-1",
        line_no=1,
        amount=kr(300),
        account_string=COURSE,
        words=WORDS,
        declared_on=DAY,
        declared_by="fin-1",
    )
    SETTLED.when(declare_loss(words=WORDS)).then(declared)
    assert undocumented(SETTLED.does(declare_loss())) == kr(4_700)


def test_a_declaration_is_at_most_the_programmes_largest_and_there_may_be_several() -> None:
    SETTLED.does(declare_loss(amount=kr(500)), declare_loss(amount=kr(500)))
    above = declare_loss(amount=kr(500, 1))
    SETTLED.when(above).then_refused("declaration_too_large", most="500.00")


def test_declarations_explain_the_whole_advance_and_not_an_ore_more() -> None:
    story = granted_under(declaration_max=kr(9_000)).does(*payment())
    story.does(declare_loss(amount=kr(5_000)))
    story.when(declare_loss(amount=kr(5_000, 1))).then_refused("above_advance")
    GRANTED.when(declare_loss(amount=kr(0, 1))).then_refused("above_advance")


def test_a_declaration_is_for_a_line_that_exists() -> None:
    ACCEPTED.when(declare_loss()).then_refused("not_found", what="line")


# Amounts -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("amount", [ZERO, -kr(1)])
@pytest.mark.parametrize("command", [hand_in, accept_receipt, declare_loss])
def test_an_amount_is_more_than_nothing(command: Any, amount: Money) -> None:
    with pytest.raises(ValidationError, match=r"more than 0\.00"):
        command(amount=amount)


def test_free_text_itself_never_reaches_the_log() -> None:
    with pytest.raises(ValidationError):
        hand_in(note="Bruger kvitteringen til sin datters cykel")
    with pytest.raises(ValidationError):
        course(words="Skriftligt dansk")


# Capped by citizen and period ----------------------------------------------------------------------

CAPPED = granted_under(declarations_max_total=kr(800)).does(
    *payment(), *payment("T-2", kr(1_000), line_no=2)
)


def declared(amount: Money, day: date, line_no: int = 1) -> Command:
    return declare_loss(amount=amount, effective_on=day, line_no=line_no)


def test_a_citizens_declarations_are_capped_over_all_lines_and_twelve_months() -> None:
    story = CAPPED.does(declared(kr(500), date(2019, 4, 1)))
    story.does(declared(kr(300), date(2019, 4, 2), line_no=2))
    above = declared(kr(300, 1), date(2020, 3, 31), line_no=2)
    facts = {"most": "800.00", "declared": "500.00", "months": 12, "rules": 1}
    story.when(above).then_refused("declarations_exhausted", **facts)
    story.does(declared(kr(500), date(2020, 4, 1)))


def test_no_period_holds_too_much_whatever_the_order_of_writing_down() -> None:
    story = CAPPED.does(declared(kr(500), date(2020, 4, 1)))
    earlier = declared(kr(300, 1), date(2019, 4, 2))
    story.when(earlier).then_refused("declarations_exhausted", declared="500.00")
    story.does(declared(kr(300, 1), date(2019, 4, 1)))


def test_the_months_are_the_programmes_own() -> None:
    story = granted_under(declarations_max_total=kr(500), declarations_months=1).does(*payment())
    story = story.does(declared(kr(500), date(2019, 4, 1)))
    story.when(declared(kr(1), date(2019, 4, 30))).then_refused("declarations_exhausted")
    story.does(declared(kr(1), date(2019, 5, 1)))


IN_A_2 = {"case_no": "A-2"}


def with_another_case(**of: str) -> Story:
    """Of the same citizen in the same programme, but for that; 500 kr. were declared in it."""
    [registered] = decide(register(case_no="A-2"), CAPPED)
    [submitted] = (each.event for each in CAPPED.log if isinstance(each.event, BudgetSubmitted))
    loss = LossDeclared(
        case_no="A-2",
        line_no=1,
        amount=kr(500),
        account_string=COURSE,
        words=None,
        declared_on=date(2019, 4, 1),
    )
    told = (registered.event.model_copy(update=of), submitted.model_copy(update=IN_A_2), loss)
    return CAPPED.tells(*(cases.news(event, "A-2") for event in told))


def test_a_citizens_declarations_are_capped_over_all_their_cases_in_the_programme() -> None:
    """Which others there are is looked up in the log."""
    above = declared(kr(300, 1), date(2019, 4, 2)).model_copy(update={"other_cases": ("A-2",)})
    with_another_case().when(above).then_refused("declarations_exhausted", declared="500.00")
    with_another_case().does(above.model_copy(update={"amount": kr(300)}))
    for another in ({"citizen": "citizen-" + 16 * "f"}, {"programme": "OTHER"}):
        with_another_case(**another).does(above)


def test_which_other_cases_there_are_is_no_part_of_the_wish() -> None:
    assert declare_loss().digest() == declare_loss(other_cases=("A-2",)).digest()
    assert declare_loss().digest() != declare_loss(amount=kr(1)).digest()


def test_a_declaration_of_a_release_that_didnt_tell_its_day_is_not_counted() -> None:
    of_old = LossDeclared(
        case_no="A-1", line_no=1, amount=kr(800), account_string=COURSE, words=None
    )
    story = CAPPED.tells(cases.news(of_old, "A-1"))
    assert undocumented(story) == kr(4_200)
    story.does(declared(kr(500), date(2019, 4, 1)))


# Read --------------------------------------------------------------------------------------------


def test_what_is_read_from_the_picture_is_kept() -> None:
    read = ReceiptRead(**RECEIPT, reading=READ)
    HANDED_IN.when(record_reading()).then(read)


def test_a_picture_may_be_read_again_also_when_the_receipt_was_accepted() -> None:
    better = READ.model_copy(update={"readers": ("tesseract 6.0.0 dan",)})
    story = HANDED_IN.does(record_reading(), accept_receipt())
    story.when(record_reading(reading=better)).then(ReceiptRead(**RECEIPT, reading=better))


def test_why_a_picture_could_not_be_read_is_kept_and_the_receipt_stands() -> None:
    story = HANDED_IN.does(record_unreadable())
    HANDED_IN.when(record_unreadable()).then(ReceiptUnreadable(**RECEIPT, reason="truncated"))
    assert undocumented(story.does(accept_receipt())) == undocumented(
        HANDED_IN.does(accept_receipt())
    )


@pytest.mark.parametrize("command", [record_reading(ref="K-9"), record_unreadable(ref="K-9")])
def test_what_was_not_handed_in_is_not_read(command: Command) -> None:
    HANDED_IN.when(command).then_refused("not_found", what="receipt")
