"""Refused attempts, as the auditor is shown them: who asked for what, when, and why not.

Those refused for who made them come first. Whatever looks like a CPR number is covered: a reference may be a
supplier's own text.
"""

from datetime import date, datetime, time, timedelta
from typing import Any, NamedTuple

import psycopg
from pydantic import BaseModel

from domain.identity import CPR_LIKE
from service.clerk import DANISH_TIME
from service.refusals import TEXTS

# Refused for who asked, not for what was asked.
FOR_WHO = ("same_person", "own_assessment", "incompatible_roles", "forbidden")
COVERED = "xxxxxx-xxxx"
WHERE = """
FROM commands AS c LEFT JOIN evidence.attempts AS a ON a.command = c.id
WHERE c.code IS NOT NULL AND c.programme = %(programme)s
    AND (%(code)s::text IS NULL OR c.code = %(code)s)
    AND (%(person)s::text IS NULL OR c.actor = %(person)s)
    AND (%(begin)s::timestamptz IS NULL OR c.recorded_at >= %(begin)s)
    AND (%(end)s::timestamptz IS NULL OR c.recorded_at < %(end)s)
"""
COUNTED = f"SELECT count(*), count(*) FILTER (WHERE c.code = ANY(%(for_who)s)) {WHERE}"
LISTED = f"""
SELECT a.number, c.id, c.name, c.actor, c.at, c.effective_on, c.recorded_at, c.cause, c.code, c.facts {WHERE}
ORDER BY c.code = ANY(%(for_who)s) DESC, c.recorded_at DESC, c.id LIMIT %(most)s OFFSET %(skipped)s
"""


class Wanted(NamedTuple):
    """Which attempts. `first_day`, `last_day`: of Danish days on which they were recorded, both included."""

    programme: str
    code: str | None = None
    person: str | None = None
    first_day: date | None = None
    last_day: date | None = None
    most: int = 200
    skipped: int = 0


class Attempt(BaseModel):
    number: int | None  # In the tree of attempts; null until the next checkpoint takes it in.
    id: str  # Of the command.
    command: str
    person: str
    at: datetime  # As told by whoever asked.
    effective_on: date
    recorded_at: datetime
    cause: str
    code: str
    for_who: bool  # Refused for who made it.
    detail: str
    detail_da: str
    facts: dict[str, Any]


class Attempts(BaseModel):
    total: int  # Of those that were asked for.
    for_who: int  # So many of them were refused for who made them.
    attempts: list[Attempt]


def attempts(connection: psycopg.Connection[Any], wanted: Wanted) -> Attempts:
    days = {"begin": _begins(wanted.first_day), "end": _begins(wanted.last_day, 1)}
    asked = {**wanted._asdict(), **days, "for_who": list(FOR_WHO)}
    total, for_who = connection.execute(COUNTED, asked).fetchone() or (0, 0)
    found = connection.execute(LISTED, asked).fetchall()
    return Attempts(total=total, for_who=for_who, attempts=[_attempt(*row) for row in found])


def _begins(day: date | None, later: int = 0) -> datetime | None:
    """When that Danish day begins, or one so many days later."""
    return datetime.combine(day + timedelta(days=later), time.min, DANISH_TIME) if day else None


def _attempt(
    number: int | None,
    command: str,
    name: str,
    person: str,
    at: datetime,
    effective_on: date,
    recorded_at: datetime,
    cause: str,
    code: str,
    facts: dict[str, Any],
) -> Attempt:
    text = TEXTS[code]
    return Attempt(
        number=number,
        id=_covered(command),
        command=name,
        person=_covered(person),
        at=at,
        effective_on=effective_on,
        recorded_at=recorded_at,
        cause=_covered(cause),
        code=code,
        for_who=code in FOR_WHO,
        detail=text.english,
        detail_da=text.danish,
        facts=_covered(facts),
    )


def _covered(value: Any) -> Any:
    match value:
        case str():
            return CPR_LIKE.sub(COVERED, value)
        case dict():
            return {_covered(name): _covered(each) for name, each in value.items()}
        case list():
            return [_covered(each) for each in value]
    return value
