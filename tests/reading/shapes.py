"""Makes service/reading/digits.json: `python -m tests.reading.shapes DejaVuSansMono.ttf > …`.

The digits of the fixed-width typeface that most programs draw small receipts with, as they come out of a
scanner that knows black and white alone: drawn grey, at four places between two pixels, and cut at three
levels.
"""

import json
import sys
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw, ImageFont

SIZES = range(8, 19)
BETWEEN = (0.0, 0.25, 0.5, 0.75)
LEVELS = (104, 120, 136)
SIGNS = "0123456789.,:-/"
EDGE = 8


def shapes(typeface: Path) -> list[dict[str, Any]]:
    found: dict[tuple[object, ...], dict[str, Any]] = {}
    units = ImageFont.truetype(str(typeface), 1000, layout_engine=ImageFont.Layout.BASIC)
    for size in SIZES:
        font = ImageFont.truetype(str(typeface), size, layout_engine=ImageFont.Layout.BASIC)
        for sign in SIGNS:
            for between in BETWEEN:
                drawn = Image.new("L", (40, 40), 255)
                ImageDraw.Draw(drawn).text((EDGE + between, EDGE), sign, font=font, fill=0)
                for level in LEVELS:
                    cut = drawn.point(lambda grey, level=level: 255 if grey < level else 0)
                    box = cut.getbbox()
                    if box:
                        rows = _rows(cut.crop(box))
                        shape: dict[str, Any] = {
                            "size": size,
                            "sign": sign,
                            "step": round(units.getlength("0") * size / 1000, 2),
                            "right": box[0] - EDGE,
                            "below": box[1] - EDGE - font.getmetrics()[0],
                            "width": box[2] - box[0],
                            "rows": rows,
                        }
                        found.setdefault((size, sign, box[2] - box[0], *rows), shape)
    return list(found.values())


def _rows(cut: Image.Image) -> list[int]:
    wide, high = cut.size
    return [
        sum(1 << (wide - 1 - x) for x in range(wide) if cut.getpixel((x, y))) for y in range(high)
    ]


if __name__ == "__main__":
    rows = ",\n".join(json.dumps(each) for each in shapes(Path(sys.argv[1])))
    sys.stdout.write(f"[\n{rows}\n]\n")
