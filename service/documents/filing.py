"""A document in the format that is asked for, and what it is called."""

import json
from enum import StrEnum
from typing import Any, Protocol

from service.documents.document import Document


class Kind(StrEnum):
    PDF = "pdf"
    XLSX = "xlsx"
    CSV = "csv"
    JSON = "json"


MEDIA_TYPES = {
    Kind.PDF: "application/pdf",
    Kind.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    Kind.CSV: "text/csv; charset=utf-8",
    Kind.JSON: "application/json",
}


class Filed(Protocol):
    """What can be filed: an audit report, or a funder's statement."""

    def data(self) -> dict[str, Any]: ...

    def document(self) -> Document: ...


def filed(what: Filed, kind: Kind) -> bytes:
    if kind is Kind.JSON:
        return (json.dumps(what.data(), ensure_ascii=False, indent=1) + "\n").encode()
    # The typesetter and the maker of workbooks would slow every other command.
    from service.formats import delimited, pdf, workbook  # noqa: PLC0415

    writers = {Kind.PDF: pdf.write, Kind.XLSX: workbook.write, Kind.CSV: delimited.write}
    return writers[kind](what.document())
