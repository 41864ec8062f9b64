"""What a page's form with files sends: read in memory, and given up as soon as it is too much."""

from collections.abc import Callable
from typing import Any, NamedTuple

from fastapi import Request
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.exceptions import HTTPException

FILES_MAX = 10  # At a time.
AT_ONCE = 4  # Times the largest file that is taken: as much as all of them together may be.
FORM_MAX = 100_000  # Bytes of everything else.
PARTS_MAX = 50  # Each costs more to begin than a megabyte costs to read.


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
    most, body = AT_ONCE * file_max + FORM_MAX, bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > most:
            raise HTTPException(413, headers={"Connection": "close"})
    _, options = parse_options_header(request.headers.get("content-type"))
    parts = parsed(bytes(body), options.get(b"boundary", b""))
    if parts is None:
        raise HTTPException(400)
    files = [each for each in parts if each.file]
    if len(files) > FILES_MAX or any(len(each.content) > file_max for each in files):
        raise HTTPException(413)
    return Sent(parts)


def parsed(body: bytes, boundary: bytes) -> list[Part] | None:
    """The parts of a multipart body, in order; None: it is none, or it isn't whole."""
    found: list[dict[str, Any]] = []
    ended = []

    def begun() -> None:
        if len(found) == PARTS_MAX:
            raise FormParserError(f"more than {PARTS_MAX} parts")
        found.append(
            {"header": bytearray(), "value": bytearray(), "content": bytearray()}
            | {"name": "", "file": False}
        )

    def headed() -> None:
        part = found[-1]
        if part["header"].lower() == b"content-disposition":
            options = parse_options_header(bytes(part["value"]))[1]
            part["name"] = options.get(b"name", b"").decode("latin-1")
            part["file"] = b"filename" in options
        part["header"].clear()
        part["value"].clear()

    def into(name: str) -> Callable[[bytes, int, int], None]:
        return lambda data, start, end: found[-1][name].extend(data[start:end])

    callbacks: Any = {
        "on_part_begin": begun,
        "on_header_field": into("header"),
        "on_header_value": into("value"),
        "on_header_end": headed,
        "on_part_data": into("content"),
        "on_end": lambda: ended.append(True),
    }
    try:
        parser = MultipartParser(boundary, callbacks)
        parser.write(body)
        parser.finalize()
    except FormParserError:
        return None
    if not ended:
        return None
    return [Part(each["name"], each["file"], bytes(each["content"])) for each in found]
