"""Forgetting a citizen in earnest: once the log says so, key, look-up, words and files are destroyed.

What the log says is done again until it is: a run that is killed between is finished by the next one.
"""

from collections.abc import Iterable
from typing import Any, NamedTuple

import psycopg
from psycopg import Cursor

from domain.case.enrolment import RegisterCase
from domain.case.forgetting import ForgetCitizen, LastDay
from domain.words import Refused
from service.people.files import Files
from service.people.keys import Keys, Pool

LAST_DAYS = """
SELECT substr(originator_id, length('case-') + 1),
    max((convert_from(state, 'UTF8')::jsonb ->> 'effective_on')::date)
        FILTER (WHERE topic NOT IN ('ReceiptRead', 'ReceiptUnreadable')) -- A machine's, not the citizen's.
FROM log_events WHERE originator_id IN (
    SELECT originator_id FROM log_events WHERE topic = 'CaseRegistered'
        AND convert_from(state, 'UTF8')::jsonb #>> '{event,citizen}' = %s
)
GROUP BY originator_id HAVING NOT bool_or(topic = 'CitizenForgotten') ORDER BY 1
"""
OF_NO_CASE = "voucher-"
FORGOTTEN = """
SELECT convert_from(state, 'UTF8')::jsonb #>> '{event,citizen}',
    convert_from(state, 'UTF8')::jsonb #>> '{event,case_no}'
FROM log_events WHERE topic = 'CitizenForgotten'
"""


# Of vouchers that came for no case and were filed since.
FILED = """
SELECT stored #>> '{event,programme}', stored #>> '{event,ref}', stored #>> '{event,case_no}' FROM log_events
CROSS JOIN LATERAL (SELECT convert_from(state, 'UTF8')::jsonb) AS entry (stored)
WHERE topic = 'VoucherFiled'
"""


class CaseMoved(Exception):
    """Something happened in one of the citizen's cases meanwhile. Nothing was stored."""

    def __init__(self) -> None:
        super().__init__("Something happened in the citizen's cases meanwhile. Ask again.")


class Kept(NamedTuple):
    """What is kept of a citizen."""

    key: bool
    words: int
    files: int


class Forgotten(NamedTuple):
    """Of whom the log says that they are forgotten."""

    citizens: frozenset[str]
    cases: frozenset[str]


def of_no_case(programme: str, ref: str) -> str:
    """Whose key seals what came for no case: the voucher's own, which goes when it is filed. So it is no
    more to be read, in no backup either, once the citizen whose it became is forgotten."""
    return f"{OF_NO_CASE}{programme}/{ref}"


def forgotten(connection: psycopg.Connection[Any]) -> Forgotten:
    found = connection.execute(FORGOTTEN).fetchall()
    return Forgotten(frozenset(each for each, _ in found), frozenset(case for _, case in found))


def filed(connection: psycopg.Connection[Any]) -> dict[str, str]:
    """To which case each voucher was filed, by whose key sealed it if it came for none."""
    found = connection.execute(FILED).fetchall()
    return {of_no_case(programme, ref): case_no for programme, ref, case_no in found}


def last_days(connection: psycopg.Connection[Any], citizen: str) -> tuple[LastDay, ...]:
    """Of each of the citizen's cases that isn't forgotten, in any programme."""
    found = connection.execute(LAST_DAYS, (citizen,)).fetchall()
    return tuple(LastDay(case_no=case_no, day=day) for case_no, day in found)


def unmoved(command: ForgetCitizen, citizen: str, curs: Cursor[Any]) -> None:
    """Guard, in the transaction that stores the command's events: the log holds what it was looked up in.
    CaseMoved."""
    curs.execute("LOCK TABLE log_events IN EXCLUSIVE MODE")
    if last_days(curs.connection, citizen) != command.last_days:
        raise CaseMoved


def not_forgotten(command: RegisterCase, curs: Cursor[Any]) -> None:
    """Guard, in the transaction that stores the command's events: what is about to be destroyed is not taken
    up again. Refused: the citizen would have to be made known anew."""
    curs.execute("LOCK TABLE log_events IN EXCLUSIVE MODE")
    if command.citizen in forgotten(curs.connection).citizens:
        raise Refused("citizen_forgotten", case_no=command.case_no)


class Forgetting:
    def __init__(self, pool: Pool, keys: Keys, files: Files) -> None:
        self._pool, self._keys, self._files = pool, keys, files

    def last_days(self, citizen: str) -> tuple[LastDay, ...]:
        with self._pool.connection() as connection:
            return last_days(connection, citizen)

    def kept(self, citizen: str) -> Kept:
        with self._pool.connection() as connection:
            words, files = (
                (connection.execute(query, (citizen,)).fetchone() or (0,))[0]
                for query in (
                    "SELECT count(*) FROM people.words WHERE subject = %s",
                    "SELECT count(*) FROM people.files WHERE subject = %s",
                )
            )
        return Kept(citizen in self._keys.subjects(), words, files)

    def unfinished(self) -> list[str]:
        """Of whom something is left though all their cases are forgotten."""
        with self._pool.connection() as connection:
            told = forgotten(connection).citizens
            if not told:
                return []
            query = (
                "SELECT subject FROM people.words WHERE subject = ANY(%(told)s)"
                " UNION SELECT subject FROM people.files WHERE subject = ANY(%(told)s)"
            )
            sealed = {each for (each,) in connection.execute(query, {"told": list(told)})}
            left = told & (sealed | self._keys.subjects())
            return sorted(each for each in left if not last_days(connection, each))

    def filed(self) -> list[str]:
        """Vouchers of no case of which something is left though they were filed: they are the citizen's."""
        left = {each for each in self._keys.subjects() if each.startswith(OF_NO_CASE)}
        with self._pool.connection() as connection:
            query = "SELECT DISTINCT subject FROM people.files WHERE starts_with(subject, %s)"
            left |= {subject for (subject,) in connection.execute(query, (OF_NO_CASE,))}
            return sorted(left & filed(connection).keys()) if left else []

    def finish(self) -> list[str]:
        """Destroy what the log says is forgotten; whose it was. What was filed goes, too."""
        left = self.unfinished()
        self._destroy([*left, *self.filed()])
        return left

    def file(self, programme: str, ref: str) -> None:
        """Destroy a voucher's own key and copies, if it came for no case: the log says that it was filed."""
        subject = of_no_case(programme, ref)
        if any(self.kept(subject)):
            self._destroy([subject])

    def _destroy(self, citizens: Iterable[str]) -> None:
        """The key first: from then on nothing can be read. The rows last: they tell that something is
        left to do."""
        for citizen in citizens:
            self._keys.destroy(citizen)
            self._files.destroy(citizen)
            with self._pool.connection() as connection, connection.transaction():
                connection.execute("DELETE FROM people.words WHERE subject = %s", (citizen,))
                connection.execute("DELETE FROM people.files WHERE subject = %s", (citizen,))
