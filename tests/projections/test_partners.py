"""What each partner of a fund bears, on any day."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.case.budget import LineGranted
from domain.case.expenses import ExpenseReturned, ExpenseSettled
from domain.cofinancing import CofinancingAgreed, CofinancingAmended, PartnerShare
from domain.fund import FundAgreed
from domain.money import ZERO, Money, kr, total
from domain.words import Event, Recorded
from projections.balances import Balance, balances
from projections.ledger import BOOKINGS, Account, Posting, postings
from projections.partners import Bearing, Borne, Part, borne, partners
from tests.everything import EVENT, EVERYTHING
from tests.examples import (
    COURSE,
    ESTABLISHED,
    GRANTED,
    PAID_ON,
    RELEASED,
    SETTLED,
    debit,
    payment,
    receive,
    returned_payment,
)
from tests.examples_funding import (
    agree_cofinancing,
    decide_amendment,
    recommend,
    shares,
)
from tests.scenario import DAY, Story, fold, recorded

ONE_DAY = timedelta(days=1)
AMENDED_ON = PAID_ON + 7 * ONE_DAY
MUCH_LATER = date(2021, 1, 1)
AGREED = GRANTED.does(agree_cofinancing())
AMENDING = (recommend(), decide_amendment(effective_on=AMENDED_ON))


class Books:
    """What a log tells of a fund, folded once and asked about many days."""

    def __init__(self, log: Iterable[Recorded[Event]], fund: str = "AARHUS") -> None:
        log = list(log)
        rows = fold(partners, log)
        self.balance = fold(balances, log).get(f"funding/NP/{fund}", Balance())
        self.agreements = rows.get(f"NP/{fund}", Bearing()).agreements
        lines = [row for key, row in rows.items() if key.startswith(f"NP/{fund}/")]
        self.drawings = [drawing for row in lines for drawing in row.drawings]

    def on(self, as_of: date) -> Borne:
        committed = self.balance.figures(as_of).committed
        return borne(self.agreements, self.drawings, committed, as_of)


def told(log: Iterable[Recorded[Event]], as_of: date, fund: str = "AARHUS") -> Borne:
    return Books(log, fund).on(as_of)


def parts(story: Story, as_of: date = MUCH_LATER) -> dict[str, tuple[str, str]]:
    """Of each partner: committed, and paid."""
    found = told(story.log, as_of).partners
    return {part.partner: (str(part.committed), str(part.paid)) for part in found}


# In the making -----------------------------------------------------------------------------------


def test_partners_bear_by_their_weights_what_is_committed_and_what_is_paid() -> None:
    assert parts(AGREED) == {"BO": ("13333.33", "0.00"), "KOMMUNEN": ("6666.67", "0.00")}
    assert parts(AGREED.does(*payment())) == {
        "BO": ("10000.00", "3333.33"),
        "KOMMUNEN": ("5000.00", "1666.67"),
    }


def test_a_fund_without_an_agreement_has_no_partners() -> None:
    alone = told(GRANTED.does(*payment()).log, MUCH_LATER)
    assert alone == Borne(partners=[], unshared=Part(committed=kr(15_000), paid=kr(5_000)))
    assert told(AGREED.log, MUCH_LATER, "VELUX").partners == []


def test_before_its_first_day_an_agreement_bears_nothing() -> None:
    story = GRANTED.does(*payment(), agree_cofinancing(effective_on=AMENDED_ON))
    assert parts(story, AMENDED_ON - ONE_DAY) == {}
    assert parts(story, AMENDED_ON)["BO"] == ("10000.00", "0.00")
    assert told(story.log, AMENDED_ON).unshared == Part(paid=kr(5_000))


def test_what_was_paid_before_an_amendment_keeps_its_shares_and_what_is_promised_gets_the_new() -> (
    None
):
    before = AGREED.does(*payment())
    after = before.does(*AMENDING)
    assert parts(after, AMENDED_ON - ONE_DAY) == parts(before, AMENDED_ON - ONE_DAY)
    assert parts(after, AMENDED_ON) == {
        "BO": ("7500.00", "3333.33"),
        "KOMMUNEN": ("7500.00", "1666.67"),
    }


def test_the_day_of_the_bank_counts_and_not_that_of_its_statement() -> None:
    """A month's statement comes in the month after."""
    in_time = debit(booked_on=AMENDED_ON - ONE_DAY)
    late = RELEASED.does(
        agree_cofinancing(), *AMENDING, receive(in_time, effective_on=AMENDED_ON + ONE_DAY)
    )
    assert parts(late, AMENDED_ON) == {"BO": ("10000.00", "0.00"), "KOMMUNEN": ("10000.00", "0.00")}
    assert parts(late, AMENDED_ON + ONE_DAY)["BO"] == ("7500.00", "3333.33")
    on_the_day = RELEASED.does(
        agree_cofinancing(),
        *AMENDING,
        receive(debit(booked_on=AMENDED_ON), effective_on=AMENDED_ON),
    )
    assert parts(on_the_day)["BO"] == ("7500.00", "2500.00")


def test_what_comes_back_goes_back_to_those_who_paid_it() -> None:
    back_on = AMENDED_ON + ONE_DAY
    back = receive(returned_payment(), statement="S-2", effective_on=back_on)
    story = AGREED.does(*payment(), *AMENDING, back)
    assert parts(story, back_on - ONE_DAY)["BO"] == ("7500.00", "3333.33")
    assert parts(story, back_on) == {"BO": ("10000.00", "0.00"), "KOMMUNEN": ("10000.00", "0.00")}


def test_a_payment_made_again_is_borne_by_those_of_the_new_day() -> None:
    def of(kind: Any, on: date, **more: Any) -> Recorded[Event]:
        which = {"case_no": "A-1", "line_no": 1, "ref": "F-1", "amount": kr(9), "entry": "E"}
        event = kind(**which, account_string=COURSE, statement="S", **more)
        return recorded(event, effective_on=on)

    paid = of(ExpenseSettled, DAY, booked_on=DAY)
    back = of(ExpenseReturned, AMENDED_ON, return_reason="AC04")
    again = of(ExpenseSettled, AMENDED_ON, booked_on=AMENDED_ON)
    log = (*AGREED.does(*AMENDING).log, paid, back, again)
    assert [part.paid for part in told(log, AMENDED_ON).partners] == [kr(4, 50), kr(4, 50)]
    assert [part.paid for part in told((*log, back), AMENDED_ON).partners] == [ZERO, ZERO]


def test_who_left_is_told_with_what_it_bore_and_who_came_with_what_it_bears() -> None:
    amended = AGREED.does(
        *payment(),
        recommend(shares=shares(KOMMUNEN=3, REGIONEN=1)),
        decide_amendment(effective_on=AMENDED_ON),
    )
    now = told(amended.log, AMENDED_ON).partners
    assert [(part.partner, part.weight) for part in now] == [
        ("BO", 0),
        ("KOMMUNEN", 3),
        ("REGIONEN", 1),
    ]
    assert [(part.committed, part.paid) for part in now] == [
        (ZERO, kr(3_333, 33)),
        (kr(11_250), kr(1_666, 67)),
        (kr(3_750), ZERO),
    ]


def test_of_two_amendments_of_one_day_the_latter_is_in_force() -> None:
    story = AGREED.does(recommend(), decide_amendment())
    assert [part.weight for part in told(story.log, DAY).partners] == [1, 1]


def test_only_an_adopted_amendment_changes_anything() -> None:
    assert parts(AGREED.does(recommend())) == parts(AGREED)
    rejected = AGREED.does(recommend(), decide_amendment(adopted=False))
    assert parts(rejected) == parts(AGREED)


def test_a_row_is_of_a_fund_or_of_a_line_that_a_fund_has_paid_for() -> None:
    assert set(fold(partners, EVERYTHING.log)) == {"NP/AARHUS", "NP/AARHUS/A-1/1", "NP/VELUX/A-1/3"}
    assert fold(partners, ESTABLISHED.log) == {}


@pytest.mark.parametrize("kind", BOOKINGS)
def test_whatever_is_drawn_names_its_line_and_its_payment(kind: type[Event]) -> None:
    event: Any = EVENT[kind.__name__]
    drawn = [row for row in BOOKINGS[kind](event) if Account.DRAWN in row]
    assert not drawn or {"case_no", "line_no", "ref"} <= set(kind.model_fields)
    paid = [debited for debited, _, _ in drawn] == [Account.DRAWN]
    assert paid == ("booked_on" in kind.model_fields)


def test_a_statement_that_counts_before_the_banks_day_is_borne_by_those_of_the_banks_day() -> None:
    early = receive(debit(booked_on=AMENDED_ON))
    story = RELEASED.does(agree_cofinancing(effective_on=AMENDED_ON), early)
    found = told(story.log, DAY)
    assert [(part.weight, part.paid) for part in found.partners] == [
        (0, kr(3_333, 33)),
        (0, kr(1_666, 67)),
    ]
    assert found.unshared == Part(committed=kr(15_000))


def test_of_what_several_sources_pay_each_has_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    def of_two(event: Event) -> list[Posting]:
        one = postings(event)
        velux = COURSE.model_copy(update={"funding": "VELUX"})
        return one + [Posting(each.account, kr(7), velux) for each in one]

    monkeypatch.setattr("projections.partners.postings", of_two)
    rows = fold(partners, [SETTLED.log[-2], SETTLED.log[-1]])
    drawn = {key: [each.amount for each in row.drawings] for key, row in rows.items()}
    assert drawn == {"NP/AARHUS/A-1/1": [kr(5_000)], "NP/VELUX/A-1/1": [kr(7)]}


# On any day, whatever was paid, came back and was amended ------------------------------------------


days = st.integers(0, 60).map(lambda number: DAY + number * ONE_DAY)
weights = st.dictionaries(st.sampled_from("ABCD"), st.integers(1, 9), min_size=1)
ore = st.integers(1, 500).map(Money)
Log = list[Recorded[Event]]


# The source, and the grant of the line that the payments are of.
ENOUGH = [e for e in GRANTED.log if isinstance(e.event, FundAgreed | LineGranted)][:3]


@st.composite
def agreements(draw: st.DrawFn) -> Log:
    """Each from a later day than the one before, or the same."""
    since, log = sorted(draw(st.lists(days, max_size=4))), []
    for number, day in enumerate(since):
        of: dict[str, Any] = {"programme": "NP", "fund": "AARHUS", "in_force_from": day}
        of["shares"] = tuple(
            PartnerShare(partner=name, weight=weight) for name, weight in draw(weights).items()
        )
        amended = {"ref": f"I-{number}", "decision": None}
        event = CofinancingAmended(**of, **amended) if number else CofinancingAgreed(**of)
        log.append(recorded(event, effective_on=day))
    return log


@st.composite
def flows(draw: st.DrawFn) -> Log:
    """Payments of both lines, some of which come back on a later day, once or a part at a time."""
    log: Log = []
    for number in range(draw(st.integers(0, 8))):
        of: dict[str, Any] = {"case_no": "A-1", "line_no": draw(st.sampled_from([1, 2]))}
        of |= {"ref": f"F-{number}", "account_string": COURSE, "statement": "S", "entry": "E"}
        booked_on, amount = draw(days), draw(ore)
        known_on = booked_on + draw(st.integers(0, 31)) * ONE_DAY
        paid = ExpenseSettled(**of, amount=amount, booked_on=booked_on)
        log.append(recorded(paid, effective_on=known_on))
        if draw(st.booleans()):
            back = ExpenseReturned(**of, amount=amount, return_reason="AC04")
            log.append(recorded(back, effective_on=known_on + draw(st.integers(0, 31)) * ONE_DAY))
    return log


def mixed(draw: st.DataObject, one: Log, other: Log) -> tuple[Recorded[Event], ...]:
    """As a log may hold them: each in its own order."""
    places = draw.draw(st.permutations([True] * len(one) + [False] * len(other)))
    first, second = iter(one), iter(other)
    return (*ENOUGH, *(next(first) if place else next(second) for place in places))


def exactly(shared: Log, flowed: Log, as_of: date) -> dict[str, Fraction]:
    """What each bears of what is paid, payment by payment, to the last fraction of an øre."""
    parts: dict[str, Fraction] = defaultdict(Fraction)
    booked: dict[str, date] = {}
    for entry in flowed:
        event: Any = entry.event
        paid = isinstance(event, ExpenseSettled)
        booked[event.ref] = event.booked_on if paid else booked[event.ref]
        begun: list[Any] = [each.event for each in shared if each.effective_on <= booked[event.ref]]
        if begun and entry.effective_on <= as_of:
            whole = sum(share.weight for share in begun[-1].shares)
            for share in begun[-1].shares:
                part = Fraction(event.amount.ore * share.weight, whole)
                parts[share.partner] += part if paid else -part
    return parts


@given(agreements(), flows(), st.data())
def test_parts_always_add_up_to_the_funds_own_figures(
    shared: Log, flowed: Log, draw: st.DataObject
) -> None:
    log = mixed(draw, shared, flowed)
    books = Books(log)
    for as_of in {entry.effective_on for entry in log} | {DAY - ONE_DAY, MUCH_LATER}:
        found, figures = books.on(as_of), books.balance.figures(as_of)
        everybody = [*found.partners, found.unshared]
        assert total(part.paid for part in everybody) == figures.paid
        assert total(part.committed for part in everybody) == figures.committed
        exact = exactly(shared, flowed, as_of)
        named = {part.partner for part in found.partners}
        assert set(exact) <= named
        for part in found.partners:
            assert abs(part.paid.ore - exact[part.partner]) < max(1, len(shared))
            assert part.paid >= ZERO


@given(agreements(), flows(), st.data())
def test_an_amendment_changes_nothing_of_the_days_before_it_and_nothing_that_was_paid_by_then(
    shared: Log, flowed: Log, draw: st.DataObject
) -> None:
    before, amended = shared[:-1], shared[-1:]
    since = amended[0].effective_on if amended else MUCH_LATER
    one, other = Books(mixed(draw, before, flowed)), Books(mixed(draw, shared, flowed))
    for as_of in {entry.effective_on for entry in flowed} | {since - ONE_DAY}:
        if as_of < since:
            assert one.on(as_of) == other.on(as_of)
    early = [
        entry
        for entry in flowed
        for event in [entry.event]
        if isinstance(event, ExpenseSettled) and event.booked_on < since
    ]

    def paid(log: Log) -> dict[str, Money]:
        found = told([*log, *early], MUCH_LATER).partners
        return {part.partner: part.paid for part in found if part.paid}

    assert paid(before) == paid(shared)
