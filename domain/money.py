"""Danish kroner, counted in whole øre. A float never touches an amount."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import AfterValidator, GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema

_PLAIN = re.compile(r"-?(0|[1-9][0-9]*)\.[0-9]{2}", re.ASCII)
_DANISH = re.compile(r"(-?)([0-9]{1,3}(?:\.[0-9]{3})+|[0-9]+),([0-9]{2})", re.ASCII)


@dataclass(frozen=True, order=True, slots=True)
class Money:
    """An amount in whole øre; negative where money goes the other way."""

    ore: int

    def __post_init__(self) -> None:
        if type(self.ore) is not int:
            raise TypeError(f"øre must be a whole number: {self.ore!r}")

    def __add__(self, other: "Money") -> "Money":
        return Money(self.ore + other.ore)

    def __sub__(self, other: "Money") -> "Money":
        return Money(self.ore - other.ore)

    def __neg__(self) -> "Money":
        return Money(-self.ore)

    def __bool__(self) -> bool:
        return self.ore != 0

    def __str__(self) -> str:
        """The amount as data: `1950.00`, with a point and always two decimals."""
        kroner, ore = divmod(abs(self.ore), 100)
        return f"{'-' if self.ore < 0 else ''}{kroner}.{ore:02d}"

    def danish(self) -> str:
        """The amount as Danish readers write it: `1.950,00`."""
        kroner, ore = divmod(abs(self.ore), 100)
        grouped = f"{kroner:,}".replace(",", ".")
        return f"{'-' if self.ore < 0 else ''}{grouped},{ore:02d}"

    @classmethod
    def parse(cls, text: str) -> "Money":
        """Read what `str` writes, and nothing else. ValueError: it is not an amount."""
        if not _PLAIN.fullmatch(text) or text == "-0.00":
            raise ValueError(f"not an amount like 1950.00: {text!r}")
        return cls(int(text.replace(".", "")))

    @classmethod
    def parse_danish(cls, text: str) -> "Money":
        """Read `1.234,50` or `1234,50`: two decimals, points only between thousands. ValueError otherwise."""
        found = _DANISH.fullmatch(text)
        if not found:
            raise ValueError(f"not a Danish amount like 1.234,50: {text!r}")
        sign, kroner, ore = found.groups()
        return cls(int(f"{sign}{kroner.replace('.', '')}{ore}"))

    @classmethod
    def __get_pydantic_core_schema__(cls, _: Any, __: GetCoreSchemaHandler) -> CoreSchema:
        from_text = core_schema.no_info_after_validator_function(
            cls.parse, core_schema.str_schema(pattern=f"^{_PLAIN.pattern}$", strict=True)
        )
        return core_schema.json_or_python_schema(
            json_schema=from_text,
            python_schema=core_schema.union_schema(
                [core_schema.is_instance_schema(cls), from_text], mode="left_to_right"
            ),
            serialization=core_schema.plain_serializer_function_ser_schema(
                str, return_schema=core_schema.str_schema()
            ),
        )


ZERO = Money(0)


def kr(kroner: int, ore: int = 0) -> Money:
    """`kr(4_000)` or `kr(4_000, 50)`."""
    return Money(kroner * 100 + ore)


def total(amounts: Iterable[Money]) -> Money:
    return Money(sum(amount.ore for amount in amounts))


def split(amount: Money, weights: Sequence[int]) -> list[Money]:
    """The amount in parts by weight, which add up to it. No part is an øre or more from its exact size."""
    whole, so_far, parts = sum(weights), 0, []
    for weight in weights:
        before = amount.ore * so_far // whole
        so_far += weight
        parts.append(Money(amount.ore * so_far // whole - before))
    return parts


def _positive(amount: Money) -> Money:
    if amount <= ZERO:
        raise ValueError("an amount must be more than 0.00")
    return amount


PositiveMoney = Annotated[Money, AfterValidator(_positive)]
