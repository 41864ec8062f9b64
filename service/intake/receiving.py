"""Reception: a file is kept as it came, byte for byte, and nothing of it is opened."""

from typing import Any, NamedTuple

from domain.voucher import Channel
from service.answers import Answer
from service.app import Teten
from service.people.sealing import fingerprint


class Arrival(NamedTuple):
    """A file, by which way it came, and for what: for no case, then a caseworker says so."""

    programme: str
    by: str
    channel: Channel
    content: bytes
    case_no: str | None = None
    line_no: int | None = None


class Received(NamedTuple):
    ref: str
    answer: Answer


def receive(teten: Teten, arrival: Arrival, key: str, cause: str) -> Received:
    """Keep it, and put it in the queue. `key` makes it the same arrival when it is told of again. Refused, or
    Malformed."""
    ref = ref_of(f"{arrival.programme}/{key}")
    body: dict[str, Any] = {
        "id": key,
        "by": arrival.by,
        "programme": arrival.programme,
        "cause": cause,
        "ref": ref,
        "channel": arrival.channel.value,
    }
    if arrival.case_no is not None:
        body |= {"case_no": arrival.case_no}
    if arrival.line_no is not None:
        body |= {"line_no": arrival.line_no}
    return Received(ref, teten.clerk.in_plain("ReceiveVoucher", body, arrival.content))


def ref_of(key: str) -> str:
    """A number that is the same whenever the same arrival is told of."""
    return f"V-{fingerprint(key.encode())[:12]}"
