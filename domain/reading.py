"""What machines made of a picture of a receipt: proposed to people, never booked."""

from typing import Annotated

from pydantic import Field

from domain.money import Money
from domain.programme import Data
from domain.words import Day

UnreadableFor = Annotated[
    str, Field(pattern=r"^[a-z][a-z_]{0,39}$")
]  # Why a picture can't be read.
Certainty = Annotated[int, Field(ge=0, le=100)]  # Per cent.


class ReadMoney(Data):
    amount: Money
    confidence: Certainty


class ReadDay(Data):
    day: Day
    confidence: Certainty


class ReadText(Data):
    text: Annotated[str, Field(min_length=1, max_length=200)]
    confidence: Certainty


class Reading(Data):
    """A field that could not be read is `None`: nothing is guessed.

    `agreed` names the fields that two independent readers, or a reader and the receipt's own arithmetic,
    agree on: those alone may be filled in for a person.
    """

    readers: tuple[str, ...]  # With their versions, in the order in which they were asked.
    pages: Annotated[int, Field(ge=1)]
    total: ReadMoney | None = None
    vat: ReadMoney | None = None  # Zero where the receipt says that there is none.
    purchased_on: ReadDay | None = None
    time: ReadText | None = None  # 17:42
    merchant: ReadText | None = None
    cvr: ReadText | None = (
        None  # Eight digits as they stand, whether their check digit holds or not.
    )
    number: ReadText | None = None  # The receipt's own (bon).
    agreed: tuple[str, ...] = ()
    # A perceptual hash of the first page, upright: alike for a picture that was saved anew.
    likeness: Annotated[str, Field(pattern=r"^[0-9a-f]{16}$")] | None = None
