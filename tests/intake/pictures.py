"""Files as they arrive: small real pictures, and what only looks like one."""

from io import BytesIO

from PIL import Image, ImageDraw


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
