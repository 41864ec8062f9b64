"""What a witness answers (C2SP tlog-witness): it cosigns what begins with all that it saw before, and
nothing else."""

import base64
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from http import HTTPStatus
from pathlib import Path
from typing import NamedTuple

import structlog

from service.evidence.checkpoints import Checkpoint
from service.evidence.notes import BadKey, BadNote, Opened, Verifier, divided, opened
from service.evidence.outside.cosigning import Cosigner
from service.evidence.tree import EMPTY_ROOT, BadProof, verify_consistency
from service.witness.memory import Memory

OLD = re.compile(r"old (0|[1-9][0-9]{0,18})")
PROOF_MAX = 63  # Hashes.
SIZE_MAX = 2**63 - 1
PLAIN, SIZE = "text/plain; charset=utf-8", "text/x.tlog.size"

logger = structlog.get_logger()
Logs = Mapping[str, Sequence[Verifier]]  # Of each log, by its name: the keys that may sign.


class Asked(NamedTuple):
    """A checkpoint that somebody wants to be cosigned, and the proof that it goes on from `old`."""

    old: int
    proof: list[bytes]
    note: str
    text: str
    checkpoint: Checkpoint

    @classmethod
    def parse(cls, body: bytes) -> "Asked":
        """ValueError."""
        head, _, note = body.decode().partition("\n\n")
        first, *hashes = head.split("\n")
        old = OLD.fullmatch(first)
        if not old or len(hashes) > PROOF_MAX:
            raise BadNote("no old size, or too long a proof")
        proof = [base64.b64decode(each, validate=True) for each in hashes]
        text, _ = divided(note)
        checkpoint = Checkpoint.parse(text)
        if checkpoint.size > SIZE_MAX or (not checkpoint.size and checkpoint.root != EMPTY_ROOT):
            raise BadNote("no log of that size has that root")
        return cls(int(old[1]), proof, note, text, checkpoint)


class Answer(NamedTuple):
    status: HTTPStatus
    body: str
    media_type: str = PLAIN


class Witness:
    """Its key, its memory, and the logs that it watches, which are looked up anew each time."""

    def __init__(self, cosigner: Cosigner, memory: Memory, logs: Path) -> None:
        self._cosigner, self._memory, self._logs = cosigner, memory, logs

    def answer(self, body: bytes, at: datetime) -> Answer:
        """BadKey, OSError: the list of logs can't be read."""
        try:
            asked = Asked.parse(body)
        except ValueError as error:
            return Answer(HTTPStatus.BAD_REQUEST, f"{error}\n")
        keys = read_logs(self._logs).get(asked.checkpoint.origin)
        if not keys:
            return Answer(HTTPStatus.NOT_FOUND, "unknown log\n")
        try:
            asked = asked._replace(note=_own(opened(asked.note, keys)))
        except BadNote as error:
            return Answer(HTTPStatus.FORBIDDEN, f"{error}\n")
        if asked.old > asked.checkpoint.size:
            return Answer(HTTPStatus.BAD_REQUEST, "the old size is larger than the checkpoint's\n")
        with self._memory.turn():
            refusal = self._refusal(asked, at)
            if not refusal:
                self._memory.remember(asked.checkpoint, asked.note, at)
        return refusal or Answer(HTTPStatus.OK, f"{self._cosigner.cosign(asked.text, at)}\n")

    def _refusal(self, asked: Asked, at: datetime) -> Answer | None:
        new = asked.checkpoint
        seen = self._memory.latest(new.origin) or Checkpoint(new.origin, 0, EMPTY_ROOT)
        if asked.old != seen.size:
            return Answer(HTTPStatus.CONFLICT, f"{seen.size}\n", SIZE)
        if new.size == seen.size and new.root != seen.root:
            self._contradicts(asked, "another root at the same size", at)
            return Answer(HTTPStatus.CONFLICT, f"{seen.size}\n", SIZE)
        if not seen.size:
            says = "from an empty log on nothing is proved\n"
            return Answer(HTTPStatus.UNPROCESSABLE_ENTITY, says) if asked.proof else None
        try:
            verify_consistency(seen.size, new.size, asked.proof, seen.root, new.root)
        except BadProof as error:
            self._contradicts(asked, str(error), at)
            return Answer(HTTPStatus.UNPROCESSABLE_ENTITY, f"{error}\n")
        return None

    def _contradicts(self, asked: Asked, says: str, at: datetime) -> None:
        new = asked.checkpoint
        self._memory.contradiction(new.origin, asked.note, says, at)
        logger.error("not cosigned", log=new.origin, size=new.size, error=says)


def _own(note: Opened) -> str:
    """What the log itself signed: whatever others wrote below it isn't kept."""
    lines = [each for each in note.lines if any(key.signed(note.text, each) for key in note.by)]
    return f"{note.text}\n" + "".join(f"{each}\n" for each in lines)


def read_logs(file: Path) -> dict[str, list[Verifier]]:
    """Of a file with a key a line, several for a log whose key was rotated. BadKey, OSError."""
    found: dict[str, list[Verifier]] = {}
    for number, line in enumerate(file.read_text("utf-8").splitlines(), 1):
        if line.strip() and not line.startswith("#"):
            try:
                key = Verifier.parse(line)
            except BadKey as error:
                raise BadKey(f"{file.name}, line {number}: {error}") from None
            found.setdefault(key.name, []).append(key)
    return found
