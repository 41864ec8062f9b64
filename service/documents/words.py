"""What documents call things in Danish."""

from projections.completeness import Missing
from projections.papers import Fate
from projections.vouchers import VoucherKind

AMOUNTS = {
    "granted": "Bevilget",
    "paid": "Udbetalt",
    "advance_paid": "Heraf forskud",
    "documented": "Dokumenteret",
    "unspent_returned": "Ubrugt, leveret tilbage",
    "misuse": "Misbrug",
    "repaid": "Krav betalt",
    "written_off": "Krav afskrevet",
    "undocumented": "Udokumenteret",
    "claim": "Krav tilbage",
    "committed": "Tilsagn tilbage",
}
OF_A_FUND = {"amount": "Ramme", **AMOUNTS, "available": "Til rådighed"}
DIMENSIONS = {
    "funding": ("Finansieringskilder", "Kilde"),
    "legal_basis": ("Lovhjemler", "Lovhjemmel"),
    "category": ("Formål", "Formål"),
    "phase": ("Faser", "Fase"),
    "case": ("Forløb", "Forløb"),
    "line": ("Budgetposter", "Post"),
}
COUNTS = {
    "offered": "Fik tilbuddet",
    "participants": "Deltog",
    "declined": "Takkede nej",
    "with_grant": "Fik bevilling",
    "completed": "Gennemførte",
    "stopped": "Afbrudt",
    "left_benefits": "Forlod ydelse",
}
OUTCOMES = {
    "employed": "i arbejde",
    "self_employed": "selvstændig",
    "education": "i uddannelse",
    "on_benefits": "på ydelse",
    "other": "andet",
}
VOUCHERS = {
    VoucherKind.ARRIVAL: "Indkommet bilag",
    VoucherKind.RECEIPT: "Kvittering",
    VoucherKind.INVOICE: "Faktura",
    VoucherKind.CREDIT_NOTE: "Kreditnota",
    VoucherKind.OUTLAY: "Udlæg",
    VoucherKind.SHARED_COST: "Fælles udgift",
    VoucherKind.SUPPORT_MONTH: "Attesteret måned",
    VoucherKind.STATEMENT: "Kontoudtog",
    VoucherKind.ENTRY: "Bankpostering",
    VoucherKind.DECLARATION: "Tro- og loveerklæring",
    VoucherKind.AGREEMENT: "Aftale",
    VoucherKind.BUDGET: "Budget",
    VoucherKind.APPROVAL: "Godkendelse",
    VoucherKind.CLOSING: "Afslutning",
    VoucherKind.DECISION: "Afgørelse",
}
FATES = {
    Fate.POSTED: "Bogført",
    Fate.REJECTED: "Afvist",
    Fate.CREDITED: "Krediteret",
    Fate.UNRECONCILED: "Uafstemt",
    Fate.REFUND_DUE: "Afventer leverandøren",
    Fate.FILED: "Afleveret som kvittering",
    Fate.AWAITING: "Afventer afgørelse",
    Fate.MISSING: "Uden postering",
}
MISSING = {
    Missing.VOUCHER: "Bilag mangler",
    Missing.FILE: "Bilagets fil mangler",
    Missing.POSTING: "Postering mangler",
    Missing.AMOUNT: "Beløbet er et andet",
    Missing.NAME: "Fil, som intet bilag nævner",
    Missing.REASON: "Uden begrundelse",
}
# The first word of a voucher's key, for who reads the reference.
REFERENCES = {
    "entry": "bank",
    "arrival": "indkommet",
    "receipt": "kvittering",
    "expense": "bilag",
    "note": "kreditnota",
    "decision": "afgørelse",
    "appeal": "klageafgørelse",
    "approval": "godkendelse",
    "budget": "budget",
    "closing": "afslutning",
}
EVENTS = {
    "FundAgreed": "Ramme aftalt",
    "FundAmended": "Ramme ændret",
    "LineGranted": "Bevilling",
    "GrantAnnulled": "Bevilling bortfaldet",
    "TrancheReleased": "Rate frigivet",
    "TrancheLapsed": "Rate bortfaldet",
    "TrancheSettled": "Rate udbetalt",
    "TrancheReturned": "Rate retur",
    "ExpenseApproved": "Udgift anvist",
    "ExpenseSettled": "Udgift betalt",
    "ExpenseReturned": "Udgift retur",
    "InvoiceRefunded": "Kreditnota betalt",
    "ReceiptAccepted": "Kvittering godkendt",
    "ReceiptRefunded": "Køb givet tilbage af forhandleren",
    "LossDeclared": "Tabt kvittering erklæret",
    "UnspentReturned": "Ubrugte midler",
    "MisuseConfirmed": "Krav rejst (misbrug)",
    "ClaimRepaid": "Krav betalt",
    "ClaimSetOff": "Krav modregnet",
    "ClaimWrittenOff": "Krav afskrevet",
    "MisuseReversed": "Krav ophævet",
    "WriteOffReversed": "Afskrivning ført tilbage",
    "ClaimRefunded": "For meget betalt, sendt tilbage",
    "RefundReturned": "Tilbagesendt beløb retur",
}


def reference(vouchers: list[str]) -> str:
    """Where a posting's vouchers are, as a reader looks them up."""
    told = []
    for each in vouchers:
        kind, _, key = each.partition(" ")
        word = REFERENCES[kind] if key else VOUCHERS[VoucherKind(kind)].lower()
        told.append(f"{word} {key}".strip())
    return ", ".join(told)
