"""Witnesses (C2SP tlog-witness): each remembers the largest checkpoint of this log that it saw, and cosigns
the next only if that begins with all of it. A log that shows two faces needs two sets of witnesses."""

import base64
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from pathlib import Path

from service.evidence.checkpoints import Made
from service.evidence.notes import BadKey, BadNote, SignatureLine, divided
from service.evidence.outside.cosigning import WitnessKey
from service.evidence.outside.posting import Answer, Refused, post

SIZE = re.compile(rb"(0|[1-9][0-9]{0,18})\n")
AHEAD = timedelta(minutes=5)  # So far may a witness's clock be before ours.
SAYS = {
    400: "it can't read what it was sent",
    409: "it saw another log than this one, of the same size. Run `teten verify`",
    403: "it doesn't know the key that signed: send its operator the new one (`teten keys`)",
    404: "it doesn't watch this log: send its operator the key (`teten keys`)",
    422: "the log is not a continuation of what it saw before. Run `teten verify`",
}
Prove = Callable[
    [int, int], list[bytes]
]  # That the log of the second size begins with that of the first.


@dataclass(frozen=True)
class Witness:
    """One of them: where it is asked, by which key its answers are known, and what we prove to it."""

    url: str
    key: WitnessKey
    prove: Prove

    @property
    def name(self) -> str:
        return f"witness {self.key.name}"

    def cosignature(self, made: Made, known: int) -> str:
        """The line by which it cosigns. `known`: the size that it cosigned last, as far as we know.
        OSError; Refused."""
        answer = self._ask(made, known)
        if answer.status == HTTPStatus.CONFLICT:
            told = _size_told(answer.body, made.size)
            if told != known:
                answer = self._ask(made, told)
        if answer.status != HTTPStatus.OK:
            raise Refused(SAYS.get(answer.status, f"it answers {answer.status}"))
        return self._own_line(made, answer.body)

    def _ask(self, made: Made, known: int) -> Answer:
        proof = self.prove(known, made.size) if 0 < known < made.size else []
        hashes = "".join(f"{base64.b64encode(each).decode()}\n" for each in proof)
        body = f"old {min(known, made.size)}\n{hashes}\n{made.note}"
        url = f"{self.url.rstrip('/')}/add-checkpoint"
        return post(url, body.encode(), "text/plain; charset=utf-8")

    def _own_line(self, made: Made, body: bytes) -> str:
        """Lines of keys that we don't know are passed over."""
        text, _ = divided(made.note)
        try:
            lines = [SignatureLine.parse(line) for line in body.decode().splitlines()]
            found = [(at, line) for line in lines if (at := self.key.cosigned(text, line))]
        except (BadNote, UnicodeDecodeError) as error:
            raise Refused(f"its cosignature is not valid: {error}") from None
        if not found:
            raise Refused(f"it doesn't sign with the key that it should have, {self.key.vkey}")
        at, line = found[0]
        if at > datetime.now(UTC) + AHEAD:
            raise Refused("its cosignature is of the future: its clock, or ours, is wrong")
        return str(line)


def _size_told(body: bytes, ours: int) -> int:
    """Refused: no log of ours can go on from there."""
    if not (found := SIZE.fullmatch(body)):
        raise Refused("it doesn't say how far it saw the log")
    size = int(found[1])
    if size > ours:
        raise Refused(
            f"it saw a log of {size} positions, and this one has {ours}: was it restored from a "
            "backup, or cut off? Run `teten verify`"
        )
    return size


def read_witnesses(file: Path) -> list[tuple[str, WitnessKey]]:
    """Of a file with a line for each: its address and its key. Refused: it can't be used."""
    found = []
    try:
        lines = file.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise Refused(f"the list of witnesses can't be read: {type(error).__name__}") from None
    for number, line in enumerate(lines, 1):
        if not line.strip() or line.startswith("#"):
            continue
        url, _, vkey = line.strip().partition(" ")
        try:
            found.append((url, WitnessKey.parse(vkey)))
        except BadKey as error:
            raise Refused(f"line {number} of the list of witnesses: {error}") from None
    if len({key.name for _, key in found}) != len(found):
        raise Refused("two lines of the list of witnesses are of the same name")
    return found
