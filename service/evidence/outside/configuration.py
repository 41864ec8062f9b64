"""Which places outside there are, as the environment says."""

import os
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path


@dataclass(frozen=True)
class Outlets:
    """`TETEN_WITNESSES`: a file with each witness's address and key. `TETEN_CHECKPOINT_MAIL_TO`: who gets
    checkpoints by mail, `TETEN_CHECKPOINT_MAIL_FROM` whom it is from, `TETEN_CHECKPOINT_MAIL_EVERY` how
    many minutes there are between two at least, `TETEN_SMTP_URL` by which server. `TETEN_TIME_STAMP_URL`:
    an RFC 3161 authority, known by the certificates in the file `TETEN_TIME_STAMP_CA`. `TETEN_KNOWN_KEYS`:
    a file of the log's keys that were told in another way than by the checkpoints' folder."""

    witnesses: Path | None = None
    mail_to: tuple[str, ...] = ()
    mail_from: str = ""
    mail_every: timedelta = timedelta(minutes=60)
    smtp: str = "smtp://localhost"
    time_stamp: str | None = None
    time_stamp_ca: Path | None = None
    known_keys: Path | None = None

    @classmethod
    def read(cls, mail_minutes: int) -> "Outlets":
        to = os.environ.get("TETEN_CHECKPOINT_MAIL_TO") or ""
        return cls(
            witnesses=_path(os.environ.get("TETEN_WITNESSES")),
            mail_to=tuple(each.strip() for each in to.split(",") if each.strip()),
            mail_from=os.environ.get("TETEN_CHECKPOINT_MAIL_FROM") or "",
            mail_every=timedelta(minutes=mail_minutes),
            smtp=os.environ.get("TETEN_SMTP_URL") or cls.smtp,
            time_stamp=os.environ.get("TETEN_TIME_STAMP_URL") or None,
            time_stamp_ca=_path(os.environ.get("TETEN_TIME_STAMP_CA")),
            known_keys=_path(os.environ.get("TETEN_KNOWN_KEYS")),
        )


def _path(value: str | None) -> Path | None:
    return Path(value).absolute() if value else None
