"""Digital Post as a file: MeMo 1.2, the message format of the Danish Agency for Digital Government.

https://digitaliser.dk/digital-post/vejledninger/memo. The prefix is always `memo`: some receivers know no
other. Times are of UTC and end in Z; a message's id must be of a version 4 UUID's form.
"""

import os
from base64 import b64encode
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple
from uuid import UUID
from xml.etree.ElementTree import (  # nosec B405 - written with it, never read
    Element,
    SubElement,
    register_namespace,
    tostring,
)

from service.people.sealing import sync_folder

NAMESPACE = "https://DigitalPost.dk/MeMo-1"
VERSION = "1.2"
register_namespace("memo", NAMESPACE)


class Sender(NamedTuple):
    cvr: str
    name: str


def message_uuid(letter: str) -> UUID:
    """The same for the same letter, so that a receiver can tell that it has come twice."""
    return UUID(bytes=sha256(letter.encode()).digest()[:16], version=4)


def message(
    letter: str, label: str, text: str, sender: Sender, cpr: str, created_at: datetime
) -> bytes:
    """A letter to a citizen, as plain text."""
    root = Element(_name("Message"), {"memoVersion": VERSION})
    header = SubElement(root, _name("MessageHeader"))
    _put(header, messageType="DIGITALPOST", messageUUID=str(message_uuid(letter)), label=label)
    _put(header, mandatory="false", legalNotification="false")
    _put(
        SubElement(header, _name("Sender")),
        senderID=sender.cvr,
        idType="CVR",
        label=sender.name,
    )
    _put(SubElement(header, _name("Recipient")), recipientID=cpr.replace("-", ""), idType="CPR")
    body = SubElement(root, _name("MessageBody"))
    _put(body, createdDateTime=f"{created_at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}")
    file = SubElement(SubElement(body, _name("MainDocument")), _name("File"))
    _put(file, encodingFormat="text/plain", filename="Brev.txt", language="da")
    _put(file, content=b64encode(text.encode()).decode())
    content: bytes = tostring(root, encoding="utf-8", xml_declaration=True)
    return content


def write(folder: Path, letter: str, content: bytes) -> Path:
    """Under the message's id when it is whole, for its owner's eyes alone: it holds a CPR number. OSError."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / f"{message_uuid(letter)}.xml"
    part = path.with_name(f".{path.name}.part")
    part.unlink(missing_ok=True)
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)
    sync_folder(folder)
    return path


def _name(local: str) -> str:
    return f"{{{NAMESPACE}}}{local}"


def _put(parent: Element, **texts: str) -> None:
    for local, text in texts.items():
        SubElement(parent, _name(local)).text = text
