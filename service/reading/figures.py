"""Amounts, days and times of day as they are printed on receipts."""

import re
from collections.abc import Iterator
from datetime import date
from typing import NamedTuple

_AMOUNT = re.compile(
    r"(?<![\d.,:/-])(?P<minus>[-−]?)"
    r"(?:(?P<danish>\d{1,3}(?:[. ]\d{3})+|\d{1,7}),(?:[ ]?(?P<ore>\d\d)|(?P<none>[-–]{1,2}))"
    r"|(?P<foreign>\d{1,3}(?:,\d{3})+|\d{1,3}(?:\.\d{3})+|\d{1,7})\.(?P<cents>\d\d))"
    r"(?P<after>-?)(?![\d%]|[ ]%|[.,/:-]\d)"
)
_MONTHS = ("jan", "feb", "mar", "apr", "maj", "jun", "jul", "aug", "sep", "okt", "nov", "dec")
_DAY = re.compile(
    r"(?<![\d.,])(?:"
    r"(?P<iso_year>20\d\d|19\d\d)(?P<apart_by>[-/.])(?P<iso_month>\d\d)(?P=apart_by)(?P<iso_day>\d\d)"
    r"|(?P<day>\d{1,2})[ ]?[-./·–][ ]?(?P<month>\d{1,2})(?:[ ]?[-./·–][ ]?(?P<year>\d{4}|\d\d)"
    r"|[ ](?P<apart>20\d\d))"
    r"|(?P<on>\d{1,2})\.?[ ]?(?P<name>jan|feb|mar|apr|maj|jun|jul|aug|sep|okt|nov|dec)[a-zæøå]*\.?[ ]?"
    r"(?P<of>\d{4}|\d\d)"
    r")(?![\d,])",
    re.IGNORECASE,
)
_TIME = re.compile(r"(?<![\d.,:-])([01]?\d|2[0-3]):([0-5]\d)(?::[0-5]\d)?(?![\d.,:])")
_BESIDE_DAY = re.compile(r"[ ]([01]?\d|2[0-3])[.:]([0-5]\d)\W*$")
_CLOCK = re.compile(r"\bkl\.?[ ]?([01]?\d|2[0-3])[.:]([0-5]\d)(?![\d,])", re.IGNORECASE)
CENTURY = 2000  # Of a year in two digits.
YEARS = range(1990, 2100)


class Amount(NamedTuple):
    ore: int
    start: int  # Where it stands in its line.
    foreign: bool  # 1,234.50: with a point before the øre.


def amounts(text: str) -> list[Amount]:
    """Every amount in a line: `1.234,50`, `1234,50`, `1 234,50`, `1,234.50`, also with points alone as
    it is misread: `1.234.50`, and `89,-`; negative with a minus on either side. No percentage, and nothing
    without decimals."""
    found = []
    for each in _AMOUNT.finditer(text):
        kroner, ore = each["danish"] or each["foreign"], each["ore"] or each["cents"] or 0
        whole = int(re.sub(r"\D", "", kroner)) * 100 + int(ore)
        negative = each["minus"] or each["after"]
        found.append(Amount(-whole if negative else whole, each.start(), bool(each["foreign"])))
    return found


def days(text: str) -> Iterator[date]:
    """`16-09-2026`, `16/09-2026`, `16.09.26`, `2026-09-16`, `2026/09/16`, `16. september 2026`."""
    for each in _DAY.finditer(text):
        if each["iso_year"]:
            parts = (each["iso_year"], each["iso_month"], each["iso_day"])
        elif each["name"]:
            parts = (each["of"], str(_MONTHS.index(each["name"].lower()) + 1), each["on"])
        else:
            parts = (each["year"] or each["apart"], each["month"], each["day"])
        year, month, day = (int(part) for part in parts)
        year += CENTURY if len(parts[0]) == len("26") else 0
        try:
            found = date(year, month, day)
        except ValueError:
            continue
        if found.year in YEARS:
            yield found


def time_of_day(text: str) -> str | None:
    """`17:42`, also with seconds; with a point only after `kl.` or at the end of a line with a day."""
    found = _CLOCK.search(text) or _TIME.search(text)
    if not found and any(days(text)):
        found = _BESIDE_DAY.search(text)
    return f"{int(found[1]):02d}:{found[2]}" if found else None


_KRONER = re.compile(r"(?<![A-ZÆØÅ])(?:DKK|KR)(?![A-ZÆØÅ])", re.IGNORECASE)
_OF_OTHERS = re.compile(
    r"[€$£]|(?<![A-ZÆØÅ])(?:EUR|EURO|SEK|NOK|ISK|USD|GBP|CHF|PLN)(?![A-ZÆØÅ])", re.IGNORECASE
)
# What only receipts of other countries say: the neighbours' words for VAT, and for receipt.
_ABROAD = re.compile(
    r"\b(?:varav moms|kvitto|mva|herav|mwst|ust|organisationsnummer|alv|btw|tva)\b", re.IGNORECASE
)


def currency(text: str) -> bool | None:
    """Whether a line says that it is of Danish kroner, or of another currency; None: neither. `KR` alone is
    Swedish and Norwegian, too: `abroad`."""
    if _OF_OTHERS.search(text):
        return False
    return True if _KRONER.search(text) else None


def abroad(text: str) -> bool:
    """Whether a line says that a shop is in another country."""
    return bool(_ABROAD.search(text))
