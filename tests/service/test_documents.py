"""Reports that are filed: the figures are the right ones in every format, and the bytes the same."""

import csv
import io
import json
import re
import zipfile
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from pypdf import PdfReader

from domain.money import Money, kr
from projections.completeness import check
from projections.papers import papers
from projections.vouchers import WANTED, VoucherKind
from service.app import Teten
from service.documents import words
from service.documents.audit import Audit
from service.documents.document import Document, Table
from service.documents.filing import Filed, Kind, filed
from service.documents.funder import NoPeriod, Statement, UnknownFund
from service.formats import delimited, pdf, workbook
from tests.conftest import import_into
from tests.data_sets import PERSONAL, tiny
from tests.service.test_pilot import EXPECTED
from tests.shell import Shell

FORMULAS = (
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    '=HYPERLINK("http://example.org")',
    "#panic()",
    "[x] $y$",
)
DAY = date(2019, 4, 30)


def document(*cells: str) -> Document:
    """One that says what somebody outside wrote."""
    rows = tuple((cell, Money(-123_456), DAY, 7, None) for cell in cells)
    table = Table("Ark", "En tabel", ("Tekst", "Beløb", "Dag", "Antal", "Intet"), rows)
    moment = datetime(2019, 5, 1, 12, tzinfo=UTC)
    return Document(cells[0], "prøve", (("Fakta", cells[0]),), (table,), moment, (cells[0],))


def pages(content: bytes) -> str:
    """What a reader of the PDF is told, without its line breaks."""
    text = " ".join(page.extract_text() for page in PdfReader(io.BytesIO(content)).pages)
    return re.sub(r"\s+", " ", text)


def sheets(content: bytes) -> Any:
    return openpyxl.load_workbook(io.BytesIO(content))


def tables(content: bytes) -> dict[str, list[list[str]]]:
    """Of the text for spreadsheets: each table by its title, without its head."""
    rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""), delimiter=";"))
    starts = [n + 1 for n, row in enumerate(rows) if not row]
    ends = [n - 1 for n in starts[1:]] + [len(rows)]
    return {rows[a][0]: rows[a + 2 : b] for a, b in zip(starts, ends, strict=True)}


# The formats -------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", FORMULAS)
def test_what_somebody_wrote_is_text_and_never_a_formula_or_a_command(text: str) -> None:
    told = document(text)
    cell = sheets(workbook.write(told))["Ark"]["A2"]
    assert (cell.value, cell.data_type, cell.hyperlink) == (text, "s", None)
    [[first, *others]] = tables(delimited.write(told))["En tabel"]
    assert first == (f"'{text}" if text[0] in "=+-@" else text)
    assert others == ["-1.234,56", "30-04-2019", "7", ""]
    assert text in pages(pdf.write(told))


def test_what_a_reader_must_know_of_a_table_is_in_every_format() -> None:
    table = Table("Ark", "En tabel", ("Tekst",), (("x",),), text="To forløb, 1,2 %.")
    told = Document("T", "S", (), (table,), datetime(2019, 5, 1, 12, tzinfo=UTC), ("En note.",))
    front = [cell.value for row in sheets(workbook.write(told))["Forside"].rows for cell in row]
    assert {"En note.", "En tabel: To forløb, 1,2 %."} <= set(front)
    text = delimited.write(told).decode("utf-8-sig")
    printed = pages(pdf.write(told))
    for known in ("En note.", "To forløb, 1,2 %."):
        assert known in text
        assert known in printed


def test_a_workbook_holds_amounts_and_days_that_can_be_reckoned_with() -> None:
    sheet = sheets(workbook.write(document("x")))["Ark"]
    _, amount, day, number, nothing = [cell for [*row] in sheet["A2:E2"] for cell in row]
    assert (amount.value, amount.number_format) == (-1_234.56, "#,##0.00")
    assert day.value.date() == DAY
    assert (number.value, nothing.value) == (7, None)


def test_a_pdf_is_tagged_archivable_and_dated_by_its_moment() -> None:
    reader = PdfReader(io.BytesIO(pdf.write(document("Åse læser højt"))))
    root: Any = reader.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"]
    assert root["/StructTreeRoot"]["/K"]
    assert root["/Lang"] == "da-DK"
    described = root["/Metadata"].get_data().decode()
    for claim in ("<pdfuaid:part>1<", "<pdfaid:part>2<", "<pdfaid:conformance>A<"):
        assert claim in described
    assert reader.metadata
    assert reader.metadata.title == "Åse læser højt, prøve"
    assert reader.metadata.creation_date
    assert reader.metadata.creation_date.replace(tzinfo=None) == datetime(2019, 5, 1, 12)  # noqa: DTZ001
    assert "Side 1 af 1" in pages(pdf.write(document("x")))


@pytest.mark.parametrize("text", ["漢字", "glad \N{GRINNING FACE}", "\x00", "\x85", "＝1+1"])
def test_a_pdf_says_where_its_fonts_lack_a_character(text: str) -> None:
    """Else nobody gets the report, for a name that somebody gave a fund or a bank its entry."""
    told = pages(pdf.write(document(text)))
    assert "□ står for et tegn, som skriften ikke har." in told
    assert "står for et tegn" not in pages(pdf.write(document("Ærø, Łódź, Αθήνα, Київ – 5 €")))


def test_a_pdf_says_where_it_leaves_out_rows() -> None:
    """A table of tens of thousands takes gigabytes to typeset. The other formats have them all."""
    rows = tuple((f"N{n}", n) for n in range(1, 2_502))
    table = Table("Ark", "En tabel", ("Nummer", "Antal"), (*rows, ("I alt", 7)), totals=True)
    told = Document("T", "S", (), (table,), datetime(2019, 5, 1, 12, tzinfo=UTC))
    printed = pages(pdf.write(told))
    assert "De første 2000 af 2502 rækker. De er alle i regnearket." in printed
    assert "N2000 2000" in printed
    assert "N2001" not in printed
    assert "I alt 7" in printed
    assert sheets(workbook.write(told))["Ark"].max_row == 2_503
    assert len(tables(delimited.write(told))["En tabel"]) == 2_502


def test_every_event_that_books_and_every_kind_of_voucher_has_a_danish_name() -> None:
    assert set(words.EVENTS) == {kind.__name__ for kind in WANTED}
    assert set(words.VOUCHERS) == set(VoucherKind)
    assert (
        words.reference(["entry S-1/E-1", "declaration"]) == "bank S-1/E-1, tro- og loveerklæring"
    )


# The audit report --------------------------------------------------------------------------------


def test_the_same_moment_gives_the_same_bytes_in_another_process(
    shell: Shell, teten_tt: Teten, tmp_path: Path
) -> None:
    files = [tmp_path / f"report.{kind}" for kind in Kind]
    for file in files:
        done = shell("export", "report", file, "--as-of", str(DAY))
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    audit = Audit(teten_tt, None, DAY)
    for file in files:
        kind = Kind(file.suffix[1:])
        assert file.read_bytes() == filed(audit, kind) == filed(Audit(teten_tt, "TT", DAY), kind)


def test_a_report_as_it_was_known_is_what_was_filed_then(teten: Teten, tmp_path: Path) -> None:
    """A correction that came later changes the report of that day, and not the one as it was known."""
    import_into(teten, tiny(tmp_path / "data"))
    position = teten.log.head()
    before: list[Filed] = [
        Audit(teten, "TT", DAY),
        Statement(teten, "TT", "AARHUS", date(2019, 1, 1), DAY),
    ]
    teten.clerk.in_plain(
        "WriteOffClaim",
        {
            "programme": "TT",
            "case_no": "T-1",
            "line_no": 1,
            "amount": "10.00",
            "by": "fin-1",
            "effective_on": "2019-04-30",
            "reason": "Rettet",
        },
    )
    then: list[Filed] = [
        Audit(teten, "TT", DAY, position),
        Statement(teten, "TT", "AARHUS", date(2019, 1, 1), DAY, position),
    ]
    for was, is_known in zip(before, then, strict=True):
        for kind in Kind:
            assert filed(was, kind) == filed(is_known, kind)
    assert filed(Audit(teten, "TT", DAY), Kind.CSV) != filed(then[0], Kind.CSV)


def test_a_voucher_that_came_later_is_no_file_without_a_name(teten_tt: Teten) -> None:
    """As known before the first receipt was handed in: its file is kept by now, and nothing is amiss."""
    with teten_tt.rows.snapshot() as snapshot:
        vouchers = [each for row in snapshot.all(papers).values() for each in row.vouchers]
    first = min(each.position for each in vouchers if each.kind is VoucherKind.RECEIPT)
    assert Audit(teten_tt, "TT", DAY, first - 1).completeness.gaps == []


def test_no_person_is_in_a_filed_report(teten_tt: Teten) -> None:
    """The tiny data set has an unreconciled entry that tells of a person by name."""
    audit = Audit(teten_tt, "TT", date(2019, 5, 31))
    statement = Statement(teten_tt, "TT", "AARHUS", date(2019, 1, 1), DAY)
    assert len(audit.data()["unreconciled"]) == 1
    for what in (audit, statement):
        told = _everything(what)
        assert not [value for value in PERSONAL if value in told]
        assert "citizen-" not in told


def _everything(what: Filed) -> str:
    book = zipfile.ZipFile(io.BytesIO(filed(what, Kind.XLSX)))
    return "".join(
        (
            pages(filed(what, Kind.PDF)),
            filed(what, Kind.CSV).decode(),
            filed(what, Kind.JSON).decode(),
            *(book.read(name).decode() for name in book.namelist()),
        )
    )


def amounts(figures: dict[str, str], labels: dict[str, str]) -> list[Money]:
    return [Money.parse(figures[name]) for name in labels]


def expected_rows(answer: dict[str, Any]) -> Iterator[tuple[str, str, list[Money]]]:
    """Of each dimension: its table's title, the key, and its amounts in order."""
    for dimension, (title, _) in words.DIMENSIONS.items():
        labels = words.OF_A_FUND if dimension == "funding" else words.AMOUNTS
        for key, figures in answer[dimension].items():
            yield title, key, amounts(figures, labels)


@pytest.fixture(scope="module")
def last_day() -> tuple[date, dict[str, Any]]:
    day, answer = list(EXPECTED["NP"]["as_of"].items())[-1]
    return date.fromisoformat(day), answer


@pytest.fixture(scope="module")
def audit(practice: Teten, last_day: tuple[date, dict[str, Any]]) -> Audit:
    return Audit(practice, "NP", last_day[0])


def test_the_pdf_says_every_figure_that_a_correct_system_answers(
    audit: Audit, last_day: tuple[date, dict[str, Any]]
) -> None:
    told, answer = pages(filed(audit, Kind.PDF)), last_day[1]
    for label, amount in zip(
        words.AMOUNTS.values(), amounts(answer["programme"], words.AMOUNTS), strict=True
    ):
        assert f"{label} {amount.danish()}" in told
    rows = list(expected_rows(answer))
    assert len(rows) > 200
    for title, key, of_key in rows:
        assert " ".join(amount.danish() for amount in of_key) in told, (title, key)
    for each in answer["released_unpaid"]:
        assert each["end_to_end_id"] in told
    for each in answer["unreconciled"]:
        assert each["entry"] in told
    assert f"Loggens position {audit.basis.position}" in told


def test_the_workbook_and_the_text_say_the_same_to_the_ore(
    audit: Audit, last_day: tuple[date, dict[str, Any]]
) -> None:
    answer = last_day[1]
    book, text = sheets(filed(audit, Kind.XLSX)), tables(filed(audit, Kind.CSV))
    for title, key, of_key in expected_rows(answer):
        [in_book] = [
            [cell.value for cell in row[1:]]
            for row in book[title].iter_rows(min_row=2)
            if row[0].value.partition(":")[0] == key
        ]
        assert [Money(round(value * 100)) for value in in_book] == of_key
        [in_text] = [
            row[1:] for row in text[f"{title}, i kroner"] if row[0].partition(":")[0] == key
        ]
        assert [Money.parse_danish(value) for value in in_text] == of_key
    for name in ("released_unpaid", "receipts_overdue", "unreconciled"):
        sheet = {
            "released_unpaid": "Frigivet, ikke betalt",
            "receipts_overdue": "Over fristen",
            "unreconciled": "Uafstemt",
        }[name]
        assert book[sheet].max_row - 1 == len(answer[name])
    assert book["Afviste handlinger"].max_row - 1 == answer["refused"]


def test_the_data_are_the_report_with_its_basis_and_its_vouchers(
    audit: Audit, last_day: tuple[date, dict[str, Any]]
) -> None:
    told = json.loads(filed(audit, Kind.JSON))
    for name, part in last_day[1].items():
        if name != "unreconciled":
            assert _in_any_order(told[name]) == _in_any_order(part), name
    assert told["basis"]["position"] == audit.basis.position
    assert told["completeness"]["gaps"] == []


def _in_any_order(part: Any) -> Any:
    return sorted(part, key=json.dumps) if isinstance(part, list) else part


def test_a_report_says_which_checkpoint_vouches_for_it(teten_tt: Teten) -> None:
    made = teten_tt.checkpoints.make()
    assert made
    facts = dict(Audit(teten_tt, "TT", DAY).document().facts)
    assert facts["Kontrolpunkt"].startswith(f"position {made.size}, rod ")
    assert facts["Kontrolpunkt"].endswith(made.note.split("\n")[2])


# Vouchers ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "programme"), [("pilot", "LTT"), ("practice", "NP")])
def test_every_krone_documented_has_its_voucher_and_every_file_is_named(
    request: pytest.FixtureRequest, name: str, programme: str
) -> None:
    teten: Teten = request.getfixturevalue(name)
    with teten.rows.snapshot() as snapshot:
        rows = list(snapshot.all(papers).values())
        held = {row[0] for row in snapshot.connection.execute("SELECT sha256 FROM people.files")}
    for day, answer in EXPECTED[programme]["as_of"].items():
        as_of = date.fromisoformat(day)
        found = check(rows, programme, as_of, as_of, held)
        assert found.gaps == []
        assert str(found.documented_in_all) == answer["programme"]["documented"]
        assert len([each for each in found.open if each.what == "entry"]) == len(
            answer["unreconciled"]
        )


# The funder's statement --------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "programme"), [("pilot", "LTT"), ("practice", "NP")])
def test_opening_and_closing_are_the_balances_and_agree_with_every_posting_between(
    request: pytest.FixtureRequest, name: str, programme: str
) -> None:
    teten: Teten = request.getfixturevalue(name)
    days = list(pairwise(EXPECTED[programme]["as_of"].items()))
    (before, opening), (last, closing) = days[2]
    first = date.fromisoformat(before) + timedelta(days=1)
    for fund in closing["funding"]:
        told = Statement(teten, programme, fund, first, date.fromisoformat(last)).data()
        assert told["reconciles"]
        assert told["opening"] == opening["funding"][fund]
        assert told["closing"] == closing["funding"][fund]


def test_spending_without_legal_basis_is_told_apart_with_each_payment(pilot: Teten) -> None:
    """In the pilot each legal basis had one source: VELUX FONDEN paid for those that no law covers."""
    statement = Statement(pilot, "LTT", "VELUX", date(2016, 1, 1), date(2018, 6, 30))
    told, end = statement.data(), EXPECTED["LTT"]["end"]["legal_basis"]
    uncovered = ("INGEN", "LAB-32-KK", "LAB-76")
    for name in ("paid", "documented"):
        expected = sum((Money.parse(end[basis][name]) for basis in uncovered), kr(0))
        assert told["without_legal_basis"][name] == str(expected)
    assert set(told["without_legal_basis"]["legal_bases"]) == set(uncovered)
    assert all(each["vouchers"] for each in told["payments"] + told["documented"])

    book = sheets(filed(statement, Kind.XLSX))
    payments = list(book["Betalt uden hjemmel"].iter_rows(min_row=2, values_only=True))
    *each, total = payments
    assert Money(round(total[-1] * 100)) == Money.parse(told["closing"]["paid"]) == kr(1_140_325)
    assert len(each) == len(told["payments"])
    assert book["Betalt med hjemmel"].max_row == 1
    assert "Afstemt ja" in pages(filed(statement, Kind.PDF))


def test_a_source_that_is_not_there_and_a_period_that_is_none_are_told(shell: Shell) -> None:
    period = ("--from", "2019-01-01", "--to", "2019-12-31")
    done = shell("export", "statement", "x.pdf", "--fund", "X", *period)
    assert (done.returncode, done.stdout) == (1, "")
    assert "There is no funding source X; known: AARHUS." in done.stderr
    done = shell("export", "statement", "x.doc", "--fund", "X", *period)
    assert (done.returncode, "--format (pdf, xlsx, csv, json)" in done.stderr) == (2, True)
    assert not Path("x.pdf").exists()


def test_the_errors_are_told_in_danish_too(teten_tt: Teten) -> None:
    with pytest.raises(UnknownFund) as unknown:
        Statement(teten_tt, "TT", "X", DAY, DAY)
    assert unknown.value.danish == "Finansieringskilden X findes ikke; kendte: AARHUS."
    with pytest.raises(NoPeriod) as no_period:
        Statement(teten_tt, "TT", "AARHUS", DAY, DAY - timedelta(days=1))
    assert "før den begynder" in no_period.value.danish
