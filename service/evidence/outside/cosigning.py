"""Cosignatures (C2SP tlog-cosignature, cosignature/v1 with Ed25519): a witness says that at a certain time
this was the largest consistent checkpoint of that log that it had seen."""

import base64
from datetime import UTC, datetime
from hashlib import sha256
from typing import NamedTuple

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from service.evidence.notes import ID_SIZE, NAME, BadKey, BadNote, SignatureLine, Signer

COSIGNATURE = b"\x04"
KEY_SIZE, TIME_SIZE, SIGNATURE_SIZE = 32, 8, 64
LATEST_TIME = (
    253_402_300_799  # Seconds since 1970: the end of year 9999, past which nothing can be read.
)


class WitnessKey(NamedTuple):
    """A witness's public key. As text: `name+key id+base64(0x04 || key)`."""

    name: str
    public: bytes

    @classmethod
    def parse(cls, vkey: str) -> "WitnessKey":
        """BadKey: it is none, or of another kind."""
        name, _, rest = vkey.strip().partition("+")
        try:
            content = base64.b64decode(rest.partition("+")[2], validate=True)
        except ValueError:
            content = b""
        key = cls(name, content[1:])
        whole = NAME.fullmatch(name) and content[:1] == COSIGNATURE
        if not whole or len(key.public) != KEY_SIZE or key.vkey != vkey.strip():
            raise BadKey(f"no witness's key of the form name+id+key: {vkey.strip()[:80]!r}")
        return key

    @property
    def key_id(self) -> bytes:
        return sha256(f"{self.name}\n".encode() + COSIGNATURE + self.public).digest()[:ID_SIZE]

    @property
    def vkey(self) -> str:
        key = base64.b64encode(COSIGNATURE + self.public).decode()
        return f"{self.name}+{self.key_id.hex()}+{key}"

    def cosigned(self, text: str, line: SignatureLine) -> datetime | None:
        """When this witness cosigned that text by that line; None: the line is somebody else's.
        BadNote: it claims so, and did not."""
        if (line.name, line.key_id) != (self.name, self.key_id):
            return None
        time = int.from_bytes(line.signature[:TIME_SIZE])
        if len(line.signature) != TIME_SIZE + SIGNATURE_SIZE or time > LATEST_TIME:
            raise BadNote(f"the cosignature of {self.name} is of another form")
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(
                line.signature[TIME_SIZE:], _message(text, time).encode()
            )
        except InvalidSignature:
            raise BadNote(f"the cosignature of {self.name} is not of this text") from None
        return datetime.fromtimestamp(time, UTC)


class Cosigner:
    """A witness's private key. Its file is of the form of any signer's."""

    def __init__(self, signer: Signer) -> None:
        self._signer = signer
        self.key = WitnessKey(signer.name, signer.verifier.public)

    def cosign(self, text: str, at: datetime) -> str:
        """The line that goes below the text."""
        time = int(at.timestamp())
        signed = SignatureLine.parse(self._signer.sign(_message(text, time)))
        signature = time.to_bytes(TIME_SIZE) + signed.signature
        return str(SignatureLine(self.key.name, self.key.key_id, signature))


def _message(text: str, time: int) -> str:
    return f"cosignature/v1\ntime {time}\n{text}"
