"""Receipts, invoices and statements as they came, kept by SHA-256 and sealed with their owner's key."""

import errno
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal, NamedTuple

from cryptography.exceptions import InvalidTag
from psycopg import Cursor

from service.people.keys import Forgotten
from service.people.sealing import fingerprint, sync_folder
from service.people.vault import Vault

Copy = Literal["upright", "thumbnail"]


class FileLost(Exception):
    """A file that the log speaks of is missing or was changed."""


class DiskFull(OSError):
    """There is no room for a file: nothing of it is kept."""


NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


@contextmanager
def _room() -> Iterator[None]:
    """DiskFull, where the system says so."""
    try:
        yield
    except OSError as error:
        if error.errno not in NO_ROOM:
            raise
        raise DiskFull(error.errno, "The disk is full: the file was not kept.") from error


class Staged(NamedTuple):
    """A file that is about to be kept."""

    digest: str
    subject: str
    part: Path
    path: Path

    def keep(self, curs: Cursor[Any]) -> None:
        """Under its name, before the transaction that speaks of it can commit. It may be asked again."""
        with _room():
            self._named()
        curs.execute(
            "INSERT INTO people.files VALUES (%s, %s) ON CONFLICT DO NOTHING",
            (self.digest, self.subject),
        )

    def _named(self) -> None:
        if self.part.exists():
            if not self.path.parent.exists():
                self.path.parent.mkdir(exist_ok=True)
                sync_folder(self.path.parent.parent)
            self.part.rename(self.path)
            sync_folder(self.path.parent)
        elif not self.path.exists():
            raise FileLost("The file is gone: whoever handed it in has stopped waiting.")


class Files:
    """One sealed file for each content and owner: the same receipt of two people is kept twice, so
    that one can be forgotten without the other."""

    def __init__(self, folder: Path, vault: Vault) -> None:
        self._folder, self._vault = folder, vault

    @contextmanager
    def staged(self, subject: str, content: bytes) -> Iterator["Staged"]:
        """The file on disk, whole and synced, under a name that nobody knows until it is kept."""
        digest = fingerprint(content)
        path = self._path(digest, subject)
        part = self._folder / f"{secrets.token_hex(8)}.part"
        try:
            # What is there already may be damaged: whoever sends it again brings it back.
            if not path.exists() or not self._whole(digest, subject):
                with _room():
                    self._folder.mkdir(parents=True, exist_ok=True)
                    with part.open("xb") as file:
                        self._vault.seal_file_into(file, subject, content, digest)
                        file.flush()
                        os.fsync(file.fileno())
            yield Staged(digest, subject, part, path)
        finally:
            part.unlink(missing_ok=True)

    def read(self, digest: str, subject: str) -> bytes:
        """The content, as it came. FileLost: it is not what was kept."""
        try:
            content = self._vault.open_file(
                subject, self._path(digest, subject).read_bytes(), digest
            )
        except (OSError, InvalidTag) as error:
            raise FileLost(f"The file {digest} is missing or was changed.") from error
        return content

    def _whole(self, digest: str, subject: str) -> bool:
        try:
            self.read(digest, subject)
        except FileLost:
            return False
        return True

    def keep_derived(self, digest: str, subject: str, kind: Copy, content: bytes) -> None:
        """A copy made of a file, sealed with the same key, beside it. No row speaks of it and no backup
        holds it: it can be made again. Forgotten: nothing is kept."""
        path = self._derived(digest, subject, kind)
        path.parent.mkdir(parents=True, exist_ok=True)
        name = f"{digest}.{kind}"
        sealed = self._vault.seal_file(subject, content, name)
        part = path.with_name(f"{secrets.token_hex(8)}.part.{_owner(subject)}")
        try:
            with _room():
                part.write_bytes(sealed)
                part.rename(path)
            # Destroying takes the key first, and then what it finds: what came later is ours to take.
            self._vault.open_file(subject, sealed, name)
        except InvalidTag:
            path.unlink(missing_ok=True)
            raise Forgotten(f"{subject} was forgotten meanwhile.") from None
        finally:
            part.unlink(missing_ok=True)

    def read_derived(self, digest: str, subject: str, kind: Copy) -> bytes | None:
        """`None`: there is none, or not as it was made. Then it is made again."""
        try:
            sealed = self._derived(digest, subject, kind).read_bytes()
            return self._vault.open_file(subject, sealed, f"{digest}.{kind}")
        except (OSError, InvalidTag):
            return None

    def destroy(self, subject: str) -> None:
        """Every file of the subject's and every copy of one, also one that no row speaks of."""
        for path in list(self._folder.glob(f"??/*.{_owner(subject)}")):
            path.unlink(missing_ok=True)
            sync_folder(path.parent)

    def stored(self, digest: str, subject: str) -> Path:
        """Where it is, sealed, below the folder."""
        return self._path(digest, subject).relative_to(self._folder)

    def _path(self, digest: str, subject: str) -> Path:
        return self._folder / digest[:2] / f"{digest}.{_owner(subject)}"

    def _derived(self, digest: str, subject: str, kind: Copy) -> Path:
        return self._folder / digest[:2] / f"{digest}.{kind}.{_owner(subject)}"


def _owner(subject: str) -> str:
    return fingerprint(subject.encode())[:16]
