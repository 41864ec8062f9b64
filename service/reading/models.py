"""Where Tesseract's Danish model is, found without loading the engine."""

import os
from pathlib import Path

LANGUAGE = "dan"
PLACES = (
    "/usr/share/tesseract-ocr/5/tessdata",
    "/usr/share/tesseract-ocr/4.00/tessdata",
    "/usr/share/tessdata",
    "/usr/local/share/tessdata",
    "/opt/homebrew/share/tessdata",
)
MISSING = (
    "Tesseract's Danish model (dan.traineddata) is missing: apt-get install tesseract-ocr"
    " tesseract-ocr-dan, or set TESSDATA_PREFIX to the folder that holds it"
)


class TesseractMissing(Exception):
    def __init__(self) -> None:
        super().__init__(MISSING)


def models() -> Path:
    """The folder with the Danish model. TesseractMissing: there is none."""
    places = [os.environ.get("TESSDATA_PREFIX", ""), *PLACES]
    for place in places:
        if place and (Path(place) / f"{LANGUAGE}.traineddata").is_file():
            return Path(place)
    raise TesseractMissing
