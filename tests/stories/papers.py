"""What suppliers send: electronic invoices and credit notes, after documents of the practice's data set."""

import re

from tests.conftest import PRACTICE

INVOICE = (PRACTICE / "invoices" / "f0001.xml").read_text("utf-8")
CREDIT_NOTE = (PRACTICE / "invoices" / "f0002.xml").read_text("utf-8")
# What they say, wherever they say it.
CVR, SUPPLIER, NUMBER, ORDER = "91335417", "Trøjborg Køreskole ApS", "8525", "NP-001/2"
FOR = "Generhvervelse af B-kørekort"


def invoice(
    number: str, cvr: str, supplier: str, order: str, what: str, kroner: int, day: str
) -> bytes:
    """An invoice for one thing, exempt from VAT, in whole kroner."""
    text = INVOICE.replace('unitCode="C62">4<', 'unitCode="C62">1<').replace("2900.00", "11600.00")
    text = text.replace("11600.00", f"{kroner}.00").replace("2019-03-20", day)
    text = text.replace(f">{NUMBER}<", f">{number}<").replace("2019-02-18", day)
    return _by(text, cvr, supplier, order, what)


def credit_note(
    number: str, of: str, cvr: str, supplier: str, order: str, what: str, kroner: int, day: str
) -> bytes:
    """A credit note that takes so many kroner off that invoice."""
    text = CREDIT_NOTE.replace("2320.00", f"{kroner}.00").replace(f">K1{NUMBER}<", f">{number}<")
    text = text.replace(f">{NUMBER}<", f">{of}<").replace("2019-02-26", day)
    return _by(text, cvr, supplier, order, what)


def _by(text: str, cvr: str, supplier: str, order: str, what: str) -> bytes:
    found = {CVR: cvr, SUPPLIER: supplier, ORDER: order, FOR: what}
    return re.sub("|".join(map(re.escape, found)), lambda said: found[said[0]], text).encode()
