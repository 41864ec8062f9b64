"""Letters as they were handed over: kept before they go, so that each can be shown years later as it was."""

from datetime import datetime
from typing import Any, LiteralString, NamedTuple

from psycopg import Cursor
from pydantic import BaseModel

from service.people.files import Staged
from service.people.forgetting import forgotten
from service.people.keys import Forgotten

KEEP = """
INSERT INTO letters.copies (position, sha256, subject, channel)
VALUES (%(position)s, %(sha256)s, %(subject)s, %(channel)s)
ON CONFLICT (position, sha256) DO UPDATE SET kept_at = now(), channel = excluded.channel
"""
SENT = "UPDATE letters.copies SET sent_at = now() WHERE position = %s AND sha256 = %s"
LISTED: LiteralString = """
SELECT letters.*, coalesce((
    SELECT jsonb_agg(jsonb_build_object('sha256', sha256, 'channel', each.channel, 'kept_at', kept_at,
        'sent_at', sent_at) ORDER BY kept_at, sha256)
    FROM letters.copies AS each WHERE each.position = letters.position
), '[]') AS copies
FROM letters.letters
"""
FIND = """
SELECT case_no, subject, copies.channel FROM letters.copies JOIN letters.letters USING (position)
WHERE position = %s AND sha256 = %s
"""
MEDIA_TYPES = {"email": ("message/rfc822", ".eml"), "digital_post": ("application/xml", ".xml")}


class Copy(BaseModel):
    """What was handed over, or was about to be. `sent_at`: when it was taken; `None`: nobody knows."""

    sha256: str
    channel: str
    kept_at: datetime
    sent_at: datetime | None


class Found(NamedTuple):
    """A copy, and whose it is."""

    case_no: str
    subject: str
    channel: str

    def headers(self, position: int) -> dict[str, str]:
        """It is saved, and not opened as a page of ours."""
        kind, ending = MEDIA_TYPES[self.channel]
        name = f'attachment; filename="brev-{position}{ending}"'
        closed = {"X-Content-Type-Options": "nosniff", "Cache-Control": "no-store"}
        return {**closed, "Content-Type": kind, "Content-Disposition": name}


def keep(curs: Cursor[Any], position: int, channel: str, staged: Staged) -> None:
    """In the caller's transaction. Forgotten: the log says that the citizen is, and nothing is kept."""
    curs.execute("LOCK TABLE log_events IN SHARE MODE")  # Nobody is forgotten meanwhile.
    if staged.subject in forgotten(curs.connection).citizens:
        raise Forgotten(f"{staged.subject} was forgotten meanwhile.")
    staged.keep(curs)
    told = {"position": position, "channel": channel}
    curs.execute(KEEP, told | {"sha256": staged.digest, "subject": staged.subject})


def sent(curs: Cursor[Any], position: int, sha256: str) -> None:
    curs.execute(SENT, (position, sha256))


def find(curs: Cursor[Any], position: int, sha256: str) -> Found | None:
    row = curs.execute(FIND, (position, sha256)).fetchone()
    return Found(*row) if row else None
