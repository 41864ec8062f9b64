"""Kroner counted in whole øre: exact, strict, and never a float."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

from domain.money import ZERO, Money, PositiveMoney, kr, total

amounts = st.integers(min_value=-(10**15), max_value=10**15).map(Money)


class Priced(BaseModel):
    amount: Money


class Charged(BaseModel):
    amount: PositiveMoney


@given(amounts)
def test_what_is_written_is_read_back(amount: Money) -> None:
    assert Money.parse(str(amount)) == amount
    assert Money.parse_danish(amount.danish()) == amount
    assert Money.parse_danish(amount.danish().replace(".", "")) == amount


@given(amounts)
def test_json_holds_what_is_written_and_gives_it_back(amount: Money) -> None:
    written = Priced(amount=amount).model_dump_json()
    assert written == f'{{"amount":"{amount}"}}'
    assert Priced.model_validate_json(written).amount == amount
    assert Priced.model_validate({"amount": str(amount)}).amount == amount


@given(st.text(alphabet="0123456789.,- ٠١¤k", max_size=12))
def test_whatever_is_read_is_what_would_be_written(text: str) -> None:
    try:
        amount = Money.parse(text)
    except ValueError:
        return
    assert str(amount) == text


@given(amounts, amounts)
def test_sums_are_exact(one: Money, other: Money) -> None:
    assert one + other - other == one
    assert -(one - other) == other - one
    assert total([one, other, ZERO]) == one + other
    assert (one < other) == (one.ore < other.ore)


@pytest.mark.parametrize(
    ("ore", "plain", "danish"),
    [
        (0, "0.00", "0,00"),
        (5, "0.05", "0,05"),
        (-5, "-0.05", "-0,05"),
        (100, "1.00", "1,00"),
        (195_000, "1950.00", "1.950,00"),
        (-123_456_789, "-1234567.89", "-1.234.567,89"),
        (408_368_500, "4083685.00", "4.083.685,00"),
    ],
)
def test_amounts_look_like(ore: int, plain: str, danish: str) -> None:
    assert (str(Money(ore)), Money(ore).danish()) == (plain, danish)


@pytest.mark.parametrize(
    "text",
    [
        *("", "-", "1950", "1950.0", "1950.000", "1,950.00", "1950,00", "+1.00", " 1.00", "1.00 "),
        *("1.00\n", "01.00", "-01.00", ".50", "1.5", "1e3", "NaN", "--1.00", "١.00", "1 950.00"),
        *("-0.00", "1_0.00", "−1.00"),
    ],
)
def test_what_is_not_a_plain_amount_is_not_read(text: str) -> None:
    with pytest.raises(ValueError, match="not an amount"):
        Money.parse(text)
    with pytest.raises(ValidationError):
        Priced.model_validate({"amount": text})


@pytest.mark.parametrize(
    "text",
    [
        *("", "-", "1950", "1.950", "1,5", "1,500", "1.95,00", "1.9500,00", "19.50,00", "1 950,00"),
        *("١,00", "1.00", "+1,00", " 1,00", "1,00\n", ",50", ".950,00", "1..950,00", "1,950,00"),
        *("1950.000,00", "--1,00", "1.950,00 kr.", "−1,00", "1_000,00"),
    ],
)
def test_what_is_not_a_danish_amount_is_not_read(text: str) -> None:
    with pytest.raises(ValueError, match="not a Danish amount"):
        Money.parse_danish(text)


@pytest.mark.parametrize("ore", [1.0, 0.5, True, False, "1", None])
def test_ore_are_whole_numbers_and_nothing_else(ore: Any) -> None:
    with pytest.raises(TypeError):
        Money(ore)


@pytest.mark.parametrize("value", [1950.0, 1950, True, None, b"1950.00", {"ore": 1}])
def test_no_other_kind_of_value_is_taken_for_an_amount(value: Any) -> None:
    with pytest.raises(ValidationError):
        Priced(amount=value)


@pytest.mark.parametrize("text", ["1950.0", "1950", "true", "null", '"1.950,00"'])
def test_no_other_kind_of_json_is_taken_for_an_amount(text: str) -> None:
    with pytest.raises(ValidationError):
        Priced.model_validate_json(f'{{"amount":{text}}}')


def test_the_schema_tells_how_an_amount_is_written() -> None:
    [amount] = Priced.model_json_schema()["properties"].values()
    assert amount["type"] == "string"
    assert "[0-9]{2}" in amount["pattern"]


def test_a_positive_amount_starts_at_one_ore() -> None:
    assert Charged(amount=kr(0, 1)).amount == Money(1)
    for wrong in (ZERO, -kr(0, 1)):
        with pytest.raises(ValidationError):
            Charged(amount=wrong)


def test_nothing_is_false_and_anything_is_true() -> None:
    assert not ZERO
    assert kr(0, 1)
    assert -kr(0, 1)


def test_kroner_and_ore() -> None:
    assert kr(4_000, 50) == Money(400_050)
    assert total([]) == ZERO
