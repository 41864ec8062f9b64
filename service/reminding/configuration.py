"""How letters go out, as the environment says."""

import os
from dataclasses import dataclass
from pathlib import Path

from pydantic import TypeAdapter

from domain.identity import Cvr

NAME_MAX = 256  # Of MeMo.


@dataclass(frozen=True)
class Post:
    """`TETEN_MAIL_FROM`: whom letters by e-mail are from; none are sent unless set. They go by
    `TETEN_SMTP_URL`, as checkpoints do. `TETEN_DIGITAL_POST_FOLDER`: where Digital Post is written as MeMo
    files, from `TETEN_SENDER_CVR`, called `TETEN_SENDER_NAME`."""

    mail_from: str = ""
    smtp: str = "smtp://localhost"
    folder: Path | None = None
    cvr: str = ""
    name: str = ""

    @classmethod
    def read(cls, smtp: str) -> "Post":
        """ValueError: there is a folder, and no CVR number that a letter can be from; or the name is none."""
        folder = os.environ.get("TETEN_DIGITAL_POST_FOLDER")
        cvr = os.environ.get("TETEN_SENDER_CVR") or ""
        if folder:
            TypeAdapter(Cvr).validate_python(cvr)
        name = os.environ.get("TETEN_SENDER_NAME") or "Kommunen"
        if not name.strip() or not name.isprintable() or len(name) > NAME_MAX:
            raise ValueError(f"TETEN_SENDER_NAME is no name in one line of {NAME_MAX} characters.")
        return cls(
            mail_from=os.environ.get("TETEN_MAIL_FROM") or "",
            smtp=smtp,
            folder=Path(folder).absolute() if folder else None,
            cvr=cvr,
            name=name,
        )
