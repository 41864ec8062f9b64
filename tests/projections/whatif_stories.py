"""Small stories to replay under other rules, and how they are asked about."""

from datetime import date
from typing import Any

from domain.money import Money, kr
from domain.programme import Route
from projections.whatif.answer import Answer, answer
from projections.whatif.figures import Fate, fates
from projections.whatif.payments import history
from projections.whatif.replay import Replay, Replayed
from projections.whatif.rules import (
    Assumptions,
    Habit,
    OtherRules,
    Placement,
)
from tests.examples import (
    PAID_ON,
    accept_receipt,
    confirm_misuse,
    granted_under,
    hand_in,
    payment,
)
from tests.scenario import Story

MARCH_5, MARCH_20, MARCH_24 = date(2019, 3, 5), date(2019, 3, 20), date(2019, 3, 24)
APRIL_1, APRIL_10, APRIL_20 = date(2019, 4, 1), date(2019, 4, 10), date(2019, 4, 20)
AS_THEN = Assumptions(Placement.IN_PROPORTION, Habit.AS_THEN)
TO_THE_ACCOUNT = (Route.EAN, Route.ACCOUNT)


def lump_sum(amount: Money = kr(20_000), line_no: int = 1, **rules: Any) -> Story:  # noqa: B008
    """All of a line paid at once, in a programme without limits: asked on DAY, booked on PAID_ON."""
    without = {"tranche_max": None, "undocumented_limit": None, "receipt_deadline_days": 30}
    return granted_under(**without | rules).does(
        *payment("T-1", amount, line_no, received_on=MARCH_5)
    )


def documented(amount: Money, on: date, ref: str = "K-1", bought: date = PAID_ON) -> list[Any]:
    file = (ref * 32).encode().hex()[:64]
    return [
        hand_in(ref=ref, amount=amount, sha256=file, purchased_on=bought, effective_on=on),
        accept_receipt(ref=ref, amount=amount, effective_on=on),
    ]


def misused(amount: Money, on: date = APRIL_1, **of: Any) -> Any:
    return confirm_misuse(amount=amount, effective_on=on, **of)


def replayed(story: Story, rules: OtherRules, assumed: Assumptions = AS_THEN) -> Replayed:
    return Replay(history(story.log, "NP"), rules, assumed).run()


def tranches(story: Story, rules: OtherRules, assumed: Assumptions = AS_THEN) -> list[Any]:
    """What was paid and when, of the first wish."""
    return [(each.amount, each.on) for each in replayed(story, rules, assumed).wishes[0].tranches]


def asked(story: Story, rules: OtherRules) -> Answer:
    return answer(history(story.log, "NP"), rules)


def fate(story: Story, rules: OtherRules, of: int = 0) -> Fate:
    """If nobody hurries a receipt."""
    return fates(replayed(story, rules), ())[of]


def saved(story: Story, rules: OtherRules) -> list[Money]:
    """Certain, low, central and high."""
    return [amount for _, amount in asked(story, rules).answer.saved]


LIMIT = OtherRules({"undocumented_limit": kr(12_000)})
BITES = OtherRules({"tranche_max": kr(10_000)})
