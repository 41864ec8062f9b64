"""Receipts as shops write them, here and abroad: what is read of each, and that nothing else is."""

import re
from pathlib import Path

import pytest

from service.reading.agreeing import CERTAIN, RAPID, TESSERACT, Judged, judge
from service.reading.fields import fields
from service.reading.labels import Label, label
from service.reading.lines import typed

# Each begins with a line of its name and of what is to be read, which `written.txt` tells of itself.
WRITTEN = {
    told.partition(";")[0]: (tuple(told.split("; ")[1:]), text)
    for told, text in re.findall(
        r"^# ([^\n]+; [^\n]+)\n((?:[^#\n][^\n]*\n?)+)",
        (Path(__file__).parent / "written.txt").read_text("utf-8"),
        re.MULTILINE,
    )
}


def told(found: Judged) -> tuple[str, ...]:
    values = (
        found.total and found.total.amount.ore,
        found.vat and found.vat.amount.ore,
        found.purchased_on and found.purchased_on.day,
        found.cvr and found.cvr.text,
        found.number and found.number.text,
    )
    return tuple("-" if each is None else str(each) for each in values)


def test_there_are_forty_of_them() -> None:
    assert len(WRITTEN) >= 40


@pytest.mark.parametrize("name", WRITTEN)
def test_what_shops_write_is_read_as_it_is_meant(name: str) -> None:
    wanted, text = WRITTEN[name]
    seen = fields(typed(text))

    assert told(judge({TESSERACT: seen, RAPID: seen})) == wanted


@pytest.mark.parametrize("paid", ["EUR", "SEK", "NOK", "USD", "€", "$", "£"])
@pytest.mark.parametrize("line", ["Total {0} 100,00", "I alt 100,00 {0}", "At betale {0} 100,00"])
def test_another_currency_is_never_proposed_as_kroner(paid: str, line: str) -> None:
    """Nor is its VAT, though a fifth bears it out."""
    text = f"Butikken\nVare 60,00\nVare 40,00\n{line.format(paid)}\nMoms 20,00\nVisa 100,00"
    seen = fields(typed(text))
    judged = judge({TESSERACT: seen, RAPID: seen})

    assert (judged.total, judged.vat) == (None, None)
    assert not judged.agreed & {"total", "vat"}


@pytest.mark.parametrize("small", ["Kontant 500,00", "Dankort 500,00", "Byttepenge 500,00"])
@pytest.mark.parametrize("before", ["", "Subtotal 500,00\n", "Total ekskl. moms 500,00\n"])
def test_neither_what_was_given_nor_what_came_back_is_the_total(small: str, before: str) -> None:
    seen = fields(typed(f"Butikken\nVare 75,00\n{before}{small}"))

    assert seen.total is None
    assert not [
        each for each in (judge({TESSERACT: seen}).total,) if each and each.confidence >= CERTAIN
    ]


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        ("Total moms", Label.VAT),
        ("Total netto", Label.SUBTOTAL),
        ("Total før rabat", Label.SUBTOTAL),
        ("Total inkl. moms", Label.TOTAL),
        ("Saldo i alt", Label.OTHER),
        ("Rest til betaling", Label.OTHER),
        ("Restaurant", None),
        ("Gavekort", Label.PAYMENT),
    ],
)
def test_a_word_beside_total_makes_it_another_one(words: str, meant: Label | None) -> None:
    assert label(words) is meant
