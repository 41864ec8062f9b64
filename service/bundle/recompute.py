"""Reckon the books of an auditor's bundle anew, from its events alone, with nothing but Python 3.9 or newer.

    python3 recompute.py [BUNDLE]

ledger.journal must hold, for each event that books, just the postings that follow from it, and figures.json
their sums by the bundle's last day. That the events are those of the log, verify.py tells: run it first.
Exit code 0: so it is; 1: it is not.
"""

from __future__ import annotations

import json
import re
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

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

# Each figure is a sum of accounts; one with a minus, of what is credited on them.
FIGURES = {
    "granted": "budget:committed budget:ordered budget:drawn",
    "paid": "budget:drawn",
    "advance_paid": "assets:advance:paid",
    "documented": "expenses:documented",
    "unspent_returned": "-assets:advance:unspent",
    "misuse": "assets:claim:raised",
    "repaid": "-assets:claim:repaid",
    "written_off": "-assets:claim:written-off",
    "undocumented": "assets:advance:paid assets:advance:explained assets:advance:unspent"
    " assets:advance:misused",
    "claim": "assets:claim:raised assets:claim:repaid assets:claim:written-off",
    "committed": "budget:committed budget:ordered",
}

TRANSACTION = re.compile(r"(\d{4}-\d\d-\d\d) \((\d+)\) (\w+)  ; .*")
POSTING = re.compile(r"    (\S+) +(-?\d+\.\d\d) DKK  ; (.*)")
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


def expected(bundle: Path) -> Iterator[tuple[Any, ...]]:
    """Of each event that books: day, position, kind, postings."""
    events = lines(bundle / "events.jsonl")
    for header in events:
        position, _, _, topic = json.loads(header)
        stored = json.loads(next(events))
        booked = postings(topic, stored["event"])
        if booked:
            yield stored["effective_on"], position, topic, booked


def written(bundle: Path) -> Iterator[tuple[Any, ...]]:
    """The same, as the ledger has it."""
    booked: tuple[Any, ...] | None = None
    for line in lines(bundle / "ledger.journal"):
        first, posting = TRANSACTION.fullmatch(line), POSTING.fullmatch(line)
        if first:
            if booked:
                yield booked
            booked = first[1], int(first[2]), first[3], []
        elif booked and posting:
            tags = dict(tag.split(":", 1) for tag in posting[3].split(", "))
            booked[3].append((posting[1], ore(posting[2]), tags))
        elif booked and line:
            raise Wrong(f"ledger.journal: {line[:80]!r} is no posting")
    if booked:
        yield booked


def recompute(bundle: Path) -> int:
    """How many transactions there are. Wrong: the first thing that isn't as it should be."""
    manifest = lines(bundle / "MANIFEST")
    next(manifest)
    through = json.loads(next(manifest))["to"]
    sums: Counter[str] = Counter()
    found, count = written(bundle), 0
    for booked in expected(bundle):
        day, position, _, moved = booked
        if next(found, None) != booked:
            raise Wrong(f"ledger.journal: the event at position {position} books something else")
        count += 1
        for account, amount, _ in moved if day <= through else ():
            sums[account] += amount
    if next(found, None):
        raise Wrong("ledger.journal: there is more than the events book")
    told = json.loads((bundle / "figures.json").read_text("utf-8"))
    if {name: ore(amount) for name, amount in told["accounts"].items() if ore(amount)} != {
        name: amount for name, amount in sums.items() if amount
    }:
        raise Wrong("figures.json: an account's balance is not the sum of its postings")
    for name, accounts in FIGURES.items():
        total = sum(
            sums[each.strip("-")] * (-1 if each[0] == "-" else 1) for each in accounts.split()
        )
        if ore(told["figures"][name]) != total:
            raise Wrong(f"figures.json: {name} is not the sum of its accounts")
    return count


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
