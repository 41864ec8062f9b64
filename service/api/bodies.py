"""What a request for a command brings with it: JSON, and a file where the command takes one.

Read in memory, and given up as soon as it is too large: nothing of a person is spooled to disk unsealed.
"""

import json
import re
from collections.abc import AsyncIterator
from typing import Any, NamedTuple

from fastapi import Request
from python_multipart.multipart import parse_options_header

from domain.words import Command
from service.access import uploads
from service.access.uploads import TooMuch
from service.api.problems import Unreadable

JSON_MAX = 1_000_000  # Bytes of a command's fields.
PARTS = ("command", "file")
RECEIPTS = ("application/pdf", "image/jpeg", "image/png", "image/heic")
XML = ("application/xml",)
TYPES = {
    "HandInReceipt": RECEIPTS,
    "ShareReceipt": RECEIPTS,
    "ClaimOutlay": RECEIPTS,
    "ClaimSharedOutlay": RECEIPTS,
    "ReceiveInvoice": XML,
    "ReceiveCreditNote": XML,
    "ReceiveStatement": XML,
}
# By what files begin with. HEIC: ISO/IEC 23008-12, the brands of a still image.
MAGIC = {
    "application/pdf": re.compile(rb"%PDF-"),
    "image/jpeg": re.compile(rb"\xff\xd8\xff"),
    "image/png": re.compile(rb"\x89PNG\r\n\x1a\n"),
    "image/heic": re.compile(rb".{4}ftyp(heic|heix|heim|heis|mif1)", re.DOTALL),
    "application/xml": re.compile(rb"(\xef\xbb\xbf)?\s*<[?!A-Za-z_]"),
}


class Wish(NamedTuple):
    """A command's own fields as they were sent, and the file."""

    fields: dict[str, Any]
    file: bytes | None


def takes_file(kind: type[Command]) -> bool:
    return "sha256" in kind.model_fields


async def read(request: Request, kind: type[Command], file_max: int) -> Wish:
    """Unreadable: it is too large, of another type than the command takes, or not well formed."""
    told, options = parse_options_header(request.headers.get("content-type"))
    filed = {"voucher", "sha256"} <= kind.model_fields.keys()  # Its file may be here already.
    brought_before = filed and told == b"application/json"
    if brought_before or not takes_file(kind):
        if told != b"application/json":
            raise Unreadable("unsupported_type", _wrong_type("application/json"))
        asked = fields(await _whole(request, JSON_MAX))
        if brought_before and asked.get("voucher") is None:
            raise Unreadable("unsupported_type", _wrong_type("multipart/form-data"))
        return Wish(asked, None)
    boundary = options.get(b"boundary")
    if told != b"multipart/form-data" or not boundary:
        raise Unreadable("unsupported_type", _wrong_type("multipart/form-data"))
    parts = await _parts(request, JSON_MAX + file_max, boundary)
    file = parts["file"]
    if len(file) > file_max or len(parts["command"]) > JSON_MAX:
        raise Unreadable("too_large")
    if not file:
        raise Unreadable("malformed", ("/file", "Filen er tom.", "The file is empty."))
    allowed = TYPES.get(kind.__name__, ())
    if allowed and not any(MAGIC[each].match(file) for each in allowed):
        raise Unreadable("unsupported_type", _wrong_type(", ".join(allowed), "/file"))
    return Wish(fields(parts["command"]), file)


def _wrong_type(taken: str, where: str = "") -> tuple[str, str, str]:
    return where, f"Her tages imod: {taken}.", f"What is taken here: {taken}."


async def _whole(request: Request, most: int) -> bytes:
    """Unreadable: it says that it is larger, or turns out to be."""
    return b"".join([chunk async for chunk in _counted(request, most)])


async def _counted(request: Request, most: int) -> AsyncIterator[bytes]:
    try:
        async for chunk in uploads.counted(request, most):
            yield chunk
    except TooMuch:
        raise Unreadable("too_large", headers={"Connection": "close"}) from None


async def _parts(request: Request, most: int, boundary: bytes) -> dict[str, bytes]:
    """Each part once, by its name."""
    form = uploads.Form(boundary)
    async for chunk in _counted(request, most):
        form.take(chunk)
    found = form.parts() or []
    if sorted(part.name for part in found) != sorted(PARTS):
        told = "A body of two parts: command (JSON) and file."
        raise Unreadable("malformed", ("", "To dele: command (JSON) og file.", told))
    return {part.name: part.content for part in found}


def fields(text: bytes) -> dict[str, Any]:
    """A JSON object that says each thing once. Unreadable."""
    try:
        read = json.loads(
            text.decode("utf-8"), object_pairs_hook=_once, parse_constant=_none, parse_float=_as_is
        )
    except (ValueError, RecursionError):
        read = None
    if not isinstance(read, dict):
        told = "A JSON object in UTF-8, with each name once."
        raise Unreadable("malformed", ("", "Et JSON-objekt i UTF-8, hvert navn én gang.", told))
    return read


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a name twice")
    return found


def _none(_: str) -> Any:
    raise ValueError("no number of JSON")


def _as_is(text: str) -> Any:
    """Nothing that is asked for is a fraction, and amounts are text: refused where it stands."""
    return {"number": text}
