"""Storing what was decided, and reading what others stored: on the library's recorder."""

from collections.abc import Sequence
from contextlib import nullcontext
from typing import Any

import psycopg
from eventsourcing.persistence import StoredEvent
from eventsourcing.postgres import PostgresApplicationRecorder
from psycopg import errors, generators
from psycopg.pq import DiagnosticField, ExecStatus
from psycopg.pq.abc import PGresult
from psycopg.waiting import wait_async
from pydantic_core import to_json

from domain.words import Decider
from service.answers import Overtaken, TwoPeopleNeeded
from service.deciding import Group
from service.entries import recorded
from service.states import Standing

APPEND = b"SELECT append_group($1)"
# The fence keeps the planner from reading the whole log, however small it takes it to be.
NEWS = """
    SELECT originator_id, originator_version, topic, state, notification_id
    FROM unnest(%b::text[], %b::bigint[]) AS known (stream, version)
    CROSS JOIN LATERAL (
        SELECT * FROM log_events WHERE originator_id = stream AND originator_version > version
        ORDER BY originator_version OFFSET 0
    ) AS news
"""


class LogRecorder(PostgresApplicationRecorder):
    """Appends a whole group of commands: its events, and beside them what each command was answered.

    As the library does, under a lock that keeps commit order and position order the same; but in one
    round trip, and never again by itself: whether a commit whose answer was lost took place is known from
    the commands' rows alone, and those are looked up before anything is done again.
    """

    def insert_events(
        self, stored_events: Sequence[StoredEvent], **kwargs: Any
    ) -> Sequence[int] | None:
        connection: psycopg.Connection[Any] = kwargs["connection"]
        group: Group = kwargs["group"]
        with connection.transaction() if group.keeps else nullcontext():
            for keep in group.keeps:
                keep(connection.cursor())
            send(connection, group)
            before = receive(connection)
        return range(before + 1, before + 1 + len(stored_events))


def send(connection: psycopg.Connection[Any], group: Group) -> None:
    """Have a group stored, without waiting for it."""
    relied_on = [
        {"stream": stream, "version": version} for stream, (version, _) in group.began.items()
    ]
    events = [
        {
            "originator_id": event.originator_id,
            "originator_version": event.originator_version,
            "topic": event.topic,
            "state": event.state.decode(),
            "notification_id": number,
        }
        for number, event in enumerate(group.events, start=1)
    ]
    document = {"relied_on": relied_on, "events": events, "answers": group.answers()}
    connection.pgconn.send_query_params(APPEND, [to_json(document)])
    connection.pgconn.flush()


def receive(connection: psycopg.Connection[Any]) -> int:
    """What came of the group that was sent: the position before its first event, or Overtaken."""
    return _came_of(connection.wait(generators.execute(connection.pgconn)))


async def awaited(connection: psycopg.Connection[Any], patience: float) -> int:
    """As `receive`, in an event loop. OperationalError: also after so many seconds."""
    line = connection.pgconn
    return _came_of(
        await wait_async(generators.execute(line), line.socket, interval=1, timeout=patience)
    )


def _came_of(results: Sequence[PGresult]) -> int:
    found = results[-1]
    if found.status != ExecStatus.TUPLES_OK:
        state = found.error_field(DiagnosticField.SQLSTATE)
        kind = errors.lookup(state.decode()) if state else psycopg.OperationalError
        if issubclass(kind, (errors.UniqueViolation, errors.DeadlockDetected)):
            raise Overtaken
        if issubclass(kind, errors.ExclusionViolation):
            raise TwoPeopleNeeded(_says(found, DiagnosticField.MESSAGE_PRIMARY))
        parts = (DiagnosticField.MESSAGE_PRIMARY, DiagnosticField.MESSAGE_HINT)
        raise kind(_says(found, *parts))
    before = found.get_value(0, 0)
    if before is None:
        raise Overtaken
    return int(before)


def _says(result: PGresult, *parts: DiagnosticField) -> str:
    return " ".join((result.error_field(part) or b"").decode() for part in parts).strip()


def news(
    connection: psycopg.Connection[Any], standing: Standing, deciders: dict[str, Decider[Any]]
) -> Standing:
    """Those of the streams of which the log holds more, and how they stand by that."""
    found: Standing = {}
    versions = [version for version, _ in standing.values()]
    for row in connection.execute(NEWS, (list(standing), versions), binary=True):
        new = recorded(*row)
        _, state = found.get(new.stream) or standing[new.stream]
        found[new.stream] = new.version, deciders[new.stream].evolve(state, new.event)
    return found
