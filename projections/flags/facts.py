"""What flag rules look at: of each case the way of its money, each fact with its day and its log entry.

Nothing of who the citizen is comes in here, nor what was found or said about misuse: no confirmation,
no claim and no answer to a flag. What is not in these rows, no rule can look at.
"""

from collections.abc import Iterable
from datetime import date

from pydantic import BaseModel

from domain.money import Money


class Fact(BaseModel, frozen=True):
    """Something that the log tells, and where."""

    on: date
    position: int
    event: str
    case_no: str
    ref: str = ""


class LineFact(Fact, frozen=True):
    """A budget line as it was first submitted."""

    line_no: int
    category: str
    route: str
    supplier_cvr: str | None
    supplier_name: str | None


class Payment(Fact, frozen=True):
    """A tranche that was released, settled by the bank, or returned. `booked_on`: once settled."""

    line_no: int
    amount: Money
    booked_on: date | None = None


class Cover(Fact, frozen=True):
    """What accounts for an advance beside receipts: a declaration, or money handed back. Less than nothing:
    the merchant gave money back, which is to be accounted for again."""

    line_no: int
    amount: Money


class Said(Fact, frozen=True):
    """What a receipt's picture says, as it was read. `agreed`: the fields that are sure."""

    total: Money | None = None
    vat: Money | None = None
    day: date | None = None
    time: str | None = None
    cvr: str | None = None
    number: str | None = None
    likeness: str | None = None
    agreed: tuple[str, ...] = ()


class Acceptance(Fact, frozen=True):
    """So much of a receipt was accepted."""

    amount: Money
    person: str


class Receipt(Fact, frozen=True):
    """A receipt as it was keyed, and what became of it."""

    line_no: int
    amount: Money
    sha256: str
    merchant: str
    purchased_on: date
    has_note: bool  # Somebody wrote why. What they wrote is in the vault.
    whole: Money  # What was claimed on all lines, where it stands for several.
    outlay: bool = False  # A colleague's, who laid the money out.
    accepted: tuple[Acceptance, ...] = ()
    rejected: Fact | None = None
    readings: tuple[Said, ...] = ()


class CardUse(Fact, frozen=True):
    merchant: str
    mcc: str
    amount: Money


class Invoice(Fact, frozen=True):
    line_no: int
    amount: Money
    cvr: str
    supplier: str
    issued_on: date


class Approval(Fact, frozen=True):
    """Somebody approved a line or a payment. `at`: hours and minutes of the day, as 1430."""

    line_no: int
    person: str
    at: int


class Account(Fact, frozen=True):
    """The mark of the account that is paid to: the same for the same account, and says nothing else."""

    mark: str


class TimeFrame(Fact, frozen=True):
    end_date: date


class Arrival(BaseModel, frozen=True):
    """A file that arrived, by whatever way, for a case or for none that anybody had said."""

    programme: str = ""
    came: Fact = Fact(on=date.min, position=0, event="", case_no="")
    line_no: int | None = None
    sha256: str = ""
    misdirected: date | None = None  # On which day it turned out to be another case's.


class CaseFacts(BaseModel):
    """The facts of one case."""

    programme: str = ""
    case_no: str = ""
    citizen: str = ""  # A pseudonym: tells the same citizen's two cases from two citizens' cases.
    lines: dict[int, LineFact] = {}
    released: list[Payment] = []
    settled: list[Payment] = []
    returned: list[Payment] = []
    covers: list[Cover] = []
    receipts: dict[str, Receipt] = {}  # By line and number: one may stand for several lines.
    uses: list[CardUse] = []
    invoices: list[Invoice] = []
    approvals: list[Approval] = []
    accounts: list[Account] = []
    time_frames: list[TimeFrame] = []

    def handed_in(self, line_no: int | None = None) -> Iterable[Receipt]:
        """Its citizen's receipts, of that line."""
        for each in self.receipts.values():
            if not each.outlay and line_no in (None, each.line_no):
                yield each
