"""When receipts don't come: reminders, held tranches, a caseworker told, a claim proposed; or a waiver."""

from datetime import timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from domain.case.line import Step
from domain.case.reminders import (
    CaseworkerTold,
    ClaimProposed,
    ReceiptsRemindedOf,
    ReceiptsWaived,
    StepCommand,
    StepTold,
    TranchesHeld,
    due,
)
from domain.case.state import cases
from domain.money import kr
from domain.programme import Ladder, Role
from domain.words import Refused, decide
from tests.examples import (
    PAID_ON,
    RELEASED,
    SETTLED,
    WORDS,
    accept_receipt,
    approve_tranche,
    hand_in,
    receive,
    release_tranche,
    request_tranche,
    returned_payment,
    rules,
    stop,
)
from tests.examples_claims import raise_claim
from tests.examples_reminders import (
    BY_THE_LADDER,
    LADDER,
    after,
    hold,
    propose,
    remind,
    tell,
    up_to,
    waive,
)
from tests.examples_rules import assign_roles, change_rules
from tests.scenario import Story

PAID = SETTLED.does(BY_THE_LADDER)  # 5,000 kr., by the bank on 4 March. No receipt of it has come.
REMINDED = PAID.does(*up_to(remind))
HELD = PAID.does(*up_to(hold))
COVERED = [hand_in(amount=kr(5_000)), accept_receipt(amount=kr(5_000))]
# The deadline is later than the hold, so that what is refused is refused for the hold.
PATIENT = change_rules(rules=rules(ladder=LADDER, receipt_deadline_days=365))
PATIENTLY_HELD = SETTLED.does(PATIENT, *up_to(hold))


ASKS = {Step.REMINDED: remind, Step.HELD: hold, Step.TOLD: tell, Step.CLAIM_PROPOSED: propose}


def steps(story: Story) -> list[StepTold]:
    return [each.event for each in story.log if isinstance(each.event, StepTold)]


def another(story: Story, line_no: int = 1) -> Story:
    """Another tranche, ready to be released."""
    where = {"ref": "T-2", "line_no": line_no, "effective_on": after(36)}
    return story.does(request_tranche(amount=kr(1_000), **where), approve_tranche(**where))


def released(line_no: int = 1) -> Any:
    return release_tranche(ref="T-2", line_no=line_no, effective_on=after(36))


# The ladder --------------------------------------------------------------------------------------


def test_the_citizen_is_reminded_with_what_lacks_and_what_comes_next() -> None:
    PAID.when(remind()).then(
        ReceiptsRemindedOf(
            case_no="A-1",
            line_no=1,
            ref="T-1",
            amount=kr(5_000),
            paid_on=PAID_ON,
            due_on=after(14),
            taken_on=after(14),
            rules=2,
            next_on=after(28),
            text_da=(
                "Vi mangler bilag for 5.000,00 kr. af rate T-1 på post 1 i sag A-1, udbetalt den 04-03-2019."
                " Aflever kvitteringerne, eller betal det tilbage, som du ikke har brugt. Har du mistet en"
                " kvittering, så sig det til din jobkonsulent. Mangler de stadig den 01-04-2019, skriver vi"
                " til dig igen."
            ),
            text_en=(
                "We are missing receipts for DKK 5000.00 of tranche T-1 on line 1 in case A-1, paid on"
                " 2019-03-04. Hand in the receipts, or pay back what you have not spent. If you have lost a"
                " receipt, tell your caseworker. If they are still missing on 2019-04-01, we write to you"
                " again."
            ),
        )
    )


def test_the_steps_are_taken_in_order_each_on_its_day() -> None:
    told = steps(PAID.does(*up_to(propose)))
    assert [type(each) for each in told] == [
        *(ReceiptsRemindedOf, ReceiptsRemindedOf, TranchesHeld, CaseworkerTold, ClaimProposed)
    ]
    assert [each.due_on for each in told] == [after(days) for days in (14, 28, 35, 42, 60)]
    assert "holder vi dine næste udbetalinger tilbage" in told[1].text_da
    assert "beder vi din jobkonsulent om at tale med dig" in told[2].text_da
    assert "har fået 2 rykkere. Tal med borgeren" in told[3].text_da
    assert "Det er et spørgsmål og ingen afgørelse." in told[4].text_da
    assert "This is a question, and no decision." in told[4].text_en


@pytest.mark.parametrize("step", [hold, tell, propose])
def test_no_step_comes_before_the_one_below_it(step: Any) -> None:
    early = step(effective_on=after(60))
    PAID.when(early).then_refused("wrong_state", next_step="reminded", rules=2)


@pytest.mark.parametrize("ask", up_to(propose), ids=lambda ask: f"{type(ask).__name__}")
def test_no_step_comes_before_its_day_and_none_twice(ask: StepCommand) -> None:
    so_far = []
    for each in up_to(propose):
        if each == ask:
            break
        so_far.append(each)
    day_before = ask.effective_on - timedelta(days=1)
    early = type(ask)(**dict(ask) | {"effective_on": day_before, "at": ask.at - timedelta(days=1)})
    story = PAID.does(*so_far)
    story.when(early).then_refused("wrong_state", first_day=str(ask.effective_on))
    with pytest.raises(Refused) as no:
        decide(ask, story.does(ask))
    assert no.value.code == "wrong_state"


def test_after_the_last_step_there_is_none() -> None:
    story = PAID.does(*up_to(propose))
    story.when(propose(effective_on=after(99))).then_refused("wrong_state", next_step=None)


def test_a_step_that_came_late_puts_off_those_after_it_by_as_much() -> None:
    late = PAID.does(remind(effective_on=after(100)))
    assert "19-06-2019" not in steps(late)[0].text_da
    assert "26-06-2019, skriver vi til dig igen" in steps(late)[0].text_da
    [following] = due(late(cases, "A-1"), rules(ladder=LADDER), after(114))
    assert (following.step, following.due_on) == (Step.REMINDED, after(114))
    soon = remind(effective_on=after(113))
    late.when(soon).then_refused("wrong_state", first_day=str(after(114)))


def test_without_a_ladder_nothing_is_done() -> None:
    late = remind(effective_on=after(999))
    SETTLED.when(late).then_refused("wrong_state", next_step=None, rules=1)
    assert not list(due(SETTLED(cases, "A-1"), rules(), after(999)))


def test_what_the_bank_has_not_paid_lacks_no_receipts() -> None:
    RELEASED.does(BY_THE_LADDER).when(remind()).then_refused("wrong_state", stage="released")
    back = PAID.does(receive(returned_payment(), statement="S-2"))
    back.when(remind()).then_refused("wrong_state", stage="returned")


def test_what_is_accounted_for_ends_it_and_a_part_of_it_is_not_asked_for_again() -> None:
    PAID.does(*COVERED).when(remind()).then_refused("wrong_state", stage="settled", waived=False)
    [told] = steps(PAID.does(hand_in(), accept_receipt(), remind()))
    assert told.amount == kr(3_000)


def test_what_a_claim_was_raised_about_is_not_asked_for_beside_it() -> None:
    heard = SETTLED.does(change_rules(rules=rules(ladder=LADDER, hearing_days=14)))
    [told] = steps(heard.does(raise_claim(amount=kr(1_500)), remind()))
    assert told.amount == kr(3_500)
    whole = heard.does(raise_claim(amount=kr(5_000)))
    whole.when(remind()).then_refused("wrong_state")
    assert not list(due(whole(cases, "A-1"), rules(ladder=LADDER), after(60)))


def test_rules_that_want_another_reminder_want_it_of_nobody_who_is_past_it() -> None:
    more = change_rules(
        rules=rules(3, ladder=LADDER.model_copy(update={"remind": (14, 28, 33)})),
        effective_on=after(36),
    )
    assert [each.step for each in due(HELD.does(more)(cases, "A-1"), more.rules, after(42))] == [
        Step.TOLD
    ]
    third = list(due(REMINDED.does(more)(cases, "A-1"), more.rules, after(35)))
    assert [each.step for each in third] == [Step.REMINDED]


def test_in_a_closed_case_there_is_nothing_to_hold() -> None:
    story = REMINDED.does(stop(effective_on=after(29)))
    [following] = due(story(cases, "A-1"), rules(ladder=LADDER), after(60))
    assert following.step is Step.TOLD
    story.when(hold()).then_refused("wrong_state", next_step="told")


def test_with_one_reminder_the_text_says_one() -> None:
    once = rules(ladder=Ladder(remind=(14,), hold=14, tell=14, claim=14))
    ask: list[Any] = [step(effective_on=after(14)) for step in (remind, hold, tell, propose)]
    told = steps(SETTLED.does(change_rules(rules=once), *ask))
    assert "har fået en rykker" in told[3].text_da
    assert "got one reminder" in told[3].text_en


@pytest.mark.parametrize(
    ("but", "what"),
    [({"ref": "T-9"}, "tranche"), ({"line_no": 4}, "line"), ({"case_no": "A-9"}, "case")],
)
@pytest.mark.parametrize("ask", [remind, hold, tell, propose, waive])
def test_a_step_needs_its_tranche(ask: Any, but: dict[str, Any], what: str) -> None:
    PAID.when(ask(**but)).then_refused("not_found", what=what)


@pytest.mark.parametrize(
    "days",
    [
        {"remind": ()},
        {"remind": (28, 14)},
        {"remind": (14, 14)},
        {"hold": 27},
        {"tell": 34},
        {"claim": 41},
        {"remind": (0,)},
        {"claim": 3_651},
    ],
)
def test_a_ladder_goes_upwards(days: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Ladder.model_validate(LADDER.model_dump() | days)


def test_rules_without_a_ladder_are_written_as_before() -> None:
    assert "ladder" not in rules().model_dump()


# What is held ------------------------------------------------------------------------------------


def test_while_receipts_lack_no_other_tranche_is_released() -> None:
    another(PATIENTLY_HELD).when(released()).then_refused(
        "tranche_held", tranche="T-1", undocumented="5000.00"
    )
    another(SETTLED.does(PATIENT, *up_to(remind))).does(released())


def test_the_card_is_filled_all_the_same() -> None:
    another(PATIENTLY_HELD, line_no=2).does(released(line_no=2))


def test_it_is_released_again_once_the_receipts_have_come() -> None:
    another(PATIENTLY_HELD).does(*COVERED, released())
    another(PATIENTLY_HELD).does(
        waive(by="both-1", effective_on=after(36)),
        released(),
    )


def test_what_was_overdue_is_refused_as_it_was() -> None:
    another(HELD).when(released()).then_refused("receipts_overdue", undocumented="5000.00")


# The waiver --------------------------------------------------------------------------------------


def waived(story: Story = PAID, **but: Any) -> Story:
    return story.does(waive(by="both-1", **but))


def test_a_controller_waives_the_receipts_and_no_step_follows() -> None:
    PAID.when(waive(by="both-1")).then(
        ReceiptsWaived(
            case_no="A-1",
            line_no=1,
            ref="T-1",
            amount=kr(5_000),
            waived_by="both-1",
            reason=WORDS,
        )
    )
    waived().when(remind()).then_refused("wrong_state", stage="settled", waived=True)
    assert not list(due(waived()(cases, "A-1"), rules(ladder=LADDER), after(99)))


def test_what_is_waived_is_overdue_no_more_and_still_undocumented() -> None:
    before, line = PAID(cases, "A-1").lines[1], waived()(cases, "A-1").lines[1]
    assert (line.undocumented, line.exposure) == (before.undocumented, before.exposure)
    assert list(before.overdue(after(31), 30))
    assert not list(line.overdue(after(31), 30))
    another(waived(HELD, effective_on=after(35))).does(released())


@pytest.mark.parametrize("person", ["kons-1", "fin-1"])
def test_nobody_waives_what_they_had_paid(person: str) -> None:
    both = assign_roles(person="kons-1", roles=(Role.CASEWORKER, Role.CONTROLLER))
    PAID.does(both).when(waive(by=person)).then_refused(
        "same_person", requested_by="kons-1", approved_by="kons-1", released_by="fin-1"
    )


def test_there_must_be_something_to_waive_and_once_is_enough() -> None:
    again = waive(by="both-1")
    waived().when(again).then_refused("wrong_state", waived=True)
    PAID.does(*COVERED).when(again).then_refused("wrong_state", stage="settled")
    RELEASED.when(again).then_refused("wrong_state", stage="released")
