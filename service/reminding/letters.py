"""The letters' table: one row for each step that somebody is told of, and what became of it."""

from datetime import datetime
from typing import Any, LiteralString, NamedTuple

import psycopg
from psycopg.rows import class_row
from pydantic import BaseModel

from domain.case.reminders import CaseworkerTold, ReceiptsRemindedOf, TranchesHeld
from service.reminding.copies import LISTED, Copy

TO_CITIZEN = (ReceiptsRemindedOf.__name__, TranchesHeld.__name__)
TO_CASEWORKER = (CaseworkerTold.__name__,)
STATES = ("waiting", "sending", "sent", "failed", "by_hand", "withdrawn", "stopped")
PAGE = 100
EVERYTHING = 2**63 - 1

NOTE = """
WITH head AS (SELECT coalesce(max(notification_id), 0) AS position FROM log_events),
new AS (
    INSERT INTO letters.letters (position, event, programme, case_no, line_no, tranche, recipient)
    SELECT e.notification_id, e.topic, c.programme, told ->> 'case_no', (told ->> 'line_no')::int,
        told ->> 'ref', CASE WHEN e.topic = ANY(%(to_caseworker)s) THEN 'caseworker' ELSE 'citizen' END
    FROM log_events AS e
    CROSS JOIN LATERAL (SELECT convert_from(e.state, 'UTF8')::jsonb) AS entry (stored)
    CROSS JOIN LATERAL (SELECT stored -> 'event') AS event (told)
    JOIN commands AS c ON c.id = stored ->> 'command'
    WHERE e.notification_id > (SELECT position FROM letters.followed)
        AND e.notification_id <= (SELECT position FROM head)
        AND e.topic = ANY(%(to_citizen)s::text[] || %(to_caseworker)s::text[])
    ON CONFLICT DO NOTHING
)
UPDATE letters.followed SET position = greatest(followed.position, head.position) FROM head
"""
DUE = """
SELECT position, state = 'sending' FROM letters.letters
WHERE state IN ('waiting', 'sending') AND next_try_at <= now() ORDER BY position LIMIT 1
"""
BEGUN = """
UPDATE letters.letters SET channel = %(channel)s, tries = tries + 1,
    perhaps_twice = perhaps_twice OR %(again)s, says = NULL
WHERE position = %(position)s
"""
HANDED = "UPDATE letters.letters SET state = 'sending' WHERE position = %s"
FAILED = """
UPDATE letters.letters SET says = %(says)s, next_try_at = now() + make_interval(secs => %(pause)s),
    state = CASE WHEN noted_at < now() - %(given_up_after)s::interval THEN 'failed' ELSE 'waiting' END,
    ended_at = CASE WHEN noted_at < now() - %(given_up_after)s::interval THEN now() END
WHERE position = %(position)s RETURNING tries, state
"""
DEFECT = "defect: "  # Begins what is said of an error of our own.
DEFECTS = """
SELECT position, says FROM letters.letters
WHERE state IN ('waiting', 'sending') AND starts_with(says, %s) ORDER BY position
"""
ENDED = """
UPDATE letters.letters SET state = %(state)s, ended_at = now(), says = %(says)s,
    channel = coalesce(%(channel)s, channel)
WHERE position = %(position)s
"""
AGAIN = """
UPDATE letters.letters SET state = 'waiting', next_try_at = now(), noted_at = now(), ended_at = NULL
WHERE position = %s AND state IN ('waiting', 'failed', 'by_hand', 'stopped') RETURNING position
"""
BY_HAND = """
UPDATE letters.letters SET state = 'sent', channel = 'by_hand', ended_at = now(), says = %s
WHERE position = %s AND state IN ('waiting', 'failed', 'by_hand', 'stopped') RETURNING position
"""
REMINDED_AT = """
SELECT ended_at FROM letters.letters
WHERE event = %(event)s AND case_no = %(case_no)s AND line_no = %(line_no)s AND tranche = %(tranche)s
    AND state = 'sent' AND position = (
        SELECT max(position) FROM letters.letters
        WHERE event = %(event)s AND case_no = %(case_no)s AND line_no = %(line_no)s
            AND tranche = %(tranche)s
    )
"""
# In a copy made of a backup: the place that it is a copy of may have sent them, or may still do so.
STOP = """
UPDATE letters.letters SET state = 'stopped', says = 'restored from a backup'
WHERE state IN ('waiting', 'sending')
"""

Connection = psycopg.Connection[Any]


class NoSuchLetter(ValueError):
    """There is none of that position, or it was sent or withdrawn already."""


class LetterRow(BaseModel):
    """A letter about a step, and what became of it. It holds neither a text nor an address."""

    position: int  # Of its step in the log.
    event: str
    programme: str
    case_no: str
    line_no: int
    tranche: str
    recipient: str
    channel: str | None
    state: str
    perhaps_twice: bool
    tries: int
    noted_at: datetime
    next_try_at: datetime
    ended_at: datetime | None
    says: str | None
    copies: list[Copy]

    @property
    def open(self) -> bool:
        """Nobody has it yet."""
        return self.state not in ("sent", "withdrawn")


class Count(NamedTuple):
    state: str
    letters: int


def note(connection: Connection) -> None:
    """A row for each step that was taken since."""
    connection.execute(NOTE, {"to_citizen": list(TO_CITIZEN), "to_caseworker": list(TO_CASEWORKER)})


def due(connection: Connection) -> tuple[int, bool] | None:
    """The first letter that is due, and whether it was being sent when a service ended."""
    return connection.execute(DUE).fetchone()


def failing(connection: Connection) -> dict[int, str]:
    """What waits because of an error of our own."""
    return dict(connection.execute(DEFECTS, (DEFECT,)).fetchall())


def begin(connection: Connection, position: int, channel: str, *, again: bool) -> None:
    connection.execute(BEGUN, {"position": position, "channel": channel, "again": again})


def hand(connection: Connection, position: int) -> None:
    """From now on, whoever finds it so can't say whether it went out."""
    connection.execute(HANDED, (position,))


def end(
    connection: Connection,
    position: int,
    state: str,
    says: str | None = None,
    channel: str | None = None,
) -> None:
    told = {"position": position, "state": state, "says": says, "channel": channel}
    connection.execute(ENDED, told)


def reminded_at(
    connection: Connection, case_no: str, line_no: int, tranche: str
) -> datetime | None:
    """When the latest reminder of the tranche went out; `None`: it hasn't."""
    which = {"case_no": case_no, "line_no": line_no, "tranche": tranche}
    asked = which | {"event": ReceiptsRemindedOf.__name__}
    found = connection.execute(REMINDED_AT, asked).fetchone()
    return found[0] if found else None


def again(connection: Connection, position: int) -> None:
    """Try it now, for as long as a new one. NoSuchLetter."""
    if not connection.execute(AGAIN, (position,)).fetchone():
        raise NoSuchLetter(position)


def sent_by_hand(connection: Connection, position: int, by: str) -> None:
    """NoSuchLetter."""
    if not connection.execute(BY_HAND, (f"by hand, told by {by}", position)).fetchone():
        raise NoSuchLetter(position)


def listed(
    connection: Connection,
    programme: str | None,
    *,
    only_open: bool = False,
    case_no: str | None = None,
    before: int = EVERYTHING,
) -> list[LetterRow]:
    """The latest before that position."""
    query: LiteralString = (
        LISTED + "WHERE (%(programme)s::text IS NULL OR programme = %(programme)s)"
        " AND (%(case_no)s::text IS NULL OR case_no = %(case_no)s) AND position < %(before)s"
        " AND NOT (%(only_open)s AND state IN ('sent', 'withdrawn'))"
        " ORDER BY position DESC LIMIT %(limit)s"
    )
    asked = {"programme": programme, "case_no": case_no, "before": before, "limit": PAGE}
    with connection.cursor(row_factory=class_row(LetterRow)) as curs:
        return curs.execute(query, asked | {"only_open": only_open}).fetchall()


def counts(connection: Connection) -> list[Count]:
    found = connection.execute("SELECT state, count(*) FROM letters.letters GROUP BY 1 ORDER BY 1")
    return [Count(*row) for row in found]
