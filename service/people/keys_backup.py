"""The keys' own backup: small, still wrapped, and with a life of its own.

Who was forgotten is in no backup of keys that is made afterwards, and comes back from none that was made
before. So the backups of the log may be kept as long as anybody likes.
"""

from collections.abc import Iterable
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, ValidationError

from service.app import Teten
from service.backup.making import appearing
from service.people.forgetting import forgotten
from service.people.keys import Rows
from service.people.sealing import VaultClosed


class KeysBackup(BaseModel):
    """`master` is the name of whatever wraps the keys, `sha256` over the other fields."""

    model_config = ConfigDict(extra="forbid")

    form: Literal["teten keys 1"] = "teten keys 1"
    made_at: datetime
    master: str
    keys: dict[str, str]  # Wrapped, in hexadecimal digits.
    citizens: dict[str, str]  # By the keyed hash of their CPR number.
    destroyed: list[str]
    sha256: str = ""

    def digest(self) -> str:
        return sha256(self.model_dump_json(exclude={"sha256"}).encode()).hexdigest()


class Restored(NamedTuple):
    """How many keys were put back, and how many weren't, since their subjects are forgotten."""

    keys: int
    forgotten: int


class KeysBroken(Exception):
    """The file is not a backup of keys, or not what was written."""


def back_up_keys(teten: Teten, file: Path) -> KeysBackup:
    """As of one moment. BackupRefused, or OSError (a full disk)."""
    rows = teten.keys.rows()
    made = KeysBackup(
        made_at=datetime.now(UTC),
        master=teten.keys.master.name,
        keys={subject: wrapped.hex() for subject, wrapped in sorted(rows.keys.items())},
        citizens={hashed.hex(): who for hashed, who in sorted(rows.citizens.items())},
        destroyed=sorted(rows.destroyed),
    )
    made = made.model_copy(update={"sha256": made.digest()})
    with appearing(file) as out:
        out.write(f"{made.model_dump_json(indent=0)}\n".encode())
    return made


def read(file: Path) -> KeysBackup:
    """KeysBroken."""
    try:
        found = KeysBackup.model_validate_json(file.read_bytes())
    except ValidationError:
        raise KeysBroken(f"{file} is not a backup of keys, or it was cut off.") from None
    if found.digest() != found.sha256:
        raise KeysBroken(f"{file} is not what was written: its SHA-256 doesn't fit.")
    return found


def restore_keys(teten: Teten, file: Path) -> Restored:
    """Put the keys back that are not here, but those of subjects who are forgotten. KeysBroken, or
    VaultClosed: nothing was written."""
    told = read(file)
    keys = {subject: bytes.fromhex(wrapped) for subject, wrapped in told.keys.items()}
    _refuse_another_master(teten, told, keys.items())
    with teten.log.pool.connection() as connection:
        gone = forgotten(connection).citizens
    gone |= teten.keys.destroyed() | set(told.destroyed)
    rows = Rows(
        {each: wrapped for each, wrapped in keys.items() if each.rpartition("/")[2] not in gone},
        {bytes.fromhex(each): who for each, who in told.citizens.items() if who not in gone},
        gone,
    )
    return Restored(teten.keys.add(rows), len(keys.keys() & gone))


def _refuse_another_master(
    teten: Teten, told: KeysBackup, keys: Iterable[tuple[str, bytes]]
) -> None:
    for subject, wrapped in keys:
        try:
            teten.keys.master.unwrap(subject, wrapped)
        except VaultClosed as error:
            raise VaultClosed(
                f"The keys were wrapped by the master key {told.master}, and the one here is "
                f"{teten.keys.master.name}: put that one in its place. Nothing was written."
            ) from error
        return  # All of them were wrapped by one.
