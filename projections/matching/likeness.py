"""How alike two names of shops are, as they stand on a budget, a card's list and a bad photograph."""

import re
from difflib import SequenceMatcher

ALIKE = 80  # Per cent, from which two names are taken for one: a wrong letter in eight or so.
SPELT = str.maketrans({"å": "aa", "ø": "oe", "æ": "ae", "é": "e", "ü": "u", "ö": "oe", "ä": "ae"})
NAMED = 4  # Letters that two names must share to be one name and a longer one.
WORD = re.compile(r"[a-z0-9]+")
# What a name may have or lack, and be the same shop's.
SAYS_NOTHING = {"aps", "as", "a", "s", "is", "i", "ivs", "og", "the", "dk"}


def folded(name: str) -> tuple[str, ...]:
    """Its words, in small letters and without Danish ones: `Tøjhuset Clara ApS` is `toejhuset clara`."""
    words = WORD.findall(name.lower().translate(SPELT))
    return tuple(word for word in words if word not in SAYS_NOTHING) or tuple(words)


def likeness(one: str, other: str) -> int:
    """Per cent. The words that only one of them has count little where the other has no more of its own:
    `Bilka` and `Bilka Aarhus 1234` are alike, `Bilka Aarhus` and `Netto Aarhus` are not."""
    mine, theirs = folded(one), folded(other)
    if not mine or not theirs:
        return 0
    if mine == theirs:
        return 100
    both = sorted(set(mine) & set(theirs))
    rest = [sorted(set(words) - set(both)) for words in (mine, theirs)]
    shared = "".join(both)
    if len(shared) >= NAMED and not all(rest):
        return 95
    return max(
        _ratio("".join(mine), "".join(theirs)),
        _ratio(*(shared + "".join(words) for words in rest)),
    )


def _ratio(one: str, other: str) -> int:
    """Per cent of their letters that stand in both, in order."""
    if 200 * min(len(one), len(other)) < ALIKE * (len(one) + len(other)):
        return 0  # So much longer is one that they can't be alike; to be told so at once.
    matcher = SequenceMatcher(None, one, other, autojunk=False)
    matched = sum(block.size for block in matcher.get_matching_blocks())
    return 200 * matched // (len(one) + len(other))
