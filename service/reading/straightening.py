"""A slightly turned scan is turned back, and dirt of one pixel taken off."""

import numpy as np
from PIL import Image

STEEPEST = 6.0  # Degrees either way.
STEP = 0.5
WORTH_IT = 1.0  # Less than that is read as it is.
LOOKED_AT = 300  # Pixels of the longer side: enough to see how lines lie.
WHITE = 255


def slope(page: Image.Image) -> float:
    """By how many degrees to turn it so that its lines lie flat: where rows differ most from the next."""
    small = page.convert("L")
    small.thumbnail((LOOKED_AT, LOOKED_AT))
    best = max(
        (k * STEP for k in range(-round(STEEPEST / STEP), round(STEEPEST / STEP) + 1)),
        key=lambda degrees: (_contrast(small, degrees), -abs(degrees)),
    )
    return best if abs(best) >= WORTH_IT else 0.0


def _contrast(page: Image.Image, degrees: float) -> float:
    turned = page.rotate(degrees, resample=Image.Resampling.BILINEAR, fillcolor=WHITE)
    rows = (WHITE - np.asarray(turned, np.float64)).sum(axis=1)
    return float((np.diff(rows) ** 2).sum())


def clean(page: Image.Image) -> Image.Image:
    """Without pixels that nothing touches."""
    grey = np.array(page.convert("L"))
    ink = np.pad(grey < WHITE, 1).astype(np.int8)
    high, wide = grey.shape
    beside = sum(
        ink[1 + down : 1 + down + high, 1 + right : 1 + right + wide]
        for down in (-1, 0, 1)
        for right in (-1, 0, 1)
        if down or right
    )
    grey[(grey < WHITE) & (beside == 0)] = WHITE
    return Image.fromarray(grey)
