"""A document as PDF: tagged and archivable (PDF/UA-1, PDF/A-2a), by typst.

What the document says is handed over as data, never as markup, so that no text of it is a command. Only
the typesetter's own fonts are used, and the document's date is its moment: the same document, the same
bytes, on any machine.
"""

import json
import re
from pathlib import Path
from typing import Any

import typst

from service.documents.document import Document, Table
from service.formats.delimited import danish

TEMPLATE = Path(__file__).with_name("document.typ")
# What the typesetter's fonts have: Latin, Greek, Cyrillic, and signs. It gives up on any other.
WITHOUT = re.compile(
    r"[^\t\n\r -~\xa0-\u036f\u0384-\u038a\u038c\u038e-\u03a1\u03a3-\u04ff\u1e00-\u1eff\u2000-\u2040"
    r"\u2044-\u206f\u20a0-\u20bf\u2190-\u219f\u2200-\u226f\u25a0-\u25cf]"
)
INSTEAD = "□"
EXPLAINED = f"{INSTEAD} står for et tegn, som skriften ikke har. Det er med i regnearket."
ROWS = 2_000  # Of a table, at most: they take 350 MB and some seconds to typeset.


def write(document: Document) -> bytes:
    told = _told(document)
    if (printable := _printable(told)) != told:
        printable["notes"] = [*printable["notes"], EXPLAINED]
    return typst.compile(
        TEMPLATE.read_bytes(),
        sys_inputs={"document": json.dumps(printable, ensure_ascii=False)},
        ignore_system_fonts=True,
        pdf_standards=["ua-1", "a-2a"],
    )


def _printable(told: Any) -> Any:
    match told:
        case str():
            return WITHOUT.sub(INSTEAD, told)
        case dict():
            return {name: _printable(each) for name, each in told.items()}
        case list() | tuple():
            return type(told)(_printable(each) for each in told)
    return told


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
    rows, text = table.rows, table.text
    if len(rows) > ROWS:
        cut = f"De første {ROWS} af {len(rows)} rækker. De er alle i regnearket."
        rows, text = (*rows[:ROWS], *(rows[-1:] if table.totals else ())), f"{text} {cut}".strip()
    columns = list(zip(*table.rows, strict=True)) or [() for _ in table.columns]
    return {
        "title": table.title,
        "text": text,
        "columns": table.columns,
        "numbers": [
            bool(cells) and not any(isinstance(cell, str) and cell for cell in cells)
            for cells in columns
        ],
        "rows": [[danish(cell) for cell in row] for row in rows],
        "totals": table.totals,
    }
