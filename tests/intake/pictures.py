"""Files as they arrive: small real pictures, and what only looks like one."""

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from io import BytesIO
from typing import Self

from PIL import Image, ImageDraw

from domain.reading import Reading, ReadText
from service.pictures.workshop import Workshop

PLAIN, UNSTORABLE = f"{__name__}:Plain", f"{__name__}:Unstorable"
# For all tests, since a child takes long to start; it is started when it is first needed.
SHARED = Workshop(PLAIN)


def shared() -> AbstractContextManager[Workshop]:
    return nullcontext(SHARED)


def photo(text: str = "Fagkurser Midt", size: tuple[int, int] = (300, 400)) -> bytes:
    """A JPEG with something on it, another one for each text."""
    picture = Image.new("RGB", size, "white")
    ImageDraw.Draw(picture).text((20, 20), text, fill="black")
    made = BytesIO()
    picture.save(made, "JPEG")
    return made.getvalue()


def broken() -> bytes:
    """A JPEG of which the end is missing."""
    return photo("broken")[:600]


class Plain:
    """Reads how many pages there are, and at once: what readers make of a picture has tests of its own."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def read(self, pages: Sequence[Image.Image]) -> Reading:
        return Reading(readers=("plain 1",), pages=len(pages))


class Unstorable(Plain):
    """Tells a text that PostgreSQL keeps nowhere."""

    def read(self, pages: Sequence[Image.Image]) -> Reading:
        merchant = ReadText(text="Kiosk\0", confidence=90)
        return Reading(readers=("plain 1",), pages=len(pages), merchant=merchant)
