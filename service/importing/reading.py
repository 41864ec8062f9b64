"""Reading a data set strictly. Everything that is wrong is said, by file, row and column, before
anything is stored. What stands there is not repeated: it may be a person's."""

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from domain.identity import Account, Cpr, Cvr, Gln, Key, Reference
from domain.money import Money, PositiveMoney
from domain.programme import (
    Category,
    CostFigures,
    DeclarationsMonths,
    FundingAgreement,
    HearingDays,
    Ladder,
    LegalBasis,
    RetentionYears,
    Role,
    Route,
    TrajectoryPhase,
)
from service.clerk import DANISH_TIME, storable

PROBLEMS_SHOWN = 25
MISSING = "filen mangler/the file is missing"
UNREADABLE = "filen kan ikke læses/the file can't be read"
UNSTORABLE = "rummer et tegn, som ikke kan gemmes/holds a character that can't be stored"


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong with a data set."""

    file: str
    row: int | None  # As a spreadsheet numbers them: the header is row 1.
    column: str | None
    what: str

    def __str__(self) -> str:
        place = [self.file]
        if self.row:
            place.append(f"række/row {self.row}")
        if self.column:
            place.append(f"kolonne/column {self.column}")
        return f"{', '.join(place)}: {self.what}"


class BrokenData(Exception):
    """The data set can't be imported. A row that can't be read is told before anything is stored; a row
    that has changed since an earlier import stops this one where it stands."""

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = problems
        more = len(problems) - PROBLEMS_SHOWN
        shown = [str(problem) for problem in problems[:PROBLEMS_SHOWN]]
        if more > 0:
            shown.append(f"… og/and {more} mere/more")
        super().__init__("\n".join(shown))


# Fields ------------------------------------------------------------------------------------------


def day(text: str) -> date:
    """As a Danish spreadsheet writes it. ValueError: it is not a day."""
    return _parsed_time(text, "%d-%m-%Y", "dd-mm-yyyy").date()


def _moment(text: Any) -> Any:
    if not isinstance(text, str):
        return text
    return _parsed_time(text, "%d-%m-%Y %H:%M", "dd-mm-yyyy HH:MM").replace(tzinfo=DANISH_TIME)


def _parsed_time(text: str, pattern: str, told: str) -> datetime:
    try:
        found = datetime.strptime(text, pattern)  # noqa: DTZ007 - a Danish wall clock, placed by the caller
    except ValueError as error:
        raise ValueError(f"{text!r} er ikke/is not {told}") from error
    if found.strftime(pattern) != text:
        raise ValueError(f"{text!r} er ikke/is not {told}")
    return found


def _amount(text: Any) -> Any:
    return Money.parse_danish(text) if isinstance(text, str) else text


def _blank(text: Any) -> Any:
    return None if text == "" else text


def _yes(text: Any) -> bool:
    if text not in ("ja", "nej"):
        raise ValueError("skal være/must be ja, nej")
    return bool(text == "ja")


Moment = Annotated[datetime, BeforeValidator(_moment)]
Kroner = Annotated[PositiveMoney, BeforeValidator(_amount)]
AnyKroner = Annotated[Money, BeforeValidator(_amount)]
Filled = Annotated[str, Field(min_length=1)]
LineNo = Annotated[int, Field(ge=1, le=9999)]
M = TypeVar("M", bound=BaseModel)


class Row(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class CaseRow(Row):
    case_no: Key
    cpr: Cpr
    name: Filled
    phase: Key
    selection: Key
    sparring: Key
    caseworker: Key
    account: Account


class BudgetLineRow(Row):
    case_no: Key
    line_no: LineNo
    category: Key
    description: str
    rationale: str
    amount: Kroner
    includes_vat: Annotated[bool, BeforeValidator(_yes)]
    route: Route
    supplier_cvr: Annotated[Cvr | None, BeforeValidator(_blank)]
    supplier_name: Annotated[str | None, BeforeValidator(_blank)]
    legal_basis: Key
    funding: Key


class JournalRow(Row):
    seq: Annotated[int, Field(ge=1)]
    at: Moment
    actor: Key
    action: Filled
    case_no: Annotated[Key | None, BeforeValidator(_blank)]
    line_no: Annotated[LineNo | None, BeforeValidator(_blank)]
    ref: Annotated[Reference | None, BeforeValidator(_blank)]
    amount: Annotated[PositiveMoney | None, BeforeValidator(lambda t: _amount(t) if t else None)]
    text: Annotated[str | None, BeforeValidator(_blank)]
    file: Annotated[str | None, BeforeValidator(_blank)]


class CardRow(Row):
    at: Moment
    case_no: Key
    merchant: Filled
    mcc: Annotated[str, Field(pattern=r"^[0-9]{4}$")]
    amount: AnyKroner


class StaffFile(Row):
    id: Key
    name: Filled
    roles: tuple[Role, ...]


class ProgrammeFile(CostFigures):
    """programme.json."""

    id: Annotated[Key, Field(pattern=r"^[^/]+$")]
    name: Filled
    kind: Filled
    currency: Literal["DKK"]
    start: date
    end: date
    cap: PositiveMoney
    months: Annotated[int, Field(ge=1)]
    tranche_max: PositiveMoney | None
    undocumented_limit: PositiveMoney | None
    receipt_deadline_days: Annotated[int, Field(ge=0)]
    declaration_max: Money
    routes: tuple[Route, ...]
    lapse_days: Annotated[int, Field(ge=0, le=3_650)] | None = None
    hearing_days: HearingDays | None = None
    retention_years: RetentionYears = 5
    declarations_max_total: PositiveMoney | None = None
    declarations_months: DeclarationsMonths = 12
    screening: bool = False
    trajectory: tuple[TrajectoryPhase, ...] = ()
    ladder: Ladder | None = None
    buyer_gln: Gln
    buyer_name: Filled
    bank_account: Account
    funding: tuple[FundingAgreement, ...]
    legal_bases: tuple[LegalBasis, ...]
    categories: tuple[Category, ...]
    misuse_kinds: tuple[Filled, ...]
    outcomes: tuple[Filled, ...]
    outcomes_left: tuple[Filled, ...]
    staff: tuple[StaffFile, ...]

    @property
    def costs(self) -> CostFigures:
        return CostFigures(**{name: getattr(self, name) for name in CostFigures.model_fields})


# Files -------------------------------------------------------------------------------------------


@dataclass
class DataSet:
    """Everything that was read, in the order of its rows."""

    folder: Path
    programme: ProgrammeFile
    cases: list[CaseRow]
    budget_lines: list[BudgetLineRow]
    journal: list[JournalRow]
    card: list[CardRow]

    def __post_init__(self) -> None:
        self._lines: dict[str, list[BudgetLineRow]] = {}
        for line in self.budget_lines:
            self._lines.setdefault(line.case_no, []).append(line)

    def lines_of(self, case_no: str) -> list[BudgetLineRow]:
        return self._lines.get(case_no, [])

    def attachment(self, name: str) -> bytes:
        path = Path(name)
        if path.is_absolute() or ".." in path.parts:
            raise FileNotFoundError
        return (self.folder / path).read_bytes()


def read(folder: Path) -> DataSet:
    """BrokenData: what is wrong with it, all at once as far as it can be seen."""
    problems: list[Problem] = []
    programme = _programme(folder, problems)
    cases = list(_table(folder, "cases.csv", CaseRow, problems))
    budget_lines = list(_table(folder, "budget_lines.csv", BudgetLineRow, problems))
    journal = list(_table(folder, "journal.csv", JournalRow, problems))
    has_card = (folder / "card_transactions.csv").exists()
    card = list(_table(folder, "card_transactions.csv", CardRow, problems)) if has_card else []
    if problems or programme is None:
        raise BrokenData(problems)
    data = DataSet(folder, programme, cases, budget_lines, journal, card)
    _check_keys(data, problems)
    if problems:
        raise BrokenData(problems)
    return data


def _programme(folder: Path, problems: list[Problem]) -> ProgrammeFile | None:
    name = "programme.json"
    try:
        text = (folder / name).read_text("utf-8-sig")
        if not storable(json.loads(text)):
            raise ValueError(UNSTORABLE)  # noqa: TRY301 - told like all else that is no good JSON
        return ProgrammeFile.model_validate_json(text)
    except FileNotFoundError:
        problems.append(Problem(name, None, None, MISSING))
    except OSError as error:
        problems.append(Problem(name, None, None, f"{UNREADABLE}: {error.strerror}"))
    except ValidationError as error:
        for column, what in reasons(error):
            problems.append(Problem(name, None, column, what))
    except (ValueError, RecursionError) as error:
        problems.append(Problem(name, None, None, f"ikke/not UTF-8 JSON: {error}"))
    return None


def _table(folder: Path, name: str, row_type: type[M], problems: list[Problem]) -> Iterator[M]:
    """The rows of a CSV file as a Danish spreadsheet saves it."""
    try:
        content = (folder / name).read_bytes()
        text = content.decode("utf-8-sig").rstrip("\r\n")
    except FileNotFoundError:
        problems.append(Problem(name, None, None, MISSING))
        return
    except OSError as error:
        problems.append(Problem(name, None, None, f"{UNREADABLE}: {error.strerror}"))
        return
    except UnicodeDecodeError as error:
        row = error.object[: error.start].count(b"\n") + 1
        problems.append(Problem(name, row, None, "ikke/not UTF-8"))
        return
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=";", strict=True)
    columns = list(row_type.model_fields)
    number = 1
    try:
        header = next(reader, [])
        if header != columns:
            problems.append(
                Problem(name, 1, None, f"kolonnerne skal være/columns must be: {';'.join(columns)}")
            )
            return
        for number, cells in enumerate(reader, start=2):
            yield from _row(name, number, columns, cells, row_type, problems)
    except csv.Error as error:
        problems.append(Problem(name, number + 1, None, f"ikke/not CSV: {error}"))


def _row(
    name: str,
    number: int,
    columns: list[str],
    cells: list[str],
    row_type: type[M],
    problems: list[Problem],
) -> Iterator[M]:
    if len(cells) != len(columns):
        what = f"{len(cells)} felter/fields, skal være/must be {len(columns)}"
        problems.append(Problem(name, number, None, what))
        return
    if unstorable := [c for c, cell in zip(columns, cells, strict=True) if not storable(cell)]:
        problems.append(Problem(name, number, unstorable[0], UNSTORABLE))
        return
    try:
        yield row_type.model_validate(dict(zip(columns, cells, strict=True)))
    except ValidationError as error:
        for column, what in reasons(error):
            problems.append(Problem(name, number, column, what))


def reasons(error: ValidationError) -> Iterator[tuple[str, str]]:
    """Where and what, without the value: it may be a person's."""
    for reason in error.errors(include_url=False):
        where = ".".join(str(part) for part in reason["loc"])
        what = reason["msg"].removeprefix("Value error, ")
        yield where, what.replace(repr(reason["input"]), "…")


def _check_keys(data: DataSet, problems: list[Problem]) -> None:
    """Numbers that must be there once, those that others point at, and order of entry."""
    _check_programme(data.programme, problems)
    _check_once("cases.csv", [row.case_no for row in data.cases], "case_no", problems)
    lines = [f"{row.case_no}/{row.line_no}" for row in data.budget_lines]
    _check_once("budget_lines.csv", lines, "line_no", problems)
    known = {row.case_no for row in data.cases}
    owners = {
        "budget_lines.csv": [line.case_no for line in data.budget_lines],
        "card_transactions.csv": [use.case_no for use in data.card],
    }
    for name, case_nos in owners.items():
        for number, case_no in enumerate(case_nos, start=2):
            if case_no not in known:
                what = "findes ikke i/is not in cases.csv"
                problems.append(Problem(name, number, "case_no", what))
    for number, (earlier, later) in enumerate(
        zip(data.journal, data.journal[1:], strict=False), start=3
    ):
        if later.seq <= earlier.seq:
            what = f"{later.seq} følger efter/follows {earlier.seq}"
            problems.append(Problem("journal.csv", number, "seq", what))


def _check_programme(programme: ProgrammeFile, problems: list[Problem]) -> None:
    for column in ("funding", "legal_bases", "categories", "staff"):
        ids = [each.id for each in getattr(programme, column)]
        if len(set(ids)) < len(ids):
            what = "samme id to gange/the same id twice"
            problems.append(Problem("programme.json", None, column, what))
    if {basis.funding for basis in programme.legal_bases} - {f.id for f in programme.funding}:
        what = "en finansieringskilde findes ikke/a funding source is not in funding"
        problems.append(Problem("programme.json", None, "legal_bases", what))


def _check_once(name: str, values: list[str], column: str, problems: list[Problem]) -> None:
    rows: dict[str, int] = {}
    for number, value in enumerate(values, start=2):
        if rows.setdefault(value, number) != number:
            what = f"står også i/is also in række/row {rows[value]}"
            problems.append(Problem(name, number, column, what))
