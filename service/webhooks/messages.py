"""What is sent: an event of the log as it is stored, in an envelope as CloudEvents 1.0 has it."""

import json
from datetime import UTC, datetime
from typing import Any, NamedTuple
from urllib.parse import quote
from uuid import uuid4

from service.entries import CANONICAL
from service.evidence.leaves import hash_of

MEDIA_TYPE = "application/cloudevents+json; charset=utf-8"
PREFIX = "dk.teten."


class Row(NamedTuple):
    """An event as it stands in the log."""

    stream: str
    version: int
    topic: str
    state: bytes
    position: int


class Message(NamedTuple):
    id: str  # Of the webhook and of the CloudEvent: the same however often it is sent.
    position: int | None
    type: str
    body: str


def of_event(row: Row, log_name: str) -> Message:
    """The id has its position and the beginning of its leaf's hash: a log that was restored to an earlier
    moment and went on otherwise gives another event at that position another id. It has no full stop, by
    which Standard Webhooks divides what it signs."""
    entry = json.loads(row.state)
    id_ = f"{row.position}-{hash_of(row.position, *row[:4]).hex()[:16]}"
    told = {"subject": row.stream, "position": row.position, "data": entry}
    return _message(id_, row.position, row.topic, entry["recorded_at"], log_name, told)


def ping(webhook: str, log_name: str) -> Message:
    """Nothing of the log: whether it arrives."""
    now = datetime.now(UTC).isoformat()
    told = {"data": {"webhook": webhook}}
    return _message(f"ping-{uuid4().hex}", None, "Ping", now, log_name, told)


def _message(
    id_: str, position: int | None, name: str, time: str, log_name: str, told: dict[str, Any]
) -> Message:
    envelope = {
        "specversion": "1.0",
        "id": id_,
        "source": quote(log_name),
        "type": PREFIX + name,
        "time": time,
        "datacontenttype": "application/json",
        **told,
    }
    return Message(id_, position, PREFIX + name, CANONICAL(envelope))
