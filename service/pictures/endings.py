"""Where a picture ends by its own format, and whether the file is something else as well.

Phones put things of their own after a picture: a brighter copy (JPEG), a second of film (MP4), notes.
Those are left alone. What another program would open is not.
"""

import re
import zlib
from collections.abc import Iterator
from contextlib import suppress
from io import BytesIO
from zipfile import is_zipfile

import magic

from service.pictures.unreadable import Unreadable

PNG_START = 8
# Of one text or colour profile in a PNG, unpacked: a camera's is some kilobytes.
PACKED_CHUNKS = {b"zTXt", b"iTXt", b"iCCP"}
MAX_UNPACKED = 1_000_000
# A marker of a JPEG that is neither data nor a restart within data.
MARKER = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]", re.DOTALL)
END, SCAN = 0xD9, 0xDA
PHONES_OWN = {"application/octet-stream", "image/jpeg", "video/mp4", "video/quicktime"}
# What browsers, PDF readers and web servers look for anywhere in a file.
ELSEWHERE = (b"<html", b"<script", b"<!doctype", b"<?php", b"%pdf-")


def kind(content: bytes) -> str:
    """The media type by the bytes alone, as libmagic tells it."""
    found: str = magic.from_buffer(content, mime=True)
    return found


def refuse_another_format(content: bytes, end: int) -> None:
    """Guard: the file is nothing but what it seems to be. `end`: where that ends by its own format."""
    tail = content[end:].strip(b"\0 \t\r\n")
    if tail and kind(tail) not in PHONES_OWN:
        raise Unreadable("two_formats")
    if is_zipfile(BytesIO(content)) and b"PK\x01\x02" in content:
        raise Unreadable("two_formats")


def refuse_markup(picture: bytes) -> None:
    """Guard: no picture holds a page or a script."""
    lowered = picture.lower()
    if any(each in lowered for each in ELSEWHERE):
        raise Unreadable("two_formats")


def end_of_jpeg(content: bytes) -> int:
    """Unreadable: it ends before its end."""
    at = 2
    while at + 4 <= len(content):
        if content[at] != 0xFF:  # noqa: PLR2004 - A marker's first byte, as in the standard.
            break
        marker = content[at + 1]
        if marker == END:
            return at + 2
        if marker == 0xFF:  # noqa: PLR2004 - A fill byte before a marker.
            at += 1
            continue
        at += 2 + int.from_bytes(content[at + 2 : at + 4])
        if marker == SCAN:
            found = MARKER.search(content, at)
            if not found:
                break
            at = found.start()
    if content[at : at + 2] == bytes((0xFF, END)):
        return at + 2
    raise Unreadable("truncated")


def end_of_png(content: bytes) -> int:
    """Unreadable: it ends before its end, or a text in it unpacks to more than any camera writes."""
    for name, start, length in _chunks(content):
        if name in PACKED_CHUNKS:
            _refuse_bomb(_packed(name, content[start : start + length]))
        if name == b"acTL":
            raise Unreadable("too_many_pages")
        if name == b"IEND":
            return start + length + 4
    raise Unreadable("truncated")


def _chunks(content: bytes) -> Iterator[tuple[bytes, int, int]]:
    """Name, start and length of each chunk that is there whole, with its check sum behind it."""
    at = PNG_START
    while at + 12 <= len(content):
        length = int.from_bytes(content[at : at + 4])
        if at + 12 + length > len(content):
            return
        yield content[at + 4 : at + 8], at + 8, length
        at += 12 + length


def _refuse_bomb(packed: bytes) -> None:
    with suppress(zlib.error):
        if len(zlib.decompressobj().decompress(packed, MAX_UNPACKED)) == MAX_UNPACKED:
            raise Unreadable("too_much_memory")


def _packed(name: bytes, chunk: bytes) -> bytes:
    """What is packed in a chunk of text or of a colour profile, behind its names."""
    behind = chunk.partition(b"\0")[2]
    if name != b"iTXt":
        return behind[1:]
    return behind[2:].split(b"\0", 2)[-1] if behind[:1] == b"\1" else b""


def end_of_heic(content: bytes) -> int:
    """Where its last whole box ends. Unreadable: the last box is longer than the file."""
    at = 0
    while at + 8 <= len(content):
        size, name = int.from_bytes(content[at : at + 4]), content[at + 4 : at + 8]
        if size == 1:  # The size is behind the name.
            size = int.from_bytes(content[at + 8 : at + 16])
        if not name.isalnum() or (size < 8 and size != 0):  # noqa: PLR2004 - A box's own head.
            return at
        if size == 0:  # Until the end of the file.
            return len(content)
        if at + size > len(content):
            raise Unreadable("truncated")
        at += size
    return at
