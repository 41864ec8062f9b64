"""The copies that people look at: drawn anew, so that nothing of the file but its picture is left, neither
where it was taken nor what else was in it."""

import math
from io import BytesIO
from typing import NamedTuple

from PIL import Image

from service.pictures.opening import Document
from service.pictures.sizes import LONGEST

MEDIA_TYPE = "image/jpeg"
UPRIGHT_PIXELS = 16_000_000
PAGE_PIXELS = 6_000_000  # Small print on a receipt can be read.
MAX_BYTES = 4_000_000
THUMBNAIL = 240
QUALITIES = (80, 60, 40)
BETWEEN = 8  # Pixels, so that one sees where a page ends.


class Derived(NamedTuple):
    """JPEGs. `upright`: all pages, one below another, since a total may stand on the last one."""

    upright: bytes
    thumbnail: bytes


def derive(document: Document) -> Derived:
    count = len(document.pages)
    pixels = min(PAGE_PIXELS, UPRIGHT_PIXELS // count)
    pages = [_smaller(page, pixels, LONGEST // count - BETWEEN) for page in document.pages]
    first = pages[0].copy()
    first.thumbnail((THUMBNAIL, THUMBNAIL))
    return Derived(_within_limit(_below_one_another(pages)), _jpeg(first, QUALITIES[0]))


def _smaller(picture: Image.Image, pixels: int, longest: int) -> Image.Image:
    """A half, a third, … of it, which takes a tenth of the time of any size between them."""
    too_large = math.sqrt(picture.width * picture.height / pixels)
    times = math.ceil(max(too_large, max(picture.size) / longest))
    return picture.reduce(times) if times > 1 else picture


def _below_one_another(pages: list[Image.Image]) -> Image.Image:
    if len(pages) == 1:
        return pages[0]
    width = max(page.width for page in pages)
    height = sum(page.height for page in pages) + BETWEEN * (len(pages) - 1)
    whole, at = Image.new("RGB", (width, height), "grey"), 0
    for page in pages:
        whole.paste(page, (0, at))
        at += page.height + BETWEEN
    return whole


def _within_limit(picture: Image.Image) -> bytes:
    """Coarser, then smaller, until it is no larger than it may be."""
    while True:
        for quality in QUALITIES:
            if len(made := _jpeg(picture, quality)) <= MAX_BYTES:
                return made
        picture = picture.reduce(2)


def _jpeg(picture: Image.Image, quality: int) -> bytes:
    made = BytesIO()
    picture.save(made, "JPEG", quality=quality)
    return made.getvalue()
