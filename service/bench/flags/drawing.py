"""Receipts as pictures, drawn in several styles, and worn as scans are."""

import io
from dataclasses import dataclass
from datetime import date
from functools import cache
from random import Random

from PIL import Image, ImageDraw, ImageFilter, ImageFont

from domain.money import Money
from service.bench.flags.town import Shop

WIDTH, MARGIN, LINE = 280, 8, 17
FONTS = ("DejaVuSansMono.ttf", "DejaVuSans.ttf")
TOTALS = ("TOTAL", "I ALT", "AT BETALE", "Total DKK")
DATES = ("%d-%m-%Y", "%d.%m.%Y", "%d/%m/%Y")
GREETINGS = ("Tak for besøget", "Velkommen igen", "På gensyn")


@dataclass(frozen=True)
class Slip:
    """What a receipt says. `vat`: none where nothing is said to bear it."""

    shop: Shop
    cvr: str
    on: date
    time: str
    number: str
    total: Money
    vat: Money | None
    goods: tuple[tuple[str, Money], ...]
    style: int


@dataclass(frozen=True)
class Picture:
    """`worn`: turned, speckled and blurred; `cropped`: without its shop's name and address."""

    slip: Slip
    seed: int
    worn: bool
    cropped: bool


def drawn(picture: Picture) -> bytes:
    """As PNG."""
    slip, dice = picture.slip, Random(picture.seed)  # nosec B311 # noqa: S311 - the same each time
    rows = _rows(slip)
    image = Image.new("L", (WIDTH, LINE * (len(rows) + 2)), 255)
    draw = ImageDraw.Draw(image)
    for place, (left, right, size) in enumerate(rows):
        font, top = _font(slip.style, size), LINE * place + MARGIN
        if right:
            draw.text((MARGIN, top), left, fill=0, font=font)
            draw.text((WIDTH - MARGIN, top), right, fill=0, font=font, anchor="ra")
        else:
            draw.text((WIDTH // 2, top), left, fill=0, font=font, anchor="ma")
    if picture.cropped:
        image = image.crop((0, LINE * 2, image.width, image.height))
    if picture.worn:
        image = _worn(image, dice)
    # Two scans never have the same bytes.
    image.putpixel((dice.randrange(image.width), 0), dice.randrange(200, 250))
    kept = io.BytesIO()
    image.save(kept, "PNG")
    return kept.getvalue()


@cache
def _font(style: int, size: int) -> ImageFont.ImageFont | ImageFont.FreeTypeFont:
    try:
        return ImageFont.truetype(FONTS[style % len(FONTS)], size)
    except OSError:
        return ImageFont.load_default(size)


def _rows(slip: Slip) -> list[tuple[str, str, int]]:
    day = slip.on.strftime(DATES[slip.style % len(DATES)])
    vat = ("Heraf MOMS 25%", slip.vat.danish(), 12) if slip.vat else ("Momsfrit", "0,00", 12)
    total = (TOTALS[slip.style % len(TOTALS)], slip.total.danish(), 16)
    head = [
        (slip.shop.name, "", 16),
        ("Hovedgaden 12, 8000 Byen", "", 11),
        (f"CVR {slip.cvr}", "", 12),
        (day, slip.time, 12),
        (f"Bon {slip.number}", "Kasse 2", 12),
    ]
    goods = [(name, price.danish(), 12) for name, price in slip.goods]
    paid = ("Kort" if slip.style % 2 else "Kontant", slip.total.danish(), 12)
    return [*head, *goods, total, vat, paid, (GREETINGS[slip.style % 3], "", 11)]


def _worn(image: Image.Image, dice: Random) -> Image.Image:
    image = image.resize((image.width * 5 // 4, image.height * 5 // 4))
    image = image.rotate(dice.uniform(-4, 4), expand=True, fillcolor=255)
    image = image.filter(ImageFilter.GaussianBlur(dice.uniform(0, 1) * 0.8))
    for _ in range(image.width * image.height // 400):
        image.putpixel((dice.randrange(image.width), dice.randrange(image.height)), 0)
    return image
