"""How well receipts are read: against what is known of them, beside plain tesseract on the same pictures.

A folder is a data set (its journal tells what each receipt's claim says) or one of pictures whose truth
stands in the `index.jsonl` beside it. A claim isn't always what the picture shows: some of a data set's
receipts differ from it on purpose, and count here as misread.
"""

import csv
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from pathlib import Path
from random import Random
from statistics import median
from time import perf_counter
from typing import Any, NamedTuple

from PIL import Image, ImageOps
from rapidfuzz import fuzz

from domain.money import Money
from domain.reading import Reading
from service.bench.extent import PILOT
from service.reading.agreeing import CERTAIN
from service.reading.reader import Reader
from service.reading.tesseract import Tesseract

FIELDS = ("total", "purchased_on", "cvr", "vat", "merchant")
NAME_NEAR = 90  # Of a hundred: a letter of a name may differ.
DATA_SETS = tuple(sorted(each.parent for each in PILOT.parent.glob("*/journal.csv")))


class Known(NamedTuple):
    """What is known of a picture; None: not told."""

    file: Path
    total: int
    purchased_on: date
    merchant: str
    cvr: str | None = None
    vat: int | None = None


class Plain(NamedTuple):
    """As the first expression that fits finds it in plain tesseract's text."""

    total: int | None
    purchased_on: date | None
    cvr: str | None
    vat: int | None
    merchant: str | None


class NothingKnown(Exception):
    def __init__(self, folder: Path) -> None:
        super().__init__(
            f"{folder}: neither a data set with journal.csv nor a folder of receipts with index.jsonl"
            " beside it"
        )


def known(folder: Path) -> list[Known]:
    """NothingKnown: there is no truth in or beside the folder."""
    if (folder / "journal.csv").is_file():
        return list(_of_journal(folder))
    index = folder / "index.jsonl"
    if not index.is_file():
        index = folder.parent / "index.jsonl"
    if not index.is_file():
        raise NothingKnown(folder)
    return list(_of_index(folder, index))


def _of_journal(folder: Path) -> Iterator[Known]:
    with (folder / "journal.csv").open(encoding="utf-8-sig", newline="") as journal:
        for row in csv.DictReader(journal, delimiter=";"):
            file = folder / row["file"]
            if row["action"] == "RECEIPT" and file.is_file():
                merchant, day, *_ = (part.strip() for part in row["text"].split(";"))
                total = Money.parse_danish(row["amount"]).ore
                yield Known(file, total, datetime.strptime(day, "%d-%m-%Y").date(), merchant)  # noqa: DTZ007 - a day


def _of_index(folder: Path, index: Path) -> Iterator[Known]:
    for line in index.read_text("utf-8").splitlines():
        entry = json.loads(line)
        file, truth = index.parent / entry["file"], entry.get("truth")
        if (
            isinstance(truth, dict)
            and "total" in truth
            and file.is_file()
            and folder in file.parents
        ):
            day = date.fromisoformat(truth["date"])
            yield Known(file, truth["total"], day, truth["shop"], truth["cvr"], truth["vat"])


def measure(folders: Sequence[Path], sample: int | None = None) -> dict[str, Any]:
    """Every set's shares; `sample`: of so many pictures of each set, always the same ones."""
    found: dict[str, Any] = {}
    with Reader() as reader, Tesseract() as tesseract:
        for folder in folders:
            pictures = known(folder)
            if sample and sample < len(pictures):
                pictures = Random(sample).sample(pictures, sample)  # nosec B311 # noqa: S311 - no secret
            found[folder.name] = _set(pictures, reader, tesseract)
    return found


def _set(pictures: Sequence[Known], reader: Reader, tesseract: Tesseract) -> dict[str, Any]:
    readings: list[tuple[Known, Reading]] = []
    plainly: list[tuple[Known, Plain]] = []
    ours: list[float] = []
    theirs: list[float] = []
    for each in pictures:
        with Image.open(each.file) as picture:
            page = ImageOps.exif_transpose(picture).convert("L")
        began = perf_counter()
        readings.append((each, reader.read([page])))
        ours.append(perf_counter() - began)
        began = perf_counter()
        text = "\n".join(line.text for line in tesseract.lines(page))
        theirs.append(perf_counter() - began)
        plainly.append((each, _plain(text)))
    return {
        "pictures": len(pictures),
        "teten": {
            "median_ms": round(1000 * median(ours)) if ours else None,
            "fields": {name: _shares(name, readings) for name in FIELDS},
        },
        "tesseract": {
            "median_ms": round(1000 * median(theirs)) if theirs else None,
            "fields": {name: _plain_shares(name, plainly) for name in FIELDS},
        },
    }


def _shares(name: str, readings: Iterable[tuple[Known, Reading]]) -> dict[str, int] | None:
    counts = dict.fromkeys(
        ("known", "right", "wrong", "agreed", "agreed_wrong", "certain", "certain_wrong"), 0
    )
    for truth, reading in readings:
        wanted = getattr(truth, name)
        if wanted is None:
            continue
        read = getattr(reading, name)
        value = None if read is None else _value(read)
        wrong = value is not None and not same(name, value, wanted)
        agreed = name in reading.agreed
        certain = read is not None and read.confidence >= CERTAIN
        for what, holds in (
            ("known", True),
            ("right", value is not None and not wrong),
            ("wrong", wrong),
            ("agreed", agreed),
            ("agreed_wrong", agreed and wrong),
            ("certain", certain),
            ("certain_wrong", certain and wrong),
        ):
            counts[what] += holds
    return counts if counts["known"] else None


def _value(read: Any) -> object:
    for name in ("amount", "day", "text"):
        if hasattr(read, name):
            value = getattr(read, name)
            return value.ore if isinstance(value, Money) else value
    raise TypeError(read)


def _plain_shares(name: str, found: Iterable[tuple[Known, Plain]]) -> dict[str, int] | None:
    counts = {"known": 0, "right": 0, "wrong": 0}
    for truth, plain in found:
        wanted, value = getattr(truth, name), getattr(plain, name)
        if wanted is not None:
            right = value is not None and same(name, value, wanted)
            counts["known"] += 1
            counts["right"] += right
            counts["wrong"] += value is not None and not right
    return counts if counts["known"] else None


def same(name: str, value: object, wanted: object) -> bool:
    """Names may differ by a letter; all else is exact."""
    if name == "merchant":
        return fuzz.ratio(str(value).casefold(), str(wanted).casefold()) >= NAME_NEAR
    return value == wanted


_TOTAL = re.compile(r"(?im)^.*(?<!sub)(?:total|i alt|at betale).*?(\d{1,3}(?:\.\d{3})*,\d{2})\s*$")
_VAT = re.compile(r"(?im)^.*moms.*?(\d{1,3}(?:\.\d{3})*,\d{2})\s*$")
_DAY = re.compile(r"(\d{2})[-./](\d{2})[-./](\d{4})")
_CVR = re.compile(r"(?i)\bcvr\D{0,6}(\d{8})\b")


def _plain(text: str) -> Plain:
    total, vat, day, cvr = (each.search(text) for each in (_TOTAL, _VAT, _DAY, _CVR))
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return Plain(
        Money.parse_danish(total[1]).ore if total else None,
        _day(day) if day else None,
        cvr[1] if cvr else None,
        Money.parse_danish(vat[1]).ore if vat else None,
        lines[0] if lines else None,
    )


def _day(found: re.Match[str]) -> date | None:
    try:
        return date(int(found[3]), int(found[2]), int(found[1]))
    except ValueError:
        return None


def markdown(found: dict[str, Any]) -> str:
    """One table a set. Shares are of the pictures for which the field's truth is known."""
    return "\n".join(f"## {name}\n\n{_table(figures)}\n" for name, figures in found.items())


_HEAD = (
    "field", "known", "right", "given wrong", "agreed", "agreed, wrong", "certain", "certain, right",
    "tesseract right", "tesseract wrong",
)  # fmt: skip


def _table(figures: dict[str, Any]) -> str:
    ours, theirs = figures["teten"], figures["tesseract"]
    rows = [
        (
            f"{figures['pictures']} pictures; a picture takes {ours['median_ms']} ms (median), plain"
            f" tesseract {theirs['median_ms']} ms."
        ),
        "",
        f"| {' | '.join(_HEAD)} |",
        f"|{' --- |' * len(_HEAD)}",
    ]
    for name in FIELDS:
        our, their = ours["fields"][name], theirs["fields"][name]
        if our:
            cells = (
                name,
                str(our["known"]),
                _percent(our["right"], our["known"]),
                _percent(our["wrong"], our["known"]),
                _percent(our["agreed"], our["known"]),
                f"{our['agreed_wrong']}",
                _percent(our["certain"], our["known"]),
                _percent(our["certain"] - our["certain_wrong"], our["certain"]),
                _percent(their["right"], their["known"]),
                _percent(their["wrong"], their["known"]),
            )
            rows.append(f"| {' | '.join(cells)} |")
    return "\n".join(rows)


def _percent(part: int, of: int) -> str:
    return f"{100 * part / of:.1f} %" if of else "–"
