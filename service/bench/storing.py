"""Putting made-up commands and their events into an empty log, by COPY."""

from collections.abc import Callable, Iterable
from itertools import islice

import psycopg
from psycopg.sql import SQL, Identifier

from service.bench.generator import Done

BATCH = 5_000  # Commands in a transaction.
EVENTS = """
    COPY {table} (originator_id, originator_version, topic, state, notification_id)
    FROM STDIN (FORMAT BINARY)
"""
TYPES = ("text", "int8", "text", "bytea", "int8")
COMMANDS = (
    "COPY commands (id, digest, name, programme, actor, at, effective_on, cause, recorded_at,"
    " first_position, last_position) FROM STDIN"
)


class LogNotEmpty(Exception):
    """Made-up events are not mixed with real ones."""

    def __init__(self) -> None:
        super().__init__(
            "The log has events already, and made-up ones are only put into an empty one. "
            "Name an empty place: TETEN_HOME, or TETEN_DATABASE_URL."
        )


def store(url: str, history: Iterable[Done], stored: Callable[[int], None] = lambda _: None) -> int:
    """How many events there were. `stored` is told of each batch. LogNotEmpty: nothing was done."""
    position = 0
    with psycopg.connect(url, autocommit=True) as connection:
        if connection.execute("SELECT 1 FROM log_events LIMIT 1").fetchone():
            raise LogNotEmpty
        commands = iter(history)
        while batch := list(islice(commands, BATCH)):
            before = position
            with connection.transaction(), connection.cursor() as curs:
                position = copy_events(curs, "log_events", batch, before)
                _copy_commands(curs, batch, before)
            stored(position - before)
        connection.execute("ANALYZE log_events, commands")
    return position


def copy_events(curs: psycopg.Cursor, table: str, batch: Iterable[Done], position: int) -> int:
    """The position of the last one."""
    with curs.copy(SQL(EVENTS).format(table=Identifier(table))) as copy:
        copy.set_types(TYPES)
        for done in batch:
            for event in done.events:
                position += 1
                copy.write_row((*event, position))
    return position


def _copy_commands(curs: psycopg.Cursor, batch: Iterable[Done], position: int) -> None:
    with curs.copy(COMMANDS) as copy:
        for done in batch:
            first, position = position + 1, position + len(done.events)
            copy.write_row((*_told(done), first, position))


def _told(done: Done) -> tuple[str, ...]:
    """What is kept beside the log of who asked for what, and when."""
    asked_for = (done.id, done.digest, done.name, done.programme)
    return (*asked_for, done.by, done.at, done.effective_on, "", done.at)
