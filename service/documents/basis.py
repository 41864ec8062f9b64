"""What a document rests on: how much of the log, and the checkpoint that vouches for it."""

import base64
from datetime import UTC, datetime
from typing import Any, NamedTuple

from service.app import Teten
from service.clerk import DANISH_TIME
from service.evidence.checkpoints import Checkpoint
from service.known import Known

# The last event that counts, and the last refused attempt before the next one: nothing later is told.
MOMENT = """
SELECT greatest(
    (SELECT (convert_from(state, 'UTF8')::jsonb ->> 'recorded_at')::timestamptz FROM log_events
     WHERE notification_id = %(position)s),
    (SELECT max(recorded_at) FROM commands WHERE code IS NOT NULL
     AND recorded_at <= %(until)s AND recorded_at < coalesce(
        (SELECT (convert_from(state, 'UTF8')::jsonb ->> 'recorded_at')::timestamptz FROM log_events
         WHERE notification_id > %(position)s ORDER BY notification_id LIMIT 1), 'infinity')))
"""


class Basis(NamedTuple):
    """`recorded_at`: when the log learned of the last of it, in Danish time. `checkpoint`: the first that
    vouches for all of it or, as long as there is none, the latest."""

    position: int
    recorded_at: datetime
    checkpoint: Checkpoint | None

    def facts(self) -> tuple[tuple[str, str], ...]:
        return (
            ("Loggens position", str(self.position)),
            ("Kendt af loggen", f"{self.recorded_at:%d-%m-%Y kl. %H:%M:%S}"),
            ("Kontrolpunkt", self._vouched()),
        )

    def _vouched(self) -> str:
        if not self.checkpoint:
            return "intet er signeret endnu"
        through = f"position {self.checkpoint.size}, rod {_in_text(self.checkpoint.root)}"
        if self.checkpoint.size < self.position:
            return f"{through}; det, der kom senere, er ikke signeret endnu"
        return through

    def data(self) -> dict[str, Any]:
        signed = self.checkpoint
        return {
            "position": self.position,
            "recorded_at": self.recorded_at.isoformat(),
            "checkpoint": signed and {"size": signed.size, "root": _in_text(signed.root)},
        }


def _in_text(root: bytes) -> str:
    return base64.b64encode(root).decode()


def basis(teten: Teten, position: int, known: Known | None = None) -> Basis:
    """Of a log that has an event at that position, as it was known then."""
    until = known if isinstance(known, datetime) else datetime.max.replace(tzinfo=UTC)
    with teten.log.pool.connection() as connection:
        asked = {"position": position, "until": until}
        [[recorded_at]] = connection.execute(MOMENT, asked).fetchall()
    made = teten.checkpoints.first_from(position) or teten.checkpoints.latest()
    return Basis(position, recorded_at.astimezone(DANISH_TIME), made and made.checkpoint)
