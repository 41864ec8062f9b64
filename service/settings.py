"""What the environment says, read once."""

import os
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Settings:
    """`TETEN_HOME`: where our files are. `TETEN_DATABASE_URL`: a server to use instead of our own.
    `TETEN_MASTER_KEY_FILE`: the vault's master key, if it is not to be kept under the home."""

    home: Path
    database_url: str | None
    master_key_file: Path

    @classmethod
    def read(cls) -> "Settings":
        home = Path(os.environ.get("TETEN_HOME") or "var").absolute()
        key = os.environ.get("TETEN_MASTER_KEY_FILE")
        return cls(
            home=home,
            database_url=os.environ.get("TETEN_DATABASE_URL") or None,
            master_key_file=Path(key) if key else home / "master.key",
        )

    @property
    def files(self) -> Path:
        return self.home / "files"

    @property
    def unfinished_restore(self) -> Path:
        """There while a restore into the home isn't done. Holds which backup it is of."""
        return self.home / "restore-unfinished"
