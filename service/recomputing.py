"""Every balance reckoned anew by hledger, a program that isn't ours, and compared with Teten's own rows.

hledger reads the exported ledger, strictly, and one like it for each dimension, in which every account is
split by its value. It cuts off at the day itself. A difference of an øre is a difference.
"""

import csv
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from datetime import date, timedelta
from pathlib import Path
from typing import NamedTuple

from domain.money import ZERO, Money
from domain.words import Event, Recorded
from projections.balances import Balance, Dimension, balances
from projections.ledger import Account
from service.app import Teten
from service.formats import hledger
from service.report import chosen

PATIENCE = 600  # Seconds for one reckoning.


class HledgerMissing(Exception):
    """The program isn't there."""


class HledgerFailed(Exception):
    """The program found the ledger wrong, or couldn't read it."""


class Difference(NamedTuple):
    """One account of one value of one dimension, say `case LTT-001 budget:drawn`."""

    what: str
    ours: Money
    theirs: Money


class Recomputed(NamedTuple):
    compared: int
    differences: list[Difference]


def recompute(teten: Teten, programme: str | None, as_of: date) -> Recomputed:
    """Each account of each balance of the programme at the end of that day, ours and hledger's; and the
    accounts as a whole. UnknownProgramme, HledgerMissing, HledgerFailed."""
    program = found()
    with teten.rows.snapshot() as snapshot:
        name = chosen(snapshot, programme).programme
        rows = [each for each in snapshot.all(balances).values() if each.programme == name]
        position = snapshot.position
    history = (news for news in teten.log.everything() if news.position <= position)
    with tempfile.TemporaryDirectory(prefix="teten-hledger-") as folder:
        whole, split = _written(Path(folder), history, name)
        theirs = {("", account): amount for account, amount in _reckoned(program, whole, as_of)}
        for dimension, file in split.items():
            for account, amount in _reckoned(program, file, as_of, strict=False):
                theirs[dimension.value, account] = amount
    ours = dict(_ours(rows, as_of))
    differences = [
        Difference(" ".join(filter(None, key)), ours.get(key, ZERO), theirs.get(key, ZERO))
        for key in sorted(ours.keys() | theirs.keys())
        if ours.get(key, ZERO) != theirs.get(key, ZERO)
    ]
    return Recomputed(len(ours.keys() | theirs.keys()), differences)


def found() -> str:
    """Where the program is. HledgerMissing: how to get it."""
    program = shutil.which("hledger")
    if not program:
        raise HledgerMissing(
            "hledger is not on the PATH, so nothing was recomputed. Install it (Debian: apt-get install"
            " hledger; elsewhere https://hledger.org/install.html) and run the command again."
        )
    return program


def _ours(rows: Iterable[Balance], as_of: date) -> Iterator[tuple[tuple[str, str], Money]]:
    """By dimension and `account:value`; the programme's accounts also as a whole."""
    for each in rows:
        for account in Account:
            amount = each.on(account, as_of)
            if each.dimension is Dimension.PROGRAMME:
                yield ("", account.value), amount
            yield (each.dimension.value, f"{account.value}:{_named(each)}"), amount


def _named(balance: Balance) -> str:
    return balance.value or balance.programme


def _written(
    folder: Path, history: Iterable[Recorded[Event]], programme: str
) -> tuple[Path, dict[Dimension, Path]]:
    """The ledger as it is exported, and split by each dimension; in one pass over the log."""
    whole = folder / "ledger.journal"
    split = {each: folder / f"{each.value}.journal" for each in Dimension}
    with ExitStack() as stack:
        files = [stack.enter_context(file.open("w", encoding="utf-8")) for file in split.values()]
        out = stack.enter_context(whole.open("w", encoding="utf-8"))
        out.write(hledger.OPENING.format(programme=programme))
        for news, booked in hledger.entries(history, programme):
            out.write(hledger.transaction(news, programme, booked))
            for dimension, file in zip(split, files, strict=True):
                file.write(hledger.split_by(dimension, news, booked))
    return whole, split


def _reckoned(
    program: str, ledger: Path, as_of: date, *, strict: bool = True
) -> Iterator[tuple[str, Money]]:
    """By hledger: what stands on each account that isn't empty at the end of that day."""
    arguments = ["balance", "--flat", "--no-total", "--output-format=csv"]
    arguments += ["--strict"] if strict else []
    arguments += [] if as_of == date.max else [f"--end={as_of + timedelta(days=1)}"]
    try:
        done = subprocess.run(  # nosec B603 # noqa: S603 - a program that was looked up, and arguments of our own
            [program, f"--file={ledger}", *arguments],
            env={**os.environ, "LC_ALL": "C.UTF-8"},
            capture_output=True,
            encoding="utf-8",
            timeout=PATIENCE,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise HledgerFailed(f"hledger was still reckoning after {PATIENCE} seconds.") from error
    if done.returncode:
        raise HledgerFailed(f"hledger finds the ledger wrong: {done.stderr.strip()}")
    for row in csv.DictReader(done.stdout.splitlines()):
        yield row["account"], Money.parse(row["balance"].removesuffix(" DKK"))
