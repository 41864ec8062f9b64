"""Electronic invoices are held to the official rules, and read from nothing but what was checked."""

import csv
import os
from collections.abc import Iterator
from datetime import date
from itertools import pairwise
from pathlib import Path

import pytest

from domain.money import kr
from service.formats import einvoice
from service.formats.einvoice import Document
from tests.conftest import ROOT, SHARED

DATA = ROOT / "pilot" / "new-practice"
FOREIGN = SHARED / "corpus" / "einvoice"
INVOICE = (DATA / "invoices" / "f0001.xml").read_bytes()
CREDIT_NOTE = (DATA / "invoices" / "f0002.xml").read_bytes()
BUYER_COUNTRY = (
    "<cbc:PostalZone>8000</cbc:PostalZone>"
    "<cac:Country><cbc:IdentificationCode>DK</cbc:IdentificationCode></cac:Country>"
)
DECLARATION = b'<?xml version="1.0" encoding="UTF-8"?>'


def changed(old: str, new: str, document: bytes = INVOICE) -> bytes:
    assert old.encode() in document
    return document.replace(old.encode(), new.encode())


def faults(content: bytes, kind: str = "Invoice") -> tuple[str, ...]:
    read = einvoice.read(content, kind)
    if read.faults:
        assert read.amount is None
    return read.faults


# What the rules say ------------------------------------------------------------------------------


def documents() -> Iterator[tuple[str, str, bool]]:
    """Each of the data set: its file, its kind, and whether it must be refused as invalid."""
    with (DATA / "expected_refusals.csv").open(encoding="utf-8-sig", newline="") as file:
        invalid = {
            row["seq"] for row in csv.DictReader(file, delimiter=";") if "invalid" in row["code"]
        }
    kinds = {"INVOICE": "Invoice", "CREDIT_NOTE": "CreditNote"}
    with (DATA / "journal.csv").open(encoding="utf-8-sig", newline="") as file:
        for row in csv.DictReader(file, delimiter=";"):
            if row["action"] in kinds:
                yield row["file"], kinds[row["action"]], row["seq"] in invalid


@pytest.mark.parametrize(("file", "kind", "invalid"), list(documents()), ids=str)
def test_a_document_is_invalid_when_the_official_rules_say_so(
    file: str, kind: str, *, invalid: bool
) -> None:
    assert bool(faults((DATA / file).read_bytes(), kind)) == invalid


def test_an_invoice_is_read_by_the_terms_of_the_standard() -> None:
    assert einvoice.read(INVOICE, "Invoice") == Document(
        faults=(),
        buyer_gln="5799999990014",
        supplier_cvr="91335417",
        supplier_name="Trøjborg Køreskole ApS",
        number="8525",
        amount=kr(11_600),
        issued_on=date(2019, 2, 18),
        order_reference="NP-001/2",
        invoice_number=None,
    )


def test_a_credit_note_names_the_invoice_that_it_credits() -> None:
    read = einvoice.read(CREDIT_NOTE, "CreditNote")
    assert (read.faults, read.invoice_number) == ((), "8525")
    assert read.amount


def test_an_invoice_is_no_credit_note_nor_anything_else() -> None:
    assert faults(INVOICE, "CreditNote") == ("not a UBL 2.1 CreditNote",)
    assert faults(CREDIT_NOTE, "Invoice") == ("not a UBL 2.1 Invoice",)
    assert faults(b"<Invoice/>") == ("not a UBL 2.1 Invoice",)


@pytest.mark.parametrize(
    ("old", "new", "rule"),
    [
        ("<cbc:DocumentCurrencyCode>DKK", "<cbc:DocumentCurrencyCode>QQQ", "BR-CL-04"),
        (BUYER_COUNTRY, "", "BR-11"),
        (
            '<cbc:TaxInclusiveAmount currencyID="DKK">11600.00',
            '<cbc:TaxInclusiveAmount currencyID="DKK">11600.01',
            "BR-CO-15",
        ),
        ("<cbc:BuyerReference>kons-06</cbc:BuyerReference>", "<!-- -->", ""),
        ('schemeID="0088">5799999990014', 'schemeID="0088">5799999990015', "PEPPOL-COMMON-R040"),
    ],
    ids=["currency", "country", "sum", "no buyer reference, but an order", "GLN check digit"],
)
def test_a_broken_rule_is_told_by_its_official_code(old: str, new: str, rule: str) -> None:
    told = faults(changed(old, new))
    assert (rule in told) if rule else (told == ())


def test_another_countrys_rules_are_not_ours() -> None:
    ours = "urn:cen.eu:en16931:2017#compliant#urn:fdc:peppol.eu:2017:poacc:billing:3.0"
    for theirs in ("urn:cen.eu:en16931:2017", f"{ours}#national", "urn:oioubl", "urn:x"):
        [told] = faults(changed(ours, theirs))
        assert told.startswith("not Peppol BIS Billing 3.0")
    german = "urn:cen.eu:en16931:2017#compliant#urn:xeinkauf.de:kosit:xrechnung_3.0"
    assert faults(changed(ours, german)) == ("not Peppol BIS Billing 3.0 (BT-24)",)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("<cbc:IssueDate>2019-02-18</cbc:IssueDate>", "<cbc:IssueDate>18-02-2019</cbc:IssueDate>"),
        ("<cbc:DueDate>", "<cbc:DuesDate/><cbc:DueDate>"),
        ("<cac:OrderReference>", "<cac:OrderReference><cbc:Name>?</cbc:Name>"),
    ],
    ids=["a date", "an unknown element", "the order of elements"],
)
def test_what_breaks_the_schema_is_told_with_its_line(old: str, new: str) -> None:
    [told] = faults(changed(old, new))
    assert told.startswith("UBL 2.1 schema, line ")


def test_only_kroner_are_known_here() -> None:
    in_euro = INVOICE.replace(b"DKK", b"EUR")
    assert faults(in_euro) == ("the currency is not DKK (BT-5)",)


def test_a_supplier_has_a_cvr_number() -> None:
    other = changed(
        '<cbc:EndpointID schemeID="0184">91335417', '<cbc:EndpointID schemeID="0088">5798009811578'
    )
    assert faults(other) == ("the seller's endpoint is not a CVR number of eight digits (BT-34)",)


@pytest.mark.parametrize(
    "number",
    ["F" * 92, "F\u200b1", "F\u202e1", "F\u00a01"],
    ids=["long", "nothing", "turned", "space"],
)
def test_a_number_that_nobody_can_ask_for_is_a_fault(number: str) -> None:
    told = faults(changed("<cbc:ID>8525</cbc:ID>", f"<cbc:ID>{number}</cbc:ID>"))
    assert told == ("the number is not 1 to 91 visible characters (BT-1)",)


def test_nothing_to_pay_is_no_invoice() -> None:
    prepaid = changed(
        '<cbc:PayableAmount currencyID="DKK">11600.00',
        '<cbc:PrepaidAmount currencyID="DKK">11600.00</cbc:PrepaidAmount>'
        '<cbc:PayableAmount currencyID="DKK">0.00',
    )
    assert faults(prepaid) == ("the amount due is not a positive amount in whole øre (BT-115)",)


# Hostile files -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "content", [b"", b"%PDF-1.7", b"<Invoice", INVOICE[:-20], b"\x00" * 100, b"\xff\xfe<\x00"]
)
def test_what_is_no_xml_is_told_so(content: bytes) -> None:
    [told] = faults(content)
    assert told.startswith("not well-formed XML")


def test_a_file_of_more_than_five_megabytes_is_not_even_parsed() -> None:
    assert faults(INVOICE + b" " * 5_000_000) == ("the file is larger than 5 MB",)


def test_a_comment_or_an_instruction_within_an_amount_hides_nothing_of_it() -> None:
    for hidden in ("<!-- -->", "<?x y?>"):
        split = changed(">11600.00<", f">11{hidden}600.00<")
        assert einvoice.read(split, "Invoice") == einvoice.read(INVOICE, "Invoice")


@pytest.mark.parametrize(
    "doctype",
    [
        "<!DOCTYPE Invoice>",
        '<!DOCTYPE Invoice SYSTEM "http://127.0.0.1:9/ubl.dtd">',
        '<!DOCTYPE Invoice [<!ENTITY x "y">]>',
        '<!DOCTYPE Invoice [<!ENTITY % x SYSTEM "http://127.0.0.1:9/x"> %x;]>',
    ],
)
def test_a_document_type_declaration_of_any_kind_is_refused(doctype: str) -> None:
    declared = INVOICE.replace(DECLARATION, DECLARATION + doctype.encode())
    assert faults(declared) == ("it has a document type declaration",)


def test_an_entity_bomb_does_not_go_off() -> None:
    letters = "abcdefghijklmnopqrstuvwxyz"
    entities = [f'<!ENTITY a "{"ha" * 10}">']
    entities += [f'<!ENTITY {name} "{f"&{inner};" * 10}">' for inner, name in pairwise(letters)]
    bomb = DECLARATION + f"<!DOCTYPE Invoice [{''.join(entities)}]>".encode()
    assert faults(changed("<cbc:ID>8525", "<cbc:ID>&z;").replace(DECLARATION, bomb))


@pytest.mark.parametrize("entity", ['"file://{file}"', '"{file}"'])
def test_a_file_that_an_entity_points_to_is_never_read(entity: str, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("8525", "utf-8")
    doctype = f"<!DOCTYPE Invoice [<!ENTITY x SYSTEM {entity.format(file=secret)}>]>"
    content = changed("<cbc:ID>8525", "<cbc:ID>&x;")
    told = faults(content.replace(DECLARATION, DECLARATION + doctype.encode()))
    assert told == ("it has a document type declaration",)


def test_an_included_file_is_never_read(tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("8525", "utf-8")
    include = (
        f'<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="{secret}" parse="text"/>'
    )
    [told] = faults(changed("<cbc:ID>8525", f"<cbc:ID>{include}"))
    assert told.startswith("UBL 2.1 schema")


def test_a_schema_that_the_document_names_is_never_fetched() -> None:
    hint = (
        'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
        'xsi:schemaLocation="urn:oasis:names:specification:ubl:schema:xsd:Invoice-2 http://127.0.0.1:9/x.xsd"'
    )
    assert faults(changed("<Invoice ", f"<Invoice {hint} ")) == ()


def test_endless_nesting_is_refused() -> None:
    nested = "<a>" * 100_000 + "</a>" * 100_000
    assert faults(changed("<cbc:ID>8525", f"<cbc:ID>{nested}"))


def test_another_encoding_is_read_by_what_it_says_and_a_false_one_is_refused() -> None:
    text = INVOICE.decode()
    utf16 = text.replace('encoding="UTF-8"', 'encoding="UTF-16"').encode("utf-16")
    assert einvoice.read(utf16, "Invoice") == einvoice.read(INVOICE, "Invoice")
    assert faults(text.encode("latin-1"))


@pytest.mark.skipif(
    not FOREIGN.exists() and not os.environ.get("CI"),
    reason="the documents of other systems are not here",
)
def test_other_systems_documents_are_read_or_told_of_and_nothing_else() -> None:
    """Real ones of all kinds: nothing stumbles, and what is in another currency or to nobody is told."""
    files = sorted(FOREIGN.rglob("*.xml"))
    assert len(files) > 100
    for file in files:
        for kind in ("Invoice", "CreditNote"):
            read = einvoice.read(file.read_bytes(), kind)
            assert read.faults or read.amount
