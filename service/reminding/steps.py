"""The steps that are due on a day, in every programme that has a ladder: found in the cases' own states, and
asked for like any command."""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import NamedTuple

from domain.case import cases
from domain.case.line import Step
from domain.case.reminders import STEPS, Due, due
from domain.programme import Ladder, Programme, Role, Rules, programmes
from domain.words import Refused
from projections.programmes import programmes as known_programmes
from projections.worklists import Waiting, receipts_missing, worklists
from service.beside import AWAY
from service.clerk import DANISH_TIME, Clerk
from service.log import Log
from service.reminding import letters
from service.rows import Rows

CAUSE = "teten remind"


class Taken(NamedTuple):
    """A step, and what became of it. `refused`: the code, if it was."""

    programme: str
    case_no: str
    due: Due
    refused: str | None = None


class NobodyToAsk(ValueError):
    """The programme has nobody with the role system."""


class Reminders:
    def __init__(self, log: Log, rows: Rows, clerk: Clerk) -> None:
        self._log, self._rows, self._clerk = log, rows, clerk

    def take(
        self,
        on: date | None = None,
        *,
        programme: str | None = None,
        by: str | None = None,
        dry_run: bool = False,
    ) -> list[Taken]:
        """All that is due on that day, today unless told. The rows must be up to date. NobodyToAsk,
        and whatever failed in a case: when the others have had theirs."""
        today = on or datetime.now(DANISH_TIME).date()
        found: list[Taken] = []
        failed: list[Exception] = []
        for name in self._with_a_ladder(today, programme):
            try:
                actor = by or self._system(name)
            except NobodyToAsk as error:
                failed.append(error)
                continue
            for case_no in self._waiting(name, today):
                try:
                    found += self._in_case(name, case_no, today, actor, dry_run=dry_run)
                except AWAY:
                    raise
                except Exception as error:  # noqa: BLE001 - raised when the others have had theirs
                    failed.append(error)
        if failed:
            raise failed[0]
        return found

    def _with_a_ladder(self, today: date, wanted: str | None) -> list[str]:
        with self._rows.snapshot() as snapshot:
            names = [name for name in snapshot.all(known_programmes) if wanted in (None, name)]
        return [name for name in names if self._ladder(name, today)]

    def _ladder(self, programme: str, today: date) -> Ladder | None:
        return self._programme(programme).rules_on(today).ladder

    def _programme(self, name: str) -> Programme:
        return self._log.state(programmes, name)

    def _system(self, programme: str) -> str:
        roles = self._programme(programme).roles
        systems = sorted(person for person, held in roles.items() if Role.SYSTEM in held)
        if not systems:
            raise NobodyToAsk(f"Nobody in {programme} has the role system: say who asks by --as.")
        return systems[0]

    def _waiting(self, programme: str, today: date) -> list[str]:
        """The cases with a tranche that lacks receipts, so that no other is looked at."""
        with self._rows.snapshot() as snapshot:
            rows: list[Waiting] = list(snapshot.all(worklists).values())
        return sorted(
            row.case_no
            for row in rows
            if row.programme == programme and next(receipts_missing(row, today), None)
        )

    def _in_case(
        self, programme: str, case_no: str, today: date, actor: str, *, dry_run: bool
    ) -> Iterator[Taken]:
        """Until no more is due: one step may make another due on the same day."""
        rules = self._programme(programme).rules_on(today)
        refused: set[Due] = set()
        while True:
            case = self._log.state(cases, case_no)
            if case.forgotten:
                return
            steps = [
                each
                for each in due(case, rules, today)
                if each not in refused and self._was_told(case_no, each, rules, today)
            ]
            for each in steps:
                code = None if dry_run else self._asked(programme, case_no, each, today, actor)
                refused |= {each} if code else set()
                yield Taken(programme, case_no, each, code)
            if dry_run or not steps:
                return

    def _was_told(self, case_no: str, step: Due, rules: Rules, today: date) -> bool:
        """Nothing is held before the last reminder has been out for the days that the ladder gives. In a
        history that was brought in nobody knows when it went out."""
        now = datetime.now(DANISH_TIME).date()
        if step.step is not Step.HELD or not rules.ladder or today < now:
            return True
        with self._log.pool.connection() as connection:
            out = letters.reminded_at(connection, case_no, step.line_no, step.ref)
        days = timedelta(days=rules.ladder.hold - rules.ladder.remind[-1])
        return out is not None and out.astimezone(DANISH_TIME).date() + days <= today

    def _asked(
        self, programme: str, case_no: str, step: Due, today: date, actor: str
    ) -> str | None:
        wish = {"case_no": case_no, "line_no": step.line_no, "ref": step.ref}
        told = {"programme": programme, "by": actor, "cause": CAUSE}
        now = datetime.now(DANISH_TIME)
        if today != now.date():  # A history that was brought in: told as of then.
            told["at"] = datetime.combine(today, time(12), DANISH_TIME).isoformat()
        told["effective_on"] = str(today)
        try:
            self._clerk.in_plain(STEPS[step.step].__name__, wish | told)
        except Refused as no:
            return no.code
        return None
