"""The queue of pictures: what waits to be read, what can't be read, and what a person has to look at."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, NamedTuple

import psycopg

from domain.case import Case, cases
from projections.intake import Kind, Picture, ReadingState, intake
from service.app import Teten
from service.people.forgetting import of_no_case
from service.rows import Snapshot

PAGE = 100  # Pictures in memory at a time, however many wait.
# Written out, so that the index of those few is used.
WAITING = "projection LIKE 'intake-%%' AND body ->> 'state' = 'waiting'"
UNREADABLE = "projection LIKE 'intake-%%' AND body ->> 'state' = 'unreadable'"
OF_CASE = "projection LIKE 'intake-%%' AND body ->> 'case_no' = %s"
OPEN = "projection LIKE 'intake-%%' AND body ->> 'open' = 'true'"
IN_TURN = "AND (body ->> 'position')::bigint > %s ORDER BY (body ->> 'position')::bigint LIMIT %s"


class Length(NamedTuple):
    """How the queue stands. What belongs to a citizen who was forgotten is in it no more."""

    waiting: int
    unreadable: int
    # Since when the one that waits longest could have been read: since the log learned of it, and since
    # there is a queue in this place, as receipts of older versions came before anything read them.
    oldest: datetime | None

    def seconds(self, now: datetime | None = None) -> float:
        """For how long the oldest has waited; 0: nothing waits."""
        return ((now or datetime.now(UTC)) - self.oldest).total_seconds() if self.oldest else 0.0


def owner_of(teten: Teten, picture: Picture) -> Case:
    """The case that a picture is of, as it stands; of none: a case that isn't there."""
    return teten.log.state(cases, picture.case_no) if picture.case_no else cases.initial


def subject_of(picture: Picture, case: Case) -> str:
    """Whose key sealed it."""
    return case.citizen or of_no_case(picture.programme or "", picture.ref)


def programme_of(picture: Picture, case: Case) -> str:
    return picture.programme or case.programme


def in_turn(
    teten: Teten, state: ReadingState = ReadingState.WAITING, after: int = 0
) -> Iterator[Picture]:
    """Those in that state that began after a position, the oldest first, each once: also those that come
    while they are gone through."""
    clause = UNREADABLE if state is ReadingState.UNREADABLE else WAITING
    while True:
        with teten.rows.snapshot() as snapshot:
            found = snapshot.among(intake, f"{clause} {IN_TURN}", after, PAGE)
        yield from found
        if len(found) < PAGE:
            return
        after = found[-1].position


def standing(teten: Teten, state: ReadingState) -> int:
    """How many are in that state, as of the latest event."""
    teten.rows.wait_until_seen(teten.log.head())
    found = length(teten)
    return found.unreadable if state is ReadingState.UNREADABLE else found.waiting


def waits_after(connection: "psycopg.Connection[Any]", position: int) -> bool:
    """Whether any waits that began after a position, by whatever rows there are."""
    found = connection.execute(WAITS, (intake.name, position)).fetchone()
    return found is not None


def of_programme(teten: Teten, snapshot: Snapshot, programme: str) -> list[Picture]:
    """What a person has still to file, to set aside or to judge in a programme, the oldest first."""
    found = sorted(snapshot.among(intake, OPEN), key=lambda each: (each.position, each.ref))
    return [each for each in found if programme_of(each, owner_of(teten, each)) == programme]


def of_case(snapshot: Snapshot, case_no: str) -> list[Picture]:
    """Everything that ever came for a case, the latest first."""
    found = snapshot.among(intake, OF_CASE, case_no)
    return sorted(found, key=lambda each: each.position, reverse=True)


def length(teten: Teten) -> Length:
    """By whatever rows there are: it waits for no projection."""
    with teten.log.pool.connection() as connection:
        found = connection.execute(LENGTH, (intake.name,)).fetchone()
    waiting, unreadable, oldest = found or (0, 0, None)
    return Length(waiting, unreadable, oldest)


WAITS = f"""
SELECT 1 FROM projections.rows JOIN projections.progress USING (projection, generation)
WHERE projection = %s AND {WAITING} AND (body ->> 'position')::bigint > %s LIMIT 1
"""  # nosec B608 # noqa: S608 - parts of our own
FORGOTTEN_CASES = """
SELECT convert_from(state, 'UTF8')::jsonb #>> '{event,case_no}' FROM log_events
WHERE topic = 'CitizenForgotten'
"""
LENGTH = f"""
SELECT count(*) FILTER (WHERE body ->> 'state' = 'waiting'),
    count(*) FILTER (WHERE body ->> 'state' = 'unreadable'),
    min(greatest((body ->> 'at')::timestamptz, (SELECT applied_at FROM schema_versions WHERE version = 12)))
        FILTER (WHERE body ->> 'state' = 'waiting')
FROM projections.rows JOIN projections.progress USING (projection, generation)
WHERE projection = %s AND projection LIKE 'intake-%%'
    AND body ->> 'state' IN ('waiting', 'unreadable')
    AND coalesce(body ->> 'case_no', '') NOT IN ({FORGOTTEN_CASES})
"""  # nosec B608 # noqa: S608 - parts of our own


def named(picture: Picture) -> str:
    """As a person finds it."""
    where = picture.case_no or picture.programme or ""
    return f"{'receipt' if picture.kind is Kind.RECEIPT else 'voucher'} {where}/{picture.ref}"
