"""Files as people hand them in: photographs, scans, papers of several pages, and what nobody can read."""

from collections.abc import Iterator, Sequence
from io import BytesIO
from itertools import cycle
from pathlib import Path
from typing import NamedTuple

from PIL import Image, ImageChops, ImageDraw, ImageFont

SIZE = (3024, 4032)  # Twelve megapixels.
GRAIN = 12.0  # Of the camera: with it, the JPEG has some 4 MB.
QUALITY = 87
PAGES = 3
OFTEN = 20  # Each of these is of several pages, and another one nothing that can be read.
GOODS = [f"Vare {number:<14}{number}9,95" for number in range(1, 9)]
LINES = (
    "Cykelhandleren ApS", "Vestergade 12, 8000 Aarhus C", "CVR 95429114", "Dato 03-06-2019 Kl. 17:42",
    "Bon 4711", *GOODS, "I alt DKK        439,60", "Heraf moms        87,92", "Dankort          439,60",
)  # fmt: skip


class Paper(NamedTuple):
    kind: str
    content: bytes


def papers(count: int, photographs: int, scans: Sequence[Path]) -> Iterator[Paper]:
    """So many, the photographs spread among them, each another file and made when it is its turn."""
    scan = cycle(scans)
    for number in range(count):
        if number * photographs // count != (number + 1) * photographs // count:
            yield Paper("photographs", photograph(number))
        elif number % OFTEN == OFTEN // 2:
            yield Paper(
                "papers of several pages", several_pages([next(scan) for _ in range(PAGES)])
            )
        elif number % OFTEN == OFTEN // 4:
            yield Paper("unreadable", broken(number))
        else:
            yield Paper("scans", next(scan).read_bytes())


def photograph(number: int) -> bytes:
    """A receipt as a phone takes it, filling the picture, each another file."""
    paper = Image.new("RGB", SIZE, "white")
    pen, step = ImageDraw.Draw(paper), SIZE[1] // (len(LINES) + 2)
    font = ImageFont.load_default(step * 5 // 12)
    for at, line in enumerate(LINES, 1):
        pen.text((250, at * step), line, (40, 40, 40), font)
    grain = Image.effect_noise(SIZE, GRAIN)
    made = BytesIO()
    shade = ImageChops.add(paper, Image.merge("RGB", (grain, grain, grain)), 1, -128 - 20)
    shade.save(made, "JPEG", quality=QUALITY, comment=str(number).encode())
    return made.getvalue()


def several_pages(scans: Sequence[Path]) -> bytes:
    """As a scanner makes it: a picture on each page."""
    first, *others = [Image.open(each).convert("RGB") for each in scans]
    made = BytesIO()
    first.save(made, "PDF", save_all=True, append_images=others, resolution=150)
    return made.getvalue()


def broken(number: int) -> bytes:
    """In turns a photograph that ends early, what isn't a picture at all, and one of 400 megapixels."""
    match number % 3:
        case 0:
            return photograph(number)[:400_000]
        case 1:
            return b"PK\3\4" + str(number).encode() * 1_000
        case _:
            made = BytesIO()
            Image.new("1", (20_000, 20_000)).save(made, "PNG")
            return made.getvalue() + str(number).encode()
