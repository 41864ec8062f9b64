"""A proof that an event is in the log, in one text (C2SP tlog-proof): the event, its path, a checkpoint.

It holds the event's leaf as its `extra` line, so that it needs nothing else to be read.
"""

import base64
import re
from collections.abc import Sequence
from typing import NamedTuple

from service.evidence import tree
from service.evidence.checkpoints import Checkpoint, Checkpoints, latest
from service.evidence.leaves import leaf
from service.evidence.notes import Verifier, opened
from service.evidence.tiles import Nodes

EVENT = (
    "SELECT notification_id, originator_id, originator_version, topic, state FROM log_events"
    " WHERE notification_id = %s"
)
FORM = "c2sp.org/tlog-proof@v1"
PROOF = re.compile(
    rf"{FORM}\nextra (?P<leaf>[A-Za-z0-9+/=]+)\nindex (?P<index>[0-9]{{1,18}})\n"
    r"(?P<path>([A-Za-z0-9+/=]+\n)*)\n(?P<note>.*)",
    re.DOTALL,
)


class NotSigned(LookupError):
    """There is no event at that position, or no checkpoint that speaks of it yet."""


class Proved(NamedTuple):
    position: int
    leaf: bytes
    checkpoint: Checkpoint


def prove(checkpoints: Checkpoints, position: int) -> str:
    """What proves that event against the latest checkpoint. NotSigned."""
    with checkpoints.pool.connection() as connection:
        made = latest(connection)
        if not made or not 1 <= position <= made.size:
            raise NotSigned(
                f"No checkpoint speaks of position {position}: the latest one goes to "
                f"{made.size if made else 0}. Make one: teten checkpoint"
            )
        row = connection.execute(EVENT, (position,), binary=True).fetchone()
        if not row:
            raise NotSigned(f"There is no event at position {position}.")
        nodes = Nodes(connection)
        nodes.expect(position - 1, made.size)
        path = tree.inclusion_proof(position - 1, made.size, nodes)
    return written(position, leaf(*row), path, made.note)


def written(position: int, of: bytes, path: Sequence[bytes], note: str) -> str:
    lines = [FORM, f"extra {_text(of)}", f"index {position - 1}", *map(_text, path), "", note]
    return "\n".join(lines)


def check(proof: str, verifiers: Sequence[Verifier]) -> Proved:
    """What it proves to whoever trusts these keys. BadNote: it isn't signed by any of them; BadProof: the
    event isn't in what was signed."""
    found = PROOF.fullmatch(proof)
    if not found:
        raise tree.BadProof(f"no proof of the form {FORM} with the event in it")
    checkpoint = Checkpoint.parse(opened(found["note"], verifiers).text)
    index, of = int(found["index"]), _bytes(found["leaf"])
    hashes = [_bytes(line) for line in found["path"].splitlines()]
    tree.verify_inclusion(index, checkpoint.size, tree.leaf_hash(of), hashes, checkpoint.root)
    return Proved(index + 1, of, checkpoint)


def _text(content: bytes) -> str:
    return base64.b64encode(content).decode()


def _bytes(text: str) -> bytes:
    try:
        content = base64.b64decode(text, validate=True)
    except ValueError as error:
        raise tree.BadProof("a line isn't base64") from error
    if _text(content) != text:
        raise tree.BadProof("a line isn't base64 as it is written")
    return content
