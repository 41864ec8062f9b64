"""Written down late: on no day gone by is more accounted for than was paid, or refunded than accepted."""

from datetime import date, timedelta
from random import Random
from typing import Any

import pytest
from hypothesis import given as for_any
from hypothesis import settings
from hypothesis import strategies as st

from domain.case.state import cases
from domain.money import ZERO, Money, kr
from domain.programme import Route
from domain.words import Command, Refused
from projections.balances import balances
from projections.completeness import check
from projections.papers import papers
from tests.domain.purses_in_use import BY_SHARE, FUNDING, IN_TURN, TERMS
from tests.examples import (
    GRANTED,
    accept_offer,
    accept_receipt,
    approve_line,
    assess,
    confirm_misuse,
    course,
    declare_loss,
    establish,
    hand_in,
    handed_back,
    licence,
    offer,
    payment,
    receive,
    refund,
    register,
    reject_receipt,
    returned_payment,
    submit,
    write_off,
)
from tests.scenario import DAY, Story, fold, noon

MARCH, LATE_MARCH, APRIL = date(2019, 3, 20), date(2019, 3, 27), date(2019, 4, 1)
PAID = GRANTED.does(*payment(received_on=MARCH), hand_in())
ACCEPTED = PAID.does(accept_receipt(effective_on=LATE_MARCH))


def unspent(**but: Any) -> Command:
    return receive(handed_back(), statement="S-2", **but)


def repaid(**but: Any) -> Command:
    return receive(handed_back(hands_back="REPAY A-1/1"), statement="S-2", **but)


@pytest.mark.parametrize(
    ("story", "ask", "earliest"),
    [
        (PAID, accept_receipt, MARCH),
        (PAID, declare_loss, MARCH),
        (PAID, unspent, MARCH),
        (PAID, lambda **on: receive(returned_payment(), statement="S-2", **on), MARCH),
        (GRANTED.does(hand_in(effective_on=MARCH)), reject_receipt, MARCH),
        (ACCEPTED, refund, LATE_MARCH),
        (PAID.does(confirm_misuse(effective_on=LATE_MARCH)), write_off, LATE_MARCH),
        (PAID.does(confirm_misuse(effective_on=LATE_MARCH)), repaid, LATE_MARCH),
        (GRANTED.does(*payment(), hand_in(effective_on=MARCH)), accept_receipt, MARCH),
    ],
)
def test_nothing_holds_from_a_day_before_what_it_builds_on(
    story: Story, ask: Any, earliest: date
) -> None:
    day_before = ask(effective_on=earliest - timedelta(days=1)).model_copy(
        update={"at": noon(APRIL)}
    )
    story.when(day_before).then_refused("backdated", earliest=str(earliest))
    story.does(ask(effective_on=earliest).model_copy(update={"at": noon(APRIL)}))


def test_a_receipt_of_the_first_tranche_may_be_accepted_late_whatever_was_paid_since() -> None:
    paid_again = PAID.does(*payment("T-2", kr(3_000), received_on=APRIL))
    told = paid_again.does(accept_receipt(effective_on=MARCH))
    told.does(declare_loss(amount=kr(500), effective_on=MARCH))
    told.does(hand_in(ref="K-2", sha256="cd" * 32, amount=kr(4_000))).when(
        accept_receipt(ref="K-2", amount=kr(4_000), effective_on=LATE_MARCH)
    ).then_refused("backdated", earliest=str(APRIL))


def test_what_a_merchant_gave_back_is_there_from_that_day_on() -> None:
    in_full = GRANTED.does(
        *payment(amount=kr(2_000)), hand_in(), accept_receipt(), refund(effective_on=LATE_MARCH)
    )
    in_full.when(declare_loss(amount=kr(500), effective_on=MARCH)).then_refused(
        "backdated", earliest=str(LATE_MARCH)
    )
    in_full.does(declare_loss(amount=kr(500), effective_on=LATE_MARCH))


def test_several_sources_are_drawn_on_once_all_that_stands_there_was_paid() -> None:
    """What is drawn of each is reckoned by what stands there now."""
    story = granted(BY_SHARE).does(*payment("T-1", Money(300)), hand_in(amount=Money(50)))
    story = story.does(*payment("T-2", Money(300), received_on=LATE_MARCH))
    late = accept_receipt(amount=Money(50), effective_on=MARCH)
    story.when(late).then_refused("backdated", earliest=str(LATE_MARCH))


# Any order of days -------------------------------------------------------------------------------


def granted(sources: Any) -> Story:
    steps = (register(), offer(), accept_offer())
    of_it: dict[str, Any] = {"amount": kr(50), "sources": sources, "route": Route.ACCOUNT}
    line = licence(**of_it, line_no=1) if sources is IN_TURN else course(**of_it)
    asked = (submit(lines=(line,)), assess(), approve_line())
    return Story().does(establish(terms=TERMS, funding=FUNDING), *steps, *asked)


STORIES = {each: granted(each) for each in ((), BY_SHARE, IN_TURN)}
ORE = [1, 50, 99, 100, 150]


def something(dice: Random, number: int) -> list[Command]:
    """As from some day of March, asked for in April."""
    on: dict[str, Any] = {"effective_on": DAY + timedelta(days=dice.randrange(30))}
    receipt = {"ref": f"K-{dice.randrange(4)}", "amount": Money(dice.choice(ORE))}
    back = {"amount": receipt["amount"], "entry": f"E-{number}"}
    statement = f"S-{number}"
    file = f"{number:064x}"
    wishes: list[list[Command]] = [
        payment(f"T-{number}", Money(dice.choice(ORE)), received_on=on["effective_on"]),
        [hand_in(**receipt, sha256=file, **on)],
        [accept_receipt(**receipt, rest=dice.random() < 0.5, **on)],
        [refund(**receipt, refunded_on=date(2019, 3, 20), **on)],
        [declare_loss(amount=receipt["amount"], **on)],
        [receive(handed_back(**back), statement=statement, **on)],
        [receive(handed_back(**back, hands_back="REPAY A-1/1"), statement=statement, **on)],
        [confirm_misuse(amount=receipt["amount"], **on)],
        [write_off(amount=receipt["amount"], **on)],
    ]
    return dice.choice(wishes)


@for_any(st.integers(0, 2**32), st.sampled_from(list(STORIES)))
@settings(max_examples=60, deadline=None)
def test_every_day_gone_by_is_balanced_whatever_is_written_down_late(
    dice_of: int, sources: Any
) -> None:
    story, dice = STORIES[sources], Random(dice_of)
    for number in range(40):
        try:
            late = [each.model_copy(update=_asked(each)) for each in something(dice, number)]
            story = story.does(*late)
        except Refused:
            continue
    rows, vouchers = fold(balances, story.log), fold(papers, story.log)
    assert story(cases, "A-1").lines[1].undocumented >= ZERO
    for day in (DAY + timedelta(days=each) for each in range(35)):
        for key, row in rows.items():
            if not key.startswith("phase/"):
                told = row.figures(day)
                parts = (told.advance_paid, told.documented, told.unspent_returned, told.misuse)
                assert min(*parts, told.undocumented, told.claim) >= ZERO, (key, day)
        assert check(vouchers.values(), "NP", day, day).breaches == []


def _asked(command: Command) -> dict[str, Any]:
    """Late, where that may be."""
    return {"at": noon(APRIL)} if command.may_hold_earlier else {}
