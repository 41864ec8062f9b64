"""Each letter once: by e-mail where the vault knows an address, else as Digital Post, else by hand."""

from collections.abc import Callable
from datetime import timedelta
from smtplib import SMTPException
from threading import Event
from typing import Any, NamedTuple

import psycopg
import structlog
from psycopg_pool import ConnectionPool

from domain.case import Case, cases
from domain.case.reminders import CaseworkerTold, StepFacts, StepTold
from domain.words import Recorded
from service.beside import AWAY, told
from service.entries import recorded
from service.evidence.leaves import hash_of
from service.evidence.outside.posting import PATIENCE, Refused
from service.log import Log
from service.mail import as_sent, said, send
from service.people.files import Files
from service.people.keys import Forgotten
from service.people.sealing import fingerprint
from service.people.vault import Vault
from service.reminding import copies, letters, memo, writing
from service.reminding.configuration import Post

FIRST_PAUSE, LAST_PAUSE = 30.0, 3600.0  # Seconds between two tries.
GIVEN_UP_AFTER = timedelta(days=5)
# Whatever a mail server or a folder may answer with; an address that can't stand in a header is a ValueError.
NOT_TAKEN = (OSError, SMTPException, Refused, ValueError)

FORGOTTEN = "the citizen is forgotten"

Connection = psycopg.Connection[Any]
logger = structlog.get_logger()


class Way(NamedTuple):
    """How somebody is reached. Neither an address nor a CPR number: by hand."""

    channel: str
    to: str = ""


class Outgoing(NamedTuple):
    """What leaves us, byte for byte, and how."""

    content: bytes
    hand_over: Callable[[], object]


class Letters:
    """All of them: sent while a service runs, or by `teten letters send`."""

    def __init__(
        self,
        log: Log,
        vault: Vault,
        files: Files,
        post: Post,
        url: str | None,
        patience: float = PATIENCE,
    ) -> None:
        self._log, self._vault, self._post, self._url = log, vault, post, url or ""
        self._files = files
        self._patience = patience
        self._pool: ConnectionPool[Connection] = log.pool

    def deliver(self, stopping: Event | None = None) -> int:
        """Send what is due, and say how many were looked at. One process at a time: see `Postman`.
        psycopg.Error: the database is away."""
        with self._pool.connection() as connection:
            letters.note(connection)
        done = 0
        while not (stopping and stopping.is_set()):
            with self._pool.connection() as connection:
                found = letters.due(connection)
            if not found:
                break
            position, again = found
            try:
                self._send(position, again=again)
            except AWAY:
                raise
            except Exception as error:  # noqa: BLE001 - told of the letter; the others are sent
                self._failed(position, letters.DEFECT + told(error))
            done += 1
        return done

    def _send(self, position: int, *, again: bool) -> None:
        told, id_ = self._step(position)
        case = self._log.state(cases, told.event.case_no)
        if reason := _needless(case, told.event):
            self._end(position, "withdrawn", reason)
            return
        way = self._way(case, told.event)
        if way.channel == "by_hand":
            self._end(position, "by_hand", "neither an address nor Digital Post", "by_hand")
            return
        with self._pool.connection() as connection:
            letters.begin(connection, position, way.channel, again=again)
        try:
            outgoing = self._outgoing(way, self._written(case, told, id_), told)
            self._keep(position, way.channel, case.citizen, outgoing.content)
            outgoing.hand_over()
        except Forgotten:
            self._end(position, "withdrawn", FORGOTTEN)
            return
        except NOT_TAKEN as error:
            self._failed(position, said(error))
            return
        self._sent(position, outgoing.content)
        logger.info("letter sent", position=position, channel=way.channel, perhaps_twice=again)

    def _step(self, position: int) -> tuple[Recorded[StepTold], str]:
        """The event, and its letter's id: of its position and the beginning of its leaf's hash, as a
        webhook's is. A log that was restored and went on otherwise gives another id."""
        with self._pool.connection() as connection:
            row = (
                connection.cursor(binary=True)
                .execute(
                    "SELECT originator_id, originator_version, topic, state, notification_id"
                    " FROM log_events WHERE notification_id = %s",
                    (position,),
                )
                .fetchone()
            )
        assert row
        told: Any = recorded(*row)
        return told, f"teten-{position}-{hash_of(position, *row[:4]).hex()[:16]}"

    def _way(self, case: Case, step: StepFacts) -> Way:
        if isinstance(step, CaseworkerTold):
            address = self._vault.record(f"staff-{case.caseworker}").get("email")
            return Way("email", address) if address and self._post.mail_from else Way("by_hand")
        record = self._vault.record(case.citizen)
        if self._post.mail_from and record.get("email"):
            return Way("email", record["email"])
        if self._post.folder and record.get("cpr"):
            return Way("digital_post", record["cpr"])
        return Way("by_hand")

    def _written(self, case: Case, told: Recorded[StepTold], id_: str) -> writing.Letter:
        names = writing.Names(
            citizen=self._vault.record(case.citizen).get("name", ""),
            caseworker=self._vault.record(f"staff-{case.caseworker}").get("name", ""),
            sender=self._post.name,
            url=self._url.rstrip("/"),
        )
        if isinstance(told.event, CaseworkerTold):
            return writing.to_caseworker(id_, told, names)
        return writing.to_citizen(id_, told, names)

    def _outgoing(self, way: Way, letter: writing.Letter, told: Recorded[StepTold]) -> Outgoing:
        if way.channel == "email":
            mail = writing.as_mail(letter, told, self._post.mail_from, way.to)
            server, patience = self._post.smtp, self._patience
            return Outgoing(as_sent(mail), lambda: send(mail, server, patience))
        assert self._post.folder
        folder = self._post.folder
        sender = memo.Sender(self._post.cvr, self._post.name)
        content = memo.message(
            letter.id, letter.label, letter.text, sender, way.to, told.recorded_at
        )
        return Outgoing(content, lambda: memo.write(folder, letter.id, content))

    def _keep(self, position: int, channel: str, citizen: str, content: bytes) -> None:
        """Sealed with the key of the citizen whom it is about, whoever it is to. Nothing goes out that isn't
        kept. Forgotten, DiskFull."""
        with (
            self._files.staged(citizen, content) as staged,
            self._pool.connection() as connection,
            connection.transaction(),
            connection.cursor() as curs,
        ):
            copies.keep(curs, position, channel, staged)
            letters.hand(connection, position)

    # What became of it ---------------------------------------------------------------------------

    def _end(self, position: int, state: str, says: str | None, channel: str | None = None) -> None:
        with self._pool.connection() as connection:
            letters.end(connection, position, state, says, channel)

    def _sent(self, position: int, content: bytes) -> None:
        with self._pool.connection() as connection, connection.cursor() as curs:
            letters.end(connection, position, "sent")
            copies.sent(curs, position, fingerprint(content))

    def _failed(self, position: int, says: str) -> None:
        with self._pool.connection() as connection:
            tries = connection.execute(
                "SELECT tries FROM letters.letters WHERE position = %s", (position,)
            ).fetchone()
            pause = min(LAST_PAUSE, FIRST_PAUSE * 2.0 ** min((tries or (1,))[0] - 1, 20))
            known = {"position": position, "says": says, "pause": pause}
            connection.execute(letters.FAILED, known | {"given_up_after": GIVEN_UP_AFTER})
        logger.warning("letter not sent", position=position, error=says)

    # What people ask for -------------------------------------------------------------------------

    def listed(self, programme: str | None, **wanted: Any) -> list[letters.LetterRow]:
        with self._pool.connection() as connection:
            return letters.listed(connection, programme, **wanted)

    def copy(self, position: int, sha256: str) -> copies.Found | None:
        """A letter as it was handed over. `None`: there is none, or none any more."""
        with self._pool.connection() as connection, connection.cursor() as curs:
            return copies.find(curs, position, sha256)

    def counts(self) -> dict[str, int]:
        with self._pool.connection() as connection:
            return dict(letters.counts(connection))

    def failing(self) -> dict[int, str]:
        """The letters that wait because of an error of our own, and what it was."""
        with self._pool.connection() as connection:
            return letters.failing(connection)

    def again(self, position: int) -> None:
        """NoSuchLetter."""
        with self._pool.connection() as connection:
            letters.again(connection, position)

    def sent_by_hand(self, position: int, by: str) -> None:
        """NoSuchLetter."""
        with self._pool.connection() as connection:
            letters.sent_by_hand(connection, position, by)


def _needless(case: Case, step: StepFacts) -> str | None:
    """Why nobody wants the letter any more, if so."""
    if case.forgotten:
        return FORGOTTEN
    tranche = case.lines[step.line_no].tranches[step.ref]
    if tranche.waived:
        return "the receipts were waived meanwhile"
    lacking = [each.ref for each, _ in case.lines[step.line_no].lacking()]
    return None if step.ref in lacking else "the receipts have come meanwhile"
