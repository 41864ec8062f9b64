"""A form that asks for a command: looked at first, then done, and what is wrong is told at its field."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any
from uuid import uuid4

from fastapi import Form
from pydantic import ValidationError

from domain.money import Money
from domain.words import EVENTS, Refused
from projections.audit_trail import SENTENCES, sentence
from service.access.guard import Access
from service.api.bodies import Wish
from service.api.commands import Ask, WouldBe, answered, within_reach, would_be
from service.clerk import Malformed
from service.parts import Parts
from service.refusals import TEXTS

Text = Annotated[str, Form(max_length=2_000)]
Short = Annotated[str, Form(max_length=200)]
Key = Annotated[str, Form(max_length=64)]
DO = "do"  # What the button says that does it; the other one only looks.
UNREADABLE = "Det, der er skrevet, kan ikke gemmes. Prøv igen uden særlige tegn."
AMOUNT = "Skriv beløbet i kroner, som 1.250,00."
# What is said at a field whose text is no value of its kind.
WRONG = {
    "case_no": "Skriv sagens nummer, som LTT-066.",
    "line_no": "Skriv postens nummer, som 1.",
    "number": "Skriv et nummer uden mellemrum.",
    "amount": AMOUNT,
    "amounts": AMOUNT,
    "merchant": "Skriv butikkens navn, som det står på kvitteringen.",
    "purchased_on": "Vælg den dag, der står på kvitteringen.",
    "reason": "Skriv hvorfor.",
    "to": "Skriv en kollegas brugernavn.",
    "until": "Vælg en dag, der ikke er gået.",
}


@dataclass
class Typed:
    """A form as it was filled in, and what came of it so far."""

    values: Mapping[str, Any]
    key: str = ""
    wrong: dict[str, str] = field(default_factory=dict)  # By the field.
    refused: str | None = None
    would: list[str] | None = None  # What would be done, in words. None: nobody has looked yet.

    def __post_init__(self) -> None:
        self.key = self.key or uuid4().hex

    @property
    def status(self) -> int:
        if self.refused:
            return 409
        return 422 if self.wrong else 200

    def amount(self, name: str, text: str) -> str:
        """1.250,00 as data has it; told at the field where it can't be."""
        try:
            return str(Money.parse_danish(text.strip()))
        except ValueError:
            self.wrong[name] = WRONG["amount"]
            return ""

    def need(self, *names: str) -> None:
        """Each of these fields says something."""
        for name in names:
            if not str(self.values.get(name, "")).strip():
                self.wrong[name] = WRONG[name]

    def ask(self, parts: Parts, access: Access, name: str, wish: dict[str, Any], step: str) -> bool:
        """Whether it was done. If not, it was only looked at, or `wrong` or `refused` say why. The same form
        sent twice is done once."""
        if self.wrong:
            return False
        ask = Ask(name=name, key=self.key, if_match=None)
        try:
            if step == DO:
                answered(parts.teten, access, ask, Wish(wish, None))
                return True
            self.would = told(would_be(parts.teten, access, ask, Wish(wish, None)))
        except Refused as no:
            self.refused = TEXTS[within_reach(no, access, name).code].danish
            self.key = (
                uuid4().hex
            )  # The answer to the other one is kept: put right, it is another wish.
        except ValidationError as error:
            self.wrong = told_at_fields(error)
        except Malformed:
            self.refused = UNREADABLE
        return False


def told_at_fields(error: ValidationError) -> dict[str, str]:
    """What to say at each field that a command found wrong."""
    return {_field(each["loc"]): _wrong(each["loc"]) for each in error.errors()}


def told(events: list[WouldBe]) -> list[str]:
    """What would happen, as the timeline will tell it."""
    kinds = [(EVENTS[each.event], each.data) for each in events]
    return [sentence(kind.model_validate(data)) for kind, data in kinds if kind in SENTENCES]


FIELDS = {
    "ref": "number",
    "shares": "amounts",
}  # Where a command's field has another name on a page.


def _field(loc: tuple[Any, ...]) -> str:
    name = str(loc[0]) if loc else ""
    return FIELDS.get(name, name)


def _wrong(loc: tuple[Any, ...]) -> str:
    return WRONG.get(_field(loc), "Det passer ikke her.")
