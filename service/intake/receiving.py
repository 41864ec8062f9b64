"""Reception: a file is kept as it came, byte for byte, and nothing of it is opened."""

from datetime import datetime
from typing import Any, NamedTuple

from domain.intake import ReceiveVoucher
from domain.voucher import Channel
from projections.intake import Kind
from service.answers import Answer
from service.app import Teten
from service.clerk import DANISH_TIME
from service.intake.queue import of_case
from service.people.sealing import fingerprint

A_DAY = 100  # Vouchers that a citizen may send: a thousand megabytes at most.


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
    return Received(ref, teten.clerk.in_plain(ReceiveVoucher.__name__, body, arrival.content))


def ref_of(key: str) -> str:
    """A number that is the same whenever the same arrival is told of."""
    return f"V-{fingerprint(key.encode())[:12]}"


def within_a_day(teten: Teten, case_no: str, more: int = 1) -> bool:
    """Whether the citizen may send so many more today, and fills no disk with them."""
    today = datetime.now(DANISH_TIME).date()
    with teten.rows.snapshot() as snapshot:
        came = [each.at for each in of_case(snapshot, case_no) if each.kind is Kind.VOUCHER]
    since = sum(at is not None and at.astimezone(DANISH_TIME).date() == today for at in came)
    return since + more <= A_DAY
