"""A log in memory, which may also tell lies."""

from collections.abc import Sequence
from datetime import UTC, datetime

from service.evidence.checkpoints import Checkpoint, Made
from service.evidence.notes import Signer, signed
from service.evidence.tree import consistency_proof, leaf_hash, root_of

NAME = "teten.example/aarhus"
KEY = Signer(NAME, bytes(32))


class ToldLog:
    """Each entry is a word."""

    def __init__(self, entries: Sequence[str], key: Signer = KEY) -> None:
        self._hashes = [leaf_hash(each.encode()) for each in entries]
        self.key = key

    def made(self, size: int) -> Made:
        checkpoint = Checkpoint(self.key.name, size, root_of(self._hashes[:size]))
        return Made(size, signed(checkpoint.text, [self.key]), datetime.now(UTC))

    def prove(self, first: int, second: int) -> list[bytes]:
        return consistency_proof(first, second, self._node)

    def _node(self, level: int, number: int) -> bytes:
        width = 1 << level
        return root_of(self._hashes[number * width : (number + 1) * width])


HONEST = ToldLog([f"entry {number}" for number in range(40)])
# The same until the tenth entry, and then another one.
OTHER_FACE = ToldLog([*(f"entry {number}" for number in range(10)), *("lie" for _ in range(30))])
