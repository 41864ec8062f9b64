"""RapidOCR: another engine altogether, with its models in its package. It knows no æ, ø, å, and is slow;
what it reads of digits on poor photographs is better than tesseract's."""

import logging
import math
import os
from importlib.metadata import version

import numpy as np
from PIL import Image

# ONNX Runtime tells its makers of each use, and keeps a number of this machine, unless it is told not to
# before it is loaded.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"

from rapidocr import RapidOCR
from rapidocr.utils.output import RapidOCROutput

from service.reading.lines import Line, Word, in_lines

# Pixels of a page: time and memory go with them, and above nothing is read better.
PIXELS = 800_000
LONGEST = 2000  # Pixels of its longer side.
SLIMMEST = 4  # Times as long as it is wide: a slimmer one would be enlarged beyond those pixels.


def name() -> str:
    return f"rapidocr {version('rapidocr')}"


SHORTEST = (
    448  # To which it enlarges a page's shorter side: its 736 costs half more and reads the same.
)


class Rapid:
    def __init__(self) -> None:
        logging.getLogger("RapidOCR").setLevel(logging.ERROR)
        self._engine = RapidOCR(
            params={
                "Global.use_cls": False,  # Pages come upright.
                "Global.log_level": "error",
                "Det.limit_side_len": SHORTEST,
                "Det.limit_type": "min",
                "EngineConfig.onnxruntime.intra_op_num_threads": 1,
                "EngineConfig.onnxruntime.inter_op_num_threads": 1,
                "EngineConfig.onnxruntime.enable_cpu_mem_arena": False,  # It never gives back.
            }
        )

    def lines(self, page: Image.Image) -> list[Line]:
        found = self._engine(np.asarray(_fitting(page)))
        if not isinstance(found, RapidOCROutput):
            raise TypeError(found)
        if found.boxes is None or found.txts is None or found.scores is None:
            return []
        words = []
        for box, text, score in zip(found.boxes, found.txts, found.scores, strict=True):
            if not text.strip():
                continue
            across, down = [round(x) for x, _ in box], [round(y) for _, y in box]
            words.append(
                Word(text, min(across), min(down), max(across), max(down), round(100 * score))
            )
        return in_lines(words)


def _fitting(page: Image.Image) -> Image.Image:
    """Small enough, and with white beside it if it is slim."""
    scale = min(1.0, math.sqrt(PIXELS / (page.width * page.height)), LONGEST / max(page.size))
    wide, high = (max(1, round(side * scale)) for side in page.size)
    fitting = page.resize((wide, high), reducing_gap=2.0) if scale < 1 else page
    widest = max(wide, high // SLIMMEST), max(high, wide // SLIMMEST)
    if widest == fitting.size:
        return fitting.convert("RGB")
    whole = Image.new("RGB", widest, "white")
    whole.paste(fitting, (0, 0))
    return whole
