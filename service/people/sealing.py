"""How bytes are sealed: AES-GCM, bound to the name under which they are kept."""

import os
import secrets
from hashlib import sha256
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_BYTES = 32
NONCE_BYTES = 12


class VaultClosed(Exception):
    """The master key is missing, unreadable, or not the one that the vault was sealed with; or something
    in the vault is not what was put there."""


def encrypt(key: bytes, plain: bytes, bound_to: str) -> bytes:
    nonce = secrets.token_bytes(NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, plain, bound_to.encode())


def decrypt(key: bytes, sealed: bytes, bound_to: str) -> bytes:
    """InvalidTag: it was sealed with another key, for another name, or is not what was sealed."""
    sealed = bytes(sealed)
    if len(sealed) < NONCE_BYTES:
        raise InvalidTag
    return AESGCM(key).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], bound_to.encode())


def fingerprint(content: bytes) -> str:
    return sha256(content).hexdigest()


def sync_folder(folder: Path) -> None:
    """So that the names in it outlast a crash, too."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
