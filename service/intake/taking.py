"""Taking in what lies in a folder or came by e-mail, whoever put it there: each file once, by its content."""

import os
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from domain.case import cases
from domain.voucher import Channel
from domain.words import Refused
from service.answers import CommandIdReused
from service.app import Teten
from service.clerk import storable
from service.intake import mail
from service.intake.receiving import Arrival, receive
from service.intake.working import reader_of
from service.people.sealing import fingerprint

SETTLED = 2.0  # Seconds for which a file has to be untouched: it may still be copied.
HALF = (".part", ".tmp", ".crdownload", "~")
NAME = re.compile(r"^(?P<case>[^_]+)_(?:(?P<line>[1-9][0-9]{0,3})_)?")


class Taken(NamedTuple):
    """What came of a file: its vouchers, or why there are none. `again`: how many came before."""

    name: str
    refs: list[str]
    again: int = 0
    left_out: tuple[str, ...] = ()


class Counter:
    """Takes in files for one programme, and says for which of its cases."""

    def __init__(self, teten: Teten, programme: str) -> None:
        self._teten, self._programme = teten, programme
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
        for path in sorted(folder.rglob("*")):
            inside = path.relative_to(folder)
            name = str(inside).encode("utf-8", "replace").decode()  # Which can be told.
            try:
                if _not_yet(path, inside):
                    continue
                mail_here = path.suffix.lower() == ".eml"
                content = content_of(path, mail.MESSAGE_MAX if mail_here else self._file_max)
            except OSError as error:  # Taken away meanwhile, or nobody's to read.
                yield Taken(name, [], left_out=(f"it can't be read: {type(error).__name__}",))
                continue
            if content is None:
                yield Taken(name, [], left_out=(f"more than {self._file_max // 1_000_000} MB",))
            elif mail_here:
                yield self._eml(name, content)
            else:
                yield self._file(name, path, folder, content)

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
        known, _ = self._known(case_no, None)
        key = f"folder/{self._programme}/{known or '-'}/{fingerprint(content)}"
        return self._received(Taken(name, []), Channel.FOLDER, key, content, case_no, line_no)

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
        if not case_no or not storable(case_no):
            return None, None
        case: Any = self._teten.log.state(cases, case_no)
        if case.programme != self._programme or case.forgotten:
            return None, None
        return case_no, line_no if line_no in case.lines else None


def _not_yet(path: Path, inside: Path) -> bool:
    """What is no file, is hidden, or may still be copied. OSError."""
    if path.is_symlink() or not path.is_file() or path.name.endswith(HALF):
        return True
    hidden = any(part.startswith(".") for part in inside.parts)
    return hidden or time.time() - path.stat().st_mtime < SETTLED


def content_of(path: Path, most: int) -> bytes | None:
    """None: it is more than that. Never what a link leads to, also one put there just now. OSError."""
    with os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK), "rb") as file:
        content = file.read(most + 1)
    return content if len(content) <= most else None
