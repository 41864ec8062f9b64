"""Signed notes (C2SP signed-note): a text of some lines, and below it who signed it, with Ed25519.

    — name base64(key id || signature)

A signature by a key that nobody asked for says nothing, and is passed over.
"""

import base64
import binascii
import os
import re
import secrets
from collections.abc import Iterable, Sequence
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

ED25519 = b"\x01"
ID_SIZE = 4
NAME = re.compile(r"[^\s+]+")
SIGNATURE = re.compile(r"— (?P<name>[^\s+]+) (?P<signature>[A-Za-z0-9+/=]+)")
NOTE_MAX = 1_000_000  # Characters: nobody signs more than that.


class BadNote(ValueError):
    """It is no signed note, or not signed as it should be."""


class BadKey(ValueError):
    """It is no key of that form."""


class SignatureLine(NamedTuple):
    name: str
    key_id: bytes
    signature: bytes

    @classmethod
    def parse(cls, line: str) -> "SignatureLine":
        found = SIGNATURE.fullmatch(line)
        content = _base64(found["signature"]) if found else b""
        if not found or len(content) <= ID_SIZE:
            raise BadNote(f"no signature line: {line[:80]!r}")
        return cls(found["name"], content[:ID_SIZE], content[ID_SIZE:])

    def __str__(self) -> str:
        return f"— {self.name} {_text(self.key_id + self.signature)}"


class Verifier(NamedTuple):
    """A public key with its name. As text: `name+key id+base64(0x01 || key)`."""

    name: str
    public: bytes

    @classmethod
    def parse(cls, vkey: str) -> "Verifier":
        name, key = _key(vkey.strip())
        verifier = cls(name, key)
        if verifier.vkey != vkey.strip():
            raise BadKey(f"the key id of {name} is of another key")
        return verifier

    @property
    def key_id(self) -> bytes:
        return sha256(f"{self.name}\n".encode() + ED25519 + self.public).digest()[:ID_SIZE]

    @property
    def vkey(self) -> str:
        return f"{self.name}+{self.key_id.hex()}+{_text(ED25519 + self.public)}"

    def signed(self, text: str, line: SignatureLine) -> bool:
        """Whether this key made that line under that text. BadNote: it claims so, and did not."""
        if (line.name, line.key_id) != (self.name, self.key_id):
            return False
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(line.signature, text.encode())
        except InvalidSignature:
            raise BadNote(f"the signature of {self.name} is not of this text") from None
        return True


class Signer:
    """A private key with its name. As text: `PRIVATE+KEY+name+key id+base64(0x01 || seed)`."""

    def __init__(self, name: str, seed: bytes) -> None:
        if not NAME.fullmatch(name):
            raise BadKey(f"a key's name has no space and no plus: {name!r}")
        self._seed = seed
        self._private = Ed25519PrivateKey.from_private_bytes(seed)
        self.verifier = Verifier(name, self._private.public_key().public_bytes_raw())

    @classmethod
    def new(cls, name: str) -> "Signer":
        return cls(name, secrets.token_bytes(32))

    @classmethod
    def read(cls, path: Path) -> "Signer":
        """BadKey; FileNotFoundError."""
        kind, _, rest = path.read_text("utf-8").strip().partition("+KEY+")
        if kind != "PRIVATE":
            raise BadKey(f"{path.name} holds no private key.")
        name, seed = _key(rest)
        signer = cls(name, seed)
        if f"+{signer.verifier.key_id.hex()}+" not in rest:
            raise BadKey(f"{path.name} doesn't hold the key that it names.")
        return signer

    def write(self, path: Path) -> None:
        """For its owner alone, and never over another one. FileExistsError."""
        verifier = self.verifier
        text = (
            f"PRIVATE+KEY+{verifier.name}+{verifier.key_id.hex()}+{_text(ED25519 + self._seed)}\n"
        )
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(part, path)  # Whole, or not at all.
        finally:
            part.unlink()

    @property
    def name(self) -> str:
        return self.verifier.name

    @property
    def vkey(self) -> str:
        return self.verifier.vkey

    def sign(self, text: str) -> str:
        """The line that goes below the text."""
        signature = self._private.sign(text.encode())
        return str(SignatureLine(self.name, self.verifier.key_id, signature))


class Opened(NamedTuple):
    text: str
    lines: tuple[SignatureLine, ...]
    by: tuple[Verifier, ...]  # Those of the asked that signed it.


def signed(text: str, signers: Iterable[Signer]) -> str:
    """The note: the text, which ends its last line, and a line by each signer."""
    return f"{text}\n" + "".join(f"{signer.sign(text)}\n" for signer in signers)


def opened(note: str, verifiers: Sequence[Verifier]) -> Opened:
    """What it says and who of these signed it. BadNote: none of them did, or one's signature is wrong."""
    text, lines = divided(note)
    by = tuple(each for each in verifiers if any(each.signed(text, line) for line in lines))
    if not by:
        names = ", ".join(each.vkey for each in verifiers)
        raise BadNote(f"not signed by any of: {names}")
    return Opened(text, lines, by)


def divided(note: str) -> tuple[str, tuple[SignatureLine, ...]]:
    """The text and its signature lines, none of them checked. BadNote."""
    text, blank, below = note.rpartition("\n\n")
    if len(note) > NOTE_MAX or not text or not blank or not below.endswith("\n"):
        raise BadNote("no text with signature lines below an empty line")
    if any(ord(letter) < ord(" ") and letter != "\n" for letter in note):
        raise BadNote("control characters")
    return f"{text}\n", tuple(SignatureLine.parse(line) for line in below[:-1].split("\n"))


def _key(text: str) -> tuple[str, bytes]:
    name, _, rest = text.partition("+")
    key_id, _, encoded = rest.partition("+")
    key = _base64(encoded) if NAME.fullmatch(name) else b""
    if key[:1] != ED25519 or len(key) != 1 + 32 or not re.fullmatch("[0-9a-f]{8}", key_id):
        raise BadKey("no Ed25519 key of the form name+id+key")
    return name, key[1:]


def _text(content: bytes) -> str:
    return base64.b64encode(content).decode()


def _base64(text: str) -> bytes:
    """Empty, unless it is what that content is written as."""
    try:
        content = base64.b64decode(text, validate=True)
    except binascii.Error:
        return b""
    return content if _text(content) == text else b""
