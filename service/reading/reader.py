"""Asks the engines, each only where it decides something."""

from collections.abc import Sequence
from contextlib import ExitStack
from types import TracebackType
from typing import Self

from PIL import Image

from domain.reading import Reading
from service.reading import digits, rapid, tesseract
from service.reading.agreeing import DIGITS, RAPID, TESSERACT, Judged, judge
from service.reading.fields import Fields, fields
from service.reading.likeness import likeness
from service.reading.lines import Line, Word
from service.reading.straightening import clean, slope

SMALL = 500  # Pixels of the shorter side: below, letters are too small for tesseract as they are.
ENLARGED = 2
LONGEST = 2400  # Pixels of the longer side that tesseract gets.
WANTED = frozenset(
    {"total", "purchased_on", "cvr"}
)  # Until these are settled, another one is asked.
WHITE = 255


class Reader:
    """Engines that are loaded once, for as many receipts as there are. Not for two threads at a time."""

    def __enter__(self) -> Self:
        self._stack = ExitStack()
        self._tesseract = self._stack.enter_context(tesseract.Tesseract())
        self._rapid = rapid.Rapid()
        digits.shapes()
        self._names = {
            TESSERACT: tesseract.name(), DIGITS: digits.NAME, RAPID: rapid.name(),
        }  # fmt: skip
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stack.close()

    def read(self, pages: Sequence[Image.Image]) -> Reading:
        """Of upright pages. A field comes from the first page that has it; a total, and the VAT in it,
        from the last one."""
        asked: dict[str, None] = {}
        judged = [self._judge(page, asked) for page in pages]
        summed = next((each for each in reversed(judged) if each.total), Judged())
        found: dict[str, object] = {"total": summed.total, "vat": summed.vat}
        agreed = summed.agreed & {"total", "vat"}
        for name in ("purchased_on", "time", "merchant", "cvr", "number"):
            page = next((each for each in judged if getattr(each, name)), Judged())
            found[name] = getattr(page, name)
            agreed |= page.agreed & {name}
        return Reading.model_validate(
            found
            | {
                "readers": tuple(self._names[name] for name in asked),
                "pages": len(pages),
                "agreed": tuple(sorted(agreed)),
                "likeness": likeness(pages[0]),
            }
        )

    def _judge(self, page: Image.Image, asked: dict[str, None]) -> Judged:
        told: dict[str, Fields] = {}
        page = page.convert("L")
        turned = 0.0
        if min(page.size) < SMALL:
            turned = slope(page)
            if turned:
                page = clean(page).rotate(
                    turned, resample=Image.Resampling.BICUBIC, fillcolor=WHITE
                )
            large = page.resize(
                (page.width * ENLARGED, page.height * ENLARGED), Image.Resampling.LANCZOS
            )
            seen = self._tesseract.lines(large, ENLARGED)
            told[TESSERACT] = fields(seen)
            if not turned:
                told[DIGITS] = fields(with_numbers(seen, digits.tokens(page)))._replace(
                    merchant=None
                )
        else:
            fitting = page.copy()
            fitting.thumbnail((LONGEST, LONGEST))
            told[TESSERACT] = fields(self._tesseract.lines(fitting))
        judged = judge(told)
        if not judged.agreed >= WANTED:
            told[RAPID] = fields(self._rapid.lines(page))
            judged = judge(told)
        asked.update(dict.fromkeys(told))
        return judged


def with_numbers(lines: Sequence[Line], tokens: Sequence[digits.Token]) -> list[Line]:
    """Lines of another reader's words, and of these numbers alone: where it saw one that isn't among them,
    nothing is left."""
    words: list[list[Word]] = [
        [word for word in line.words if not any(letter.isdigit() for letter in word.text)]
        for line in lines
    ]
    for token in tokens:
        middle = (token.top + token.bottom) / 2
        sure = max(1, 99 - 5 * token.off)
        new = Word(token.text, token.left, token.top, token.right, token.bottom, sure)
        near = [
            (abs((line.top + line.bottom) / 2 - middle), at)
            for at, line in enumerate(lines)
            if line.top <= middle <= line.bottom
        ]
        if near:
            at = min(near)[1]
            words[at] = [word for word in words[at] if not _covers(token, word)]
            words[at].append(new)
        else:
            words.append([new])
    found = [Line(tuple(sorted(line, key=lambda word: word.left))) for line in words if line]
    return sorted(found, key=lambda line: line.words[0].top)


def _covers(token: digits.Token, word: Word) -> bool:
    return token.left <= (word.left + word.right) / 2 <= token.right
