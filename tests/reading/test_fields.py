"""What is made of lines of text, without any engine."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.money import Money
from service.reading.agreeing import RAPID, TESSERACT, judge
from service.reading.fields import fields
from service.reading.lines import typed

RECEIPT = """
Cykelsmeden på Åen
Nørregade 12
8000 Aarhus C
CVR 36998288
--------------------------
16-09-2026           17:42
Bon 965221          Kasse 8
--------------------------
Cykellygte          199,95
Lås                 299,00
--------------------------
TOTAL               498,95
Heraf MOMS 25%       99,79
Dankort             498,95
Tak for besøget
"""


def test_a_receipt_tells_all_its_fields() -> None:
    found = fields(typed(RECEIPT))

    assert found.total and found.total.value == 49895
    assert found.vat and found.vat.value == 9979
    assert found.purchased_on and found.purchased_on.value == date(2026, 9, 16)
    assert found.time and found.time.value == "17:42"
    assert found.merchant and found.merchant.value == "Cykelsmeden på Åen"
    assert found.cvr and found.cvr.value == "36998288"
    assert found.number and found.number.value == "965221"
    assert found.borne_out_by == {"payment", "items", "vat"}


@pytest.mark.parametrize(
    ("lines", "ore"),
    [
        ("Vare 100,00\nSUBTOTAL 100,00\nRABAT 20,00\nAT BETALE 80,00\nDankort 80,00", 8000),
        ("Vare 75,00\nTOTAL 75,00\nKONTANT 100,00\nBYTTEPENGE 25,00", 7500),
        ("TOTAL RABAT 25,00\nTOTAL 75,00", 7500),
        ("Vare 80,00\nTOTAL EKSKL. MOMS 64,00\nTOTAL INKL. MOMS 80,00", 8000),
        ("Vare 75,00\nI ALT DKK 75,00\nDu har sparet i alt 12,00", 7500),
        ("Vare 75,25\nØREAFRUNDING 0,25\nTOTAL 75,50", 7550),
        ("T0TAL 75,00", 7500),
        ("|I ALT 75,00", 7500),
        ("TOTAL 1,250.00\nVISA 1,250.00", 125000),
    ],
)
def test_the_total_is_what_was_to_be_paid(lines: str, ore: int) -> None:
    total = fields(typed(lines)).total

    assert total and total.value == ore


@pytest.mark.parametrize(
    "lines", ["", "Vare 75,00", "SUBTOTAL 75,00", "BYTTEPENGE 75,00", "MOMS 15,00"]
)
def test_without_a_line_that_says_so_there_is_no_total(lines: str) -> None:
    assert fields(typed(lines)).total is None


def test_of_several_amounts_of_vat_the_one_that_is_a_fifth_counts_and_else_none() -> None:
    fitting = fields(typed("TOTAL 100,00\nMOMS 25% 80,00 20,00"))
    unknown = fields(typed("TOTAL 100,00\nMOMS 12,00\nMOMS 7,00"))

    assert fitting.vat and fitting.vat.value == 2000
    assert unknown.vat is None


def test_a_single_amount_of_vat_is_told_though_it_is_no_fifth() -> None:
    vat = fields(typed("TOTAL 100,00\nHERAF MOMS 25% 12,00")).vat

    assert vat and vat.value == 1200


def test_free_of_vat_is_none_of_it() -> None:
    assert [
        found.vat.value
        for text in ("TOTAL 100,00\nMomsfrit 0,00", "TOTAL 100,00\nMomsfrit")
        if (found := fields(typed(text))).vat
    ] == [0, 0]


@pytest.mark.parametrize(
    "line",
    ["CVR 36998288", "CVR-nr. 36998288", "CVR: 36 99 82 88", "CVR DK36998288", "CYR 36998288"],
)
def test_a_cvr_number_is_told_as_it_stands(line: str) -> None:
    cvr = fields(typed(f"Butikken\n{line}\nTOTAL 1,00")).cvr

    assert cvr and cvr.value == "36998288"


def test_a_false_check_digit_is_not_put_right() -> None:
    cvr = fields(typed("Butikken\nCVR 36998289\nTOTAL 1,00")).cvr

    assert cvr and cvr.value == "36998289"


@pytest.mark.parametrize("line", ["Tlf. 96 40 31 90", "Tlf 36998288", "CVR 3699828", "36998289"])
def test_other_digits_are_no_cvr_number(line: str) -> None:
    assert fields(typed(f"Butikken\n{line}\nTOTAL 1,00")).cvr is None


def test_the_day_of_purchase_stands_before_a_last_day_for_returns() -> None:
    found = fields(typed("Byttes senest 31-12-2026\n16-09-2026 17:42"))

    assert found.purchased_on and found.purchased_on.value == date(2026, 9, 16)


amount = st.integers(min_value=1, max_value=9_999_999)


@given(
    items=st.lists(amount, min_size=1, max_size=6),
    label=st.sampled_from(["TOTAL", "I ALT", "AT BETALE", "Total DKK", "I alt at betale"]),
    paid=st.sampled_from(["Dankort", "MobilePay", "Visa/Dankort", "Mastercard prepaid"]),
)
def test_any_receipt_gives_back_its_total(items: list[int], label: str, paid: str) -> None:
    total = sum(items)
    bought = "\n".join(
        f"Vare nummer {'abcdefg'[at]} {Money(ore).danish()}" for at, ore in enumerate(items)
    )
    text = f"Butikken\n{bought}\n{label} {Money(total).danish()}\n{paid} {Money(total).danish()}"

    judged = judge({TESSERACT: fields(typed(text))})

    assert judged.total and judged.total.amount == Money(total)
    assert ("total" in judged.agreed) == (len(items) > 1)


@given(st.text(max_size=300), st.text(max_size=300))
def test_noise_never_gives_a_total_that_is_agreed(one: str, other: str) -> None:
    judged = judge({TESSERACT: fields(typed(one)), RAPID: fields(typed(other))})

    assert "total" not in judged.agreed


@given(amount, amount)
def test_readers_that_differ_agree_on_nothing(one: int, other: int) -> None:
    judged = judge(
        {
            TESSERACT: fields(typed(f"TOTAL {Money(one).danish()}")),
            RAPID: fields(typed(f"TOTAL {Money(other).danish()}")),
        }
    )

    assert ("total" in judged.agreed) == (one == other)
    assert judged.total
    assert judged.total.confidence >= 80 or one != other
