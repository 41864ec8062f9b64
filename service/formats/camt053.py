"""Account statements, ISO 20022 camt.053. Namespace versions 001.02 and later are read alike.

lxml (BSD, well kept) reads the XML, locked down; the packages that read camt leave out the return
information or the bank's own reference, which settle and explain our payments.
"""

import re
from dataclasses import dataclass
from datetime import date

from lxml import etree

from domain.money import Money, kr
from service.formats.xml import UnsafeXml, parsed

SIZE_MAX = 20_000_000


class NotAStatement(ValueError):
    """The file is no camt.053 statement that can be read; the message says why."""


@dataclass(frozen=True)
class Entry:
    entry: str
    booked_on: date
    indicator: str
    amount: Money
    end_to_end_id: str | None
    return_reason: str | None
    text: str | None


@dataclass(frozen=True)
class Statement:
    id: str
    account: str
    opening: Money
    closing: Money
    entries: tuple[Entry, ...]


def read(content: bytes) -> Statement:
    """One statement of one account. NotAStatement says what is wrong."""
    try:
        root = parsed(content, SIZE_MAX)
    except UnsafeXml as error:
        raise NotAStatement(str(error)) from error
    found = root.findall(".//{*}BkToCstmrStmt/{*}Stmt")
    if len(found) != 1:
        raise NotAStatement(f"expected one statement (BkToCstmrStmt/Stmt), found {len(found)}")
    [statement] = found
    if foreign := _currencies(statement) - {"DKK"}:
        raise NotAStatement(f"it is in {', '.join(sorted(foreign))}; only DKK is known here")
    name = _needed(statement, "{*}Id")
    if not re.fullmatch(r"[\w.:/ -]{1,35}", name):  # Max35Text of ISO 20022, without surprises.
        raise NotAStatement(f"its Id is not 1 to 35 letters, digits or . : / - : {name[:50]!r}")
    return Statement(
        id=name,
        account=_text(statement, "{*}Acct/{*}Id/{*}Othr/{*}Id")
        or _needed(statement, "{*}Acct/{*}Id/{*}IBAN"),
        opening=_balance(statement, "OPBD"),
        closing=_balance(statement, "CLBD"),
        entries=tuple(
            _entry(entry, name, place)
            for place, entry in enumerate(statement.findall("{*}Ntry"), start=1)
            if _booked(entry)
        ),
    )


def _currencies(statement: etree._Element) -> set[str]:
    """The account's, where it is named, and those of every balance and entry."""
    amounts = [*statement.iterfind("{*}Bal/{*}Amt"), *statement.iterfind("{*}Ntry/{*}Amt")]
    named = _all_text(statement, "{*}Acct/{*}Ccy")
    return {*named, *(amount.get("Ccy", "no currency") for amount in amounts)}


def _booked(entry: etree._Element) -> bool:
    """What is pending may never happen. From version 001.08 on the status has a code within."""
    status = _text(entry, "{*}Sts") or _text(entry, "{*}Sts/{*}Cd")
    return status == "BOOK" or entry.find("{*}Sts") is None


def _entry(entry: etree._Element, statement: str, place: int) -> Entry:
    # Of a batch booked as one entry no single payment is known to have moved: it is left for a person.
    details = entry.findall("{*}NtryDtls/{*}TxDtls")
    one = details[0] if len(details) == 1 else None
    return Entry(
        # The bank's own reference is its entry's alone; any other is told from those of other statements.
        entry=_text(entry, "{*}AcctSvcrRef")
        or f"{statement}/{_text(entry, '{*}NtryRef') or place}",
        booked_on=_date(entry, "{*}BookgDt"),
        indicator=_indicator(entry),
        amount=_amount(_needed(entry, "{*}Amt")),
        end_to_end_id=_text(one, "{*}Refs/{*}EndToEndId"),
        return_reason=_text(one, "{*}RtrInf/{*}Rsn/{*}Cd")
        or _text(one, "{*}RtrInf/{*}Rsn/{*}Prtry")
        or ("unknown" if one is not None and one.find("{*}RtrInf") is not None else None),
        text=" ".join(_all_text(one, "{*}RmtInf/{*}Ustrd")) or _text(entry, "{*}AddtlNtryInf"),
    )


def _balance(statement: etree._Element, code: str) -> Money:
    for balance in statement.findall("{*}Bal"):
        if _text(balance, "{*}Tp/{*}CdOrPrtry/{*}Cd") == code:
            amount = _amount(_needed(balance, "{*}Amt"))
            return amount if _indicator(balance) == "CRDT" else -amount
    raise NotAStatement(f"no {code} balance")


def _indicator(node: etree._Element) -> str:
    indicator = _needed(node, "{*}CdtDbtInd")
    if indicator not in ("CRDT", "DBIT"):
        raise NotAStatement(f"CdtDbtInd is {indicator[:50]!r}")
    return indicator


def _date(node: etree._Element, path: str) -> date:
    """The day as the bank wrote it, whatever time or zone follows."""
    text = _text(node, f"{path}/{{*}}Dt") or _needed(node, f"{path}/{{*}}DtTm")
    day = re.match(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?=$|[TZ+-])", text)
    try:
        return date.fromisoformat(day[0] if day else "")
    except ValueError as error:
        raise NotAStatement(f"not a date: {text[:50]!r}") from error


def _amount(text: str) -> Money:
    found = re.fullmatch(r"([0-9]{1,15})(?:\.([0-9]{1,2})0*)?", text, re.ASCII)
    if not found:
        raise NotAStatement(f"not an amount in kroner and øre: {text[:50]!r}")
    return kr(int(found[1]), int((found[2] or "").ljust(2, "0")))


def _text(node: etree._Element | None, path: str) -> str | None:
    return next(iter(_all_text(node, path)), None)


def _all_text(node: etree._Element | None, path: str) -> list[str]:
    found = [] if node is None else node.findall(path)
    texts = [each.text.strip() for each in found if each.text and not len(each)]
    return [text for text in texts if text]


def _needed(node: etree._Element, path: str) -> str:
    text = _text(node, path)
    if text is None:
        raise NotAStatement(f"{etree.QName(node).localname} has no {path.replace('{*}', '')}")
    return text
