"""Looking at a person: the one way to read who somebody is, and each look is written down first."""

import re
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any, LiteralString, NamedTuple

from psycopg.rows import class_row
from pydantic import BaseModel

from domain.case import Case, cases
from domain.flags import flags
from service.access.principal import Principal
from service.log import Log
from service.people.keys import Pool
from service.people.vault import Vault

WORDS = re.compile(r"words-[0-9a-f]{32}")
EVERYTHING = 2**63 - 1
PAGE = 100


class Looker(NamedTuple):
    """Who looks, by what roles, and how they came in."""

    who: str
    roles: str
    means: str

    @classmethod
    def of(cls, principal: Principal) -> "Looker":
        roles = ", ".join(sorted(principal.roles))
        return cls(principal.person, roles, principal.means)


class Look(BaseModel):
    """That somebody looked at a person, and what at. Nothing of the person is in it."""

    number: int
    at: datetime
    who: str
    roles: str
    means: str
    subject: str
    case_no: str
    programme: str
    what: str
    why: str


class Text(BaseModel):
    """What somebody wrote of the citizen, and which event it belongs to."""

    position: int
    effective_on: date
    actor: str
    event: str
    text: str


class Person(BaseModel):
    """Who the citizen of a case is, as far as is known: all of it empty, once they are forgotten."""

    case_no: str
    citizen: str
    forgotten: bool
    name: str | None
    cpr: str | None
    account: str | None
    address: str | None
    texts: list[Text]


class Looks:
    """Every look, in order. The database refuses to change or delete one."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    def write(self, looker: Looker, case: Case, what: str, why: str) -> None:
        with self._pool.connection() as connection:
            connection.execute(
                "INSERT INTO people.looks (who, roles, means, subject, case_no, programme, what, why)"
                " VALUES (%s, %s, %s, %s, %s, %s, %s, %s)",
                (*looker, case.citizen, case.case_no, case.programme, what, why),
            )

    def of_programme(self, programme: str, before: int = EVERYTHING) -> list[Look]:
        """The latest before that number."""
        return self._found("programme = %s AND number < %s", (programme, before), PAGE)

    def of_citizen(self, citizen: str, before: int = EVERYTHING) -> list[Look]:
        return self._found("subject = %s AND number < %s", (citizen, before), PAGE)

    def all_of_citizen(self, citizen: str) -> list[Look]:
        return self._found("subject = %s", (citizen,), None)

    def _found(
        self, which: LiteralString, values: tuple[Any, ...], limit: int | None
    ) -> list[Look]:
        query: LiteralString = (
            f"SELECT * FROM people.looks WHERE {which} ORDER BY number DESC LIMIT %s"  # nosec B608 # noqa: S608 - parts of our own
        )
        with (
            self._pool.connection() as connection,
            connection.cursor(row_factory=class_row(Look)) as curs,
        ):
            return curs.execute(query, (*values, limit)).fetchall()


class People:
    """The citizens of the cases, for whoever may read them."""

    def __init__(self, log: Log, vault: Vault) -> None:
        self._log, self._vault = log, vault
        self.looks = Looks(log.pool)

    def look(self, looker: Looker, case_no: str, why: str) -> Person:
        """Who the citizen of a case is, and what was written of them. It stands in the looks before
        anything is read, whatever comes of it."""
        case = self._log.state(cases, case_no)
        self.looks.write(looker, case, "person", why)
        return self.read(case)

    def read(self, case: Case) -> Person:
        """For whoever has written the look."""
        known = {} if case.forgotten else self._vault.record(case.citizen)
        return Person(
            case_no=case.case_no,
            citizen=case.citizen,
            forgotten=case.forgotten,
            **{name: known.get(name) for name in ("name", "cpr", "account", "address")},
            texts=list(self._texts(case)),
        )

    def _texts(self, case: Case) -> Iterator[Text]:
        with self._log.pool.connection() as connection:
            history = self._log.history(connection, cases.stream(case.case_no), EVERYTHING)
            of_flags = flags.stream(case.programme, case.case_no)
            history += self._log.history(connection, of_flags, EVERYTHING)
        for news in sorted(history, key=lambda news: news.position):
            for ref in dict.fromkeys(WORDS.findall(news.event.model_dump_json())):
                if text := self._vault.read(ref):
                    yield Text(
                        position=news.position,
                        effective_on=news.effective_on,
                        actor=news.actor,
                        event=type(news.event).__name__,
                        text=text,
                    )
