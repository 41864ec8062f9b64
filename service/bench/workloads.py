"""What is asked in a measurement. Whoever measures makes it before the clock starts."""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime, time
from hashlib import sha256
from itertools import count, islice
from typing import Any, NamedTuple

import psycopg
from psycopg.sql import SQL, Identifier

from domain.case.budget import AmendLine, ApproveLine
from domain.case.payouts import ApproveTranche, ReleaseTranche, ReportCardUse, RequestTranche
from domain.case.receipts import AcceptReceipt, HandInReceipt
from domain.money import kr
from domain.words import Command
from service.bench import scheme
from service.bench.generator import Done, generate_cases
from service.bench.histories import (
    LINES_AT_MOST,
    OWN,
    accepted,
    in_the_middle,
    waiting_for_approval,
)
from service.bench.life import Step


class Case(NamedTuple):
    """A case that is in the log, and the day of its latest command there."""

    programme: str
    case_no: str
    day: date

    def asks(self, kind: type[Command], by: str, number: str, /, **fields: Any) -> Command:
        return kind(
            id=f"{self.case_no}/{number}",
            by=by,
            at=datetime.combine(self.day, time(16), UTC),
            programme=self.programme,
            effective_on=self.day,
            **{"case_no": self.case_no} | fields,
        )


Asks = Callable[[Case, int], Sequence[Command]]


class Workload(NamedTuple):
    """A log to begin with, and what is asked then of each of its cases, time and again."""

    begin: Callable[[], list[Step]]
    asks: Asks
    cases: int
    cases_of_a_programme: int = 200

    def history(self, cases: int | None = None) -> Iterator[Done]:
        """With as many cases as there usually are, or fewer."""
        return generate_cases(self.begin(), cases or self.cases, self.cases_of_a_programme)

    def work(self, cases: Sequence[Case]) -> Iterator[Sequence[Command]]:
        """Without end, unless nothing more can be asked of any case."""
        for turn in count(1):
            for case in cases:
                asked = self.asks(case, turn)
                if not asked:
                    return
                yield asked


def _card_use(case: Case, turn: int) -> Sequence[Command]:
    """One event a command, reported by a machine: to be compared with a row."""
    used = {"merchant": "Fagkurser Midt", "mcc": "8299", "amount": kr(100)}
    return [case.asks(ReportCardUse, scheme.SYSTEM, f"use/{turn}", **used)]


def _casework(case: Case, turn: int) -> Sequence[Command]:
    """A tranche from its request to its release, a receipt from the citizen to its acceptance, a line
    amended and approved: seven commands, eleven events, of the case, its fund and numbers used once."""
    ref, second, controller = f"{case.case_no}-R{turn}", scheme.CASEWORKERS[1], "fin-1"
    tranche, receipt = {"line_no": 1, "ref": ref}, {"line_no": 1, "ref": f"{ref}-K"}
    file = {"sha256": sha256(ref.encode()).hexdigest(), "merchant": "Fagkurser Midt"}

    def number(step: int) -> str:
        return f"work/{turn}/{step}"

    return [
        case.asks(RequestTranche, OWN, number(1), **tranche, amount=kr(20)),
        case.asks(ApproveTranche, second, number(2), **tranche),
        case.asks(ReleaseTranche, controller, number(3), **tranche),
        case.asks(
            HandInReceipt, OWN, number(4), **receipt, **file, amount=kr(20), purchased_on=case.day
        ),
        case.asks(AcceptReceipt, OWN, number(5), **receipt, amount=kr(20)),
        case.asks(AmendLine, OWN, number(6), line_no=2, amount=kr(5_000 + 10 * turn)),
        case.asks(ApproveLine, OWN, number(7), line_no=2),
    ]


def _approval(case: Case, turn: int) -> Sequence[Command]:
    """One more line of the case approved, which commits of the fund that all share."""
    if turn > LINES_AT_MOST:
        return []
    return [case.asks(ApproveLine, OWN, f"approval/{turn}", line_no=turn)]


WORKLOADS = {
    "card use": Workload(accepted, _card_use, cases=3_000),
    "casework": Workload(in_the_middle, _casework, cases=500),
    "approvals": Workload(waiting_for_approval, _approval, cases=2_500, cases_of_a_programme=2_500),
}

LATEST = """
    SELECT DISTINCT ON (originator_id)
        substr(originator_id, 6), convert_from(state, 'UTF8')::json ->> 'effective_on'
    FROM {table} WHERE starts_with(originator_id, 'case-')
    ORDER BY originator_id, originator_version DESC
"""


class Supply:
    """Commands of one workload for the cases of one log, each to be used once."""

    def __init__(self, workload: str, url: str, table: str) -> None:
        with psycopg.connect(url) as connection:
            found = connection.execute(SQL(LATEST).format(table=Identifier(table))).fetchall()
        self._cases = [
            Case(no.rpartition("-")[0], no, date.fromisoformat(day)) for no, day in found
        ]
        self._more = WORKLOADS[workload].work(self._cases)
        self._work: deque[Sequence[Command]] = deque()

    def of(self, commands: int) -> deque[Sequence[Command]]:
        """At least so many, if there are as many."""
        missing = commands - sum(len(each) for each in self._work)
        while missing > 0 and (more := list(islice(self._more, 100))):
            self._work += more
            missing -= sum(len(each) for each in more)
        return self._work

    def one_of_each(self) -> deque[Sequence[Command]]:
        """What is asked first of every case."""
        return deque(islice(self._more, len(self._cases)))
