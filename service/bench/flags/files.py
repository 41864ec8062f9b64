"""A data set's files, as the pilot's are written: `docs/reference/dataset.md`."""

import csv
import io
import json
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

from domain.money import Money, kr
from service.bench import scheme
from service.bench.flags.drawing import Picture, drawn
from service.bench.flags.town import TRADES

CASES = "case_no;cpr;name;phase;selection;sparring;caseworker;account"
LINES = (
    "case_no;line_no;category;description;rationale;amount;includes_vat;route;supplier_cvr;"
    "supplier_name;legal_basis;funding"
)
JOURNAL = "seq;at;actor;action;case_no;line_no;ref;amount;text;file"
CARD = "at;case_no;merchant;mcc;amount"
TRUTH = "case_no;line_no;amount;kind;signals"
MONTHS = 12  # Of a case.
PLENTY = kr(90_000_000)


@dataclass(frozen=True)
class Act:
    """A row of the journal."""

    at: datetime
    by: str
    action: str
    case_no: str = ""
    line_no: str = ""
    ref: str = ""
    amount: Money | None = None
    text: str = ""
    file: str = ""


@dataclass(frozen=True)
class Entry:
    """A movement on the municipality's account."""

    on: date
    amount: Money
    debit: bool
    details: str


@dataclass
class Files:
    """What is going to be written."""

    programme: str
    start: date
    end: date
    routes: tuple[str, ...]
    cases: list[tuple[str, ...]] = field(default_factory=list)
    lines: list[tuple[str, ...]] = field(default_factory=list)
    acts: list[Act] = field(default_factory=list)
    card: list[tuple[datetime, str, str, str, Money]] = field(default_factory=list)
    truth: list[tuple[str, int, Money, str, str]] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)
    pictures: dict[str, Picture] = field(default_factory=dict)

    def write(self, folder: Path) -> Path:
        folder.mkdir(parents=True)
        (folder / "programme.json").write_text(json.dumps(self._programme()), "utf-8")
        self._statements(folder)
        acts = sorted(self.acts, key=lambda act: act.at)
        _table(folder / "cases.csv", CASES, self.cases)
        _table(folder / "budget_lines.csv", LINES, self.lines)
        _table(folder / "journal.csv", JOURNAL, (_row(n, a) for n, a in enumerate(acts, start=1)))
        if self.card:
            uses = ((_at(at), *rest, amount.danish()) for at, *rest, amount in sorted(self.card))
            _table(folder / "card_transactions.csv", CARD, uses)
        truth = ((case, no, m.danish(), kind, signs) for case, no, m, kind, signs in self.truth)
        _table(folder / "truth_misuse.csv", TRUTH, truth)
        (folder / "receipts").mkdir()
        for name, picture in self.pictures.items():
            (folder / name).write_bytes(drawn(picture))
        return folder

    def _programme(self) -> dict[str, Any]:
        terms = scheme.terms(self.start, self.end).model_dump(mode="json")
        rules = {"cap": "500000.00", "months": MONTHS, "tranche_max": None}
        rules |= {"undocumented_limit": None, "receipt_deadline_days": 500}
        kept = ("name", "currency", "misuse_kinds", "outcomes", "outcomes_left", "buyer_gln")
        return {
            **{name: terms[name] for name in (*kept, "buyer_name", "bank_account", "legal_bases")},
            **terms["costs"],
            **rules,
            "id": self.programme,
            "kind": "new-practice",
            "start": self.start.isoformat(),
            "end": self.end.isoformat(),
            "declaration_max": "500.00",
            "routes": self.routes,
            "funding": [{"id": "AARHUS", "name": "Kommunen", "amount": str(PLENTY)}],
            "legal_bases": [
                {"id": "LAB-32", "text": "LAB § 32", "covered_by_law": True, "funding": "AARHUS"}
            ],
            "categories": [{"id": each, "name": told[0]} for each, told in TRADES.items()],
            "staff": [
                {"id": member.person, "name": member.person, "roles": member.roles}
                for member in scheme.STAFF
            ],
        }

    def _statements(self, folder: Path) -> None:
        """One a month, on the first of the next."""
        by_month: dict[str, list[Entry]] = defaultdict(list)
        for entry in sorted(self.entries, key=lambda each: each.on):
            by_month[f"{entry.on:%Y-%m}"].append(entry)
        balance = PLENTY
        (folder / "bank").mkdir()
        for month, entries in by_month.items():
            opening = balance
            for each in entries:
                balance += -each.amount if each.debit else each.amount
            name = f"bank/{month}.xml"
            (folder / name).write_text(_statement(month, opening, balance, entries), "utf-8")
            at = datetime.combine(next_month(entries[0].on), time(6))
            self.acts.append(Act(at, scheme.SYSTEM, "STATEMENT", ref=month, file=name))


def next_month(day: date) -> date:
    return date(day.year + day.month // 12, day.month % 12 + 1, 1)


def _statement(month: str, opening: Money, closing: Money, entries: list[Entry]) -> str:
    balances = "".join(
        f'<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp><Amt Ccy="DKK">{amount}</Amt>'
        f"<CdtDbtInd>CRDT</CdtDbtInd><Dt><Dt>{month}-01</Dt></Dt></Bal>"
        for code, amount in (("OPBD", opening), ("CLBD", closing))
    )
    rows = "".join(
        f'<Ntry><Amt Ccy="DKK">{each.amount}</Amt><CdtDbtInd>{"DBIT" if each.debit else "CRDT"}'
        f"</CdtDbtInd><Sts>BOOK</Sts><BookgDt><Dt>{each.on}</Dt></BookgDt>"
        f"<AcctSvcrRef>{month}-{place}</AcctSvcrRef><NtryDtls><TxDtls>{each.details}</TxDtls>"
        "</NtryDtls></Ntry>"
        for place, each in enumerate(entries, start=1)
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>'
        '<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.02"><BkToCstmrStmt>'
        f"<GrpHdr><MsgId>M-{month}</MsgId><CreDtTm>{month}-28T06:00:00</CreDtTm></GrpHdr>"
        f"<Stmt><Id>S-{month}</Id><Acct><Id><Othr><Id>{scheme.BANK_ACCOUNT}</Id></Othr></Id>"
        f"<Ccy>DKK</Ccy></Acct>{balances}{rows}</Stmt></BkToCstmrStmt></Document>"
    )


def _at(moment: datetime) -> str:
    return f"{moment:%d-%m-%Y %H:%M}"


def _row(number: int, act: Act) -> tuple[Any, ...]:
    amount = act.amount.danish() if act.amount else ""
    where = (act.case_no, act.line_no, act.ref, amount, act.text, act.file)
    return number, _at(act.at), act.by, act.action, *where


def _table(file: Path, header: str, rows: Any) -> None:
    """As a Danish spreadsheet saves it."""
    kept = io.StringIO()
    writer = csv.writer(kept, delimiter=";", lineterminator="\r\n")
    writer.writerow(header.split(";"))
    writer.writerows(rows)
    file.write_text(kept.getvalue(), "utf-8-sig", newline="")
