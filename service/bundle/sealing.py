"""How people are told of in a bundle: left out, sealed under a key that travels another way, or open."""

import hmac
import secrets
from enum import StrEnum
from os import O_CREAT, O_EXCL, O_WRONLY, fdopen, fsync
from os import open as open_file
from pathlib import Path

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_BYTES, NONCE_BYTES = 32, 12


class People(StrEnum):
    LEFT_OUT = "left-out"
    SEALED = "sealed"
    OPEN = "open"


class BadSealKey(Exception):
    """The file holds no key to seal with."""


class Seal:
    """AES-256-GCM. The nonce is a keyed hash of the name and of what is sealed, so that the same under the
    same name gives the same bytes, and nothing else ever shares a nonce."""

    def __init__(self, key: bytes) -> None:
        self._cipher = AESGCM(hmac.digest(key, b"teten bundle encryption", "sha256"))
        self._nonces = hmac.digest(key, b"teten bundle nonces", "sha256")

    @classmethod
    def read(cls, file: Path) -> "Seal":
        """The key in that file, 32 bytes in hex; made if there is no such file. BadSealKey."""
        if not file.exists():
            made = open_file(file, O_WRONLY | O_CREAT | O_EXCL, 0o600)
            with fdopen(made, "w") as new:
                new.write(secrets.token_hex(KEY_BYTES))
                new.flush()
                fsync(new.fileno())
        try:
            key = bytes.fromhex(file.read_text("ascii"))
        except ValueError:
            key = b""
        if len(key) != KEY_BYTES:
            raise BadSealKey(f"{file} must hold {2 * KEY_BYTES} hexadecimal digits.")
        return cls(key)

    def seal(self, name: str, content: bytes) -> bytes:
        named = len(name.encode()).to_bytes(8, "big") + name.encode()
        nonce = hmac.digest(self._nonces, named + content, "sha256")[:NONCE_BYTES]
        return nonce + self._cipher.encrypt(nonce, content, name.encode())
