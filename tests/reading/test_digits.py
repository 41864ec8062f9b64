from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from service.reading.digits import tokens

PILOT = Path(__file__).parents[2] / "pilot"


def texts(path: str) -> list[str]:
    with Image.open(PILOT / path) as picture:
        return [token.text for token in tokens(picture)]


def test_digits_of_seven_pixels_are_told_apart() -> None:
    """The same number stands in large and in small print: 5.236,80, and a fifth of it."""
    seen = texts("as-it-was/receipts/k00138.png")

    assert seen.count("5.236,80") == 2
    assert {"1.047,36", "31-12-2016", "09:57", "96854099", "755151"} <= set(seen)


def test_a_turned_scan_says_nothing_rather_than_something_wrong() -> None:
    assert not any("," in text for text in texts("new-practice/receipts/k00096.png"))


def test_another_typeface_says_nothing() -> None:
    page = Image.new("L", (300, 60), 255)
    ImageDraw.Draw(page).text(
        (10, 10), "1.234,50  98765432", font=ImageFont.load_default(14), fill=0
    )

    assert not tokens(page)


def test_a_number_that_can_not_be_read_to_its_end_is_not_told() -> None:
    with Image.open(PILOT / "as-it-was/receipts/k00138.png") as picture:
        page = picture.convert("L")
    ImageDraw.Draw(page).rectangle((143, 51, 148, 58), fill=0)  # Over the CVR number's last digit.

    assert "96854099" not in (seen := [token.text for token in tokens(page)])
    assert not any(text.startswith("9685409") for text in seen)
