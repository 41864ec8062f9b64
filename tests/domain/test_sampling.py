"""An auditor's sample: fixed before it is drawn, drawn by nobody, looked at in full, and closed."""

from datetime import date
from typing import Any

import pytest
from pydantic import ValidationError

from domain.money import ZERO, kr
from domain.programme import Role, RolesAssigned, Route, programmes
from domain.sampling.drawing import DrawnItem
from domain.sampling.evaluation import Conclusion
from domain.sampling.population import REST, FixedStratum, digest
from domain.sampling.samples import (
    ResultCorrected,
    ResultEntered,
    SampleClosed,
    evaluation,
    samples,
)
from domain.words import Command, Decider, Event, S, decide
from tests.examples import ESTABLISHED, WORDS
from tests.examples_sampling import (
    EVERY_SAMPLE,
    ITEMS,
    NOTE,
    ROOT,
    close,
    correct,
    draw,
    enter,
    fix,
    found,
    item,
    items,
    stratum,
)
from tests.scenario import DAY, Story, noon

FIXED = ESTABLISHED.does(fix())
DRAWN = FIXED.does(draw())
LOOKED_AT = DRAWN.does(*found())
CLOSED = LOOKED_AT.does(close())


def led_to(story: Story, command: Command) -> Any:
    [news] = decide(command, story)
    return news.event


# Fixed -------------------------------------------------------------------------------------------


def test_a_population_is_fixed_with_its_count_its_total_and_its_digest_and_not_with_its_items() -> (
    None
):
    fixed = led_to(ESTABLISHED, fix(purpose=WORDS))
    assert (fixed.items, fixed.amount) == (4, kr(6_200))
    assert (fixed.left_out_items, fixed.left_out_amount) == (1, kr(-300))
    assert (fixed.digest, fixed.through, fixed.purpose) == (digest(ITEMS), 39, WORDS)
    assert ITEMS[0].ref not in fixed.model_dump_json()


def test_without_strata_all_is_one_with_an_interval_of_the_materiality_by_the_factor() -> None:
    """900 kr. / 2.9958; items of 300.42 kr. or more are looked at one and all."""
    fixed = led_to(ESTABLISHED, fix())
    [part] = fixed.fixed_strata
    assert part == FixedStratum(
        name=REST,
        interval=kr(300, 42),
        items=4,
        amount=kr(6_200),
        certain_items=2,
        certain_amount=kr(5_700),
    )


def test_a_stratum_of_more_risk_has_a_shorter_interval_by_its_weight() -> None:
    """And the first stratum that fits has the item."""
    of_card = item(position=9, route=Route.CARD, amount=kr(100))
    strata = (stratum(weight=3), stratum(name="large", route=None, at_least=kr(700), weight=2))
    fixed = led_to(ESTABLISHED, fix(items=(*ITEMS, of_card), strata=strata))
    told = {part.name: (part.interval, part.items, part.amount) for part in fixed.fixed_strata}
    assert told == {
        "card": (kr(100, 14), 1, kr(100)),
        "large": (kr(150, 21), 2, kr(5_700)),
        REST: (kr(300, 42), 2, kr(500)),
    }


@pytest.mark.parametrize(
    ("criteria", "fitting"),
    [
        ({"route": Route.CARD}, {2}),
        ({"at_least": kr(300)}, {1, 2}),
        ({"undocumented": False}, {3}),
        ({"declared": True}, {4}),
        ({"declared": False, "undocumented": True}, {1, 2}),
    ],
)
def test_a_stratum_is_told_apart_by_facts_of_the_money(
    criteria: dict[str, Any], fitting: set[int]
) -> None:
    some = (
        item(position=1, amount=kr(300)),
        item(position=2, amount=kr(301), route=Route.CARD),
        item(position=3, amount=kr(299), undocumented=False),
        item(position=4, amount=kr(1), event="LossDeclared"),
    )
    wanted = stratum(**{"route": None} | criteria)
    assert {each.position for each in some if wanted.fits(each)} == fitting


def test_a_sample_is_fixed_once() -> None:
    FIXED.when(fix(items=items(1))).then_refused("wrong_state", is_already="fixed")


def test_of_nothing_there_is_no_sample() -> None:
    taken_back = (item(amount=-kr(1)), item(amount=ZERO))
    ESTABLISHED.when(fix(items=taken_back)).then_refused("not_found", what="items")


def test_where_much_is_expected_a_sample_tells_little() -> None:
    ESTABLISHED.does(fix(expected=kr(450)))
    asked = fix(expected=kr(450, 1))
    ESTABLISHED.when(asked).then_refused("expected_too_large", materiality="900.00")


@pytest.mark.parametrize(
    "wrong",
    [
        {"confidence": 69},
        {"confidence": 100},
        {"materiality": ZERO},
        {"expected": kr(-1)},
        {"last_day": date(2018, 12, 31)},
        {"strata": (stratum(name=REST),)},
        {"strata": (stratum(), stratum())},
        {"kind": "citizens"},
    ],
)
def test_what_makes_no_sense_is_no_plan(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        fix(**wrong)


def test_a_population_is_fixed_on_the_day_of_asking() -> None:
    early = fix(effective_on=date(2019, 2, 1), at=noon(DAY))
    ESTABLISHED.when(early).then_refused("backdated")


# Drawn -------------------------------------------------------------------------------------------


def test_the_checkpoint_draws_and_the_event_tells_all_that_it_takes_to_draw_again() -> None:
    drawn = led_to(FIXED, draw())
    assert (drawn.size, drawn.root, drawn.note) == (40, ROOT, NOTE)
    assert [each.position for each in drawn.items] == [1, 2, 3]
    assert drawn.items[1] == DrawnItem(
        position=2,
        ref="T-2",
        case_no="A-1",
        line_no=1,
        amount=kr(300),
        stratum=REST,
        certain=False,
    )
    assert led_to(FIXED, draw(items=tuple(reversed(ITEMS)))) == drawn


def test_another_checkpoint_draws_others() -> None:
    story = ESTABLISHED.does(fix(items=items(*[100] * 60)))
    asked = draw(items=items(*[100] * 60))
    other = asked.model_copy(update={"note": NOTE.replace("40", "41")})
    assert led_to(story, asked).items != led_to(story, other).items


@pytest.mark.parametrize("size", [0, 39])
def test_nothing_is_drawn_before_a_checkpoint_speaks_of_the_population(size: int) -> None:
    FIXED.when(draw(size=size)).then_refused("no_checkpoint", through=39)


def test_nothing_is_drawn_from_another_population() -> None:
    other = (*ITEMS[:-1], item(position=9, amount=kr(200)))
    FIXED.when(draw(items=other)).then_refused("population_differs", through=39)


def test_a_sample_is_drawn_once() -> None:
    DRAWN.when(draw()).then_refused("wrong_state", is_already="drawn")


def test_what_was_never_fixed_is_not_drawn() -> None:
    FIXED.when(draw(sample="R-2")).then_refused("not_found", what="sample")


def test_asked_again_it_is_the_same_wish_though_the_log_has_grown() -> None:
    assert fix().digest() == fix(items=items(1), through=99).digest()
    assert draw().digest() == draw(items=(), size=99, note="", root="").digest()
    assert fix().digest() != fix(confidence=90).digest()
    assert draw().digest() != draw(sample="R-2").digest()


# Looked at ---------------------------------------------------------------------------------------


def test_what_was_found_behind_an_item_is_entered_beside_what_is_booked() -> None:
    DRAWN.when(enter(audited=kr(4_500), reason=WORDS)).then(
        ResultEntered(
            programme="NP",
            sample="R-1",
            item=1,
            booked=kr(5_000),
            audited=kr(4_500),
            missing=False,
            reason=WORDS,
        )
    )


def test_an_item_without_anything_behind_it_counts_as_nothing() -> None:
    entered = led_to(DRAWN, enter(audited=ZERO, missing=True))
    assert (entered.audited, entered.missing) == (ZERO, True)
    with pytest.raises(ValidationError):
        enter(audited=kr(1), missing=True)
    with pytest.raises(ValidationError):
        enter(audited=kr(-1))


@pytest.mark.parametrize("ask", [enter, correct])
def test_nobody_adds_an_item_to_the_sample(ask: Any) -> None:
    DRAWN.when(ask(item=4)).then_refused("not_in_sample", item=4)


def test_a_result_is_entered_once_and_corrected_for_a_reason() -> None:
    entered = DRAWN.does(enter())
    DRAWN.when(correct()).then_refused("wrong_state", what="item")
    entered.when(enter()).then_refused("wrong_state", is_already="entered")
    entered.when(correct()).then(
        ResultCorrected(
            programme="NP",
            sample="R-1",
            item=1,
            booked=kr(5_000),
            audited=kr(4_000),
            missing=False,
            reason=WORDS,
        )
    )
    assert entered.does(correct())(samples, "NP", "R-1").audited == {1: kr(4_000)}


# Closed ------------------------------------------------------------------------------------------


def test_a_sample_is_closed_with_what_it_says_once_all_of_it_was_looked_at() -> None:
    found_less = DRAWN.does(*found({1: kr(4_500)}))
    closed = led_to(found_less, close())
    assert isinstance(closed, SampleClosed)
    told = evaluation(found_less(samples, "NP", "R-1"))
    assert (closed.overstated, closed.understated) == (told.overstated, told.understated)
    assert closed.conclusion is told.conclusion is Conclusion.UNSURE
    assert closed.overstated.projected == kr(500)  # All of it was looked at, with certainty.
    assert closed.overstated.upper_limit == kr(500) + closed.overstated.basic_precision


def test_a_sample_is_not_closed_half_looked_at() -> None:
    half = DRAWN.does(*found()[:2])
    half.when(close()).then_refused("wrong_state", missing=1)
    assert evaluation(half(samples, "NP", "R-1")).conclusion is None


@pytest.mark.parametrize("ask", [enter, correct, close])
def test_a_closed_sample_stays_as_it_is(ask: Any) -> None:
    CLOSED.when(ask()).then_refused("wrong_state", is_already="closed")


@pytest.mark.parametrize("ask", [enter, correct, close])
def test_before_it_is_drawn_there_is_nothing_to_look_at(ask: Any) -> None:
    FIXED.when(ask()).then_refused("wrong_state", missing="drawing")


# The auditor's alone -----------------------------------------------------------------------------


def test_a_sample_is_a_stream_of_its_own_and_moves_no_money() -> None:
    added = ESTABLISHED.does(*EVERY_SAMPLE).log[len(ESTABLISHED.log) :]
    assert {entry.stream for entry in added} == {"sample-NP/R-1"}


@pytest.mark.parametrize("ask", [fix, draw, enter, correct, close])
def test_whoever_holds_the_role_and_nobody_else(ask: Any) -> None:
    controller = ask(by="fin-1")
    LOOKED_AT.when(controller).then_refused("forbidden", needs=["auditor"])


@pytest.mark.parametrize("ask", [fix, draw, enter, correct, close])
def test_nobody_audits_what_they_do_themselves(ask: Any) -> None:
    both = RolesAssigned(programme="NP", person="rev-1", roles=(Role.AUDITOR, Role.CONTROLLER))
    LOOKED_AT.tells(programmes.news(both, "NP")).when(ask()).then_refused(
        "same_person", also=["controller"]
    )


@pytest.mark.parametrize("ask", [fix, draw, enter, correct, close])
def test_nobody_audits_what_they_did_before(ask: Any) -> None:
    """Whatever they hold today."""
    before = RolesAssigned(programme="NP", person="rev-1", roles=(Role.CONTROLLER,))
    after = RolesAssigned(programme="NP", person="rev-1", roles=(Role.AUDITOR,))
    changed = LOOKED_AT.tells(*(programmes.news(each, "NP") for each in (before, after)))
    changed.when(ask()).then_refused("same_person", also=["controller"])


def test_an_auditor_of_another_programme_is_nobody_here() -> None:
    left = RolesAssigned(programme="NP", person="rev-1", roles=(Role.CASEWORKER,))
    LOOKED_AT.tells(programmes.news(left, "NP")).when(close()).then_refused("forbidden")


def test_a_sample_reads_no_case() -> None:
    asked: set[str] = set()

    def past(decider: Decider[S], *key: str) -> S:
        asked.add(decider.prefix)
        return ESTABLISHED(decider, *key)

    decide(fix(), past)
    assert asked == {"programme", "sample"}


def test_every_event_tells_of_its_sample() -> None:
    events: list[Event] = [entry.event for entry in CLOSED.log[len(ESTABLISHED.log) :]]
    assert {getattr(event, "sample", "") for event in events} == {"R-1"}
