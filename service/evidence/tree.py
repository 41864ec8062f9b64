"""The Merkle tree of RFC 6962: one hash speaks for every leaf, and a short proof for one of them.

A node is named by its level (0: the leaves) and its number there; it stands for 2**level leaves, all of
which must exist. What is not yet whole is put together from such nodes.
"""

from collections.abc import Callable, Iterator, Sequence
from hashlib import sha256

HASH_SIZE = 32
EMPTY_ROOT = sha256(b"").digest()
Node = Callable[[int, int], bytes]  # The hash of the node of that level and number.


class BadProof(ValueError):
    """The proof doesn't show what it should."""


def leaf_hash(data: bytes) -> bytes:
    return sha256(b"\0" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    return sha256(b"\1" + left + right).digest()


def parents(hashes: Sequence[bytes]) -> list[bytes]:
    """One level up: every pair becomes one, and who has no partner goes up alone."""
    pairs = iter(hashes)
    paired = [
        sha256(b"\1" + left + right).digest() for left, right in zip(pairs, pairs, strict=False)
    ]
    return [*paired, hashes[-1]] if len(hashes) % 2 else paired


def root_of(hashes: Sequence[bytes]) -> bytes:
    """The hash of a tree with these leaf hashes (or whole subtrees of one size)."""
    if not hashes:
        return EMPTY_ROOT
    while len(hashes) > 1:
        hashes = parents(hashes)
    return hashes[0]


def root(size: int, node: Node) -> bytes:
    """The root of the tree of the first `size` leaves."""
    return _subtree(0, size, node) if size else EMPTY_ROOT


def inclusion_proof(index: int, size: int, node: Node) -> list[bytes]:
    """The audit path of one leaf (RFC 6962, 2.1.1), from the leaf up."""
    if not 0 <= index < size:
        raise ValueError(f"a tree of {size} leaves has no leaf {index}")
    path: list[bytes] = []
    begin, end = 0, size
    while end - begin > 1:
        middle = begin + _left(end - begin)
        if index < middle:
            path.append(_subtree(middle, end, node))
            end = middle
        else:
            path.append(_subtree(begin, middle, node))
            begin = middle
    return path[::-1]


def consistency_proof(first: int, second: int, node: Node) -> list[bytes]:
    """That the tree of `first` leaves is the beginning of that of `second` (RFC 6962, 2.1.2)."""
    if not 0 < first <= second:
        raise ValueError(f"no tree of {first} leaves can begin one of {second}")
    path: list[bytes] = []
    begin, end, whole = 0, second, True
    while first != end:
        middle = begin + _left(end - begin)
        if first <= middle:
            path.append(_subtree(middle, end, node))
            end = middle
        else:
            path.append(_subtree(begin, middle, node))
            begin, whole = middle, False
    return [*([] if whole else [_subtree(begin, end, node)]), *path[::-1]]


def verify_inclusion(
    index: int, size: int, leaf: bytes, proof: Sequence[bytes], expected: bytes
) -> None:
    """BadProof unless the leaf's hash stands at that index in the tree of that root (RFC 9162, 2.1.3.2)."""
    if not 0 <= index < size or any(len(each) != HASH_SIZE for each in (leaf, *proof)):
        raise BadProof(f"no proof of leaf {index} of {size}")
    reckoned = leaf
    for each, on_the_left in _climbed(index, size - 1, proof):
        reckoned = node_hash(each, reckoned) if on_the_left else node_hash(reckoned, each)
    if reckoned != expected:
        raise BadProof(f"leaf {index} is not in that tree of {size}")


def verify_consistency(
    first: int, second: int, proof: Sequence[bytes], was: bytes, now: bytes
) -> None:
    """BadProof unless the second tree begins with all of the first (RFC 9162, 2.1.4.2)."""
    if not 0 < first <= second or any(len(each) != HASH_SIZE for each in proof):
        raise BadProof(f"no proof from {first} to {second}")
    if first == second:
        if proof or was != now:
            raise BadProof("two trees of one size differ")
        return
    path = list(proof) if first & (first - 1) else [was, *proof]
    if not path:
        raise BadProof("the proof is empty")
    number, last = first - 1, second - 1
    while number % 2:
        number, last = number >> 1, last >> 1
    old = new = path[0]
    for each, on_the_left in _climbed(number, last, path[1:]):
        if on_the_left:
            old, new = node_hash(each, old), node_hash(each, new)
        else:
            new = node_hash(new, each)
    if old != was or new != now:
        raise BadProof(f"the tree of {second} doesn't begin with that of {first}")


def _climbed(number: int, last: int, proof: Sequence[bytes]) -> Iterator[tuple[bytes, bool]]:
    """Each hash of the proof, and whether it stands left of what it is joined to, on the way from a node
    to the root. `last` is the number of the last node on the level. BadProof: it doesn't end at the root."""
    for each in proof:
        if not last:
            raise BadProof("the proof is too long")
        on_the_left = bool(number % 2) or number == last
        yield each, on_the_left
        if on_the_left:
            while number and not number % 2:
                number, last = number >> 1, last >> 1
        number, last = number >> 1, last >> 1
    if last:
        raise BadProof("the proof is too short")


def _left(width: int) -> int:
    """The largest power of two below it: so many leaves are left of the middle."""
    return 1 << ((width - 1).bit_length() - 1)


def _subtree(begin: int, end: int, node: Node) -> bytes:
    """The hash over these leaves; `begin` is where a subtree of that width can begin."""
    width = end - begin
    if not width & (width - 1):
        level = width.bit_length() - 1
        return node(level, begin >> level)
    middle = begin + _left(width)
    return node_hash(_subtree(begin, middle, node), _subtree(middle, end, node))
