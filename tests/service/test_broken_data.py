"""A data set that is broken anywhere is told where, by nobody's name, and leaves nothing behind."""

import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from service.app import Teten, opened
from service.importing.reading import BrokenData, Problem
from service.settings import Settings
from tests.conftest import fresh_database, import_into
from tests.data_sets import PERSONAL, Movement, change, paid, put_journal, statement, tiny

TETEN = Path(sys.executable).with_name("teten")
LATER = date(2026, 11, 22)
TABLES = (
    *("log_events", "commands"),
    *("people.keys", "people.citizens", "people.words", "people.files"),
)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tiny(tmp_path / "data")


@pytest.fixture(scope="module")
def empty(server: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Teten]:
    """Nothing of a broken data set is stored: so all of them can be tried on the same database."""
    home = tmp_path_factory.mktemp("empty")
    with fresh_database(server) as url, opened(Settings(home, url, home / "master.key")) as running:
        yield running


def stored(teten: Teten) -> dict[str, int]:
    """How many rows there are in each table, and how many files."""
    with teten.log.pool.connection() as connection:
        counts = {
            table: connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]  # type: ignore[index]
            for table in TABLES
        }
    return counts | {"files": len(list(teten.settings.files.rglob("*")))}


def refused(teten: Teten, folder: Path) -> list[Problem]:
    """What is said to be wrong: nothing of a person, and nothing more is stored than before."""
    before = stored(teten)
    with pytest.raises(BrokenData) as broken:
        import_into(teten, folder)
    assert stored(teten) == before
    assert not [value for value in PERSONAL if value in str(broken.value)]
    return broken.value.problems


def places(problems: list[Problem]) -> list[tuple[str, int | None, str | None]]:
    return [(problem.file, problem.row, problem.column) for problem in problems]


def test_the_data_set_itself_is_whole(teten: Teten, data: Path) -> None:
    imported = import_into(teten, data)
    assert (imported.applied, imported.again, imported.refused) == (30, 0, [])
    assert imported.card_transactions == 2


# One thing wrong in a table ----------------------------------------------------------------------

REQUEST = "12-03-2019 09:00;kons-1;REQUEST_TRANCHE;T-1;1;R-1;1.950,00;;"  # Row 13.


@pytest.mark.parametrize(
    ("column", "wrong"),
    [
        ("at", REQUEST.replace("12-03-2019 09:00", "31-02-2019 09:00")),
        ("at", REQUEST.replace("12-03-2019 09:00", "2019-03-12 09:00")),
        ("at", REQUEST.replace("12-03-2019 09:00", "12-3-2019 09:00")),
        ("at", REQUEST.replace("12-03-2019 09:00", "12-03-2019 9:00")),
        ("at", REQUEST.replace("12-03-2019 09:00", "12-03-2019")),
        ("at", REQUEST.replace("12-03-2019 09:00", "12-03-19 09:00")),
        ("at", REQUEST.replace("12-03-2019 09:00", "12-03-2019 24:00")),
        ("at", REQUEST.replace("12-03-2019 09:00", "")),
        ("amount", REQUEST.replace("1.950,00", "1950")),
        ("amount", REQUEST.replace("1.950,00", "1950.00")),
        ("amount", REQUEST.replace("1.950,00", "1.95,00")),
        ("amount", REQUEST.replace("1.950,00", "1.950.00")),
        ("amount", REQUEST.replace("1.950,00", "1 950,00")),
        ("amount", REQUEST.replace("1.950,00", "1.950,0")),
        ("amount", REQUEST.replace("1.950,00", "-5,00")),
        ("amount", REQUEST.replace("1.950,00", "0,00")),
        ("amount", REQUEST.replace("1.950,00", "1.950,00 kr.")),
        ("amount", REQUEST.replace("1.950,00", "1e3")),
        ("amount", REQUEST.replace("1.950,00", "9" * 5_000 + ",00")),
        ("amount", REQUEST.replace("1.950,00", "")),
        ("line_no", REQUEST.replace("T-1;1;", "T-1;;")),
        ("line_no", REQUEST.replace("T-1;1;", "T-1;0;")),
        ("line_no", REQUEST.replace("T-1;1;", "T-1;one;")),
        ("ref", REQUEST.replace("R-1", "")),
        ("ref", REQUEST.replace("R-1", "R/1")),
        ("ref", REQUEST.replace("R-1", "R\0")),
        ("case_no", REQUEST.replace("T-1", "")),
        ("case_no", REQUEST.replace("T-1", "Anna Ærlig")),
        ("actor", REQUEST.replace("kons-1", "")),
        ("actor", REQUEST.replace("kons-1", "Karl Konsulent")),
        ("action", REQUEST.replace("REQUEST_TRANCHE", "ASK_FOR_MONEY")),
        ("action", REQUEST.replace("REQUEST_TRANCHE", "request_tranche")),
        ("action", REQUEST.replace("REQUEST_TRANCHE", "INVOICES")),
        ("action", REQUEST.replace("REQUEST_TRANCHE", "")),
        (None, f"{REQUEST};"),
        (None, REQUEST.removesuffix(";")),
        (None, REQUEST.replace("R-1", 'R"1"').replace("T-1", '"T-1"x')),
        (None, ""),
    ],
    ids=lambda value: str(value)[:60],
)
def test_a_wrong_field_of_the_journal_is_told_by_row_and_column(
    empty: Teten, data: Path, column: str | None, wrong: str
) -> None:
    change(data / "journal.csv", f"12;{REQUEST}", f"12;{wrong}" if wrong else "")
    assert places(refused(empty, data)) == [("journal.csv", 13, column)]


@pytest.mark.parametrize(
    ("row", "column", "old", "new"),
    [
        (8, "case_no", "SUBMIT_BUDGET;T-1", "SUBMIT_BUDGET;"),
        (8, "case_no", "SUBMIT_BUDGET;T-1", "SUBMIT_BUDGET;T-3"),  # Has no lines.
        (10, "text", "ASSESS;T-1;;;;green;", "ASSESS;T-1;;;;;"),
        (10, "text", "ASSESS;T-1;;;;green;", "ASSESS;T-1;;;;blue;"),
        (11, "line_no", "APPROVE_LINE;T-1;1;", "APPROVE_LINE;T-1;;"),
        (14, "ref", "APPROVE_TRANCHE;T-1;1;R-1", "APPROVE_TRANCHE;T-1;1;"),
        (15, "ref", "RELEASE_TRANCHE;T-1;1;R-1", "RELEASE_TRANCHE;T-1;1;"),
        (16, "file", "bank/2019-03.xml", ""),
        (16, "file", "bank/2019-03.xml", "bank/2019-13.xml"),
        (16, "file", "bank/2019-03.xml", "receipts/k1.png"),  # Is no statement.
        (16, "file", "bank/2019-03.xml", "bank"),
        (17, "file", "receipts/k1.png", ""),
        (17, "file", "receipts/k1.png", "../master.key"),
        (17, "file", "receipts/k1.png", "receipts/../../master.key"),
        (17, "file", "receipts/k1.png", "/etc/passwd"),
        (17, "file", "receipts/k1.png", "k" * 300),
        (17, "file", "receipts/k1.png", "Anna Ærlig.png"),
        (17, "file", "receipts/k1.png", "k1\0.png"),
        (17, "ref", 'RECEIPT;T-1;1;K-1;1.000,00;"', 'RECEIPT;T-1;1;;1.000,00;"'),
        (17, "amount", 'K-1;1.000,00;"', 'K-1;;"'),
        (17, "text", "; 20-03-2019; Købt", "; Købt"),
        (17, "text", "; 20-03-2019; Købt", "; 2019-03-20; Købt"),
        (17, "text", "; 20-03-2019; Købt", "; 20-3-2019; Købt"),
        (17, "text", '"Cykler; 20-03-2019; Købt på afbetaling"', "Købt på afbetaling"),
        (17, "text", '"Cykler; 20-03-2019; Købt på afbetaling"', ""),
        (17, "text", "Cykler;", "Cyk\0ler;"),
        (19, "amount", "K-1;1.000,00;;", "K-1;;;"),
        (20, "ref", "REJECT_RECEIPT;T-1;1;K-2", "REJECT_RECEIPT;T-1;1;"),
        (21, "amount", "250,00", ""),
        (22, "amount", "300,00", ""),
        (22, "text", "300,00;other", "300,00;"),
        (24, "ref", "CANCEL_TRANCHE;T-1;2;R-2", "CANCEL_TRANCHE;T-1;2;"),
        (25, "amount", "2.500,00", ""),
        (26, "text", "30-11-2019 / Brækkede benet", ""),
        (26, "text", "30-11-2019 / Brækkede benet", "Brækkede benet"),
        (26, "text", "30-11-2019 / Brækkede benet", "Brækkede benet / 30-11-2019"),
        (28, "amount", ";100,00;", ";;"),
        (30, "text", "OUTCOME;T-1;;;;employed", "OUTCOME;T-1;;;;"),
    ],
)
def test_what_an_action_needs_is_missed_by_row_and_column(
    empty: Teten, data: Path, row: int, column: str, old: str, new: str
) -> None:
    change(data / "journal.csv", old, new)
    assert places(refused(empty, data)) == [("journal.csv", row, column)]


@pytest.mark.parametrize(
    ("file", "row", "column", "old", "new"),
    [
        ("cases.csv", 2, "cpr", "610190-1001", "6101901001"),
        ("cases.csv", 2, "cpr", "610190-1001", ""),
        ("cases.csv", 2, "account", "9999-0000000011", "99990000000011"),
        ("cases.csv", 2, "account", "9999-0000000011", ""),
        ("cases.csv", 3, "name", "Bent Birk", ""),
        ("cases.csv", 3, "phase", "Bent Birk;1", "Bent Birk;den første"),
        ("cases.csv", 3, "selection", "random;collective", ";collective"),
        ("cases.csv", 3, "sparring", "collective", "in a group"),
        ("cases.csv", 3, "case_no", "T-2;620290-1002;Bent Birk", "Bent Birk;620290-1002;T-2"),
        ("cases.csv", 3, "cpr", "620290-1002;Bent Birk", "Bent Birk;620290-1002"),
        ("cases.csv", 4, "caseworker", "kons-1;9999-0000000033", ";9999-0000000033"),
        ("cases.csv", 4, None, "Clara Ø. Krogh", "Krogh; Clara Ø."),
        ("cases.csv", 4, "name", "Clara", "Cla\0ra"),
        ("cases.csv", 4, "case_no", "T-3", "T-1"),
        ("budget_lines.csv", 2, "amount", "4.000,00", "4000.00"),
        ("budget_lines.csv", 2, "amount", "4.000,00", "0,00"),
        ("budget_lines.csv", 2, "supplier_cvr", "95429114", "610190-1001"),
        ("budget_lines.csv", 2, "includes_vat", "4.000,00;ja", "4.000,00;yes"),
        ("budget_lines.csv", 2, "includes_vat", "4.000,00;ja", "4.000,00;"),
        ("budget_lines.csv", 2, "route", "ja;account;95429114", "ja;cash;95429114"),
        ("budget_lines.csv", 2, "category", "transport", "Ladcykel til børnene"),
        ("budget_lines.csv", 3, "line_no", "T-1;2", "T-1;1"),
        ("budget_lines.csv", 3, "legal_basis", "account;;;LAB-76", "account;;;"),
        ("budget_lines.csv", 4, "case_no", "T-2", "T-4"),
        ("budget_lines.csv", 4, "case_no", "T-2", "620290-1002"),
        ("card_transactions.csv", 2, "case_no", "14-04-2019 14:26;T-2", "14-04-2019 14:26;T-4"),
        ("card_transactions.csv", 2, "mcc", "8299;218", "829;218"),
        ("card_transactions.csv", 2, "at", "14-04-2019 14:26", "14-04-2019"),
        ("card_transactions.csv", 3, "amount", "-18,25", "-18.25"),
        ("card_transactions.csv", 3, "merchant", "Fagkurser Midt;8299;-18", ";8299;-18"),
        ("journal.csv", 5, "seq", "4;05-03-2019 10:00", "3;05-03-2019 10:00"),
        ("journal.csv", 5, "seq", "4;05-03-2019 10:00", "2;05-03-2019 10:00"),
        ("journal.csv", 5, "seq", "4;05-03-2019 10:00", ";05-03-2019 10:00"),
        ("journal.csv", 5, "seq", "4;05-03-2019 10:00", "0;05-03-2019 10:00"),
        ("journal.csv", 5, None, "Underskrevet på hospitalet", "Underskrevet; på hospitalet"),
        ("journal.csv", 5, None, "Underskrevet på hospitalet", '"Underskrevet" på hospitalet'),
        ("journal.csv", 5, None, "Underskrevet på hospitalet", '"Underskrevet på hospitalet'),
    ],
)
def test_a_wrong_row_of_any_table_is_told(
    empty: Teten, data: Path, file: str, row: int, column: str | None, old: str, new: str
) -> None:
    change(data / file, old, new)
    assert places(refused(empty, data)) == [(file, row, column)]


@pytest.mark.parametrize(
    ("file", "row"), [("cases.csv", 2), ("budget_lines.csv", 2), ("journal.csv", 5)]
)
def test_a_file_in_another_encoding_is_told_by_its_first_such_row(
    empty: Teten, data: Path, file: str, row: int
) -> None:
    text = (data / file).read_text("utf-8-sig")
    (data / file).write_bytes(text.replace("\n", "\r\n").encode("latin-1"))
    assert places(refused(empty, data)) == [(file, row, None)]


@pytest.mark.parametrize(
    "header",
    [
        "case_no;cpr;name;phase;selection;sparring;caseworker",
        "case_no;cpr;name;phase;selection;sparring;caseworker;account;email",
        "cpr;case_no;name;phase;selection;sparring;caseworker;account",
        "case_no,cpr,name,phase,selection,sparring,caseworker,account",
        "CASE_NO;CPR;NAME;PHASE;SELECTION;SPARRING;CASEWORKER;ACCOUNT",
        "",
    ],
)
def test_other_columns_are_refused_and_the_right_ones_told(
    empty: Teten, data: Path, header: str
) -> None:
    right = "case_no;cpr;name;phase;selection;sparring;caseworker;account"
    change(data / "cases.csv", right, header)
    [problem] = refused(empty, data)
    assert (problem.file, problem.row) == ("cases.csv", 1)
    assert right in problem.what


@pytest.mark.parametrize("name", ["programme.json", "cases.csv", "budget_lines.csv", "journal.csv"])
def test_a_file_that_is_missing_or_no_file_is_told(empty: Teten, data: Path, name: str) -> None:
    (data / name).unlink()
    assert places(refused(empty, data)) == [(name, None, None)]
    (data / name).mkdir()
    assert places(refused(empty, data)) == [(name, None, None)]


def test_of_a_folder_that_is_not_there_every_file_is_missed(empty: Teten, tmp_path: Path) -> None:
    found = places(refused(empty, tmp_path / "nowhere"))
    assert [file for file, _, _ in found] == [
        *("programme.json", "cases.csv", "budget_lines.csv", "journal.csv")
    ]


def test_an_empty_file_has_no_columns(empty: Teten, data: Path) -> None:
    (data / "journal.csv").write_bytes(b"")
    assert places(refused(empty, data)) == [("journal.csv", 1, None)]


def test_rows_are_numbered_as_a_spreadsheet_numbers_them(empty: Teten, data: Path) -> None:
    """Where a field has several lines, they are still one row."""
    change(data / "journal.csv", "Skal passe sin mor", '"Skal passe\r\nsin mor\r\n"')
    change(data / "journal.csv", "APPROVE_LINE;T-1;2", "APPROVE_LINE;T-1;two")
    assert places(refused(empty, data)) == [("journal.csv", 12, "line_no")]
    change(data / "journal.csv", "APPROVE_LINE;T-1;two", "APPROVE_LINE;T-1;2")
    change(data / "journal.csv", "30-11-2019 / ", "")
    assert places(refused(empty, data)) == [("journal.csv", 26, "text")]


def test_empty_lines_at_the_end_are_no_rows(teten: Teten, data: Path) -> None:
    for name in ("cases.csv", "journal.csv"):
        (data / name).write_bytes((data / name).read_bytes() + b"\r\n\r\n")
    assert import_into(teten, data).applied == 30


def test_everything_that_is_wrong_is_told_at_once_up_to_a_screenful(
    empty: Teten, data: Path
) -> None:
    put_journal(data, ["01-13-2019 09:00;kons-1;OFFER;T-1;;;;;"] * 30)
    change(data / "cases.csv", "610190-1001", "none")
    with pytest.raises(BrokenData) as broken:
        import_into(empty, data)
    assert len(broken.value.problems) == 31
    assert len(str(broken.value).splitlines()) == 26
    assert "6 mere/more" in str(broken.value)


# The programme -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("column", "old", "new"),
    [
        ("cap", '"cap": "20000.00", ', ""),
        ("cap", '"20000.00"', "20000.00"),
        ("cap", '"20000.00"', "20000"),
        ("cap", '"20000.00"', '"20.000,00"'),
        ("cap", '"20000.00"', '"0.00"'),
        ("cap", '"20000.00"', "null"),
        ("tranche_max", '"5000.00"', "5000.5"),
        ("buyer_gln", "5799999990014", "5799999990015"),
        ("buyer_gln", "5799999990014", "579999999001"),
        ("bank_account", "9999-0009000002", "9999-000900000"),
        ("currency", '"DKK"', '"EUR"'),
        ("start", "2019-01-01", "01-01-2019"),
        ("months", '"months": 6', '"months": 0'),
        ("routes.1", '"routes": ["account", "card"]', '"routes": ["account", "cash"]'),
        ("id", '"id": "TT"', '"id": "T/T"'),
        ("id", '"id": "TT"', '"id": ""'),
        ("name", '"Teten i det små"', '""'),
        ("colour", '"id": "TT"', '"id": "TT", "colour": "green"'),
        ("funding.0.amount", '"10000.00"', "10000.00"),
        ("legal_bases", '"funding": "AARHUS"}\n ]', '"funding": "VELUX"}\n ]'),
        ("categories", '"id": "course"', '"id": "transport"'),
        ("staff", '"id": "kons-2"', '"id": "kons-1"'),
        ("staff", '"roles": ["system"]', '"roles": []'),
        (
            "staff.0.roles.0",
            '"Kirsten Konsulent", "roles": ["caseworker"]',
            '"x", "roles": ["boss"]',
        ),
        (None, "Teten i det små", "Teten i det \\u0000 små"),
        (None, "Teten i det små", "Teten i det \\ud800 små"),
        (None, '"months": 6', f'"months": {"6" * 5_000}'),
        (None, '"id": "TT",', '"id": "TT"'),
    ],
    ids=lambda value: str(value)[:40],
)
def test_a_wrong_field_of_the_programme_is_told(
    empty: Teten, data: Path, column: str | None, old: str, new: str
) -> None:
    change(data / "programme.json", old, new)
    assert places(refused(empty, data)) == [("programme.json", None, column)]


@pytest.mark.parametrize(
    "content", [b"", b"id: TT", b"[]", b'"TT"', b"\xff\xfe{}", b"[" * 100_000, b"null"]
)
def test_a_programme_that_is_no_json_object_is_refused(
    empty: Teten, data: Path, content: bytes
) -> None:
    (data / "programme.json").write_bytes(content)
    [problem] = refused(empty, data)
    assert (problem.file, problem.row) == ("programme.json", None)


# The files that come with it ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "not well-formed"),
        (statement()[:200], "not well-formed"),
        (statement().replace(b"<Document", b"<!DOCTYPE Document><Document"), "document type"),
        (statement(Movement("1.005", details=paid("R-1"))), "not an amount"),
        (statement(Movement("5.00", currency="EUR")), "EUR"),
        (statement().replace(b"9999-0009000002", b"DK5000400440116243"), "not an account"),
        (statement().replace(b"<Id>S-", b"<Id>" + b"S" * 40), "Id"),
    ],
)
def test_a_statement_that_can_not_be_read_is_told(
    empty: Teten, data: Path, content: bytes, told: str
) -> None:
    (data / "bank" / "2019-03.xml").write_bytes(content)
    [problem] = refused(empty, data)
    assert places([problem]) == [("journal.csv", 16, "file")]
    assert told in problem.what


def test_an_attachment_that_is_missing_is_told(empty: Teten, data: Path) -> None:
    (data / "receipts" / "k2.png").unlink()
    assert places(refused(empty, data)) == [("journal.csv", 18, "file")]
