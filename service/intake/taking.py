"""Taking in what lies in a folder or came by e-mail, whoever put it there: each file once, by its content."""

import os
import re
import time
from collections.abc import Iterator
from pathlib import Path
from stat import S_ISREG
from typing import NamedTuple

from domain.case import Case, cases
from domain.voucher import Channel, VoucherStage, vouchers
from domain.words import Refused
from service.answers import CommandIdReused
from service.app import Teten
from service.clerk import storable
from service.intake import mail
from service.intake.receiving import Arrival, receive, ref_of
from service.intake.working import reader_of
from service.people.sealing import fingerprint

SETTLED = 2.0  # Seconds for which a file has to be untouched: it may still be copied.
HALF = (".part", ".partial", ".filepart", ".tmp", ".crdownload", ".download", "~")
OF_SYSTEMS = ("thumbs.db", "desktop.ini")
EMPTY = "the file is empty"
FORGOTTEN = "the citizen of its case was forgotten"
NAME = re.compile(r"^(?P<case>[^_]+)_(?:(?P<line>[1-9][0-9]{0,3})_)?")


class Taken(NamedTuple):
    """What came of a file: its vouchers, or why there are none. `again`: how many came before."""

    name: str
    refs: list[str]
    again: int = 0
    left_out: tuple[str, ...] = ()


class StillWritten(OSError):
    """It is no more the file that it was when it was found."""


class Counter:
    """Takes in files for one programme, and says for which of its cases. `settled`: for how many seconds a
    file of a folder has to be untouched."""

    def __init__(self, teten: Teten, programme: str, settled: float = SETTLED) -> None:
        self._teten, self._programme, self._settled = teten, programme, settled
        self._by = reader_of(teten, programme)
        self._file_max = teten.settings.upload_bytes

    def mail(self, name: str, content: bytes) -> Taken:
        """NoMail."""
        told = mail.opened(content, self._file_max)
        found = Taken(name, [], left_out=tuple(told.left_out))
        for file in told.files:
            # Also of the file: what an e-mail calls itself is whatever its sender wrote.
            key = f"mail/{self._programme}/{told.key}/{fingerprint(file)}"
            found = self._received(found, Channel.MAIL, key, file, told.case_no, told.line_no)
        return found

    def folder(self, folder: Path) -> Iterator[Taken]:
        """Files in it, and in its subfolders, which are named as cases are. What is hidden or half copied is
        left for the next time."""
        for path, closed in _lying(folder):
            name = (
                str(path.relative_to(folder)).encode("utf-8", "replace").decode()
            )  # Which can be told.
            mail_here = path.suffix.lower() == ".eml"
            most = mail.MESSAGE_MAX if mail_here else self._file_max
            try:
                if closed:
                    raise closed
                if not (found := self._settled_file(path)):
                    continue
                content = content_of(path, most, found)
            except OSError as error:  # Taken away meanwhile, or nobody's to read.
                yield Taken(name, [], left_out=(f"it can't be read: {type(error).__name__}",))
                continue
            if content is None:
                yield Taken(name, [], left_out=(f"more than {most // 1_000_000} MB",))
            elif mail_here:
                yield self._eml(name, content)
            else:
                yield self._file(name, path, folder, content)

    def _settled_file(self, path: Path) -> os.stat_result | None:
        """By when it was changed here: what is copied may have the time of its original. OSError."""
        found = path.lstat()
        settled = time.time() - found.st_ctime >= self._settled
        return found if S_ISREG(found.st_mode) and settled else None

    def _eml(self, name: str, content: bytes) -> Taken:
        try:
            return self.mail(name, content)
        except mail.NoMail as error:
            return Taken(name, [], left_out=(str(error),))

    def _file(self, name: str, path: Path, folder: Path, content: bytes) -> Taken:
        told = NAME.match(path.name)
        case_no = told["case"] if told else None
        if path.parent != folder:
            case_no = path.parent.name
        line_no = int(told["line"]) if told and told["line"] else None
        if not content:
            return Taken(name, [], left_out=(EMPTY,))
        known, _ = self._known(case_no, None)
        digest = fingerprint(content)
        # It may have come when its case wasn't known yet, or before its citizen was forgotten.
        for before in {None, case_no} - {known}:
            if before is None or storable(before):
                ref = ref_of(f"{self._programme}/{self._key(before, digest)}")
                arrived = self._teten.log.state(vouchers, self._programme, ref)
                if arrived.stage is not VoucherStage.UNKNOWN:
                    return Taken(name, [ref], again=1)
        if not known and self._case(case_no).forgotten:
            return Taken(name, [], left_out=(FORGOTTEN,))
        key = self._key(known, digest)
        return self._received(Taken(name, []), Channel.FOLDER, key, content, case_no, line_no)

    def _key(self, case_no: str | None, digest: str) -> str:
        return f"folder/{self._programme}/{case_no or '-'}/{digest}"

    def _received(
        self,
        found: Taken,
        channel: Channel,
        key: str,
        content: bytes,
        case_no: str | None,
        line_no: int | None,
    ) -> Taken:
        case_no, line_no = self._known(case_no, line_no)
        arrival = Arrival(self._programme, self._by, channel, content, case_no, line_no)
        try:
            received = receive(self._teten, arrival, key, f"teten intake {channel}")
        except CommandIdReused:  # It came when its case wasn't known yet, or had another line.
            return found._replace(again=found.again + 1)
        except Refused as no:
            return found._replace(left_out=(*found.left_out, f"refused: {no.code}"))
        again = found.again + received.answer.again
        return found._replace(refs=[*found.refs, received.ref], again=again)

    def _known(self, case_no: str | None, line_no: int | None) -> tuple[str | None, int | None]:
        """The case, if there is one in the programme, whose citizen isn't forgotten; and its line."""
        case = self._case(case_no)
        if case.programme != self._programme or case.forgotten:
            return None, None
        return case_no, line_no if line_no in case.lines else None

    def _case(self, case_no: str | None) -> Case:
        """As it stands; of none, or of no such name: one that isn't there."""
        if not case_no or not storable(case_no):
            return cases.initial
        return self._teten.log.state(cases, case_no)


def _lying(folder: Path) -> list[tuple[Path, OSError | None]]:
    """Files that may be vouchers, in order, and folders that nobody may read."""
    closed: list[OSError] = []
    found: list[tuple[Path, OSError | None]] = []
    for where, folders, files in os.walk(folder, onerror=closed.append):
        folders[:] = [each for each in folders if not each.startswith(".")]
        found += [(Path(where, name), None) for name in files if _of_people(name.lower())]
    found += [(Path(error.filename), error) for error in closed]
    return sorted(found, key=lambda each: each[0])


def _of_people(name: str) -> bool:
    return not (name.startswith(".") or name.endswith(HALF) or name in OF_SYSTEMS)


def content_of(path: Path, most: int, found: os.stat_result | None = None) -> bytes | None:
    """None: it is more than that. Never what a link leads to, also one put there just now. `found`: what it
    was; StillWritten: it is so no more. OSError."""
    with os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK), "rb") as file:
        content = file.read(most + 1)
        now = os.fstat(file.fileno())
    if len(content) > most:
        return None
    if found and _told(found) != _told(now):
        raise StillWritten("It is still written, or another file is in its place.")
    return content


def _told(found: os.stat_result) -> tuple[int, ...]:
    return found.st_ino, found.st_size, found.st_mtime_ns
