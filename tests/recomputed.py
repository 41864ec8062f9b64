"""Every balance, reckoned anew by hledger from the exported ledger, and compared with ours to the øre."""

import csv
import os
import re
import shutil
import subprocess
from collections.abc import Iterable
from datetime import date, timedelta
from pathlib import Path

import pytest

from domain.money import Money
from projections.balances import Balance
from projections.ledger import Account

WHY_NOT = "hledger is not here (Debian: apt-get install hledger)"
MISSING = not shutil.which("hledger") and not os.environ.get("CI")  # In CI it must be there.
needs_hledger = pytest.mark.skipif(MISSING, reason=WHY_NOT)


def hledger(ledger: Path, *arguments: str) -> str:
    """What hledger answers, having found the ledger right by its strict checks."""
    done = subprocess.run(
        ["hledger", "--file", ledger, *arguments, "--strict"],
        env={**os.environ, "LC_ALL": "C.UTF-8"},
        capture_output=True,
        encoding="utf-8",
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def reckoned(ledger: Path, *query: str) -> dict[str, Money]:
    """By hledger: what stands on each account that isn't empty, of all that the query finds."""
    told = hledger(ledger, "balance", "--flat", "--no-total", "--output-format=csv", *query)
    rows = csv.DictReader(told.splitlines())
    return {row["account"]: Money.parse(row["balance"].removesuffix(" DKK")) for row in rows}


def agrees(ledger: Path, balances: Iterable[Balance], as_of: date = date.max) -> int:
    """Each account of each of these balances is in hledger what it is with us. How many were compared."""
    until = [] if as_of == date.max else [f"--end={as_of + timedelta(days=1)}"]
    compared = 0
    for each in balances:
        value = re.sub(r"[.]", "[.]", each.value or each.programme)
        ours = {account.value: amount for account in Account if (amount := each.on(account, as_of))}
        theirs = reckoned(ledger, f"tag:{each.dimension.value}=^{value}$", *until)
        assert theirs == ours, f"{each.dimension.value} {each.value}"
        compared += len(Account)
    return compared
