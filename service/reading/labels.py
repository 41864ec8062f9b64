"""What a receipt's line says that its amount is. Letters are often misread: near enough counts."""

import re
from enum import StrEnum

from rapidfuzz import fuzz


class Label(StrEnum):
    TOTAL = "total"
    DUE = "due"  # What is left to pay: it stands above a total before discounts.
    SUBTOTAL = "subtotal"
    VAT = "vat"
    VAT_FREE = "vat free"
    PAYMENT = "payment"
    CHANGE = "change"
    DISCOUNT = "discount"
    OTHER = "other"  # Nothing that was bought, and nothing of use.


# Letters alone, in capitals; in the order in which they are tried.
_WHOLE: dict[Label, tuple[str, ...]] = {
    Label.SUBTOTAL: (
        "SUBTOTAL",
        "SUBTOTALDKK",
        "DELSUM",
        "DELTOTAL",
        "MELLEMSUM",
        "MELLEMTOTAL",
        "TOTALEKSKLMOMS",
        "TOTALEXCLMOMS",
        "TOTALUDENMOMS",
        "IALTEKSKLMOMS",
        "NETTO",
    ),
    Label.DUE: (
        "ATBETALE",
        "TILBETALING",
        "ATBETALEDKK",
        "BELØBATBETALE",
        "IALTATBETALE",
        "TOTALATBETALE",
    ),
    Label.TOTAL: (
        "TOTAL",
        "TOTALT",
        "IALT",
        "IALTDKK",
        "TOTALDKK",
        "TOTALKR",
        "IALTKR",
        "SUMIALT",
        "TOTALBELØB",
        "TOTALINKLMOMS",
        "TOTALINCLMOMS",
        "IALTINKLMOMS",
        "IALTINCLMOMS",
        "SALGIALT",
        "KØBIALT",
        "SUM",
        "BELØBIALT",
        "FAKTURATOTAL",
        "PRISIALT",
    ),
    Label.VAT_FREE: ("MOMSFRIT", "MOMSFRI", "UDENMOMS", "MOMSFRITAGET"),
    Label.VAT: (
        "MOMS",
        "HERAFMOMS",
        "HERAFMOMSUDGØR",
        "MOMSUDGØR",
        "MOMSIALT",
        "MOMSBELØB",
        "MOMSAF",
        "DKMOMS",
        "HVORAFMOMS",
        "VAT",
    ),
    Label.CHANGE: ("BYTTEPENGE", "RETUR", "TILBAGE", "BYTTE", "RETURBELØB", "PENGETILBAGE"),
    Label.DISCOUNT: (
        "RABAT",
        "MÆNGDERABAT",
        "MEDLEMSRABAT",
        "DERESRABAT",
        "RABATIALT",
        "TILBUDSRABAT",
    ),
    Label.PAYMENT: (
        "DANKORT",
        "VISADANKORT",
        "VISA",
        "MASTERCARD",
        "MASTERCARDPREPAID",
        "PREPAID",
        "KONTANT",
        "KONTANTER",
        "MOBILEPAY",
        "HÆVEKORT",
        "BETALINGSKORT",
        "KORT",
        "KREDITKORT",
        "MAESTRO",
        "BETALT",
        "APPLEPAY",
        "GOOGLEPAY",
        "AMEX",
        "DEBETKORT",
        "DEBITKORT",
        "KORTBETALING",
        "MODTAGET",
        "BETALTACONTO",
        "HERAFBETALT",
        "FORUDBETALT",
        "GAVEKORT",
        "DEPOSITUM",
    ),
    Label.OTHER: (
        "ØREAFRUNDING",
        "AFRUNDING",
        "MOMSGRUNDLAG",
        "BONUS",
        "POINT",
        "SALDO",
        "DUHARSPARET",
        "SPARET",
        "BESPARELSE",
        "HERAFPANT",
        "KURS",
        "GEBYRFRIT",
    ),
}
# So short that a letter more or less would be another word; misread they look so.
_EXACT = {
    "ALT": Label.TOTAL,
    "LALT": Label.TOTAL,
    "TALT": Label.TOTAL,
    "JALT": Label.TOTAL,
    "IAT": Label.TOTAL,
    "IAIT": Label.TOTAL,
    "IALI": Label.TOTAL,
    "FALT": Label.TOTAL,
}
_NEAR = 74  # Of a hundred: two letters of nine.
_FUZZY_FROM = 5  # Letters; shorter ones must be as they are.


def label(text: str) -> Label | None:
    """What the words before an amount call it. None: something that was bought, or nothing known."""
    letters = re.sub(r"[^A-ZÆØÅ]", "", text.upper().replace("0", "O"))
    if not letters:
        return None
    if letters in _EXACT:
        return _EXACT[letters]
    if settled := _settled(letters):
        return settled
    best, how_near = None, 0.0
    for kind, known in _WHOLE.items():
        for each in known:
            near = 100.0 if letters == each else 0.0
            if not near and len(each) >= _FUZZY_FROM:
                near = fuzz.ratio(letters, each)
            if near > how_near:
                best, how_near = kind, near
    if how_near >= _NEAR:
        return best
    return _within(letters)


def _settled(letters: str) -> Label | None:
    """Words beside `total` that make it another one, though the line is near one that is known."""
    if re.search("^REST(?:TIL|AT|BELØB|$)|^MANGLER|POINT|SALDO|MÅNED|IÅR$|HITTIL", letters):
        return Label.OTHER
    if not re.search("TOTAL|IALT", letters):
        return None
    if "NETTO" in letters or re.search("TOTALT?FØR|IALTFØR|FØRRABAT", letters):
        return Label.SUBTOTAL
    if "MOMS" in letters and not re.search("IN[KC]L|MED|EKSKL|EXCL|UDEN|MOMSFRI", letters):
        return Label.VAT
    return None


def _within(letters: str) -> Label | None:
    """Longer lines that hold a word which settles what they are."""
    if "SUBTOTAL" in letters or ("MOMS" in letters and re.search("EKSKL|EXCL|UDEN", letters)):
        return Label.SUBTOTAL
    if "SPARE" in letters or "BONUS" in letters or "GRUNDLAG" in letters:
        return Label.OTHER
    if "RABAT" in letters:
        return Label.DISCOUNT
    if "BYTTEPENGE" in letters:
        return Label.CHANGE
    if letters.startswith(("TOTAL", "IALT")):
        return Label.TOTAL
    if "ATBETALE" in letters or "TILBETALING" in letters:
        return Label.DUE
    if "MOMSFRI" in letters:
        return Label.VAT_FREE
    if "MOMS" in letters:
        return Label.VAT
    if any(each in letters for each in ("DANKORT", "MASTERCARD", "MOBILEPAY", "PREPAID")):
        return Label.PAYMENT
    return None
