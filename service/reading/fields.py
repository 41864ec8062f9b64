"""From one reader's lines to a receipt's fields. Pure: what the engines saw goes in, nothing else."""

import re
from collections.abc import Iterator, Sequence
from datetime import date
from itertools import pairwise
from statistics import mean
from typing import Generic, NamedTuple, TypeVar

from rapidfuzz import fuzz

from service.reading.figures import Amount, abroad, amounts, currency, days, time_of_day
from service.reading.labels import Label, label
from service.reading.lines import Line

V = TypeVar("V")


class Found(NamedTuple, Generic[V]):
    value: V
    confidence: int  # The engine's, of the words that it is made of: per cent.


class Fields(NamedTuple):
    """As one reader has it. Amounts in øre."""

    total: Found[int] | None = None
    vat: Found[int] | None = None  # Zero where the receipt says that it bears none.
    purchased_on: Found[date] | None = None
    time: Found[str] | None = None
    merchant: Found[str] | None = None
    cvr: Found[str] | None = None
    number: Found[str] | None = None
    # What else on the receipt gives the same total: `payment`, `items`, `vat`.
    borne_out_by: frozenset[str] = frozenset()
    amounts: frozenset[int] = frozenset()  # All that stand on it.


class Row(NamedTuple):
    """A line that ends in an amount."""

    label: Label | None
    named: bool  # Words stand before the amount.
    amounts: list[Amount]
    confidence: int
    at: int
    kroner: bool | None  # None: it doesn't say.

    @property
    def ore(self) -> int:
        return self.amounts[-1].ore


def fields(lines: Sequence[Line]) -> Fields:
    rows = list(_rows(lines))
    if _of_another_currency(lines, rows) or _gives_back(lines):
        rows = []
    total, borne_out_by = _total(rows)
    on, at = _purchased(lines)
    return Fields(
        total=total,
        vat=_vat(lines, rows, total.value if total else None),
        purchased_on=on,
        time=at,
        merchant=_merchant(lines),
        cvr=_cvr(lines),
        number=_number(lines),
        borne_out_by=borne_out_by,
        amounts=frozenset(each.ore for row in rows for each in row.amounts),
    )


def _rows(lines: Sequence[Line]) -> Iterator[Row]:
    for at, line in enumerate(lines):
        found = amounts(line.text)
        if found:
            before = line.text[: found[0].start]
            sure = _certainty(line, line.text[found[-1].start :])
            named = bool(re.search(r"[^\W\d_]{2}", before))
            yield Row(label(before), named, found, sure, at, currency(line.text))


def _of_another_currency(lines: Sequence[Line], rows: Sequence[Row]) -> bool:
    """What is paid is told in another one, or the shop is abroad; unless a total is told in kroner, too. Of
    such a receipt no amount is one in kroner."""
    totals = [row for row in rows if row.label in (Label.TOTAL, Label.DUE)]
    if any(row.kroner and "DKK" in lines[row.at].text.upper() for row in totals):
        return False
    paid = [row for row in rows if row.label is Label.PAYMENT]
    return any(row.kroner is False for row in totals + paid) or any(
        abroad(line.text) for line in lines
    )


_CREDIT = re.compile(r"^\W*(?:kreditnota|tilbagebetal|refunder|refusion|returbon)", re.IGNORECASE)


def _gives_back(lines: Sequence[Line]) -> bool:
    """It is of money that the shop gave back: nothing was bought for it."""
    for line in lines:
        found = _CREDIT.match(line.text)
        if found and (amounts(line.text) or len(line.words) <= 2):  # noqa: PLR2004 - with its number
            return True
    return False


def _certainty(line: Line, text: str) -> int:
    """Of the words that a piece of a line is made of: of the least certain."""
    wanted = set(text.split())
    return min((word.confidence for word in line.words if word.text in wanted), default=0)


def _total(rows: Sequence[Row]) -> tuple[Found[int] | None, frozenset[str]]:
    """The labelled amount that most else on the receipt bears out; of equals the one to be paid, then the
    last."""
    best: tuple[int, int, int] | None = None
    told: tuple[Found[int] | None, frozenset[str]] = (None, frozenset())
    for row in rows:
        if row.label not in (Label.TOTAL, Label.DUE) or row.ore <= 0 or row.kroner is False:
            continue
        why = _borne_out(row, rows)
        rank = (len(why), int(row.label is Label.DUE), row.at)
        if best is None or rank > best:
            best, told = rank, (Found(row.ore, row.confidence), why)
    return told


def _borne_out(total: Row, rows: Sequence[Row]) -> frozenset[str]:
    why = set()
    after = [row for row in rows if row.at > total.at]
    paid = [row.ore for row in after if row.label is Label.PAYMENT]
    change = [abs(row.ore) for row in after if row.label is Label.CHANGE]
    due = [row.ore for row in after if row.label is Label.DUE]  # Some was paid before.
    given = {sum(paid) - sum(change), *(sum(paid) + ore for ore in due)}
    if total.ore in paid or (paid and total.ore in given):
        why.add("payment")
    vat = {each.ore for row in rows if row.label is Label.VAT for each in row.amounts}
    if any(ore > 0 and is_fifth(ore, total.ore) for ore in vat):
        why.add("vat")
    bought = [
        -abs(row.ore) if row.label is Label.DISCOUNT else row.ore
        for row in rows
        if row.at < total.at and (row.label is Label.DISCOUNT or (row.label is None and row.named))
    ]
    if len(bought) > 1 and sum(bought) == total.ore:
        why.add("items")
    return frozenset(why)


def is_fifth(vat: int, total: int) -> bool:
    """VAT of 25 % is a fifth of a total; each line of goods may have been rounded by itself."""
    return abs(vat * 5 - total) <= VAT_ROUNDING


VAT_ROUNDING = 10  # Øre of the total: two of the VAT.


def _vat(lines: Sequence[Line], rows: Sequence[Row], total: int | None) -> Found[int] | None:
    """With several different amounts that none bears out, nobody knows which one counts: then none."""
    found = [row for row in rows if row.label is Label.VAT]
    told = {each.ore: row.confidence for row in found for each in row.amounts if each.ore >= 0}
    fitting = [ore for ore in told if total is not None and is_fifth(ore, total)]
    if fitting:
        return Found(fitting[0], told[fitting[0]])
    if len(told) == 1:
        return Found(*next(iter(told.items())))
    if told:
        return None
    free = [row for row in rows if row.label is Label.VAT_FREE]
    if free:
        return Found(0, free[0].confidence)
    bare = (line for line in lines if not amounts(line.text))
    sure = [
        round(mean(word.confidence for word in line.words))
        for line in bare
        if label(re.sub(r"\d.*", "", line.text)) is Label.VAT_FREE
    ]
    return Found(0, sure[0]) if sure else None


# A last day, or one that isn't the purchase's: where there is no other, none is told.
_OF_ANOTHER_DAY = re.compile(
    r"udløb|gyldig|forfald|frist|garanti|bytte|senest|indtil|siden|født|fødsel|periode|afrejse|ankomst"
    r"|levering|hentes",
    re.IGNORECASE,
)


def _purchased(lines: Sequence[Line]) -> tuple[Found[date] | None, Found[str] | None]:
    """The day in a line that says so, or that also has a time of day, or the first that there is; and the
    time of day of that line, or the first."""
    best: tuple[int, Found[date], int] | None = None
    times: dict[int, Found[str]] = {}
    for at, line in enumerate(lines):
        text = line.text
        clock = time_of_day(text)
        if clock:
            times[at] = Found(clock, _certainty_of_digits(line, clock))
        for day in days(text):
            if _OF_ANOTHER_DAY.search(text):
                continue
            rank = 2 * bool(re.search(r"dato\b|\bkøbt\b", text, re.IGNORECASE)) + bool(clock)
            if best is None or rank > best[0]:
                best = (rank, Found(day, _certainty_of_digits(line, f"{day:%d%m%y}")), at)
    near = (
        sorted(times, key=lambda at: (abs(at - best[2]), at)) if best is not None else sorted(times)
    )
    return (best[1] if best else None), (times[near[0]] if near else None)


def _certainty_of_digits(line: Line, wanted: str) -> int:
    """Of the words that hold two of these digits next to each other."""
    pairs = {a + b for a, b in pairwise(wanted) if (a + b).isdigit()}
    sure = [
        word.confidence
        for word in line.words
        if any(pair in re.sub(r"\D", "", word.text) for pair in pairs)
    ]
    return min(sure, default=0)


_NO_NAMES = re.compile(
    r"^\W*(velkommen|kvittering|faktura|bon|kopi|dato|cvr|tlf|www|http|tak for|regning)\b",
    re.IGNORECASE,
)
_LETTER = r"[^\W\d_]"
NAME_WITHIN = 5  # Lines from the top.


def _merchant(lines: Sequence[Line]) -> Found[str] | None:
    """The first line that is a name."""
    for line in lines[:NAME_WITHIN]:
        if amounts(line.text) or any(days(line.text)):
            continue
        words = [word for word in line.words if re.search(r"\w|&", word.text)]
        while words and not re.search(rf"{_LETTER}{{2}}|\d{{2}}|^[A-ZÆØÅ]$", words[0].text):
            words.pop(0)
        while words and not re.search(r"\w\w|^\w$", words[-1].text):
            words.pop()
        name = re.sub(r"^\W+|[^\w.)!]+$", "", " ".join(word.text for word in words))
        letters = len(re.findall(_LETTER, name))
        if letters >= 3 and letters * 2 >= len(name.replace(" ", "")) and not _NO_NAMES.match(name):  # noqa: PLR2004 - shorter ones are noise
            return Found(name[:200], round(mean(word.confidence for word in words)))
    return None


_CVR = re.compile(
    r"\b(?:CVR|SE)\b[^0-9A-Z]{0,3}(?:NR|NUMMER|NO)?[^0-9A-Z]{0,3}(?:DK)?[ -]?(\d(?:[ .]?\d){7})(?![ .]?\d)",
    re.IGNORECASE,
)
_LONE = re.compile(r"^\W*(?P<label>[^\s\d]\S{0,3}|\d/?\d?)?[ :.]*(?P<digits>\d{8})\b\W*\w{0,2}\W*$")
_PHONE = re.compile(r"t|f|m|\+", re.IGNORECASE)
CVR_NEAR = 60  # Of a hundred: two letters of three.


def _cvr(lines: Sequence[Line]) -> Found[str] | None:
    """Eight digits after their label; or alone in a line near the top whose label is all but unreadable,
    and then only if their check digit holds."""
    for line in lines:
        found = _CVR.search(line.text)
        if found:
            return _digits(line, found[1])
    for line in lines[: len(lines) // 2 + 1]:
        lone = _LONE.match(line.text)
        if lone:
            near = fuzz.ratio((lone["label"] or "").strip(":.").upper(), "CVR")
            known = near >= CVR_NEAR or (
                check_digit_holds(lone["digits"]) and not _PHONE.match(lone["label"] or "")
            )
            if known:
                return _digits(line, lone["digits"])
    return None


def _digits(line: Line, text: str) -> Found[str]:
    digits = re.sub(r"\D", "", text)
    parts = ((re.sub(r"\D", "", word.text), word.confidence) for word in line.words)
    return Found(digits, min((sure for part, sure in parts if part and part in digits), default=0))


def check_digit_holds(cvr: str) -> bool:
    """Modulus 11, weights 2 7 6 5 4 3 2 1 (Erhvervsstyrelsen)."""
    return sum(int(a) * b for a, b in zip(cvr, (2, 7, 6, 5, 4, 3, 2, 1), strict=True)) % 11 == 0


_NUMBER = re.compile(
    r"\b(?P<label>[^\W\d_]\w*)\.?\W{0,2}(?:nr|no|nummer)?\W{0,3}(?P<digits>\d{3,12})\b(?![.,][\d-])",
    re.IGNORECASE,
)
_NUMBERED = (
    "bon",
    "bonnr",
    "kvittering",
    "kvitteringsnr",
    "kvit",
    "kvitnr",
    "bilag",
    "bilagsnr",
    "fakturanr",
)
NUMBER_NEAR = 66


def _number(lines: Sequence[Line]) -> Found[str] | None:
    """The number after the word for it; `bon` also where a letter of it was misread."""
    best: tuple[float, Found[str]] | None = None
    for line in lines:
        for found in _NUMBER.finditer(line.text):
            near = max(fuzz.ratio(found["label"].lower(), each) for each in _NUMBERED)
            if near >= NUMBER_NEAR and (best is None or near > best[0]):
                best = (near, _digits(line, found["digits"]))
    return best[1] if best else None
