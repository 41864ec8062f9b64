"""Small files that unpack to much, each with the reasons that it may get; None: it may be read, too."""

import struct
import zlib
from collections.abc import Callable
from functools import partial
from io import BytesIO
from typing import Any

from PIL import Image
from pypdf import PdfWriter
from pypdf.generic import ArrayObject, DecodedStreamObject, FloatObject, NameObject

from tests.pictures import papers

RGB, RGBA = 2, 6  # A PNG's kinds of colour.
SAMPLES = {RGB: 3, RGBA: 4}
A_LOT = 200_000_000  # Bytes.


def png(width: int, height: int, kind: int, bits: int = 8, before: bytes = b"") -> bytes:
    """Of a single colour: some kilobytes, however large."""
    row = bytes(1 + width * SAMPLES[kind] * bits // 8)
    packing = zlib.compressobj(1)
    packed = b"".join(packing.compress(row) for _ in range(height)) + packing.flush()
    head = struct.pack(">IIBBBBB", width, height, bits, kind, 0, 0, 0)
    chunks = papers.chunk(b"IHDR", head) + before + papers.chunk(b"IDAT", packed)
    return b"\x89PNG\r\n\x1a\n" + chunks + papers.chunk(b"IEND", b"")


def jpeg(mode: str, side: int = 7_700, **told: Any) -> bytes:
    return papers.jpeg(Image.new(mode, (side, side)), **told)


def jpeg_of_many_scans() -> bytes:
    """A progressive JPEG whose last scan comes again and again, each time over the whole picture."""
    whole = jpeg("L", 4_000, progressive=True)
    last = whole.rindex(b"\xff\xda")
    return whole[:last] + whole[last:-2] * 2_000 + whole[-2:]


def jpeg_2000() -> bytes:
    made = BytesIO()
    Image.new("CMYK", (2_000, 2_000)).save(made, "JPEG2000")
    return made.getvalue()


def pictures_in_one() -> bytes:
    """As a camera with several lenses saves them (MPO)."""
    made, each = BytesIO(), papers.receipt(size=(400, 500))
    each.save(made, "MPO", save_all=True, append_images=[each] * 60)
    return made.getvalue()


def colour_profile(packed: bytes) -> bytes:
    return papers.chunk(b"iCCP", b"profile\0\0" + packed)


def many_notes(count: int = 300_000) -> bytes:
    """Exif with a place for each of so many notes, all of them the same one."""
    rows = b"".join(struct.pack("<HHII", each % 65_536, 2, 64, 8) for each in range(count))
    exif = b"II*\0" + struct.pack("<IH", 8, count % 65_536) + rows
    return papers.chunk(b"eXIf", exif)


def many_texts(count: int = 60) -> bytes:
    """Each a little less than one may hold."""
    packed = zlib.compress(bytes([32]) * 999_999, 9)
    return papers.chunk(b"zTXt", b"Comment\0\0" + packed) * count


def heic_that_says_it_is_huge() -> bytes:
    content = papers.heic()
    at = content.index(b"ispe") + 8
    return content[:at] + struct.pack(">II", 60_000, 60_000) + content[at + 8 :]


def pdf(width: float, height: float, pages: int = 1) -> bytes:
    made, writer = BytesIO(), PdfWriter()
    for _ in range(pages):
        writer.add_blank_page(100, 100).mediabox = ArrayObject(
            [FloatObject(0), FloatObject(0), FloatObject(width), FloatObject(height)]
        )
    writer.write(made)
    return made.getvalue()


def pdf_that_unpacks(content: bytes = b"q Q " * (A_LOT // 40)) -> bytes:
    made, writer, drawn = BytesIO(), PdfWriter(), DecodedStreamObject()
    drawn.set_data(content)
    page = writer.add_blank_page(100, 100)
    page[NameObject("/Contents")] = writer._add_object(drawn.flate_encode())
    writer.write(made)
    return made.getvalue()


def pdf_of_kids_without_end() -> bytes:
    """Its tree of pages has itself as a branch."""
    return papers.pdf(1).replace(b"/Kids [", b"/Kids [ 1 0 R 2 0 R 3 0 R ", 1)


def packed_objects(filling: int) -> bytes:
    return papers.with_a_packed_object(b"(" + b" " * filling + b")")


BOMBS: dict[str, tuple[set[str | None], Callable[[], bytes]]] = {
    "a PNG one can see through": ({"too_much_memory"}, partial(png, 7_700, 7_700, RGBA)),
    "a PNG of 16 bits a colour": ({"too_much_memory"}, partial(png, 7_700, 7_700, RGBA, 16)),
    "a PNG larger than it may be": ({"too_many_pixels"}, partial(png, 60_001, 1_000, RGB)),
    "a PNG with a packed colour profile": (
        {"too_much_memory"},
        lambda: png(9, 9, RGB, before=colour_profile(zlib.compress(bytes(A_LOT), 9))),
    ),
    "a PNG of 60 texts": ({None, "truncated"}, lambda: png(9, 9, RGB, before=many_texts())),
    "a PNG with megabytes of Exif": ({None}, lambda: png(9, 9, RGB, before=many_notes())),
    "a JPEG for print": ({"too_much_memory"}, partial(jpeg, "CMYK")),
    "a JPEG in steps": ({"too_much_memory"}, partial(jpeg, "CMYK", progressive=True)),
    "a JPEG with a colour profile of megabytes": (
        {None},
        lambda: jpeg("RGB", 9, icc_profile=bytes(15_000_000)),
    ),
    "a JPEG 2000": ({"wrong_type"}, jpeg_2000),
    "a JPEG of 61 pictures": ({None}, pictures_in_one),
    "a HEIC of 3,600 megapixels": ({"too_many_pixels", "truncated"}, heic_that_says_it_is_huge),
    "a PDF of a giant page": ({None}, partial(pdf, 14_400.0, 14_400.0)),
    "a PDF of a page as large as a country": ({None, "truncated"}, partial(pdf, 1e9, 1e9)),
    "a PDF of a page a point wide": ({None}, partial(pdf, 1.0, 1e9)),
    "a PDF of a page without a size": ({None, "truncated"}, partial(pdf, 0.0, 0.0)),
    "a PDF of 5,000 pages": ({"too_many_pages"}, partial(pdf, 100.0, 100.0, 5_000)),
    "a PDF that is its own page": ({None, "truncated"}, pdf_of_kids_without_end),
    "a PDF whose drawing unpacks to 20 MB": ({None}, pdf_that_unpacks),
    "a PDF whose packed objects unpack to 200 MB": (
        {None, "too_much_memory", "truncated"},
        partial(packed_objects, A_LOT),
    ),
}
