"""Reading pictures: several at a time, each in a workshop of its own, and what came of each is recorded."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime
from enum import StrEnum
from threading import Event, Lock
from typing import Any, NamedTuple
from uuid import uuid4

import psycopg
import structlog

from domain.case import Case
from domain.case.readings import RecordReading, RecordUnreadable
from domain.intake import RecordVoucherReading, RecordVoucherUnreadable
from domain.programme import Role, programmes
from domain.reading import Reading
from domain.words import Command, Refused
from projections.intake import Kind, Picture
from service.app import Teten
from service.clerk import DANISH_TIME, Malformed
from service.intake.queue import owner_of, programme_of, subject_of
from service.people.files import FileLost
from service.people.keys import Forgotten
from service.pictures.unreadable import Unreadable
from service.pictures.workshop import Workshop

LOCK = 0x7465_7465_7264  # "teterd": whoever holds it reads.
CAUSE = "reading"
NOBODY_MAY = "nobody_may"  # Nobody in the programme has the role system.
logger = structlog.get_logger()


class Came(StrEnum):
    """What came of a picture."""

    READ = "read"
    UNREADABLE = "unreadable"
    # Its citizen was forgotten, it was dealt with meanwhile, its file is lost, or nobody may record.
    LEFT = "left"


class Outcome(NamedTuple):
    picture: Picture
    came: Came
    reason: str | None = None


Told = Callable[[Outcome], None]
Tick = Callable[[int], None]
# With the readers that it is to have.
Made = Callable[[], AbstractContextManager[Workshop]]


@contextmanager
def alone(url: str) -> Iterator[bool]:
    """Whether nobody else reads on this database; nobody else does until it ends."""
    with psycopg.connect(url, autocommit=True, connect_timeout=10) as connection:
        yield take_turn(connection)


def take_turn(connection: "psycopg.Connection[Any]") -> bool:
    found = connection.execute("SELECT pg_try_advisory_lock(%s)", (LOCK,)).fetchone()
    return bool(found and found[0])


def read_all(
    teten: Teten,
    workshops: Sequence[Workshop],
    pictures: Iterator[Picture],
    told: Told,
    stop: Event,
) -> None:
    """Each picture once, as many at a time as there are workshops. What the database has against it is
    raised when the others are done."""
    turn = Lock()

    def work(workshop: Workshop) -> None:
        while not stop.is_set():
            with turn:
                picture = next(pictures, None)
            if picture is None:
                return
            outcome = read_one(teten, workshop, picture)
            with turn:
                told(outcome)

    with ThreadPoolExecutor(len(workshops), thread_name_prefix="reading") as threads:
        for done in [threads.submit(work, workshop) for workshop in workshops]:
            done.result()


def read_one(teten: Teten, workshop: Workshop, picture: Picture) -> Outcome:
    """Read, have its copies made, and record it: as proposed, never as true."""
    case = owner_of(teten, picture)
    if case.forgotten:
        return Outcome(picture, Came.LEFT, "citizen_forgotten")
    if not systems(teten, programme_of(picture, case)):
        return Outcome(picture, Came.LEFT, NOBODY_MAY)
    try:
        return _read_and_recorded(teten, workshop, picture, case)
    except Forgotten:
        return Outcome(picture, Came.LEFT, "citizen_forgotten")


def _read_and_recorded(teten: Teten, workshop: Workshop, picture: Picture, case: Case) -> Outcome:
    """Forgotten: meanwhile."""
    subject = subject_of(picture, case)
    try:
        content = teten.files.read(picture.sha256, subject)
        worked = workshop.work(content)
    except FileLost:
        logger.error("picture lost", kind=picture.kind, ref=picture.ref)  # noqa: TRY400
        return Outcome(picture, Came.LEFT, "lost")
    except Unreadable as no:
        return _recorded(teten, picture, case, no.reason)
    for kind in ("upright", "thumbnail"):
        teten.files.keep_derived(picture.sha256, subject, kind, getattr(worked.derived, kind))
    return _recorded(teten, picture, case, worked.reading or "reader_failed")


def _recorded(teten: Teten, picture: Picture, case: Case, made: Reading | str) -> Outcome:
    try:
        try:
            teten.clerk.handle(_command(teten, picture, case, made))
        except Malformed:  # A child told what can't be stored.
            made = "reader_failed"
            teten.clerk.handle(_command(teten, picture, case, made))
    except Refused as no:
        # Somebody filed it, set it aside or forgot the citizen meanwhile: there is nothing left to say.
        logger.info("reading refused", kind=picture.kind, ref=picture.ref, code=no.code)
        return Outcome(picture, Came.LEFT, no.code)
    if isinstance(made, Reading):
        return Outcome(picture, Came.READ)
    return Outcome(picture, Came.UNREADABLE, made)


def _command(teten: Teten, picture: Picture, case: Case, made: Reading | str) -> Command:
    programme, now = programme_of(picture, case), datetime.now(DANISH_TIME)
    told: dict[str, Any] = {
        "id": f"read/{uuid4()}",
        "by": reader_of(teten, programme),
        "at": now,
        "effective_on": now.date(),
        "programme": programme,
        "cause": CAUSE,
        "case_no": picture.case_no,
        "ref": picture.ref,
    }
    if picture.kind is Kind.VOUCHER:
        if isinstance(made, Reading):
            return RecordVoucherReading(**told, reading=made)
        return RecordVoucherUnreadable(**told, reason=made)
    told |= {"line_no": picture.line_no}
    if isinstance(made, Reading):
        return RecordReading(**told, reading=made)
    return RecordUnreadable(**told, reason=made)


def reader_of(teten: Teten, programme: str) -> str:
    """Who records in the programme what machines tell. Nobody may: then it is refused as anybody's is."""
    return min(systems(teten, programme), default="system")


def systems(teten: Teten, programme: str) -> list[str]:
    roles = teten.log.state(programmes, programme).roles
    return [who for who, held in roles.items() if Role.SYSTEM in held]
