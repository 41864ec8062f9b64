"""RFC 3161 time stamps: an authority that knows nothing of us signs that these bytes were there by then."""

from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256, sha384, sha512
from http import HTTPStatus
from pathlib import Path

from cryptography import x509
from rfc3161_client import (
    HashAlgorithm,
    PKIStatus,
    TimestampRequestBuilder,
    TimeStampResponse,
    VerificationError,
    VerifierBuilder,
    decode_timestamp_response,
)

from service.evidence.checkpoints import Made
from service.evidence.outside.posting import Refused, post

HASHES = {
    "2.16.840.1.101.3.4.2.1": sha256,
    "2.16.840.1.101.3.4.2.2": sha384,
    "2.16.840.1.101.3.4.2.3": sha512,
}
QUERY = "application/timestamp-query"


class BadStamp(ValueError):
    """It is no time stamp of these bytes by that authority."""


@dataclass(frozen=True)
class Authority:
    """Whom to ask for time stamps, and the certificates by which its answers are known."""

    url: str
    certificates: Path
    name: str = "time stamp"

    def stamp(self, made: Made) -> bytes:
        """The authority's answer, which is the time stamp. OSError; Refused."""
        asked = (
            TimestampRequestBuilder()
            .data(made.note.encode())
            .hash_algorithm(HashAlgorithm.SHA256)
            .cert_request(cert_request=True)
            .build()
        )
        answer = post(self.url, asked.as_bytes(), QUERY)
        if answer.status != HTTPStatus.OK:
            raise Refused(f"it answers {answer.status}")
        try:
            stamped_at(answer.body, made.note, read_certificates(self.certificates), asked.nonce)
        except BadStamp as error:
            raise Refused(str(error)) from None
        return answer.body


def stamped_at(
    stamp: bytes, note: str, certificates: list[x509.Certificate], nonce: int | None = None
) -> datetime:
    """When the authority stamped this note. BadStamp: it didn't, or not in answer to this number."""
    answer = of_this_note(stamp, note)
    builder = VerifierBuilder(
        roots=[each for each in certificates if each.issuer == each.subject],
        intermediates=[each for each in certificates if each.issuer != each.subject],
        nonce=nonce,
    )
    try:
        builder.build().verify(answer, answer.tst_info.message_imprint.message)
    except (VerificationError, ValueError) as error:
        raise BadStamp(f"it is no time stamp of this note by that authority ({error})") from None
    return answer.tst_info.gen_time


def of_this_note(stamp: bytes, note: str) -> TimeStampResponse:
    """What the time stamp says, whoever made it. BadStamp: it says nothing of this note."""
    try:
        answer = decode_timestamp_response(stamp)
    except ValueError:
        raise BadStamp("it is no time stamp in strict DER") from None
    if PKIStatus(answer.status) != PKIStatus.GRANTED:
        raise BadStamp(f"the authority refused: {', '.join(answer.status_string) or 'no reason'}")
    try:
        imprint = answer.tst_info.message_imprint
        digest = HASHES[imprint.hash_algorithm.dotted_string](note.encode()).digest()
    except (KeyError, ValueError):
        raise BadStamp("it is not made with SHA-256, SHA-384 or SHA-512") from None
    if imprint.message != digest:
        raise BadStamp("it is a time stamp of something else")
    return answer


def read_certificates(file: Path) -> list[x509.Certificate]:
    """Of a PEM file: the authority's root, and what stands between it and who stamps. Refused."""
    try:
        found = x509.load_pem_x509_certificates(file.read_bytes())
    except (OSError, ValueError) as error:
        raise Refused(
            f"the authority's certificates can't be read: {type(error).__name__}"
        ) from None
    if not any(each.issuer == each.subject for each in found):
        raise Refused("the authority's certificates hold no root")
    return found
