"""A data set of the pilot's kind that is read in a blink: three citizens, and a row of nearly every action.

Write it, change one thing in it, and import it.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

JOURNAL_HEADER = "seq;at;actor;action;case_no;line_no;ref;amount;text;file"
ACCOUNT = "9999-0009000002"  # The municipality's own.

# Nothing of this may be told or logged.
PERSONAL = (
    *("610190-1001", "620290-1002", "630390-1003"),
    *("Anna Ærlig", "Bent Birk", "Clara Ø. Krogh"),
    *("9999-0000000011", "9999-0000000022", "9999-0000000033"),
    *("Jeg kan ikke gå så langt", "Ryggen holder ikke", "Jeg drikker ikke mere", "Ladcykel"),
    *("Underskrevet på hospitalet", "Skal passe sin mor", "Købt på afbetaling", "Ulæselig"),
    *("Pungen blev stjålet", "Borgeren har ingen penge", "Kurset blev dyrere", "Brækkede benet"),
    *("Kunne ikke magte det", "Anna betalte tilbage"),
)

PROGRAMME = """{
 "id": "TT", "name": "Teten i det små", "kind": "new-practice", "currency": "DKK",
 "start": "2019-01-01", "end": "2019-12-31", "cap": "20000.00", "months": 6,
 "tranche_max": "5000.00", "undocumented_limit": "4000.00", "receipt_deadline_days": 30,
 "declaration_max": "500.00", "routes": ["account", "card"],
 "buyer_gln": "5799999990014", "buyer_name": "Aarhus Kommune, Jobcenter",
 "bank_account": "9999-0009000002",
 "funding": [{"id": "AARHUS", "name": "Aarhus Kommune", "amount": "10000.00"}],
 "legal_bases": [
  {"id": "LAB-76", "text": "Hjælpemidler, LAB § 76", "covered_by_law": true, "funding": "AARHUS"}
 ],
 "categories": [{"id": "transport", "name": "Befordring"}, {"id": "course", "name": "Kurser"}],
 "misuse_kinds": ["private_consumption", "other"],
 "outcomes": ["employed", "on_benefits"], "outcomes_left": ["employed"],
 "extra_cost_per_citizen": {"consultants": "400.00"}, "benefit_per_month": "13000.00",
 "casework_per_year": "12300.00", "activation_per_year": "15500.00",
 "staff": [
  {"id": "kons-1", "name": "Kirsten Konsulent", "roles": ["caseworker"]},
  {"id": "kons-2", "name": "Karl Konsulent", "roles": ["caseworker"]},
  {"id": "both-1", "name": "Lea Leder", "roles": ["caseworker", "controller"]},
  {"id": "fin-1", "name": "Finn Økonomi", "roles": ["controller"]},
  {"id": "system", "name": "Systemet", "roles": ["system"]}
 ]
}
"""

CASES = """\
case_no;cpr;name;phase;selection;sparring;caseworker;account
T-1;610190-1001;Anna Ærlig;1;random;individual;kons-1;9999-0000000011
T-2;620290-1002;Bent Birk;1;random;collective;kons-2;9999-0000000022
T-3;630390-1003;Clara Ø. Krogh;2;appointed;individual;kons-1;9999-0000000033
"""

BUDGET_LINES = """\
case_no;line_no;category;description;rationale;amount;includes_vat;route;supplier_cvr;supplier_name;legal_basis;funding
T-1;1;transport;Ladcykel;Jeg kan ikke gå så langt;4.000,00;ja;account;95429114;Cykelhandleren;LAB-76;AARHUS
T-1;2;course;Kursus;Ryggen holder ikke;2.000,00;nej;account;;;LAB-76;AARHUS
T-2;1;course;Samtaler;Jeg drikker ikke mere;3.000,00;ja;card;;;LAB-76;AARHUS
"""

JOURNAL = f"""\
{JOURNAL_HEADER}
1;04-03-2019 09:00;kons-1;OFFER;T-1;;;;;
2;04-03-2019 09:10;kons-2;OFFER;T-2;;;;;
3;04-03-2019 09:20;kons-1;OFFER;T-3;;;;;
4;05-03-2019 10:00;kons-1;ACCEPT;T-1;;;;Underskrevet på hospitalet;
5;05-03-2019 10:30;kons-2;ACCEPT;T-2;;;;;
6;06-03-2019 08:00;kons-1;DECLINE;T-3;;;;Skal passe sin mor;
7;07-03-2019 09:00;kons-1;SUBMIT_BUDGET;T-1;;;;;
8;07-03-2019 09:30;kons-2;SUBMIT_BUDGET;T-2;;;;;
9;08-03-2019 13:00;kons-2;ASSESS;T-1;;;;green;
10;11-03-2019 09:00;kons-1;APPROVE_LINE;T-1;1;;;;
11;11-03-2019 09:05;kons-1;APPROVE_LINE;T-1;2;;;;
12;12-03-2019 09:00;kons-1;REQUEST_TRANCHE;T-1;1;R-1;1.950,00;;
13;12-03-2019 10:00;kons-1;APPROVE_TRANCHE;T-1;1;R-1;;;
14;13-03-2019 11:00;fin-1;RELEASE_TRANCHE;T-1;1;R-1;;;
15;01-04-2019 06:00;system;STATEMENT;;;2019-03;;;bank/2019-03.xml
16;02-04-2019 09:00;kons-1;RECEIPT;T-1;1;K-1;1.000,00;"Cykler; 20-03-2019; Købt på afbetaling";receipts/k1.png
17;02-04-2019 09:05;kons-1;RECEIPT;T-1;1;K-2;200,00;"Kiosken; 21-03-2019";receipts/k2.png
18;03-04-2019 09:00;kons-1;ACCEPT_RECEIPT;T-1;1;K-1;1.000,00;;
19;03-04-2019 09:10;kons-1;REJECT_RECEIPT;T-1;1;K-2;;Ulæselig;
20;04-04-2019 09:00;fin-1;DECLARE_LOST;T-1;1;;250,00;Pungen blev stjålet;
21;05-04-2019 09:00;fin-1;CONFIRM_MISUSE;T-1;1;;300,00;other;
22;08-04-2019 09:00;kons-1;REQUEST_TRANCHE;T-1;2;R-2;500,00;;
23;08-04-2019 10:00;kons-1;CANCEL_TRANCHE;T-1;2;R-2;;;
24;09-04-2019 09:00;kons-1;AMEND_LINE;T-1;2;;2.500,00;Kurset blev dyrere;
25;09-04-2019 10:00;kons-1;EXTEND;T-1;;;;30-11-2019 / Brækkede benet;
26;01-05-2019 06:00;system;STATEMENT;;;2019-04;;;bank/2019-04.xml
27;02-05-2019 09:00;fin-1;WRITE_OFF;T-1;1;;100,00;Borgeren har ingen penge;
28;03-05-2019 09:00;kons-2;STOP;T-2;;;;Kunne ikke magte det;
29;06-05-2019 09:00;kons-1;OUTCOME;T-1;;;;employed;
30;06-05-2019 09:30;kons-1;COMPLETE;T-1;;;;;
"""

CARD_TRANSACTIONS = """\
at;case_no;merchant;mcc;amount
14-04-2019 14:26;T-2;Fagkurser Midt;8299;218,25
15-04-2019 14:26;T-2;Fagkurser Midt;8299;-18,25
"""


class Movement(NamedTuple):
    """One entry of a bank statement. `details` is what stands in its `TxDtls`."""

    amount: str
    indicator: str = "DBIT"
    details: str = ""
    day: str = "2019-03-15"
    status: str = "<Sts>BOOK</Sts>"
    currency: str = "DKK"


def statement(
    *movements: Movement,
    number: str = "2019-03",
    opening: str = "10000.00",
    closing: str = "8050.00",
) -> bytes:
    """A camt.053 statement, as the municipality's bank writes it."""
    balances = "".join(
        f'<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp><Amt Ccy="DKK">{amount}</Amt>'
        f"<CdtDbtInd>CRDT</CdtDbtInd><Dt><Dt>2019-03-01</Dt></Dt></Bal>\n"
        for code, amount in (("OPBD", opening), ("CLBD", closing))
    )
    entries = "".join(
        f'<Ntry><Amt Ccy="{each.currency}">{each.amount}</Amt><CdtDbtInd>{each.indicator}</CdtDbtInd>'
        f"{each.status}<BookgDt><Dt>{each.day}</Dt></BookgDt><AcctSvcrRef>{number}-{place}</AcctSvcrRef>"
        f"<NtryDtls><TxDtls>{each.details}</TxDtls></NtryDtls></Ntry>\n"
        for place, each in enumerate(movements, start=1)
    )
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.02"><BkToCstmrStmt>
<GrpHdr><MsgId>M-{number}</MsgId><CreDtTm>2019-04-01T06:00:00</CreDtTm></GrpHdr>
<Stmt><Id>S-{number}</Id>
<Acct><Id><Othr><Id>{ACCOUNT}</Id></Othr></Id><Ccy>DKK</Ccy></Acct>
{balances}{entries}</Stmt></BkToCstmrStmt></Document>
""".encode()


def paid(ref: str) -> str:
    return f"<Refs><EndToEndId>{ref}</EndToEndId></Refs>"


def saying(words: str) -> str:
    return f"<RmtInf><Ustrd>{words}</Ustrd></RmtInf>"


def attachments(case_no: str = "T-1") -> dict[str, bytes]:
    return {
        "receipts/k1.png": b"\x89PNG\r\n\x1a\n the first receipt",
        "receipts/k2.png": b"\x89PNG\r\n\x1a\n the second receipt",
        "bank/2019-03.xml": statement(Movement("1950.00", details=paid("R-1"))),
        "bank/2019-04.xml": statement(
            Movement("150.00", "CRDT", saying(f"UNSPENT {case_no}/1"), "2019-04-12"),
            Movement("50.00", "CRDT", saying(f"REPAY {case_no}/1"), "2019-04-15"),
            Movement("75.00", "CRDT", saying("Anna betalte tilbage"), "2019-04-16"),
            number="2019-04",
            opening="8050.00",
            closing="8325.00",
        ),
    }


def tiny(folder: Path, *, programme: str = "TT", cases: str = "T") -> Path:
    """Write the data set, under another programme's name and with other case numbers if wanted."""
    tables = {
        "cases.csv": CASES,
        "budget_lines.csv": BUDGET_LINES,
        "journal.csv": JOURNAL,
        "card_transactions.csv": CARD_TRANSACTIONS,
    }
    folder.mkdir(parents=True)
    (folder / "programme.json").write_text(PROGRAMME.replace('"TT"', f'"{programme}"'), "utf-8")
    for name, text in tables.items():
        put(folder / name, text.replace("T-", f"{cases}-"))
    for name, content in attachments(f"{cases}-1").items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(content)
    return folder


def put(file: Path, text: str) -> None:
    """As a Danish spreadsheet saves it."""
    file.write_text(text, "utf-8-sig", newline="\r\n")


def put_journal(folder: Path, rows: Iterable[str]) -> None:
    """Another journal: of each row all but its number, which is given here."""
    numbered = [f"{seq};{row}" for seq, row in enumerate(rows, start=1)]
    put(folder / "journal.csv", "\n".join([JOURNAL_HEADER, *numbered, ""]))


def change(file: Path, old: str, new: str) -> None:
    """Change the one place where it says `old`."""
    text = file.read_bytes().decode()
    assert text.count(old) == 1, f"{file.name} says {old!r} {text.count(old)} times"
    file.write_bytes(text.replace(old, new).encode())
