"""Numbers that name someone or something: by their shape, and by nothing that only looks like it."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from domain.identity import Account, Cpr, Cvr, Gln, Key, Pseudonym, WordsRef, born

GOOD = [
    (Cpr, "610190-1234"),
    (Cpr, "000000-0000"),
    (Cvr, "91335417"),
    (Cvr, "00000000"),  # Whether its check digit holds is a question for a flag.
    (Gln, "5799999990014"),
    (Account, "9999-0001234567"),
    (Key, "A"),
    (Key, "LTT-001"),
    (Key, "91335417:F3812-19"),
    (Key, "Ærø_1.2"),
    (Key, "k" * 64),
    (WordsRef, "words-0123456789abcdef0123456789abcdef"),
    (Pseudonym, "citizen-0123456789abcdef"),
]
BAD = [
    *((Cpr, text) for text in ("", "6101901234", "610190-123", "610190-12345", "61019o-1234")),
    *((Cpr, text) for text in ("610190-1234\n", " 610190-1234", "٦10190-1234", "610190 1234")),
    *((Cvr, text) for text in ("", "9133541", "913354170", "9133541a", "DK91335417", "91335417\n")),
    *(
        (Gln, text)
        for text in ("", "5799999990015", "579999999001", "57999999900141", "abcdefghijklm")
    ),
    *((Gln, text) for text in ("5799999990014\n", "٥799999990014")),
    *((Account, text) for text in ("", "99990001234567", "9999-001234567", "9999-00012345678")),
    *((Account, text) for text in ("999-90001234567", "9999-0001234567 ", "9999-000123456٧")),
    *((Key, text) for text in ("", "-A", ".A", "A/1", "A 1", "A\n", "A-1\n", "k" * 65, "é", "A?")),
    (Key, "010190-1234"),  # Somebody's CPR number.
    *((WordsRef, text) for text in ("", "words-", "words-0123456789ABCDEF0123456789ABCDEF")),
    *((WordsRef, text) for text in ("words-0123456789abcdef0123456789abcdef\n", "Han drikker")),
    *((Pseudonym, text) for text in ("", "citizen-1", "citizen-0123456789ABCDEF", "610190-1234")),
    *((Pseudonym, text) for text in ("citizen-0123456789abcdef0", "citizen-0123456789abcdef\n")),
]


@pytest.mark.parametrize(("kind", "text"), GOOD)
def test_a_good_one_is_taken_as_it_is(kind: Any, text: str) -> None:
    assert TypeAdapter(kind).validate_python(text) == text


@pytest.mark.parametrize(("kind", "text"), BAD)
def test_a_bad_one_is_refused(kind: Any, text: str) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(kind).validate_python(text)


@pytest.mark.parametrize("kind", [Cpr, Cvr, Gln, Account, Key, Pseudonym, WordsRef])
@pytest.mark.parametrize("value", [91335417, None, True])
def test_a_number_is_not_text(kind: Any, value: Any) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(kind).validate_python(value)


def test_what_is_wrong_with_a_cpr_number_or_an_account_never_quotes_it() -> None:
    for kind, text in ((Cpr, "610190-123"), (Account, "9999-001234567")):
        with pytest.raises(ValidationError) as wrong:
            TypeAdapter(kind).validate_python(text)
        assert text not in wrong.value.errors(include_input=False, include_url=False)[0]["msg"]


# The seventh digit and the year tell the century (CPR-kontoret, "Personnummeret i CPR").
CENTURIES = [
    ("010100-0000", "1900-01-01"),
    ("311299-3999", "1999-12-31"),
    ("010100-4000", "2000-01-01"),
    ("311236-4999", "2036-12-31"),
    ("010137-4000", "1937-01-01"),
    ("010100-5000", "2000-01-01"),
    ("311257-8999", "2057-12-31"),
    ("010158-5000", "1858-01-01"),
    ("311299-8999", "1899-12-31"),
    ("311236-9999", "2036-12-31"),
    ("010137-9000", "1937-01-01"),
]


@pytest.mark.parametrize(("cpr", "day"), CENTURIES)
def test_a_cpr_number_tells_the_birth_date(cpr: str, day: str) -> None:
    assert born(cpr) == date.fromisoformat(day)


@given(st.dates(date(1900, 1, 1), date(1999, 12, 31)))
def test_a_fictitious_number_tells_the_same_day_as_the_real_one(day: date) -> None:
    assert born(f"{day:%d%m%y}-0000") == day
    assert born(f"{day.day + 60}{day:%m%y}-0000") == day


@pytest.mark.parametrize("cpr", ["000000-0000", "290201-0000", "320190-0000", "990190-0000"])
def test_a_number_without_a_day_tells_none(cpr: str) -> None:
    assert born(cpr) is None
