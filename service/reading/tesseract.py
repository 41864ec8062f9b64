"""Tesseract, in Danish: the reader of letters, and of print of ordinary size."""

import os
from types import TracebackType
from typing import Self

from PIL import Image

# More threads than one make it slower, and take them from others. Read when the library is loaded.
os.environ.setdefault("OMP_THREAD_LIMIT", "1")

import tesserocr

from service.reading.lines import Line, Word
from service.reading.models import LANGUAGE, models


def name() -> str:
    version = tesserocr.tesseract_version().split()[1].split("\n")[0]
    return f"tesseract {version} {LANGUAGE}"


class Tesseract:
    """Page segmentation 6 takes the page as one block: others lose the amounts at the right."""

    def __init__(self) -> None:
        self._api = tesserocr.PyTessBaseAPI(
            path=str(models()), lang=LANGUAGE, psm=tesserocr.PSM.SINGLE_BLOCK
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._api.End()

    def lines(self, page: Image.Image, scale: int = 1) -> list[Line]:
        """The lines of a page that was enlarged so many times: where they are on the page itself."""
        self._api.SetImage(page)
        self._api.SetSourceResolution(RESOLUTION)
        self._api.Recognize()
        found: list[list[Word]] = []
        words = self._api.GetIterator()
        level = tesserocr.RIL.WORD
        if words is None:
            return []
        for each in tesserocr.iterate_level(words, level):
            box = each.BoundingBox(level)
            text = (each.GetUTF8Text(level) or "").strip() if box else ""
            if each.IsAtBeginningOf(tesserocr.RIL.TEXTLINE) or not found:
                found.append([])
            if text:
                sure = max(0, min(100, round(each.Confidence(level))))
                left, top, right, bottom = (int(side) // scale for side in box)
                found[-1].append(Word(text, left, top, right, bottom, sure))
        self._api.Clear()
        return [Line(tuple(line)) for line in found if line]


RESOLUTION = 150  # Dots an inch that it is told; it would otherwise guess, and warn.
