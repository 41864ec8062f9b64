"""E-mails as files (.eml, RFC 5322): the pictures in them, and which case they say they are for.

Nothing else of an e-mail is kept: who wrote, and what, is not needed to pay.
"""

import re
from collections.abc import Iterator
from email import message_from_bytes
from email.errors import MessageError
from email.header import decode_header, make_header
from email.message import Message
from email.utils import getaddresses
from typing import Any, NamedTuple

from service.intake.beginnings import media_type
from service.people.sealing import fingerprint

MESSAGE_MAX = 50_000_000  # Bytes.
FILES_MAX = 20
PARTS_MAX = 500
BOUNDARIES_MAX = 5_000  # Lines that look like one; they are counted before anything is taken apart.
BOUNDARY = re.compile(rb"[\r\n]--")
# Each begins a part of a report of delivery.
BLANK_LINE, REPORT = (
    re.compile(rb"(?>\r\n|\r|\n)(?=[\r\n])"),
    re.compile(rb"delivery-status", re.IGNORECASE),
)
# Bytes: what these cost to be taken apart grows with their length times itself.
HEADER_MAX = 4_000
HEADER = re.compile(
    rb"(?:\A|[\r\n])(?:content-type|content-disposition|subject):"
    rb"(?P<value>[^\r\n]*+(?:(?>\r\n|\r|\n)[ \t][^\r\n]*+)*+)",
    re.IGNORECASE,
)
SMALL_PICTURE = 8_000  # Bytes: inline, a logo in somebody's signature.
CASE = r"(?P<case>[A-Za-z0-9ÆØÅæøå][A-Za-z0-9ÆØÅæøå.:-]{0,63}?)"
LINE = r"(?P<line>[1-9][0-9]{0,3})"
IN_SUBJECT = (re.compile(rf"\[{CASE}(?:/{LINE})?\]"), re.compile(rf"(?<!\S){CASE}/{LINE}(?!\S)"))
IN_ADDRESS = re.compile(rf"^[^+@]+\+{CASE}(?:_{LINE})?@")
ADDRESSED = ("Delivered-To", "X-Original-To", "To", "Cc")
ENDINGS = (".jpg", ".jpeg", ".png", ".heic", ".heif", ".pdf")
PDF = ("application/pdf", "application/x-pdf")
TNEF = ("application/ms-tnef", "application/vnd.ms-tnef")
# Which go with an e-mail, and are never a voucher.
BESIDE = ("text", "message", "application/pgp-signature", "application/pkcs7-signature")
NO_PICTURE = "an attachment that is neither a picture nor a PDF"
WINMAIL = "winmail.dat: ask the sender for a plain attachment"
SMALL = "a small picture in the text"
EMPTY = "an empty file"
NOTHING = "no picture and no PDF is in the e-mail"


class NoMail(ValueError):
    """The file is no e-mail, or more than any e-mail holds."""


class Mail(NamedTuple):
    """What is taken of an e-mail. `key`: the same whenever the same e-mail comes again. `left_out`: what was
    not taken, in words."""

    key: str
    case_no: str | None
    line_no: int | None
    files: list[bytes]
    left_out: list[str]


def opened(content: bytes, file_max: int) -> Mail:
    """NoMail."""
    if len(content) > MESSAGE_MAX:
        raise NoMail(f"The e-mail is larger than {MESSAGE_MAX // 1_000_000} MB.")
    if _parts_at_most(content) > BOUNDARIES_MAX:
        raise NoMail("The e-mail is of more parts than any e-mail holds.")
    if any(len(each["value"]) > HEADER_MAX for each in HEADER.finditer(content)):
        raise NoMail(f"A header of the e-mail is longer than {HEADER_MAX} bytes.")
    try:
        message = message_from_bytes(content)
        files, left_out = _files(message, file_max)
        case_no, line_no = _addressed(message)
    except (RecursionError, MessageError, ValueError, LookupError, AttributeError) as error:
        raise NoMail(f"The file can't be read as an e-mail: {type(error).__name__}.") from error
    if not message.keys():
        raise NoMail("The file is no e-mail: it has no headers.")
    told = str(message.get("Message-ID", "")).strip().encode() or content
    return Mail(fingerprint(told), case_no, line_no, files, left_out)


def _parts_at_most(content: bytes) -> int:
    """Lines end here as they do for whoever takes it apart."""
    begin = [BOUNDARY, BLANK_LINE] if REPORT.search(content) else [BOUNDARY]
    return sum(1 for pattern in begin for _ in pattern.finditer(content))


def _files(message: "Message[Any, Any]", file_max: int) -> tuple[list[bytes], list[str]]:
    """Also of e-mails that are attached to it. What is left out without a word is no picture and no file."""
    files: list[bytes] = []
    left_out: list[str] = []
    for part in _parts(message, left_out):
        payload = part.get_payload(decode=True)
        content = payload if isinstance(payload, bytes) else b""
        if why := _unwanted(part, content):
            left_out.append(why)
        elif _decorates(part, content):
            continue
        elif len(content) > file_max:
            left_out.append(f"a file of more than {file_max // 1_000_000} MB")
        elif len(files) == FILES_MAX:
            left_out.append(f"a file after the first {FILES_MAX}")
        else:
            files.append(content)
    return files, left_out if files or left_out else [NOTHING]


def _parts(message: "Message[Any, Any]", left_out: list[str]) -> Iterator["Message[Any, Any]"]:
    """Those that may be a file."""
    for number, part in enumerate(message.walk()):
        if number > PARTS_MAX:
            left_out.append(f"everything after {PARTS_MAX} parts")
            return
        if not part.is_multipart() and not _beside(part):
            yield part


def _beside(part: "Message[Any, Any]") -> bool:
    kind = part.get_content_type()
    named = _attached(part) or _name(part).endswith(ENDINGS)
    return not named and (kind in BESIDE or part.get_content_maintype() in BESIDE)


def _unwanted(part: "Message[Any, Any]", content: bytes) -> str:
    """Why a file is no voucher; empty: it may be one."""
    kind, name = part.get_content_type(), _name(part)
    if kind in TNEF or name == "winmail.dat":
        return WINMAIL
    shown = part.get_content_maintype() == "image"
    if not (shown or kind in PDF or name.endswith(ENDINGS) or media_type(content)):
        return NO_PICTURE
    if not content:
        return EMPTY
    # A program that shows it in the text says so by an id; a picture that somebody put in has none.
    alone = shown and not _attached(part) and not part.get("Content-ID")
    return SMALL if alone and len(content) < SMALL_PICTURE else ""


def _decorates(part: "Message[Any, Any]", content: bytes) -> bool:
    shown = part.get_content_maintype() == "image" and not _attached(part)
    return shown and len(content) < SMALL_PICTURE


def _attached(part: "Message[Any, Any]") -> bool:
    return part.get_content_disposition() == "attachment"


def _name(part: "Message[Any, Any]") -> str:
    """As RFC 2231 has it, or as RFC 2047 forbids and many programs write it."""
    return _in_clear(str(part.get_filename() or "")).lower()


def _in_clear(text: str) -> str:
    """What can't be decoded stays as it is: nobody's picture is lost for it."""
    try:
        return str(make_header(decode_header(text)))
    except (MessageError, ValueError, LookupError):
        return text


def _addressed(message: "Message[Any, Any]") -> tuple[str | None, int | None]:
    """The case, and the line, that a tag of the address or the subject names. The address first: it was given
    to the citizen."""
    told = [str(each) for name in ADDRESSED for each in message.get_all(name, [])]
    for _, address in getaddresses(told):
        if found := IN_ADDRESS.match(address):
            return found["case"], int(found["line"]) if found["line"] else None
    subject = _in_clear(str(message.get("Subject", "")))
    for pattern in IN_SUBJECT:
        if found := pattern.search(subject):
            return found["case"], int(found["line"]) if found["line"] else None
    return None, None
