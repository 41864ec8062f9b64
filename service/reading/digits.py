"""A reader of small printed digits alone: those of scans in black and white, a few pixels high.

General engines take an 8 that is seven pixels high for a 6 and a 3 for a 5. Here each place of the picture
is compared with the shapes that a common fixed-width typeface has at such sizes (`digits.json`, made by
`tests/reading/shapes.py`). It knows no other typeface, no letter and no slope, and there says nothing:
what it does say, it has seen nearly pixel for pixel.
"""

import json
import re
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from PIL import Image

NAME = "digits 1"
INK = 128  # Darker than this.
EDGE = 24  # Of white around the picture, so that shapes may stand at its border.
ENOUGH = 3  # Signs that a number has at least.
WINDOW = 16  # Pixels that one number holds: no shape is wider.

Pixels = npt.NDArray[np.bool_]
Numbers = npt.NDArray[np.intp]


class Shape(NamedTuple):
    size: int
    sign: str
    step: float  # From one sign to the next.
    right: int  # Of where the sign begins.
    below: int  # The line that signs stand on; above it, it is negative.
    width: int
    rows: tuple[int, ...]

    @property
    def ink(self) -> int:
        return sum(row.bit_count() for row in self.rows)

    @property
    def tolerated(self) -> int:
        """Pixels that may differ: a speck of dirt, and one more in large print."""
        return 1 + self.ink // 16


class Sign(NamedTuple):
    sign: str
    at: int
    off: int  # Pixels that differ.


class Token(NamedTuple):
    """A number where it stands."""

    text: str
    left: int
    top: int
    right: int
    bottom: int
    off: int  # Pixels that differ from the shapes, in all.


@cache
def shapes() -> tuple[Shape, ...]:
    known = json.loads((Path(__file__).parent / "digits.json").read_text("utf-8"))
    return tuple(Shape(**each | {"rows": tuple(each["rows"])}) for each in known)


@cache
def _digits_by_height() -> dict[int, list[Shape]]:
    found = defaultdict(list)
    for shape in shapes():
        if shape.sign.isdigit():
            found[len(shape.rows)].append(shape)
    return found


@cache
def _marks(size: int) -> tuple[Shape, ...]:
    return tuple(each for each in shapes() if each.size == size and not each.sign.isdigit())


def tokens(page: Image.Image) -> list[Token]:
    """The numbers of a page, those with most signs first where two are in each other's way."""
    picture = _Picture(page)
    lines: dict[tuple[int, int], list[tuple[Sign, Shape]]] = defaultdict(list)
    for shape, x, y, off in picture.digits():
        sign = Sign(shape.sign, x + 1 - shape.right, off)
        lines[shape.size, y - shape.below].append((sign, shape))
    found = [
        token
        for (size, base), signs in lines.items()
        for token in _tokens(picture, size, base, signs)
    ]
    kept: list[Token] = []
    for token in sorted(found, key=lambda each: (-len(each.text), each.off)):
        if not any(_overlap(token, other) for other in kept):
            kept.append(token)
    return sorted(kept, key=lambda each: (each.bottom, each.left))


class _Picture:
    def __init__(self, page: Image.Image) -> None:
        self.ink: Pixels = np.pad(np.asarray(page.convert("L")) < INK, EDGE)
        high, wide = self.ink.shape
        self.windows = np.zeros((high, wide - WINDOW), np.uint16)
        for bit in range(WINDOW):
            column = self.ink[:, bit : wide - WINDOW + bit].astype(np.uint16)
            self.windows |= column << np.uint16(WINDOW - 1 - bit)
        self.sums = np.zeros((high + 1, wide + 1), np.int32)
        self.sums[1:, 1:] = self.ink.cumsum(axis=0).cumsum(axis=1)

    def digits(self) -> Iterator[tuple[Shape, int, int, int]]:
        """Wherever a digit may stand: x is that of the white column before it."""
        for high, known in _digits_by_height().items():
            beside = self._inked(high, 1)
            starts = (beside[:, :-WINDOW] <= 1) & (beside[:, 1 : 1 - WINDOW] > 0)
            ys, xs = np.nonzero(starts)
            inked: dict[int, npt.NDArray[np.int32]] = {}
            for shape in known:
                wide = shape.width + 2
                if wide not in inked:
                    inked[wide] = self._inked(high, wide)[
                        ys, np.minimum(xs, self.ink.shape[1] - wide)
                    ]
                near = np.nonzero(np.abs(inked[wide] - shape.ink) <= shape.tolerated)[0]
                if near.size:
                    off = self._off(ys[near], xs[near], shape)
                    for each in np.nonzero(off <= shape.tolerated)[0]:
                        at = near[each]
                        yield shape, int(xs[at]), int(ys[at]), int(off[each])

    def _inked(self, high: int, wide: int) -> npt.NDArray[np.int32]:
        """Inked pixels of each rectangle of that size, by its upper left corner."""
        sums = self.sums
        return sums[high:, wide:] - sums[:-high, wide:] - sums[high:, :-wide] + sums[:-high, :-wide]

    def _off(self, ys: Numbers, xs: Numbers, shape: Shape) -> npt.NDArray[np.int16]:
        off = np.zeros(len(ys), np.int16)
        for down, row in enumerate(shape.rows):
            seen = self.windows[ys + down, xs] >> np.uint16(WINDOW - shape.width - 2)
            off += np.bitwise_count(seen ^ np.uint16(row << 1))
        return off

    def empty(self, size: int, base: int, at: float, step: float) -> bool:
        return not self.ink[base - size * 2 // 3 : base, round(at) : round(at + step)].any()

    def mark(self, size: int, base: int, at: float, step: float) -> Sign | None:
        """The mark in the cell that begins there, if nothing else is in it."""
        left = round(at)
        cell = int(self.ink[base - size : base + 1 + size // 5, left : round(at + step)].sum())
        best: tuple[int, int, str] | None = None
        for shape in _marks(size):
            extra = max(0, cell - shape.ink)
            for aside in (-1, 0, 1):
                y, x = base + shape.below, left + aside + shape.right - 1
                off = int(self._off(np.array([y]), np.array([x]), shape)[0]) + extra
                if best is None or (off, -shape.ink) < best[:2]:
                    best = (off, -shape.ink, shape.sign)
        return Sign(best[2], left, best[0]) if best and best[0] <= 1 else None


def _tokens(
    picture: _Picture, size: int, base: int, signs: list[tuple[Sign, Shape]]
) -> Iterator[Token]:
    step = signs[0][1].step
    chosen: list[Sign] = []
    for sign, _ in sorted(signs, key=lambda each: each[0].off):
        if all(abs(sign.at - other.at) > step / 2 for other in chosen):
            chosen.append(sign)
    run: list[Sign] = []
    for sign in sorted(chosen, key=lambda each: each.at):
        if run and abs(sign.at - run[-1].at - step) > 1:
            between = None
            if abs(sign.at - run[-1].at - 2 * step) < 2:  # noqa: PLR2004 - rounded twice
                between = picture.mark(size, base, run[-1].at + step, step)
            if between is None:
                yield from _token(picture, run, size, base, step)
                run = []
            else:
                run.append(between)
        run.append(sign)
    yield from _token(picture, run, size, base, step)


def _token(
    picture: _Picture, run: list[Sign], size: int, base: int, step: float
) -> Iterator[Token]:
    """Whole ones alone: where a sign stands next to it that can't be read, the number goes on."""
    if len(run) < ENOUGH:
        return
    before, after = run[0].at - step, run[-1].at + step
    if picture.empty(size, base, before, step) and picture.empty(size, base, after, step):
        text = _punctuated("".join(each.sign for each in run))
        left, right = run[0].at - EDGE, round(run[-1].at + step) - EDGE
        off = sum(each.off for each in run)
        yield Token(text, left, base - EDGE - size * 3 // 4, right, base - EDGE, off)


def _punctuated(text: str) -> str:
    """Points and commas are a pixel or two: where they stand in an amount tells which they are."""
    if re.fullmatch(r"\d{1,3}(?:[.,]\d{3})*[.,]\d{2}", text):
        kroner, ore = text[:-3], text[-2:]
        return f"{kroner.replace(',', '.')},{ore}"
    return text


def _overlap(one: Token, other: Token) -> bool:
    return (
        one.left < other.right - 1
        and other.left < one.right - 1
        and one.top < other.bottom - 1
        and other.top < one.bottom - 1
    )
