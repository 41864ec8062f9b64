"""A hash of what a picture looks like: alike for the same picture saved anew or made smaller.

Receipts look like each other: it finds a re-encoded copy (up to two bits apart), never a second photograph
of the same receipt, and says nothing of two that differ by little more.
"""

import numpy as np
from PIL import Image

SIDE = 8


def likeness(page: Image.Image) -> str:
    """64 bits: whether each of 8 x 8 places is darker than its right neighbour (dHash)."""
    small = np.asarray(
        page.convert("L").resize((SIDE + 1, SIDE), Image.Resampling.LANCZOS), np.int16
    )
    return np.packbits(small[:, :-1] < small[:, 1:]).tobytes().hex()
