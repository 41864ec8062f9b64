"""A PDF: looked through for what is active, then drawn page by page.

The engine that draws (PDFium) is built without scripts. What is refused is for whoever opens the original.
"""

import logging
import math
import re
from collections.abc import Iterator
from io import BytesIO
from typing import Any

import pypdfium2
from PIL import Image
from pypdf import PasswordType, PdfReader
from pypdf.generic import ArrayObject, DictionaryObject, IndirectObject, NameObject

from service.pictures import endings
from service.pictures.sizes import DOTS_AN_INCH, LONGEST, MAX_PAGES, MAX_PIXELS, PAGE_PIXELS
from service.pictures.unreadable import Unreadable

MEDIA_TYPE = "application/pdf"
POINTS_AN_INCH = 72
END = b"%%EOF"
# ISO 32000-2: actions that run, start, send or fetch something, tables 201, 220 and 270; a link
# (URI) or a place in the document (GoTo) is none of them.
ACTIONS = {
    *("/JavaScript", "/Launch", "/ImportData", "/SubmitForm", "/GoToE", "/GoToR"),
    *("/Rendition", "/Movie", "/Sound", "/RichMediaExecute", "/Trans3D"),
}
HOLDS = {"/JS", "/EF", "/EmbeddedFiles", "/XFA", "/RichMediaContent"}
# Also where no table of the file leads to, such as an earlier state of it: readers that repair a file
# look there. Long enough that no compressed picture holds one by chance.
ANYWHERE = re.compile(rb"/(?:JavaScript|EmbeddedFile|RichMedia|Launch\b)")
ESCAPED = re.compile(rb"#([0-9A-Fa-f]{2})")
LINEARIZED = re.compile(rb"/Linearized\b.*?/L\s+(\d+)", re.DOTALL)

logging.getLogger("pypdf").setLevel(logging.CRITICAL)  # It quotes what is in the file.


def pages(content: bytes) -> tuple[Image.Image, ...]:
    """Unreadable, or whatever the libraries raise at a file that is damaged."""
    if content.rfind(END) < 0 or _told_length(content) > len(content):
        raise Unreadable("truncated")
    _refuse_active(content)
    drawn = _drawn(content)
    endings.refuse_another_format(content, content.rfind(END) + len(END))
    return drawn


def _told_length(content: bytes) -> int:
    """Of one made to be shown while it loads, which has an end near its beginning, too."""
    found = LINEARIZED.search(content[:1024])
    return int(found[1]) if found else 0


# What is in it ------------------------------------------------------------------------------------


def _refuse_active(content: bytes) -> None:
    reader = PdfReader(BytesIO(content))
    # One that opens with an empty password only asks readers not to print or copy.
    if reader.is_encrypted and reader.decrypt("") == PasswordType.NOT_DECRYPTED:
        raise Unreadable("encrypted")
    if ANYWHERE.search(ESCAPED.sub(lambda found: bytes((int(found[1], 16),)), content)):
        raise Unreadable("active_content")
    for each in _objects(reader):
        for held in _dictionaries(each):
            _refuse_dictionary(held)


def _refuse_dictionary(held: DictionaryObject) -> None:
    if held.keys() & HOLDS or _plain(held, "/S") in ACTIONS:
        raise Unreadable("active_content")
    if _plain(held, "/Type") == "/EmbeddedFile":
        raise Unreadable("active_content")
    if _plain(held, "/Subtype") == "/Image":
        width, height = _plain(held, "/Width"), _plain(held, "/Height")
        if isinstance(width, int) and isinstance(height, int) and width * height > MAX_PIXELS:
            raise Unreadable("too_many_pixels")


def _plain(held: DictionaryObject, key: str) -> Any:
    """What stands there, or what it refers to."""
    found = held.get(NameObject(key))
    return found.get_object() if isinstance(found, IndirectObject) else found


def _objects(reader: PdfReader) -> Iterator[Any]:
    """All that tables of the file lead to, also within packed objects."""
    yield reader.trailer
    numbers = {number for table in reader.xref.values() for number in table}
    for number in sorted(numbers | reader.xref_objStm.keys()):
        try:
            yield reader.get_object(number)
        except MemoryError:
            raise
        except Exception:
            # Tables often lead to nothing. The bytes of what isn't packed have been seen: ANYWHERE.
            if number in reader.xref_objStm:
                raise


def _dictionaries(found: Any) -> Iterator[DictionaryObject]:
    """Those within, however deep; not what they refer to, which has its own turn."""
    left = [found]
    while left:
        each = left.pop()
        if isinstance(each, DictionaryObject):
            yield each
            left.extend(each.values())
        elif isinstance(each, ArrayObject):
            left.extend(each)


# What it looks like -------------------------------------------------------------------------------


def _drawn(content: bytes) -> tuple[Image.Image, ...]:
    document = pypdfium2.PdfDocument(content)
    try:
        if not len(document):
            raise Unreadable("truncated")
        if len(document) > MAX_PAGES:
            raise Unreadable("too_many_pages")
        document.init_forms()  # What somebody filled in is drawn, too.
        pixels = min(PAGE_PIXELS, MAX_PIXELS // len(document))
        return tuple(_page(page, pixels) for page in document)
    finally:
        document.close()


def _page(page: pypdfium2.PdfPage, pixels: int) -> Image.Image:
    width, height = page.get_size()
    scale = min(
        DOTS_AN_INCH / POINTS_AN_INCH,
        math.sqrt(pixels / (width * height)),
        LONGEST / max(width, height),  # Of a page a point wide, each side is a pixel at least.
    )
    bitmap = page.render(scale=scale)
    try:
        picture: Image.Image = bitmap.to_pil().convert("RGB")
        return picture
    finally:
        bitmap.close()
        page.close()
