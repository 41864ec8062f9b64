"""Receipts, invoices and statements as they came, kept by SHA-256 and sealed with their owner's key."""

import os
import secrets
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidTag
from psycopg import Cursor

from service.people.vault import Vault, fingerprint, sync_folder


class FileLost(Exception):
    """A file that the log speaks of is missing or was changed."""


class Files:
    """One sealed file for each content and owner: the same receipt of two people is kept twice, so
    that one can be forgotten without the other."""

    def __init__(self, folder: Path, vault: Vault) -> None:
        self._folder, self._vault = folder, vault

    def keep(self, curs: Cursor[Any], subject: str, content: bytes) -> str:
        """On disk, whole and synced, before the transaction that speaks of it can commit."""
        digest = fingerprint(content)
        path = self._path(digest, subject)
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            part = path.with_name(f".{secrets.token_hex(8)}.part")
            with part.open("xb") as file:
                file.write(self._vault.seal_file(subject, content, digest))
                file.flush()
                os.fsync(file.fileno())
            part.rename(path)
            sync_folder(path.parent)
        curs.execute(
            "INSERT INTO people.files VALUES (%s, %s) ON CONFLICT DO NOTHING", (digest, subject)
        )
        return digest

    def read(self, digest: str, subject: str) -> bytes:
        """The content, as it came. FileLost: it is not what was kept."""
        try:
            content = self._vault.open_file(
                subject, self._path(digest, subject).read_bytes(), digest
            )
        except (OSError, InvalidTag) as error:
            raise FileLost(f"The file {digest} is missing or was changed.") from error
        return content

    def stored(self, digest: str, subject: str) -> Path:
        """Where it is, sealed, below the folder."""
        return self._path(digest, subject).relative_to(self._folder)

    def _path(self, digest: str, subject: str) -> Path:
        owner = fingerprint(subject.encode())[:16]
        return self._folder / digest[:2] / f"{digest}.{owner}"
