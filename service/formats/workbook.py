"""A document as a workbook (XLSX): a sheet for each table, amounts as numbers, text never as a formula."""

import io
from datetime import date
from decimal import Decimal

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from domain.money import Money
from service.documents.document import Cell, Document, Table

PLAIN = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
SHEET_NAME_MAX = 31
WIDEST = 60
FORMATS = {
    "text": {"valign": "top"},
    "bold": {"bold": True},
    "title": {"bold": True, "font_size": 14},
    "head": {"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"},
    "money": {"num_format": "#,##0.00"},
    "number": {"num_format": "0"},
    "day": {"num_format": "dd-mm-yyyy", "align": "left"},
}


def write(document: Document) -> bytes:
    """The same document, the same bytes: the workbook's date is the document's moment."""
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {**PLAIN, "in_memory": True})
    created = document.moment.replace(tzinfo=None, microsecond=0)
    book.set_properties(
        {
            "title": document.title,
            "subject": document.subject,
            "author": "Teten",
            "created": created,
        }
    )
    formats = {name: book.add_format(told) for name, told in FORMATS.items()}
    _front(book.add_worksheet("Forside"), document, formats)
    for table in document.tables:
        _sheet(book.add_worksheet(table.name[:SHEET_NAME_MAX]), table, formats)
    book.close()
    return out.getvalue()


def _front(sheet: Worksheet, document: Document, formats: dict[str, Format]) -> None:
    sheet.set_column(0, 0, 24)
    sheet.set_column(1, 1, WIDEST)
    sheet.write_string(0, 0, document.title, formats["title"])
    for row, (label, value) in enumerate(document.facts, start=2):
        sheet.write_string(row, 0, label, formats["bold"])
        sheet.write_string(row, 1, value)
    told = [f"{table.title}: {table.text}" for table in document.tables if table.text]
    for row, note in enumerate([*document.notes, *told], start=len(document.facts) + 3):
        sheet.write_string(row, 0, note)


def _sheet(sheet: Worksheet, table: Table, formats: dict[str, Format]) -> None:
    """The head is the first row, so that the sheet can be sorted and filtered as it is."""
    for column, label in enumerate(table.columns):
        sheet.write_string(0, column, label, formats["head"])
        longest = max((len(str(row[column])) for row in table.rows), default=0)
        sheet.set_column(column, column, min(max(len(label), longest, 8) + 2, WIDEST))
    for place, row in enumerate(table.rows, start=1):
        for column, cell in enumerate(row):
            _write(sheet, place, column, cell, formats)
    sheet.freeze_panes(1, 1)


def _write(sheet: Worksheet, row: int, column: int, cell: Cell, formats: dict[str, Format]) -> None:
    match cell:
        case None:
            pass
        case Money():
            # A workbook holds binary numbers: exact to the øre below 90 billion kroner.
            sheet.write_number(row, column, Decimal(cell.ore) / 100, formats["money"])
        case date():
            sheet.write_datetime(row, column, cell, formats["day"])
        case int():
            sheet.write_number(row, column, cell, formats["number"])
        case str():
            sheet.write_string(row, column, cell, formats["text"])
