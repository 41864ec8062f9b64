"""The real engines, on drawn receipts and on some of the pilot's scans."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from PIL import Image, ImageDraw, ImageFont

from domain.money import Money
from service.bench.ocr import known, measure
from service.reading.likeness import likeness
from service.reading.reader import Reader

PILOT = Path(__file__).parents[2] / "pilot"
SCANS = 4


@pytest.fixture(scope="module")
def reader() -> Iterator[Reader]:
    with Reader() as ready:
        yield ready


def drawn(*lines: str) -> Image.Image:
    page = Image.new("RGB", (620, 40 + 40 * len(lines)), "white")
    pen, font = ImageDraw.Draw(page), ImageFont.load_default(26)
    for row, line in enumerate(lines):
        words, _, figure = line.partition("|")
        pen.text((20, 20 + 40 * row), words, font=font, fill="black")
        pen.text((600, 20 + 40 * row), figure, font=font, fill="black", anchor="ra")
    return page


RECEIPT = (
    "Cykelsmeden", "CVR 36998288", "16-09-2026|17:42", "Bon 965221|Kasse 8", "Cykellygte|199,95",
    "Pumpe|299,00", "TOTAL|498,95", "Heraf MOMS 25%|99,79", "Dankort|498,95",
)  # fmt: skip


def test_a_drawn_receipt_is_read_whole(reader: Reader) -> None:
    found = reader.read([drawn(*RECEIPT)])

    assert found.total and found.total.amount == Money(49895)
    assert found.purchased_on and found.purchased_on.day == date(2026, 9, 16)
    assert found.cvr and found.cvr.text == "36998288"
    assert found.vat and found.vat.amount == Money(9979)
    assert found.merchant and found.merchant.text == "Cykelsmeden"
    assert {"total", "cvr", "purchased_on"} <= set(found.agreed)
    assert found.readers[0].startswith("tesseract ")


def test_of_several_pages_the_last_total_counts_and_the_first_name(reader: Reader) -> None:
    found = reader.read(
        [drawn(*RECEIPT[:-3], "TOTAL|498,95"), drawn("Side 2", "Pant|10,00", "AT BETALE|508,95")]
    )

    assert found.pages == 2
    assert found.total and found.total.amount == Money(50895)
    assert found.merchant and found.merchant.text == "Cykelsmeden"


def test_a_blank_page_gives_nothing(reader: Reader) -> None:
    found = reader.read([Image.new("RGB", (600, 800), "white")])

    assert (found.total, found.purchased_on, found.cvr, found.merchant) == (None,) * 4
    assert not found.agreed


def test_a_copy_that_was_saved_smaller_is_alike() -> None:
    page = drawn(*RECEIPT)
    smaller = page.resize((page.width // 2, page.height // 2))

    assert (int(likeness(page), 16) ^ int(likeness(smaller), 16)).bit_count() <= 2


def test_the_pilots_scans_are_read_and_what_is_agreed_is_right() -> None:
    figures = measure([PILOT / "as-it-was"], SCANS)["as-it-was"]["teten"]["fields"]

    assert figures["total"]["right"] == figures["total"]["agreed"] == SCANS
    assert figures["purchased_on"]["right"] == SCANS
    assert figures["merchant"]["right"] == SCANS


def test_a_picture_that_shows_more_than_is_claimed_is_read_as_it_stands(reader: Reader) -> None:
    claimed = {each.file.name: each.total for each in known(PILOT / "new-practice")}["k00041.png"]
    with Image.open(PILOT / "new-practice" / "receipts" / "k00041.png") as picture:
        total = reader.read([picture.copy()]).total

    assert total and total.amount == Money(90650)
    assert claimed == 61150
