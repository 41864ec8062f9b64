"""A document as PDF: tagged and archivable (PDF/UA-1, PDF/A-2a), by typst.

What the document says is handed over as data, never as markup, so that no text of it is a command. Only
the typesetter's own fonts are used, and the document's date is its moment: the same document, the same
bytes, on any machine.
"""

import json
from pathlib import Path
from typing import Any

import typst

from service.documents.document import Document, Table
from service.formats.delimited import danish

TEMPLATE = Path(__file__).with_name("document.typ")


def write(document: Document) -> bytes:
    return typst.compile(
        TEMPLATE.read_bytes(),
        sys_inputs={"document": json.dumps(_told(document), ensure_ascii=False)},
        ignore_system_fonts=True,
        pdf_standards=["ua-1", "a-2a"],
    )


def _told(document: Document) -> dict[str, Any]:
    moment = document.moment
    return {
        "title": document.title,
        "subject": document.subject,
        "moment": [moment.year, moment.month, moment.day],
        "time": [moment.hour, moment.minute, moment.second],
        "facts": document.facts,
        "notes": document.notes,
        "tables": [_table(each) for each in document.tables],
    }


def _table(table: Table) -> dict[str, Any]:
    """Numbers stand to the right: the columns that hold nothing else."""
    columns = list(zip(*table.rows, strict=True)) or [() for _ in table.columns]
    return {
        "title": table.title,
        "text": table.text,
        "columns": table.columns,
        "numbers": [
            bool(cells) and not any(isinstance(cell, str) and cell for cell in cells)
            for cells in columns
        ],
        "rows": [[danish(cell) for cell in row] for row in table.rows],
        "totals": table.totals,
    }
