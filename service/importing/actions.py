"""What each action of the journal asks for. Adding an action touches this file alone."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import Any, NamedTuple, Protocol

from pydantic import ValidationError

from domain.case.assessment import AssessBudget
from domain.case.budget import (
    AmendLine,
    ApproveLine,
    LineWanted,
    RejectLine,
    RequestChanges,
    SubmitBudget,
)
from domain.case.enrolment import (
    AcceptOffer,
    CompleteCase,
    DeclineOffer,
    OfferProgramme,
    RecordOutcome,
    StopCase,
)
from domain.case.expenses import ApproveExpense, AttestExpense, RejectExpense
from domain.case.invoices import ReceiveCreditNote, ReceiveDocument, ReceiveInvoice
from domain.case.payouts import ApproveTranche, CancelTranche, ReleaseTranche, RequestTranche
from domain.case.receipts import AcceptReceipt, DeclareLoss, HandInReceipt, RejectReceipt
from domain.case.recovery import ConfirmMisuse, WriteOffClaim
from domain.case.time_frame import ExtendTimeFrame
from domain.identity import CPR_LIKE
from domain.money import Money
from domain.remittance import HANDED_BACK, REFUND, ReceiveStatement, StatementEntry
from domain.words import Command
from service.clerk import NOBODY, Attachment
from service.formats import camt053, einvoice
from service.importing import reading
from service.importing.reading import BudgetLineRow, DataSet, JournalRow
from service.people.sealing import fingerprint


class Unusable(ValueError):
    """A row that can't become a command: which column, and why."""

    def __init__(self, column: str, what: str) -> None:
        super().__init__(what)
        self.column, self.what = column, what


class Seal(Protocol):
    """Hand free text over to the vault, for the time when the command is done."""

    def __call__(self, subject: str, words: str, context: str) -> str: ...


@dataclass
class Desk:
    """What the actions need besides their row."""

    data: DataSet
    seal: Seal
    citizens: dict[str, str] = field(default_factory=dict)  # Each case's, by pseudonym.
    # Each line's latest amount, by rows that went through.
    amended: dict[tuple[str, int], Money] = field(default_factory=dict)
    # What each invoice was ordered for, by its supplier and number, and likewise.
    invoiced: dict[tuple[str | None, str | None], str] = field(default_factory=dict)

    def subject(self, case_no: str) -> str:
        """Whose key seals what is written about a case. Of a case that nobody knows, nothing is stored."""
        return self.citizens.get(case_no, NOBODY)


class Ask(NamedTuple):
    command: Command
    attachments: tuple[Attachment, ...] = ()


class Draftsman:
    """One row of the journal, about to become a command."""

    def __init__(self, row: JournalRow, desk: Desk) -> None:
        self.row, self.desk = row, desk
        self.id = f"{desk.data.programme.id}/journal/{row.seq}"

    def needs(self, column: str) -> Any:
        value = getattr(self.row, column)
        if value is None:
            raise Unusable(column, f"{self.row.action} kræver/needs {column}")
        return value

    @property
    def common(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "by": self.row.actor,
            "at": self.row.at,
            "programme": self.desk.data.programme.id,
            "effective_on": self.row.at.date(),
            "cause": f"journal.csv:{self.row.seq}",
        }

    @property
    def case(self) -> dict[str, Any]:
        return self.common | {"case_no": self.needs("case_no")}

    @property
    def line(self) -> dict[str, Any]:
        return self.case | {"line_no": self.needs("line_no")}

    def words(self, text: str | None, what: str = "text") -> str | None:
        """Free text, sealed with the key of the case's citizen."""
        if not text:
            return None
        subject = self.desk.subject(self.needs("case_no"))
        return self.desk.seal(subject, text, f"{self.id}/{what}")

    def attached(self) -> bytes:
        try:
            return self.desk.data.attachment(self.needs("file"))
        except OSError as error:
            what = "filen er ikke i mappen/the file is not in the folder"
            raise Unusable("file", what) from error


def _submit_budget(draft: Draftsman) -> Ask:
    case_no = draft.needs("case_no")
    lines = [_wanted(draft, row) for row in draft.desk.data.lines_of(case_no)]
    if not lines:
        raise Unusable("case_no", "har ingen linjer i/has no lines in budget_lines.csv")
    return Ask(SubmitBudget(**draft.case, lines=tuple(lines)))


def _wanted(draft: Draftsman, row: BudgetLineRow) -> LineWanted:
    subject = draft.desk.subject(row.case_no)
    words = f"{row.description}\n\n{row.rationale}"
    return LineWanted(
        line_no=row.line_no,
        category=row.category,
        amount=draft.desk.amended.get((row.case_no, row.line_no), row.amount),
        includes_vat=row.includes_vat,
        route=row.route,
        legal_basis=row.legal_basis,
        funding=row.funding,
        supplier_cvr=row.supplier_cvr,
        supplier_name=row.supplier_name,
        words=draft.desk.seal(subject, words, f"{draft.id}/{row.line_no}"),
    )


def _extend(draft: Draftsman) -> Ask:
    day, _, reason = draft.needs("text").partition(" / ")
    return Ask(ExtendTimeFrame(**draft.case, end_date=_danish_day(day), reason=draft.words(reason)))


def _hand_in(draft: Draftsman) -> Ask:
    merchant, _, rest = draft.needs("text").partition("; ")
    day, _, note = rest.partition("; ")
    content = draft.attached()
    command = HandInReceipt(
        **draft.line,
        ref=draft.needs("ref"),
        amount=draft.needs("amount"),
        sha256=fingerprint(content),
        merchant=merchant,
        purchased_on=_danish_day(day),
        note=draft.words(note),
    )
    return Ask(command, (Attachment(draft.desk.subject(command.case_no), content),))


def _danish_day(text: str) -> date:
    try:
        return reading.day(text)
    except ValueError as error:
        raise Unusable("text", "datoen er ikke/the date is not dd-mm-yyyy") from error


def _statement(draft: Draftsman) -> Ask:
    content = draft.attached()
    try:
        statement = camt053.read(content)
    except camt053.NotAStatement as error:
        raise Unusable("file", str(error)) from error
    subject = f"statement-{draft.desk.data.programme.id}-{statement.id}"
    command = ReceiveStatement(
        **draft.common,
        statement=statement.id,
        file=draft.needs("file"),
        sha256=fingerprint(content),
        account=statement.account,
        opening=statement.opening,
        closing=statement.closing,
        entries=tuple(_entry(draft, subject, entry) for entry in statement.entries),
    )
    return Ask(command, (Attachment(subject, content),))


def _entry(draft: Draftsman, subject: str, entry: camt053.Entry) -> StatementEntry:
    words, end_to_end_id = entry.text, entry.end_to_end_id
    if end_to_end_id and CPR_LIKE.search(
        end_to_end_id
    ):  # None of ours: it is sealed with the text.
        words, end_to_end_id = " ".join(filter(None, (end_to_end_id, words))), None
    return StatementEntry(
        entry=entry.entry,
        booked_on=entry.booked_on,
        indicator=entry.indicator,
        amount=entry.amount,
        end_to_end_id=end_to_end_id,
        return_reason=entry.return_reason,
        hands_back=words if words and _hands_back(words) else None,
        words=draft.desk.seal(subject, words, f"{draft.id}/{entry.entry}") if words else None,
    )


def _hands_back(words: str) -> bool:
    """Whether the text says just that; what may be somebody's CPR number is no case of ours."""
    found = HANDED_BACK.fullmatch(words)
    return bool(REFUND.fullmatch(words) or (found and not CPR_LIKE.fullmatch(found[2])))


def _invoice(draft: Draftsman) -> Ask:
    return _document(draft, ReceiveInvoice, "Invoice")


def _credit_note(draft: Draftsman) -> Ask:
    return _document(draft, ReceiveCreditNote, "CreditNote")


def _document(draft: Draftsman, kind: type[ReceiveDocument], named: str) -> Ask:
    content = draft.attached()
    told = einvoice.told(content, named)
    order = told.get("order_reference") or ""
    if kind is ReceiveCreditNote:
        order = draft.desk.invoiced.get((told["supplier_cvr"], told["invoice_number"]), "")
    case_no, _, _ = order.rpartition("/")
    command = kind(**draft.common, file=draft.needs("file"), sha256=fingerprint(content), **told)
    return Ask(command, (Attachment(draft.desk.subject(case_no), content),))


ACTIONS: dict[str, Callable[[Draftsman], Ask]] = {
    "OFFER": lambda d: Ask(OfferProgramme(**d.case)),
    "ACCEPT": lambda d: Ask(AcceptOffer(**d.case, note=d.words(d.row.text))),
    "DECLINE": lambda d: Ask(DeclineOffer(**d.case, reason=d.words(d.row.text))),
    "SUBMIT_BUDGET": _submit_budget,
    "ASSESS": lambda d: Ask(AssessBudget(**d.case, colour=d.needs("text"))),
    "REQUEST_CHANGES": lambda d: Ask(RequestChanges(**d.case, wanted=d.words(d.row.text))),
    "APPROVE_LINE": lambda d: Ask(ApproveLine(**d.line)),
    "REJECT_LINE": lambda d: Ask(RejectLine(**d.line, reason=d.words(d.row.text))),
    "AMEND_LINE": lambda d: Ask(
        AmendLine(**d.line, amount=d.needs("amount"), reason=d.words(d.row.text))
    ),
    "EXTEND": _extend,
    "REQUEST_TRANCHE": lambda d: Ask(
        RequestTranche(**d.line, ref=d.needs("ref"), amount=d.needs("amount"))
    ),
    "APPROVE_TRANCHE": lambda d: Ask(ApproveTranche(**d.line, ref=d.needs("ref"))),
    "RELEASE_TRANCHE": lambda d: Ask(ReleaseTranche(**d.line, ref=d.needs("ref"))),
    "CANCEL_TRANCHE": lambda d: Ask(CancelTranche(**d.line, ref=d.needs("ref"))),
    "RECEIPT": _hand_in,
    "ACCEPT_RECEIPT": lambda d: Ask(
        AcceptReceipt(**d.line, ref=d.needs("ref"), amount=d.needs("amount"))
    ),
    "REJECT_RECEIPT": lambda d: Ask(
        RejectReceipt(**d.line, ref=d.needs("ref"), reason=d.words(d.row.text))
    ),
    "DECLARE_LOST": lambda d: Ask(
        DeclareLoss(**d.line, amount=d.needs("amount"), words=d.words(d.row.text))
    ),
    "INVOICE": _invoice,
    "CREDIT_NOTE": _credit_note,
    "ATTEST_INVOICE": lambda d: Ask(AttestExpense(**d.line, ref=d.needs("ref"))),
    "APPROVE_INVOICE": lambda d: Ask(ApproveExpense(**d.line, ref=d.needs("ref"))),
    "REJECT_INVOICE": lambda d: Ask(
        RejectExpense(**d.line, ref=d.needs("ref"), reason=d.words(d.row.text))
    ),
    "STATEMENT": _statement,
    "CONFIRM_MISUSE": lambda d: Ask(
        ConfirmMisuse(**d.line, amount=d.needs("amount"), kind=d.needs("text"))
    ),
    "WRITE_OFF": lambda d: Ask(
        WriteOffClaim(**d.line, amount=d.needs("amount"), reason=d.words(d.row.text))
    ),
    "STOP": lambda d: Ask(StopCase(**d.case, reason=d.words(d.row.text))),
    "COMPLETE": lambda d: Ask(CompleteCase(**d.case)),
    "OUTCOME": lambda d: Ask(RecordOutcome(**d.case, outcome=d.needs("text"))),
}


def ask(row: JournalRow, desk: Desk) -> Ask:
    """The command that a row stands for. Unusable: the row can't be understood."""
    action = ACTIONS.get(row.action)
    if not action:
        raise Unusable("action", "kendes ikke/is not known")
    try:
        return action(Draftsman(row, desk))
    except ValidationError as error:
        field, what = next(reading.reasons(error))
        # Whatever has no column of its own comes from the file, or else from the text.
        column = field if field in JournalRow.model_fields else "file" if row.file else "text"
        raise Unusable(column, what) from error
