"""The log's postings in the spelling of plain-text accounting tools, and those tools at work on them."""

import json
import re
import shutil
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from time import perf_counter, sleep
from typing import Any, NamedTuple

import psycopg

from domain.money import Money
from domain.words import Event, Recorded
from projections.ledger import BOOKINGS, Account, Posting, postings
from service.bench.processes import memory_mb
from service.entries import recorded
from service.formats import hledger

FETCHED = 5_000
GLANCE = 0.01  # Seconds between two looks at a tool at work.
BOOKED = """
    SELECT originator_id, originator_version, topic, state, notification_id FROM log_events
    WHERE topic = ANY(%s) ORDER BY notification_id
"""
ROOTS = {"budget": "Equity:Budget", "assets": "Assets", "expenses": "Expenses"}
BEANCOUNT = """
import collections, json, sys
from beancount import loader
entries, errors, _ = loader.load_file(sys.argv[1])
balances = collections.Counter()
for entry in entries:
    for posting in getattr(entry, "postings", ()):
        balances[posting.account] += posting.units.number
print(json.dumps({account: str(amount) for account, amount in balances.items()}))
sys.exit(bool(errors))
"""


class Books(NamedTuple):
    """The same postings in two spellings, and what they come to."""

    ledger: Path  # hledger's, which ledger reads, too.
    beancount: Path
    entries: int
    postings: int
    balances: dict[Account, Money]


def write(url: str, folder: Path) -> Books:
    """Every event that books, of every programme, in the order of the log."""
    balances: dict[Account, int] = defaultdict(int)
    entries = count = 0
    mine, theirs = folder / "postings.journal", folder / "postings.beancount"
    with (
        mine.open("w", encoding="utf-8") as ledger,
        theirs.open("w", encoding="utf-8") as beancount,
    ):
        ledger.write(hledger.ACCOUNTS)
        beancount.write(_opened())
        for news in _booked(url):
            booked = postings(news.event)
            if not booked:
                continue
            programme = booked[0].account_string.programme
            ledger.write(hledger.transaction(news, programme, booked))
            beancount.write(_beancount(news, booked))
            for each in booked:
                balances[each.account] += each.amount.ore
            entries, count = entries + 1, count + len(booked)
    totals = {account: Money(ore) for account, ore in balances.items()}
    return Books(mine, theirs, entries, count, totals)


def _booked(url: str) -> Iterator[Recorded[Event]]:
    topics = [kind.__name__ for kind in BOOKINGS]
    with psycopg.connect(url) as connection, connection.cursor("booked", binary=True) as curs:
        curs.itersize = FETCHED
        for row in curs.execute(BOOKED, (topics,)):
            yield recorded(*row)


def _opened() -> str:
    return "".join(f"1900-01-01 open {_renamed(account)} DKK\n" for account in Account)


def _renamed(account: Account) -> str:
    """As beancount wants it: under one of its five roots, each part with a capital."""
    root, _, rest = account.value.partition(":")
    return ":".join([ROOTS[root], *(part.capitalize() for part in rest.split(":"))])


def _beancount(news: Recorded[Event], booked: list[Posting]) -> str:
    """Without tags, which cost it more than the postings do."""
    lines = "".join(f"  {_renamed(each.account)}  {each.amount} DKK\n" for each in booked)
    return f'\n{news.effective_on} * "{type(news.event).__name__}"\n{lines}'


# The tools ---------------------------------------------------------------------------------------


def reckoned(books: Books, patience: float) -> dict[str, dict[str, Any]]:
    """Each tool's seconds to read all postings and tell every account's balance, whether those are ours,
    and its memory. No figure where it isn't installed, or took longer than `patience` (seconds)."""
    flat = ["balance", "--flat", "--no-total"]
    amount = re.compile(r"^\s*(-?[0-9.]+) DKK\s+(\S+)$", re.MULTILINE)

    def in_lines(text: str) -> dict[str, str]:
        return {account: balance for balance, account in amount.findall(text)}

    ours = {account.value: str(amount) for account, amount in books.balances.items() if amount}
    renamed = {
        _renamed(account): str(amount) for account, amount in books.balances.items() if amount
    }
    python = [sys.executable, "-c", BEANCOUNT, str(books.beancount)]
    known = find_spec("beancount") is not None
    return {
        **{
            name: _reckoned(
                _installed(name, "-f", str(books.ledger), *flat), in_lines, ours, patience
            )
            for name in ("hledger", "ledger")
        },
        "beancount": _reckoned(python if known else None, json.loads, renamed, patience),
    }


def _installed(name: str, *options: str) -> list[str] | None:
    program = shutil.which(name)
    return [program, *options] if program else None


def _reckoned(
    command: list[str] | None,
    told: Callable[[str], dict[str, str]],
    expected: dict[str, str],
    patience: float,
) -> dict[str, Any]:
    if not command:
        return {"seconds": None, "why": "not installed"}
    with tempfile.TemporaryFile("w+", encoding="utf-8") as out:
        began, memory = perf_counter(), 0
        with subprocess.Popen(command, stdout=out, stderr=subprocess.DEVNULL) as process:  # nosec B603 # noqa: S603 - by name
            while process.poll() is None:
                memory = max(memory, memory_mb(process.pid))
                if perf_counter() - began > patience:
                    process.kill()
                sleep(GLANCE)
            seconds = perf_counter() - began
        out.seek(0)
        if process.returncode:
            return {"seconds": None, "why": f"took more than {patience:.0f} s, or failed"}
        balances = {
            account: each for account, each in told(out.read()).items() if Money.parse(each)
        }
    return {
        "seconds": round(seconds, 2),
        "balances_are_ours": balances == expected,
        "peak_memory_mb": memory,
    }
