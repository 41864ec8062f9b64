"""What a page's form with files sends: read in memory, and given up as soon as it is too much."""

from collections.abc import AsyncIterator
from io import BytesIO
from typing import Any, NamedTuple

from fastapi import Request
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.exceptions import HTTPException

FILES_MAX = 10  # At a time.
AT_ONCE = 4  # Times the largest file that is taken: as much as all of them together may be.
FORM_MAX = 100_000  # Bytes of everything else.
PARTS_MAX = 50  # Each costs more to begin than a megabyte costs to read.


class TooMuch(HTTPException):
    """More was sent than is taken."""

    def __init__(self) -> None:
        super().__init__(413, headers={"Connection": "close"})


class Part(NamedTuple):
    """One field of a form, or one file. `file`: it is one, even if nothing was chosen."""

    name: str
    file: bool
    content: bytes


class Sent(NamedTuple):
    parts: list[Part]

    def field(self, name: str) -> str:
        """Empty: it wasn't sent."""
        found = (each for each in self.parts if each.name == name and not each.file)
        return next((each.content.decode("utf-8", "replace").strip() for each in found), "")

    def files(self, name: str) -> list[bytes]:
        """Without those that are empty: so browsers say that none was chosen."""
        return [each.content for each in self.parts if each.name == name and each.content]


async def read(request: Request, file_max: int) -> Sent:
    """HTTPException: 413, too much; 400, no form."""
    _, options = parse_options_header(request.headers.get("content-type"))
    form = Form(options.get(b"boundary", b""))
    async for chunk in counted(request, AT_ONCE * file_max + FORM_MAX):
        form.take(chunk)
    parts = form.parts()
    if parts is None:
        raise HTTPException(400)
    files = [each for each in parts if each.file]
    if len(files) > FILES_MAX or any(len(each.content) > file_max for each in files):
        raise HTTPException(413)
    return Sent(parts)


async def counted(request: Request, most: int) -> AsyncIterator[bytes]:
    """The body as it comes. TooMuch: it says that it is larger, or turns out to be."""
    said, read = request.headers.get("content-length", ""), 0
    if said.isascii() and said.isdigit() and int(said[:20]) > most:
        raise TooMuch
    async for chunk in request.stream():
        read += len(chunk)
        if read > most:
            raise TooMuch
        yield chunk


class Form:
    """A multipart body, taken apart as it comes, so that what is sent is in memory once."""

    def __init__(self, boundary: bytes) -> None:
        self._begun: list[_Begun] = []
        self._ended = self._broken = False
        try:
            self._parser = MultipartParser(boundary, self._callbacks())
        except FormParserError:
            self._broken = True

    def take(self, chunk: bytes) -> None:
        """What comes of a body that is no form is read, and forgotten."""
        if self._broken:
            return
        try:
            self._parser.write(chunk)
        except FormParserError:
            self._broken = True
            self._begun.clear()

    def parts(self) -> list[Part] | None:
        """Once it has all come: the parts, in order; None: it is no form, or it isn't whole."""
        if self._broken or not self._ended:
            return None
        return [Part(each.name, each.file, each.content.getvalue()) for each in self._begun]

    def _callbacks(self) -> Any:
        def begin() -> None:
            if len(self._begun) == PARTS_MAX:
                raise FormParserError(f"more than {PARTS_MAX} parts")
            self._begun.append(_Begun())

        def headed() -> None:
            self._begun[-1].headed()

        def end() -> None:
            self._ended = True

        return {
            "on_part_begin": begin,
            "on_header_field": lambda *data: self._begun[-1].header.extend(_slice(*data)),
            "on_header_value": lambda *data: self._begun[-1].value.extend(_slice(*data)),
            "on_header_end": headed,
            "on_part_data": lambda *data: self._begun[-1].content.write(_slice(*data)),
            "on_end": end,
        }


class _Begun:
    """A part of which not all has come."""

    def __init__(self) -> None:
        self.name, self.file = "", False
        self.header, self.value = bytearray(), bytearray()
        self.content = BytesIO()  # Which gives what it holds without a copy.

    def headed(self) -> None:
        if self.header.lower() == b"content-disposition":
            options = parse_options_header(bytes(self.value))[1]
            self.name = options.get(b"name", b"").decode("latin-1")
            self.file = b"filename" in options
        self.header.clear()
        self.value.clear()


def _slice(data: bytes, start: int, end: int) -> memoryview:
    return memoryview(data)[start:end]
