"""What a document rests on: how much of the log, and the checkpoint that vouches for it."""

from datetime import datetime
from typing import Any, NamedTuple

import psycopg

from service.clerk import DANISH_TIME

# The last event that counts, and the last refused attempt before the next one: nothing later is told.
MOMENT = """
SELECT greatest(
    (SELECT (convert_from(state, 'UTF8')::jsonb ->> 'recorded_at')::timestamptz FROM log_events
     WHERE notification_id = %(position)s),
    (SELECT max(recorded_at) FROM commands WHERE code IS NOT NULL AND recorded_at < coalesce(
        (SELECT (convert_from(state, 'UTF8')::jsonb ->> 'recorded_at')::timestamptz FROM log_events
         WHERE notification_id > %(position)s ORDER BY notification_id LIMIT 1), 'infinity')))
"""


class Basis(NamedTuple):
    """`recorded_at`: when the log learned of the last of it, in Danish time."""

    position: int
    recorded_at: datetime

    def facts(self) -> tuple[tuple[str, str], ...]:
        return (
            ("Loggens position", str(self.position)),
            ("Kendt af loggen", f"{self.recorded_at:%d-%m-%Y kl. %H:%M:%S}"),
        )

    def data(self) -> dict[str, Any]:
        return {"position": self.position, "recorded_at": self.recorded_at.isoformat()}


def basis(connection: psycopg.Connection[Any], position: int) -> Basis:
    """Of a log that has an event at that position."""
    [[recorded_at]] = connection.execute(MOMENT, {"position": position}).fetchall()
    return Basis(position, recorded_at.astimezone(DANISH_TIME))
