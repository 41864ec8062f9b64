"""Whether two pictures are of one receipt, by what they say; and finding the other among very many.

Receipts look alike, so that a picture's likeness tells a copy of a file and nothing more. What tells a
receipt is its shop, its day, its time, its number and its total, all together.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import combinations

from projections.flags.facts import Receipt, Said
from projections.flags.kinds import shop

FIELDS = ("shop", "day", "time", "number", "total")
OWN = {"time", "number"}  # What two purchases of one price in one shop on one day differ in.
ENOUGH = 4  # Fields that must be the same.
COPY_BITS = 2  # Bits by which the likeness of a copy that was saved anew may differ.
KEYED = {"shop", "day", "total"}  # What a person keyed, where it couldn't be read.


@dataclass(frozen=True)
class Print:
    """What identifies a receipt, as far as it is known; and which of that is sure."""

    name: str  # Of the receipt that it is of.
    fields: dict[str, str]
    sure: frozenset[str]
    merchant: str = ""
    likeness: int | None = None


def print_of(name: str, receipt: Receipt, said: Said | None) -> Print:
    """What the picture says; what can't be read, as it was keyed."""
    merchant = shop(receipt.merchant)
    read = {
        "shop": said and said.cvr,
        "day": said and said.day and said.day.isoformat(),
        "time": said and said.time,
        "number": said and said.number,
        "total": str(said.total) if said and said.total is not None else None,
    }
    keyed = {
        "day": receipt.purchased_on.isoformat(),
        "total": str(receipt.whole),
    }
    fields = {each: read[each] or keyed.get(each) or "" for each in FIELDS}
    agreed = set(said.agreed) if said else set()
    sure = {each for each in FIELDS if read[each] and AGREED[each] in agreed}
    return Print(
        name=name,
        fields={each: told for each, told in fields.items() if told},
        sure=frozenset(sure),
        merchant=merchant,
        likeness=int(said.likeness, 16) if said and said.likeness else None,
    )


AGREED = {
    "shop": "cvr",
    "day": "purchased_on",
    "time": "time",
    "number": "number",
    "total": "total",
}


def nearly(one: str, other: str) -> bool:
    """Whether they differ in one digit, as a digit is misread."""
    if len(one) != len(other):
        return False
    differing = [(a, b) for a, b in zip(one, other, strict=True) if a != b]
    return len(differing) == 1 and all(digit.isdigit() for digit in differing[0])


def same(one: Print, other: Print) -> bool:
    """Whether both are of one receipt. Four of its fields are the same, its time or its number among them.
    The fifth may be missing, or one of its digits misread; not if both readings of it are sure."""
    if _copied(one, other):
        return True
    equal, near = set(), set()
    for each in FIELDS:
        mine, theirs = one.fields.get(each), other.fields.get(each)
        if mine is None or theirs is None:
            continue
        if mine == theirs:
            equal.add(each)
        elif nearly(mine, theirs) and not (each in one.sure and each in other.sure):
            if each == "number" and abs(int(mine) - int(theirs)) == 1:
                return False  # The next in the queue, who bought the same in the same minute.
            near.add(each)
        else:
            return False
    if "shop" not in equal | near and one.merchant == other.merchant:
        equal.add("shop")
    return len(near) <= 1 and len(equal) >= ENOUGH and bool(equal & OWN)


def _copied(one: Print, other: Print) -> bool:
    """A picture that was saved anew: it looks the same to the bit, nearly, and nothing in it differs."""
    if one.likeness is None or other.likeness is None or one.merchant != other.merchant:
        return False
    if (one.likeness ^ other.likeness).bit_count() > COPY_BITS:
        return False
    told = one.fields.keys() & other.fields.keys()
    return KEYED - {"shop"} <= told and all(one.fields[each] == other.fields[each] for each in told)


def keys(of: Print) -> Iterator[str]:
    """Whatever two prints of one receipt have at least one of in common: every three of its fields."""
    told = dict(of.fields) | {"shop": of.merchant}
    for three in combinations(sorted(told), 3):
        if OWN & set(three) or of.likeness is not None:
            yield "|".join(f"{each}={told[each]}" for each in three)


@dataclass
class Index:
    """Many prints, by their keys."""

    by_key: dict[str, list[Print]] = field(default_factory=dict)

    def add(self, new: Print) -> None:
        for key in keys(new):
            self.by_key.setdefault(key, []).append(new)

    def alike(self, wanted: Print) -> list[Print]:
        """Those that are of the same receipt as the one wanted, in the order in which they were added."""
        found = {
            each.name: each
            for key in keys(wanted)
            for each in self.by_key.get(key, ())
            if each.name != wanted.name
        }
        return [each for each in found.values() if same(wanted, each)]


def index(prints: Iterable[Print]) -> Index:
    made = Index()
    for each in prints:
        made.add(each)
    return made
