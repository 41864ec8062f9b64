from collections.abc import Callable
from dataclasses import replace
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.case.readings import ReceiptRead
from domain.case.recovery import MisuseConfirmed
from domain.case.sources import AccountString
from domain.money import kr
from domain.words import Event
from projections.flags.catalogue import RULES
from projections.flags.gathering import ARRIVING, GATHERS, case_facts
from projections.flags.kinds import Kind, buys_goods, is_open, kind_of_name, shop
from projections.flags.rule import Hit, Stage, as_delivered, findings, rule
from tests.projections.flags.histories import LATE, History, day, says
from tests.scenario import recorded

WORDS_OF_PEOPLE = ("nationality", "address", "age", "family", "score", "cpr", "name of the citizen")


def test_no_two_rules_have_one_name() -> None:
    with pytest.raises(TypeError, match="card_cash"):

        @rule(1, ("CardUsed",))
        def card_cash(*_: object) -> list[Hit]:
            return []


def test_every_rule_says_what_it_is_about_and_what_it_looks_at() -> None:
    gathered = {kind.__name__ for kinds in (GATHERS, ARRIVING) for kind in kinds}
    for each in RULES.values():
        assert each.says.endswith(".")
        assert {name.partition(":")[0] for name in each.looks_at} <= gathered
        assert each.stage is not Stage.OFF


def test_no_rule_can_look_at_what_was_found_about_misuse() -> None:
    confirmed = MisuseConfirmed(
        case_no="A-1",
        line_no=1,
        amount=kr(1),
        kind="other",
        account_string=AccountString(programme="TT", funding="AARHUS"),
    )
    assert not list(case_facts.keys(recorded(confirmed)))
    told = ("Misuse", "Claim", "Appeal", "Flag")
    assert not [kind for kind in GATHERS if kind.__name__.startswith(told)]


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("Ølbaren", Kind.ALCOHOL),
        ("Vinhandel Nord", Kind.ALCOHOL),
        ("Café Syd", Kind.EATING_OUT),
        ("Byens Pizzeria", Kind.EATING_OUT),
        ("Købmanden", Kind.GROCERIES),
        ("Hotel Havnen", Kind.LEISURE),
        ("Vinterkurser", None),
        ("Krogs Køreskole", None),
        ("Barneklinikken", None),
        ("Aftenskolen", None),
    ],
)
def test_a_trade_is_told_by_its_own_word(name: str, kind: Kind | None) -> None:
    assert kind_of_name(name) is kind


def test_a_category_is_told_by_its_id_and_name() -> None:
    assert buys_goods("x1 Egen virksomhed")
    assert not buys_goods("course Kurser")
    assert is_open("other Andet")
    assert not is_open("brother x")
    assert shop("Ålborg & Søn ApS") == shop("AALBORG og SØN")


days = st.integers(0, 60)
STEPS = (
    "praucielnotkhbm"  # See HAPPENS and SHOPS; a and x judge the receipt that was handed in last.
)


@settings(max_examples=40)
@given(st.lists(st.tuples(st.sampled_from(STEPS), st.integers(1, 4), days), max_size=40), days)
def test_day_by_day_the_same_is_found_as_all_at_once(
    steps: list[tuple[str, int, int]], then: int
) -> None:
    told = lived(sorted(steps, key=lambda step: step[2]))
    every = as_delivered(Stage.LIVE, Stage.DRAFT)
    whole = [each for each in findings(told.facts(), every, LATE) if each.on <= day(then)]
    assert list(findings(told.facts(day(then)), every, day(then))) == whole


def test_a_rule_looks_at_nothing_but_what_it_says() -> None:
    """Found in many histories with dice that fall the same way each time. `CaseRegistered` names the case."""
    for dice in range(30):
        chance = Random(dice)
        steps = [
            (chance.choice(STEPS), chance.choice([1, 2, 3, 4]), chance.randrange(150))
            for _ in range(60)
        ]
        told = lived(sorted(steps, key=lambda step: step[2]))
        whole = told.facts()
        for each in as_delivered(Stage.LIVE, Stage.DRAFT):
            few = {name: least(name, value) for name, value in each.parameters.items()}
            eager = [replace(each, parameters=few)]
            named = {"CaseRegistered", *(name.partition(":")[0] for name in each.rule.looks_at)}
            alone = findings(told.facts(of=named), eager, LATE)
            assert list(alone) == list(findings(whole, eager, LATE)), each.rule.id


def test_a_rule_reads_no_field_of_a_picture_but_what_it_says() -> None:
    """A rule that names no field of `ReceiptRead` sees none of it."""
    for dice in range(30):
        chance = Random(dice)
        steps = [
            (chance.choice("pprrtttuli"), chance.choice([1, 2, 3, 4]), chance.randrange(150))
            for _ in range(60)
        ]
        told = lived(sorted(steps, key=lambda step: step[2]))
        whole = told.facts()
        for each in as_delivered(Stage.LIVE, Stage.DRAFT):
            few = {name: least(name, value) for name, value in each.parameters.items()}
            eager = [replace(each, parameters=few)]
            alone = findings(but_read(told, fields_of(each.rule.looks_at)).facts(), eager, LATE)
            assert list(alone) == list(findings(whole, eager, LATE)), each.rule.id


def fields_of(looks_at: tuple[str, ...]) -> set[str]:
    """Of a picture, those that a rule says that it looks at."""
    [named] = [each.partition(": ")[2] for each in looks_at if each.startswith("ReceiptRead")] or [
        ""
    ]
    return set(named.split(", ")) - {""}


def but_read(told: History, named: set[str]) -> History:
    """The same history, in which pictures say nothing else."""
    return History([replace(news, event=blanked(news.event, named)) for news in told.log])


def blanked(event: Event, named: set[str]) -> Event:
    if not isinstance(event, ReceiptRead):
        return event
    fields = ("total", "vat", "purchased_on", "time", "cvr", "number", "merchant", "likeness")
    reading = event.reading.model_copy(
        update={each: None for each in fields if each not in named}
        | {"agreed": tuple(each for each in event.reading.agreed if each in named)}
    )
    return event.model_copy(update={"reading": reading})


def least(parameter: str, value: int) -> int:
    return 2 if parameter in {"times", "receipts", "cases", "others", "days"} else value


SHOPS = {"r": "Kurser Nord", "l": "Café Midt", "t": "Data Vest"}
SLIP = says(kr(900), time="12:00", number="12345", cvr="91335418", on=day(1), vat=kr(5))
COPY = says(
    kr(900), likeness="00ff00ff00ff00ff"
)  # Of which nothing but the picture tells that it is one.
HAPPENS: dict[str, Callable[[History, str, int], object]] = {
    "p": lambda told, case_no, on: told.pays(case_no, kr(2_000), on),
    "u": lambda told, case_no, on: told.uses(case_no, "5812", kr(700), on),
    "c": lambda told, case_no, on: told.uses(case_no, "8299", kr(1_700), on, "Kurser Nord"),
    "i": lambda told, case_no, on: told.invoice(case_no, kr(1_000), on),
    "e": lambda told, case_no, on: told.account(case_no, f"{on % 3}", on),
    "n": lambda told, case_no, on: told.loses(case_no, kr(490), on),
    "o": lambda told, case_no, on: told.ends(case_no, on + 1, on),
    "k": lambda told, case_no, on: told.outlay(case_no, kr(1_000), on, "Kurser Nord"),
    "h": lambda told, case_no, on: told.hands_back(case_no, kr(500), on),
    "b": lambda told, case_no, on: told.returns(case_no, on),
    "m": lambda told, case_no, on: told.refunds(case_no, on),
}


def lived(steps: list[tuple[str, int, int]]) -> History:
    """Four cases, to which something happens on some days."""
    told = History()
    for number, route in enumerate(("account", "account", "card", "card"), start=1):
        told.case(f"A-{number}", "course", "business", route=route)
    handed_in: dict[str, str] = {}
    for what, number, on in steps:
        case_no = f"A-{number}"
        if what in HAPPENS:
            HAPPENS[what](told, case_no, on)
        elif what in SHOPS:
            handed_in[case_no] = told.receipt(
                case_no, kr(1_000), on, SHOPS[what], bought=1, says=COPY if what == "t" else SLIP
            )
        elif last := handed_in.pop(case_no, None):
            if what == "a":
                told.accepts(case_no, last, kr(900), on)
            else:
                told.rejects(case_no, last, on)
    return told
