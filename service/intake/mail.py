"""E-mails as files (.eml, RFC 5322): the pictures in them, and which case they say they are for.

Nothing else of an e-mail is kept: who wrote, and what, is not needed to pay.
"""

import re
from email import message_from_bytes
from email.errors import MessageError
from email.header import decode_header, make_header
from email.message import Message
from email.utils import getaddresses
from typing import Any, NamedTuple

from service.people.sealing import fingerprint

MESSAGE_MAX = 50_000_000  # Bytes.
FILES_MAX = 20
PARTS_MAX = 500
BOUNDARIES_MAX = 5_000  # Lines that look like one; they are counted before anything is taken apart.
SMALL_PICTURE = 8_000  # Bytes: inline, a logo in somebody's signature.
CASE = r"(?P<case>[A-Za-z0-9ÆØÅæøå][A-Za-z0-9ÆØÅæøå.:-]{0,63}?)"
LINE = r"(?P<line>[1-9][0-9]{0,3})"
IN_SUBJECT = (re.compile(rf"\[{CASE}(?:/{LINE})?\]"), re.compile(rf"(?<!\S){CASE}/{LINE}(?!\S)"))
IN_ADDRESS = re.compile(rf"^[^+@]+\+{CASE}(?:_{LINE})?@")
ADDRESSED = ("Delivered-To", "X-Original-To", "To", "Cc")
ENDINGS = (".jpg", ".jpeg", ".png", ".heic", ".heif", ".pdf")
NO_PICTURE = "an attachment that is neither a picture nor a PDF"
TNEF = ("application/ms-tnef", "application/vnd.ms-tnef")


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
    if content.count(b"\n--") > BOUNDARIES_MAX:
        raise NoMail("The e-mail is of more parts than any e-mail holds.")
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


def _files(message: "Message[Any, Any]", file_max: int) -> tuple[list[bytes], list[str]]:
    """Also of e-mails that are attached to it."""
    files: list[bytes] = []
    left_out: list[str] = []
    for number, part in enumerate(message.walk()):
        if number > PARTS_MAX:
            left_out.append(f"everything after {PARTS_MAX} parts")
            break
        if part.is_multipart():
            continue
        if not (why := _wanted(part)):
            left_out += [NO_PICTURE] if part.get_content_disposition() == "attachment" else []
            continue
        if part.get_content_type() in TNEF:
            left_out.append("winmail.dat: ask the sender for a plain attachment")
            continue
        payload = part.get_payload(decode=True)
        content = payload if isinstance(payload, bytes) else b""
        if why == "inline" and len(content) < SMALL_PICTURE:
            continue
        if len(content) > file_max:
            left_out.append(f"a file of more than {file_max // 1_000_000} MB")
        elif len(files) == FILES_MAX:
            left_out.append(f"a file after the first {FILES_MAX}")
        else:
            files.append(content)
    return files, left_out


def _wanted(part: "Message[Any, Any]") -> str:
    """Why a part may hold a voucher; empty: it doesn't."""
    kind, name = part.get_content_type(), (part.get_filename() or "").lower()
    attached = part.get_content_disposition() == "attachment"
    if kind in TNEF:
        return "attached"
    if kind.startswith("image/"):
        return "attached" if attached else "inline"
    of_a_kind = kind in ("application/pdf", "application/x-pdf") or name.endswith(ENDINGS)
    return "attached" if of_a_kind else ""


def _addressed(message: "Message[Any, Any]") -> tuple[str | None, int | None]:
    """The case, and the line, that a tag of the address or the subject names. The address first: it was given
    to the citizen."""
    told = [str(each) for name in ADDRESSED for each in message.get_all(name, [])]
    for _, address in getaddresses(told):
        if found := IN_ADDRESS.match(address):
            return found["case"], int(found["line"]) if found["line"] else None
    subject = str(make_header(decode_header(str(message.get("Subject", "")))))
    for pattern in IN_SUBJECT:
        if found := pattern.search(subject):
            return found["case"], int(found["line"]) if found["line"] else None
    return None, None
