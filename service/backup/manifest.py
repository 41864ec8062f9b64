"""What a backup says of itself, and what has to be so again after a restore."""

from collections.abc import Iterator
from datetime import date, datetime
from typing import IO, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from domain.money import Money
from domain.words import Event, Recorded
from projections.balances import Balance, Dimension, balances
from projections.ledger import Account
from service.app import Teten
from service.backup.archive import BackupBroken, part
from service.log import BATCH
from service.rows import Snapshot

NAME = "manifest.json"
Totals = dict[str, dict[Account, Money]]
"""What stands on each account of each programme, past and planned."""


class Manifest(BaseModel):
    """`missing`: files by SHA-256 that the log speaks of and that were gone when it was made. `keys`: how
    many keys are in it, which the first releases' backups held; `None`: all of them."""

    model_config = ConfigDict(extra="forbid")

    form: Literal["teten backup 1"] = "teten backup 1"
    made_at: datetime
    teten: str
    tables: int
    server: str
    dumped_by: int
    head: int
    events: int
    files: int
    missing: list[str]
    totals: Totals
    master_key: str  # By which it is known again, and nothing of it.
    keys: int | None = None


def read(file: IO[bytes]) -> Manifest:
    try:
        return Manifest.model_validate_json(part(file, NAME).content())
    except ValidationError as error:
        raise BackupBroken(
            f"The backup's {NAME} is damaged, or of a form that this version doesn't know."
        ) from error


def totals(teten: Teten, snapshot: Snapshot, head: int) -> Totals:
    """As of that position: the balances that the snapshot knows, and what came after them."""
    rows = snapshot.all(balances, f"{Dimension.PROGRAMME}/")
    found = snapshot.connection.execute(
        "SELECT position FROM projections.progress WHERE projection = %s", (balances.name,)
    ).fetchone()
    for news in _between(teten, found[0] if found else 0, head):
        for key in balances.keys(news):
            if key.startswith(f"{Dimension.PROGRAMME}/"):
                rows[key] = balances.fold(rows.get(key) or Balance(), key, news)
    return {
        row.programme: {account: row.on(account, date.max) for account in Account}
        for row in rows.values()
    }


def _between(teten: Teten, after: int, through: int) -> Iterator[Recorded[Event]]:
    while after < through:
        for each in teten.log.after(after, BATCH):
            if each.position > through:
                return
            yield each
            after = each.position
