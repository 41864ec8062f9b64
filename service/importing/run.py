"""Importing a data set: checked as a whole first, then entered row by row, each row one command.

A command's id comes from its row, so that a second run changes nothing and a killed run goes on.
"""

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, time
from heapq import merge
from typing import Any

from domain.case import cases
from domain.case.accounts import RegisterAccount
from domain.case.budget import AmendLine
from domain.case.enrolment import RegisterCase
from domain.case.invoices import ReceiveInvoice
from domain.case.payouts import ReportCardUse
from domain.case.receipts import DeclareLoss
from domain.programme import EstablishProgramme, Role, Rules, StaffMember, Terms
from domain.words import Command, Refused
from service.answers import CommandIdReused
from service.clerk import DANISH_TIME, Clerk
from service.importing.actions import Ask, Desk, Unusable, ask
from service.importing.reading import (
    BrokenData,
    CardRow,
    CaseRow,
    DataSet,
    JournalRow,
    Problem,
)
from service.log import Log
from service.people.vault import Sealed, Vault

NO_WORDS = f"words-{0:032x}"  # What a dry run puts where a reference goes.
CHANGED = (
    "er ændret siden en tidligere import/has changed since an earlier import; "
    "what is in the log never changes"
)
Tick = Callable[[int], None]


@dataclass
class Imported:
    """What came of an import. `again`: how many rows had been entered by an earlier run."""

    programme: str
    applied: int = 0
    again: int = 0
    refused: list[tuple[int, str]] = field(default_factory=list)
    card_transactions: int = 0


class Import:
    """One data set on its way into the log."""

    def __init__(self, data: DataSet, log: Log, vault: Vault, clerk: Clerk) -> None:
        self._data, self._log, self._vault, self._clerk = data, log, vault, clerk
        self._pending: list[Sealed] = []
        self._desk = Desk(data, self._seal)
        self.result = Imported(data.programme.id)

    @property
    def steps(self) -> int:
        return len(self._data.cases) + len(self._data.journal) + len(self._data.card)

    def run(self, tick: Tick = lambda _: None) -> Imported:
        """BrokenData, before anything is stored: what can't be read, or belongs to others. Also where an
        earlier run read something else: the rows before that one are entered, as in a run that is killed."""
        check(self._data)
        self._check_others()
        try:
            self._establish()
            for case in self._data.cases:
                self._register(case)
                tick(1)
            for step in self._in_order():
                if isinstance(step, JournalRow):
                    self._enter(step)
                else:
                    self._report_card_use(*step)
                tick(1)
        except CommandIdReused as error:
            raise BrokenData([_of_command(error.command, CHANGED)]) from error
        return self.result

    def _check_others(self) -> None:
        """Case numbers are the municipality's, not the programme's; and a case stays its citizen's."""
        problems = []
        for number, row in enumerate(self._data.cases, start=2):
            known = self._log.state(cases, row.case_no)
            if known.programme not in ("", self._data.programme.id):
                what = f"hører til/belongs to {known.programme}"
                problems.append(Problem("cases.csv", number, "case_no", what))
            elif known.citizen and known.citizen != self._vault.pseudonym(row.cpr):
                problems.append(Problem("cases.csv", number, "cpr", CHANGED))
        if problems:
            raise BrokenData(problems)

    def _establish(self) -> None:
        programme = self._data.programme
        self._begin(
            EstablishProgramme(
                **self._opening("programme"),
                terms=_terms(self._data),
                funding=programme.funding,
                staff=tuple(StaffMember(person=m.id, roles=m.roles) for m in programme.staff),
            )
        )
        for member in programme.staff:
            self._vault.staff(member.id, {"name": member.name})

    def _register(self, row: CaseRow) -> None:
        record = {"name": row.name, "account": row.account}
        self._desk.citizens[row.case_no] = citizen = self._vault.citizen(row.cpr, record)
        self._begin(
            RegisterCase(
                **self._opening(f"case/{row.case_no}"),
                case_no=row.case_no,
                citizen=citizen,
                phase=row.phase,
                selection=row.selection,
                sparring=row.sparring,
                caseworker=row.caseworker,
            )
        )
        self._register_account(row, citizen)

    def _register_account(self, row: CaseRow, citizen: str) -> None:
        """As of the programme's first day; and where it is another one than before, as of today."""
        mark = self._vault.account(citizen, row.account)
        told = {"case_no": row.case_no, "account": row.account}
        opening = self._opening(f"account/{row.case_no}/{mark}") | told
        if self._log.state(cases, row.case_no).account:
            del opening["at"], opening["effective_on"]
        body = {name: str(value) for name, value in opening.items()}
        # It is no news where somebody registered it by hand; and a month that is closed stays as it is.
        with suppress(Refused):
            self._clerk.in_plain(RegisterAccount.__name__, body)

    def _opening(self, what: str) -> dict[str, Any]:
        """The circumstances of what holds from the programme's first day."""
        programme = self._data.programme
        return {
            "id": f"{programme.id}/{what}",
            "by": next(m.id for m in programme.staff if Role.SYSTEM in m.roles),
            "at": datetime.combine(programme.start, time(), DANISH_TIME),
            "programme": programme.id,
            "effective_on": programme.start,
            "cause": "programme.json" if what == "programme" else "cases.csv",
        }

    def _in_order(self) -> Iterator[JournalRow | tuple[int, CardRow]]:
        """Journal rows by number of entry, and card transactions where their time falls among them."""
        latest = self._data.journal[0].at if self._data.journal else None
        journal: list[tuple[datetime, int, int, JournalRow | CardRow]] = []
        for row in self._data.journal:
            # The order of entry stands, whatever the clock said.
            latest = max(row.at, latest or row.at)
            journal.append((latest, 0, row.seq, row))
        uses = sorted(enumerate(self._data.card, start=1), key=lambda use: use[1].at)
        card = [(use.at, 1, number, use) for number, use in uses]
        for _, _, number, step in merge(journal, card, key=lambda step: step[:3]):
            yield step if isinstance(step, JournalRow) else (number, step)

    def _enter(self, row: JournalRow) -> None:
        try:
            asked = ask(row, self._desk)
            again = self._do(asked.command, asked)
        except Refused as no:
            self.result.refused.append((row.seq, no.code))
            return
        if isinstance(asked.command, AmendLine):
            line = asked.command
            self._desk.amended[line.case_no, line.line_no] = line.amount
        if isinstance(asked.command, ReceiveInvoice):
            invoice = asked.command
            ordered = invoice.order_reference or ""
            self._desk.invoiced[invoice.supplier_cvr, invoice.number] = ordered
        self.result.applied += not again
        self.result.again += again

    def _report_card_use(self, number: int, row: CardRow) -> None:
        common = self._opening(f"card/{number}")
        common |= {"at": row.at, "effective_on": row.at.date(), "cause": "card_transactions.csv"}
        self._begin(
            ReportCardUse(
                **common,
                case_no=row.case_no,
                merchant=row.merchant,
                mcc=row.mcc,
                amount=row.amount,
            )
        )
        self.result.card_transactions += 1

    def _begin(self, command: Command) -> None:
        """Have a command done that is no row of the journal, and can't be refused: unless what it begins
        was begun by somebody else, some other way."""
        try:
            self._do(command)
        except Refused as no:
            what = f"er indført på anden vis/was entered in another way: {no.code}"
            raise BrokenData([_of_command(command.id, what)]) from no

    def _do(self, command: Command, asked: Ask | None = None) -> bool:
        """Have the command answered, and what it brings kept with it. True: it was done before."""
        words, self._pending = self._pending, []
        attachments = asked.attachments if asked else ()
        if isinstance(command, DeclareLoss):  # Its cap is the citizen's, not the case's.
            others = self._clerk.other_cases(command.case_no)
            command = command.model_copy(update={"other_cases": others})
        return self._clerk.handle(command, words, attachments).again

    def _seal(self, subject: str, words: str, context: str) -> str:
        sealed = self._vault.seal(subject, words, context)
        self._pending.append(sealed)
        return sealed.ref


def check(data: DataSet) -> None:
    """Every row as a dry run, with nothing stored. BrokenData: which rows can't be understood."""
    desk = Desk(data, lambda *_: NO_WORDS)
    problems = []
    for number, row in enumerate(data.journal, start=2):
        try:
            ask(row, desk)
        except Unusable as error:
            problems.append(Problem("journal.csv", number, error.column, error.what))
    if not any(Role.SYSTEM in member.roles for member in data.programme.staff):
        problems.append(Problem("programme.json", None, "staff", "ingen har/nobody has: system"))
    if problems:
        raise BrokenData(problems)


def _terms(data: DataSet) -> Terms:
    """The parts of programme.json, under the same names."""
    programme = data.programme
    rules = {name: getattr(programme, name) for name in Rules.model_fields if name != "version"}
    terms = {name: getattr(programme, name) for name in Terms.model_fields if name != "rules"}
    return Terms(**terms, rules=Rules(**rules, version=1))


def _of_command(command: str, what: str) -> Problem:
    """The problem, placed where the command came from: its id says it."""
    _, kind, *number = command.split("/")
    file, column = {
        "journal": ("journal.csv", "seq"),
        "case": ("cases.csv", "case_no"),
        "card": ("card_transactions.csv", None),
    }.get(kind, ("programme.json", None))
    row = int(number[0]) + 1 if kind == "card" else None
    which = f"{number[0]} " if column else ""
    return Problem(file, row, column, f"{which}{what}")
