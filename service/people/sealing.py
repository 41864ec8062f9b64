"""How bytes are sealed: AES-GCM, bound to the name under which they are kept."""

import os
import secrets
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import GCM

KEY_BYTES = 32
NONCE_BYTES = 12
PIECE = 1_000_000  # Bytes sealed at a time.


class VaultClosed(Exception):
    """The master key is missing, unreadable, or not the one that the vault was sealed with; or something
    in the vault is not what was put there."""


def encrypt(key: bytes, plain: bytes, bound_to: str) -> bytes:
    nonce = secrets.token_bytes(NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, plain, bound_to.encode())


def encrypt_into(file: BinaryIO, key: bytes, plain: bytes, bound_to: str) -> None:
    """As `encrypt`, but what is sealed is nowhere in memory as a whole. OSError."""
    nonce, whole = secrets.token_bytes(NONCE_BYTES), memoryview(plain)
    sealing = Cipher(AES(key), GCM(nonce)).encryptor()
    sealing.authenticate_additional_data(bound_to.encode())
    file.write(nonce)
    begin = range(0, len(whole), PIECE)
    file.writelines(sealing.update(whole[begins : begins + PIECE]) for begins in begin)
    file.write(sealing.finalize() + sealing.tag)


def decrypt(key: bytes, sealed: bytes, bound_to: str) -> bytes:
    """InvalidTag: it was sealed with another key, for another name, or is not what was sealed."""
    whole = memoryview(sealed)  # Of which no part is copied.
    if len(whole) < NONCE_BYTES:
        raise InvalidTag
    return AESGCM(key).decrypt(whole[:NONCE_BYTES], whole[NONCE_BYTES:], bound_to.encode())


def fingerprint(content: bytes) -> str:
    return sha256(content).hexdigest()


def sync_folder(folder: Path) -> None:
    """So that the names in it outlast a crash, too."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
