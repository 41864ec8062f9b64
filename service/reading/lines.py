"""What an engine saw: words where they stand, in lines from the top."""

from collections.abc import Iterable
from statistics import median
from typing import NamedTuple


class Word(NamedTuple):
    text: str
    left: int  # Pixels of the page, as are the others.
    top: int
    right: int
    bottom: int
    confidence: int  # The engine's own, per cent.


class Line(NamedTuple):
    words: tuple[Word, ...]

    @property
    def text(self) -> str:
        return " ".join(word.text for word in self.words)

    @property
    def top(self) -> int:
        return min(word.top for word in self.words)

    @property
    def bottom(self) -> int:
        return max(word.bottom for word in self.words)


def typed(text: str, confidence: int = 90) -> list[Line]:
    """Lines of plain text, as if they had been read: each letter ten pixels wide, each line twenty high."""
    lines = []
    for row, line in enumerate(text.splitlines()):
        words, at = [], 0
        for each in line.split(" "):
            if each:
                box = (10 * at, 20 * row, 10 * (at + len(each)), 20 * row + 15)
                words.append(Word(each, *box, confidence))
            at += len(each) + 1
        if words:
            lines.append(Line(tuple(words)))
    return lines


def in_lines(words: Iterable[Word]) -> list[Line]:
    """Words that were found one by one, put together to lines: what is left of each other at about the
    same height, also where the lines climb or fall a little."""
    lines: list[list[Word]] = []
    for word in sorted(words, key=lambda word: word.left):
        best = min(lines, key=lambda line: _apart(line[-1], word), default=None)
        if best is not None and _apart(best[-1], word) < median((_high(best[-1]), _high(word))) / 2:
            best.append(word)
        else:
            lines.append([word])
    return sorted((Line(tuple(line)) for line in lines), key=lambda line: line.words[0].top)


def _high(word: Word) -> int:
    return word.bottom - word.top


def _apart(one: Word, other: Word) -> float:
    """How far one's middle is above or below the other's; far, if they overlap from side to side."""
    if other.left < one.right - (one.right - one.left) // 4:
        return float("inf")
    return abs((one.top + one.bottom) / 2 - (other.top + other.bottom) / 2)
