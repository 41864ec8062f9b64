"""Reckon the books of an auditor's bundle anew, from its events alone, with nothing but Python 3.9 or newer.

    python3 recompute.py [BUNDLE]

ledger.journal must hold, for each event that books, just the postings that follow from it; figures.json and
index.html their sums by the bundle's last day; rules.json and vouchers.csv what the events say; a sample all
that was picked. That the events are those of the log, verify.py tells: run it first.
Exit code 0: so it is; 1: it is not.
"""

from __future__ import annotations

import csv
import json
import re
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

# What each kind of event books: debit/credit. The amount is the event's, of two kinds its change.
BOOKS = {
    kind: [pair.split("/") for pair in line.partition("=")[2].split()]
    for line in """\
FundAgreed FundAmended = budget:available/budget:agreed
LineGranted = budget:committed/budget:available
GrantAnnulled = budget:available/budget:committed
TrancheReleased ExpenseApproved = budget:ordered/budget:committed
TrancheLapsed = budget:committed/budget:ordered
TrancheSettled = budget:drawn/budget:ordered assets:advance:paid/assets:bank
TrancheReturned = budget:committed/budget:drawn assets:bank/assets:advance:paid
ExpenseSettled = budget:drawn/budget:ordered expenses:documented/assets:bank
ExpenseReturned InvoiceRefunded = budget:committed/budget:drawn assets:bank/expenses:documented
ReceiptAccepted LossDeclared = expenses:documented/assets:advance:explained
ReceiptRefunded = assets:advance:explained/expenses:documented
UnspentReturned = assets:bank/assets:advance:unspent
MisuseConfirmed = assets:claim:raised/assets:advance:misused
MisuseReversed = assets:advance:misused/assets:claim:raised
ClaimRepaid RefundReturned = assets:bank/assets:claim:repaid
ClaimRefunded = assets:claim:repaid/assets:bank
ClaimSetOff = assets:set-off/assets:claim:repaid
ClaimWrittenOff = expenses:written-off/assets:claim:written-off
WriteOffReversed = assets:claim:written-off/expenses:written-off
""".splitlines()
    for kind in line.partition("=")[0].split()
}
ITS_CHANGE = ("LineGranted", "FundAmended")

# Each figure is a sum of accounts, in the order of the page; one with a minus, of what is credited on them.
FIGURES = {
    "granted": "budget:committed budget:ordered budget:drawn",
    "paid": "budget:drawn",
    "advance_paid": "assets:advance:paid",
    "documented": "expenses:documented",
    "unspent_returned": "-assets:advance:unspent",
    "undocumented": "assets:advance:paid assets:advance:explained assets:advance:unspent"
    " assets:advance:misused",
    "misuse": "assets:claim:raised",
    "repaid": "-assets:claim:repaid",
    "written_off": "-assets:claim:written-off",
    "claim": "assets:claim:raised assets:claim:repaid assets:claim:written-off",
    "committed": "budget:committed budget:ordered",
}

TRANSACTION = re.compile(r"(\d{4}-\d\d-\d\d) \((\d+)\) (\w+)  ; (.*)")
OPENING = re.compile(r"(;.*|commodity 1000\.00 DKK|account \S+)?")
POSTING = re.compile(r"    (\S+) +(-?\d+\.\d\d) DKK  ; (.*)")
ON_THE_PAGE = re.compile(r'</th><td class="number">([^<]*)</td></tr>')
COLUMNS = ["position", "event", "case", "line", "ref", "effective_on", "sha256", "status", "file"]
Posting = tuple[str, int, dict[str, str]]  # Account, øre, and the account string it is booked on.


class Wrong(ValueError):
    """The books are not what the events say."""


def ore(amount: str) -> int:
    return int(amount.replace(".", ""))


def lines(file: Path) -> Iterator[str]:
    with file.open(encoding="utf-8", newline="\n") as opened:
        for line in opened:
            yield line.rstrip("\n")


def postings(topic: str, said: dict[str, Any]) -> list[Posting]:
    """What an event books, for each of the line's sources if there are several."""
    amount = said.get("change" if topic in ITS_CHANGE else "amount")
    found: list[Posting] = []
    for part in said.get("parts") or [{**said, "amount": amount}]:
        codes = part.get("account_string") or {"funding": said.get("fund")}
        tags = {name: code for name, code in codes.items() if code and name != "programme"}
        for debit, credit in BOOKS.get(topic, ()):
            moved = ore(part["amount"])
            found += [(debit, moved, tags), (credit, -moved, tags)] if moved else []
    return found


class Event(NamedTuple):
    position: int
    topic: str
    day: str
    said: dict[str, Any]

    @property
    def line(self) -> str | None:
        """As CASE/LINE."""
        line = self.said.get("line_no")
        return None if line is None else f"{self.said.get('case_no')}/{line}"


def events(bundle: Path) -> Iterator[Event]:
    found = lines(bundle / "events.jsonl")
    for header in found:
        position, _, _, topic = json.loads(header)
        stored = json.loads(next(found))
        yield Event(position, topic, stored["effective_on"], stored["event"])


def tagged(text: str) -> dict[str, str]:
    return dict(tag.split(":", 1) for tag in text.split(", "))


def expected(bundle: Path, programme: str) -> Iterator[tuple[Any, ...]]:
    """Of each event that books: day, position, kind, tags, postings."""
    for event in events(bundle):
        booked = postings(event.topic, event.said)
        place = {"programme": programme, "case": event.said.get("case_no"), "line": event.line}
        tags = {name: value for name, value in place.items() if value}
        if booked:
            yield event.day, event.position, event.topic, tags, booked


def written(bundle: Path) -> Iterator[tuple[Any, ...]]:
    """The same, as the ledger has it."""
    booked: tuple[Any, ...] | None = None
    for line in lines(bundle / "ledger.journal"):
        first, posting = TRANSACTION.fullmatch(line), POSTING.fullmatch(line)
        if first:
            if booked:
                yield booked
            booked = first[1], int(first[2]), first[3], tagged(first[4]), []
        elif booked and posting:
            booked[4].append((posting[1], ore(posting[2]), tagged(posting[3])))
        elif line and (booked or not OPENING.fullmatch(line)):
            raise Wrong(f"ledger.journal: {line[:80]!r} is no posting")
    if booked:
        yield booked


def asked(bundle: Path) -> dict[str, Any]:
    """What the bundle was made of: the second line of its manifest."""
    manifest = lines(bundle / "MANIFEST")
    next(manifest)
    found: dict[str, Any] = json.loads(next(manifest))
    return found


def recompute(bundle: Path) -> int:
    """How many transactions there are. Wrong: the first thing that isn't as it should be."""
    made = asked(bundle)
    sums: Counter[str] = Counter()
    found, count = written(bundle), 0
    for booked in expected(bundle, made["programme"]):
        day, position, _, _, moved = booked
        if next(found, None) != booked:
            raise Wrong(f"ledger.journal: the event at position {position} books something else")
        count += 1
        for account, amount, _ in moved if day <= made["to"] else ():
            sums[account] += amount
    if next(found, None):
        raise Wrong("ledger.journal: there is more than the events book")
    check_figures(bundle, sums)
    check_rules(bundle)
    check_vouchers(bundle, made)
    check_sample(bundle, made)
    return count


def check_figures(bundle: Path, sums: Counter[str]) -> None:
    told = json.loads((bundle / "figures.json").read_text("utf-8"))
    if {name: ore(amount) for name, amount in told["accounts"].items() if ore(amount)} != {
        name: amount for name, amount in sums.items() if amount
    }:
        raise Wrong("figures.json: an account's balance is not the sum of its postings")
    page = []
    for name, accounts in FIGURES.items():
        total = sum(
            sums[each.strip("-")] * (-1 if each[0] == "-" else 1) for each in accounts.split()
        )
        if ore(told["figures"][name]) != total:
            raise Wrong(f"figures.json: {name} is not the sum of its accounts")
        kroner = f"{abs(total) // 100:,}".replace(",", ".")
        page.append(f"{'-' if total < 0 else ''}{kroner},{abs(total) % 100:02}")
    if ON_THE_PAGE.findall((bundle / "index.html").read_text("utf-8")) != page * 2:
        raise Wrong("index.html: a figure is not that of figures.json")


def check_rules(bundle: Path) -> None:
    """Told by the events: each from its day on. An older event may say less than is told of it."""
    told = json.loads((bundle / "rules.json").read_text("utf-8"))
    for event in events(bundle):
        if event.topic in ("ProgrammeEstablished", "RulesChanged"):
            rules = event.said.get("terms", event.said)["rules"]
            row = told.pop(0) if told else {"rules": {}}
            row["rules"] = {name: row.get("rules", {}).get(name) for name in rules}
            day = event.said.get("in_force_from")
            if row != {"position": event.position, "in_force_from": day, "rules": rules}:
                raise Wrong(f"rules.json: not the rules of position {event.position}")
    if told:
        raise Wrong("rules.json: there are more rules than the events tell")


def check_vouchers(bundle: Path, made: dict[str, Any]) -> None:
    """Each is told as its event tells it, and is there, or not, as was asked for."""
    rows = csv.reader(lines(bundle / "vouchers.csv"), delimiter=";")
    if next(rows, None) != COLUMNS:
        raise Wrong("vouchers.csv: other columns")
    for event in events(bundle):
        place = (event.said.get(name) for name in ("case_no", "line_no", "ref"))
        said = ["" if each is None else str(each) for each in (event.position, event.topic, *place)]
        inside = made["from"] <= event.day <= made["to"]
        named = (event.said.get("sha256"), *event.said.get("vouchers", ()))
        for digest in filter(None, named):
            *row, status, file = next(rows, None) or ["", ""]
            if row != [*said, event.day, digest]:
                raise Wrong(f"vouchers.csv: not as the event at position {event.position} tells it")
            if made["sample"] is not None:
                inside = status != "outside" or bool(picked(event, made["sample"]))
            there = ("included", "missing", "forgotten")
            people = ("left_out",) if made["people"] == "left-out" else there
            right = status in (people if inside else ("outside",))
            if not right or bool(file) != (status == "included"):
                raise Wrong(f"vouchers.csv: at position {event.position}, {status!r} can't be")


def check_sample(bundle: Path, made: dict[str, Any]) -> None:
    """A proof for each event that was picked, and an event for each pick."""
    unmet = set(made["sample"] or ())
    for event in events(bundle) if unmet else ():
        hit = picked(event, made["sample"])
        unmet -= hit
        if hit and not (bundle / "proofs" / f"{event.position}.tlog-proof").is_file():
            raise Wrong(f"proofs: none for position {event.position}, which was picked")
    if unmet:
        raise Wrong(f"the sample names what no event does: {', '.join(sorted(unmet))[:80]}")


def picked(event: Event, picks: list[str]) -> set[str]:
    names = (event.said.get(name) for name in ("case_no", "ref", "credit_note", "statement"))
    return {str(event.position), *(str(each) for each in (event.line, *names) if each)} & set(picks)


def main() -> int:
    bundle = Path(sys.argv[1]) if sys.argv[1:] else Path(__file__).parent
    try:
        count = recompute(bundle)
    except (OSError, ValueError, LookupError, TypeError, AttributeError, RuntimeError) as error:
        sys.stdout.write(f"WRONG {error}\nBøgerne passer IKKE med hændelserne.\n")
        return 1
    sys.stdout.write(
        f"{count} transactions, each as its event says.\nBøgerne passer med hændelserne.\n"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
