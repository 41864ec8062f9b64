"""RapidOCR: another engine altogether, with its models in its package. It knows no æ, ø, å, and is slow;
what it reads of digits on poor photographs is better than tesseract's."""

import logging
from importlib.metadata import version

import numpy as np
from PIL import Image
from rapidocr import RapidOCR
from rapidocr.utils.output import RapidOCROutput

from service.reading.lines import Line, Word, in_lines

LONGEST = 1600  # Pixels of a page's longer side: above, memory goes up and nothing is read better.


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
        page = page.convert("RGB")
        page.thumbnail((LONGEST, LONGEST))
        found = self._engine(np.asarray(page))
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
