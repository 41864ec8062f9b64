"""Numbers that name someone or something: parsed once at the edge, then trusted."""

import re
from datetime import date
from typing import Annotated

from pydantic import AfterValidator, Field
from stdnum import ean
from stdnum.dk import cpr as cpr_numbers
from stdnum.exceptions import InvalidComponent

FICTITIOUS = 60  # Added to the day of a CPR number that is nobody's.
CPR_LIKE = re.compile(r"[0-9]{6}-?[0-9]{4}", re.ASCII)  # With or without its hyphen.


def _cpr(text: str) -> str:
    """A CPR number, ddmmyy-nnnn. The modulus is not checked: since 2007 real numbers fail it, and
    fictitious ones have 60 added to the day."""
    if not re.fullmatch(r"[0-9]{6}-[0-9]{4}", text, re.ASCII):
        raise ValueError("not a CPR number like 010190-1234")
    return text


def born(cpr: str) -> date | None:
    """The birth date in a CPR number; none if it holds no such day. The seventh digit tells the century
    (CPR-kontoret, "Personnummeret i CPR"); fictitious numbers have 60 added to the day."""
    day = int(cpr[:2])
    real = day - FICTITIOUS if day > FICTITIOUS else day
    try:
        return cpr_numbers.get_birth_date(f"{real:02}{cpr[2:]}")
    except InvalidComponent:
        return None


def _cvr(text: str) -> str:
    """A CVR number by its shape. Whether its check digit holds is a question for a flag, not a gate:
    people write down what the receipt says."""
    if not re.fullmatch(r"[0-9]{8}", text, re.ASCII):
        raise ValueError(f"not a CVR number of eight digits: {text!r}")
    return text


def _gln(text: str) -> str:
    """A GLN/EAN location number: thirteen digits, the last one a check digit (GS1)."""
    if not re.fullmatch(r"[0-9]{13}", text, re.ASCII) or not ean.is_valid(text):
        raise ValueError(f"not a GLN (EAN) number with a right check digit: {text!r}")
    return text


def _account(text: str) -> str:
    """A Danish account: registration number, hyphen, ten digits."""
    if not re.fullmatch(r"[0-9]{4}-[0-9]{10}", text, re.ASCII):
        raise ValueError("not an account like 9999-0001234567")
    return text


def _key(text: str) -> str:
    """An identifier of ours: it ends up in names of streams, in addresses and in reports."""
    if re.fullmatch(r"[0-9]{6}-[0-9]{4}", text, re.ASCII):
        raise ValueError("a CPR number can't be an identifier: it would stand everywhere in clear")
    if not re.fullmatch(r"[A-Za-z0-9ÆØÅæøå][A-Za-z0-9ÆØÅæøå_.:-]{0,63}", text):
        raise ValueError(f"not an identifier of 1 to 64 letters, digits, or _ . : - : {text!r}")
    return text


Cpr = Annotated[str, AfterValidator(_cpr)]
Cvr = Annotated[str, AfterValidator(_cvr)]
Gln = Annotated[str, AfterValidator(_gln)]
Account = Annotated[str, AfterValidator(_account)]
Key = Annotated[str, AfterValidator(_key)]
# Free text stays in the vault: the log can only hold its reference, and takes nothing else.
WordsRef = Annotated[str, Field(pattern=r"^words-[0-9a-f]{32}$")]

# What the log calls a citizen. Whose it is, only the vault knows.
Pseudonym = Annotated[str, Field(pattern=r"^citizen-[0-9a-f]{16}$")]

# What the log calls an account: the same in every case that is paid to it. Which it is, only the vault knows.
AccountMark = Annotated[str, Field(pattern=r"^account-[0-9a-f]{32}$")]

Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
# The bank's name for a statement: Max35Text of ISO 20022.
StatementId = Annotated[str, Field(pattern=r"^[\w.:/ -]{1,35}$")]


def visible(text: str) -> str:
    """A number that others gave. What can't be seen would make two of one."""
    if not text.isprintable() or text.strip() != text or not text:
        raise ValueError(f"not visible characters: {text!r}")
    return text


Reference = Annotated[str, Field(max_length=100), AfterValidator(visible)]
# Of a supplier's document: with the supplier's number before it, it is a reference.
DocumentNumber = Annotated[str, Field(max_length=91), AfterValidator(visible)]
LineNo = Annotated[int, Field(ge=1, le=9_999)]
