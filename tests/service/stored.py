"""Events in the log that no command led to, and rows as the database has them."""

from collections.abc import Iterable
from typing import Any

import psycopg

from domain.words import Event, Recorded
from service.entries import Entry, EntryMapper

MAPPER = EntryMapper(None)  # type: ignore[arg-type]
INSERT = (
    "INSERT INTO log_events (originator_id, originator_version, topic, state)"
    " VALUES (%s, %s, %s, %s)"
)
UNKNOWN = "INSERT INTO log_events VALUES ('case-A', 1, 'FutureEvent', '{}'::bytea)"


def entry(news: Recorded[Event]) -> tuple[Any, ...]:
    """The row of the log that tells this."""
    kept = MAPPER.to_stored_event(
        Entry(
            originator_id=news.stream,
            originator_version=news.version,
            event=news.event,
            actor=news.actor,
            command=news.command,
            digest=news.digest,
            cause=news.cause,
            at=news.at,
            effective_on=news.effective_on,
            recorded_at=news.recorded_at,
        )
    )
    return kept.originator_id, kept.originator_version, kept.topic, kept.state


def store(connection: psycopg.Connection[Any], news: Iterable[Recorded[Event]]) -> None:
    """In one transaction, under the lock that appends take."""
    with connection.transaction():
        connection.execute("LOCK TABLE log_events IN EXCLUSIVE MODE")
        connection.execute("NOTIFY log_events")
        connection.cursor().executemany(INSERT, [entry(each) for each in news])


def live_rows(url: str) -> dict[tuple[str, str], str]:
    """Every row that readers see, to the byte."""
    with psycopg.connect(url) as connection:
        found = connection.execute(
            "SELECT projection, key, body::text FROM projections.rows"
            " JOIN projections.progress USING (projection, generation)"
        )
        return {(projection, key): body for projection, key, body in found}


def generations(url: str) -> dict[str, int]:
    """How many generations of rows there are of each projection."""
    with psycopg.connect(url) as connection:
        found = connection.execute(
            "SELECT projection, count(DISTINCT generation) FROM projections.rows GROUP BY 1"
        )
        return {projection: int(count) for projection, count in found}
