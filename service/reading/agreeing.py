"""Several readers' fields put together: which value, how sure, and what they agree on.

The confidences are shares seen: of the values given so, how many were right on pictures whose truth is
known (docs/decisions/0033). `teten bench ocr` measures them anew.
"""

from collections.abc import Callable, Mapping
from datetime import date
from typing import NamedTuple, TypeVar

from rapidfuzz import fuzz

from domain.money import Money
from domain.reading import ReadDay, ReadMoney, ReadText
from service.reading.fields import Fields, Found, check_digit_holds, is_fifth

V = TypeVar("V")
Told = Mapping[str, Fields]  # By reader, those that read figures best first.

TESSERACT, DIGITS, RAPID = "tesseract", "digits", "rapidocr"
BEST_FIRST = (DIGITS, RAPID, TESSERACT)

TOGETHER = 97  # Two readers say the same.
BORNE_OUT = 95  # One says it, and the receipt's own arithmetic bears it out.
ALONE = {DIGITS: 93, RAPID: 75, TESSERACT: 60}
CONTRADICTED = {DIGITS: 85, RAPID: 55, TESSERACT: 30}
CERTAIN = 80  # From here a rule may rely on a value: docs/decisions/0033 says what share is right.
TO_THE_PIXEL = 90  # Of that reader: at most a speck away from what it knows.


class Judged(NamedTuple):
    """What is told of one page."""

    total: ReadMoney | None = None
    vat: ReadMoney | None = None
    purchased_on: ReadDay | None = None
    time: ReadText | None = None
    merchant: ReadText | None = None
    cvr: ReadText | None = None
    number: ReadText | None = None
    agreed: frozenset[str] = frozenset()


class Choice(NamedTuple):
    value: object
    confidence: int
    agreed: bool


def judge(told: Told) -> Judged:
    total = _total(told)
    vat = _vat(told, total)
    day = _chosen(told, lambda each: each.purchased_on)
    time = _chosen(told, lambda each: each.time)
    number = _chosen(told, lambda each: each.number)
    cvr = _cvr(told)
    merchant = _merchant(told)
    choices = {
        "total": total, "vat": vat, "purchased_on": day, "time": time,
        "merchant": merchant, "cvr": cvr, "number": number,
    }  # fmt: skip
    return Judged(
        _money(total),
        _money(vat),
        ReadDay(day=day.value, confidence=day.confidence)
        if day and isinstance(day.value, date)
        else None,
        _text(time),
        _text(merchant),
        _text(cvr),
        _text(number),
        frozenset(name for name, choice in choices.items() if choice and choice.agreed),
    )


def _money(choice: Choice | None) -> ReadMoney | None:
    if choice is None or not isinstance(choice.value, int):
        return None
    return ReadMoney(amount=Money(choice.value), confidence=choice.confidence)


def _text(choice: Choice | None) -> ReadText | None:
    return ReadText(text=str(choice.value), confidence=choice.confidence) if choice else None


def _chosen(told: Told, of: Callable[[Fields], Found[V] | None]) -> Choice | None:
    """What most readers say; of equals what the best says. Small digits that were seen pixel for pixel
    are not outvoted: what misleads one general engine in small print misleads the other."""
    said = {name: found for name in BEST_FIRST if name in told and (found := of(told[name]))}
    if not said:
        return None
    votes = [found.value for found in said.values()]
    best = max(said, key=lambda name: (votes.count(said[name].value), -BEST_FIRST.index(name)))
    if DIGITS in said and said[DIGITS].confidence >= TO_THE_PIXEL:
        best = DIGITS
    value = said[best].value
    together = votes.count(value)
    if together > 1:
        return Choice(value, TOGETHER, agreed=True)
    sure = CONTRADICTED[best] if len(votes) > 1 else ALONE[best]
    return Choice(value, min(sure, max(said[best].confidence, 1)), agreed=False)


def _total(told: Told) -> Choice | None:
    """Arithmetic counts as a reader of its own: VAT of a fifth and the sum of what was bought consist of
    other figures than the total. That it was paid is the same figures again, in other print."""
    chosen = _chosen(told, lambda each: each.total)
    proven = {
        each.total.value
        for each in told.values()
        if each.total and each.borne_out_by & {"vat", "items"}
    }
    if len(proven) == 1:
        value = proven.pop()
        if chosen and chosen.agreed and chosen.value == value:
            return Choice(value, 99, agreed=True)
        if chosen and not chosen.agreed:
            return Choice(value, BORNE_OUT, agreed=True)
        return Choice(value, CONTRADICTED[RAPID], agreed=False)
    if chosen is None or chosen.agreed:
        return chosen
    if len(proven) > 1:
        return Choice(chosen.value, CONTRADICTED[TESSERACT], agreed=False)
    return _seen_most(told) or chosen


def _seen_most(told: Told) -> Choice | None:
    """Where readers differ: the one of their totals that both of them have seen somewhere on it."""
    said = {each.total.value for each in told.values() if each.total}
    seen = [ore for ore in said if sum(ore in each.amounts for each in told.values()) > 1]
    return Choice(seen[0], ALONE[TESSERACT], agreed=False) if len(seen) == 1 else None


def _vat(told: Told, total: Choice | None) -> Choice | None:
    chosen = _chosen(told, lambda each: each.vat)
    if chosen is None or chosen.agreed:
        return chosen
    fits = {
        each.vat.value
        for each in told.values()
        if each.vat
        and total
        and isinstance(total.value, int)
        and is_fifth(each.vat.value, total.value)
    }
    if len(fits) == 1 and total and total.agreed:
        return Choice(fits.pop(), BORNE_OUT, agreed=True)
    return chosen


def _cvr(told: Told) -> Choice | None:
    """One reader of figures and the check digit agree, too: a wrong digit passes one time in eleven."""
    chosen = _chosen(told, lambda each: each.cvr)
    if chosen is None or chosen.agreed:
        return chosen
    holding = {
        found.value
        for name in (DIGITS, RAPID)
        if name in told and (found := told[name].cvr) and check_digit_holds(found.value)
    }
    if chosen.value in holding and len(holding) == 1:
        return Choice(chosen.value, BORNE_OUT, agreed=True)
    return chosen


NEARLY = 85  # Of a hundred: a letter or two of a name differ.


def _merchant(told: Told) -> Choice | None:
    """Tesseract's, which knows Danish letters; the other one confirms it."""
    ours = told[TESSERACT].merchant if TESSERACT in told else None
    other = told[RAPID].merchant if RAPID in told else None
    if ours is None:
        return Choice(other.value, CONTRADICTED[RAPID], agreed=False) if other else None
    if other is None:
        return Choice(ours.value, min(ours.confidence, ALONE[DIGITS]), agreed=False)
    alike = fuzz.ratio(_plain(ours.value), _plain(other.value)) >= NEARLY
    if alike:
        return Choice(ours.value, BORNE_OUT, agreed=True)
    return Choice(ours.value, min(ours.confidence, CONTRADICTED[RAPID]), agreed=False)


_PLAIN = str.maketrans({"æ": "a", "ø": "o", "å": "a", "0": "o", "ö": "o", "ä": "a", " ": None})


def _plain(name: str) -> str:
    return name.lower().translate(_PLAIN)
