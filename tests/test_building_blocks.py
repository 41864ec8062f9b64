"""The map to KL's building blocks leaves no event out, and places each one once."""

import re
from collections import Counter

from domain.words import EVENTS
from tests.test_docs import REFERENCE, in_code, parts, prose

PAGE = "kl-building-blocks.md"
PLACES = ("Sag", "Ydelse", "Bevilling", "Effektuering", "Outside")


def placed() -> Counter[str]:
    """The events in the first column of each place's tables."""
    cells = [
        cell
        for place in PLACES
        for cell in re.findall(r"^\| (`[^|]+) \|", parts(PAGE)[place], flags=re.MULTILINE)
    ]
    return Counter(name for cell in cells for name in re.findall(r"`(\w+)`", cell))


def test_every_event_is_placed_once_or_said_to_be_outside() -> None:
    assert placed() == Counter(set(EVENTS))


def test_no_event_is_named_that_there_is_none_of() -> None:
    named = {word for word in in_code(prose(REFERENCE / PAGE)) if word[0].isupper()}
    assert named == set(EVENTS)


def test_every_block_is_cited() -> None:
    rows = re.findall(r"^\| (\w+) \| .+ \| (.+) \|$", parts(PAGE)["The blocks"], re.MULTILINE)
    cited = {block for block, sources in rows if "rammearkitektur" in sources}
    assert cited == set(PLACES) - {"Outside"}
