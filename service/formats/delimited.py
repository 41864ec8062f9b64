"""A document as text for spreadsheets: `;` between cells, UTF-8 with a byte-order mark, Danish amounts.

The tables follow each other, each under its title and parted by an empty line.
"""

import csv
import io
from datetime import date

from domain.money import Money
from service.documents.document import Cell, Document

# With these a spreadsheet begins a formula, or skips to what follows.
FORMULA = ("=", "+", "-", "@", "\t", "\r")


def write(document: Document) -> bytes:
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=";", lineterminator="\r\n")
    writer.writerow([_harmless(document.title)])
    for label, value in document.facts:
        writer.writerow([_harmless(label), _harmless(value)])
    for note in document.notes:
        writer.writerow([_harmless(note)])
    for table in document.tables:
        writer.writerow([])
        writer.writerow([_harmless(text) for text in (table.title, table.text) if text])
        writer.writerow([_harmless(label) for label in table.columns])
        writer.writerows([[_cell(cell) for cell in row] for row in table.rows])
    return out.getvalue().encode("utf-8-sig")


def danish(cell: Cell) -> str:
    """As Danish readers write it."""
    match cell:
        case None:
            return ""
        case Money():
            return cell.danish()
        case date():
            return f"{cell:%d-%m-%Y}"
    return str(cell)


def _cell(cell: Cell) -> str:
    return _harmless(cell) if isinstance(cell, str) else danish(cell)


def _harmless(text: str) -> str:
    """Text that would be a formula is told to be text."""
    return f"'{text}" if text.startswith(FORMULA) else text
