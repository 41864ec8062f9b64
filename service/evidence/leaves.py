"""How a row of the log is hashed: the bytes as they are stored, and where they stand."""

from functools import cache
from hashlib import sha256
from json.encoder import encode_basestring

from service.evidence.tree import leaf_hash

# A position that no event bears: early versions left some. Whatever is put there later is found.
NOTHING = leaf_hash(b"")

_quoted = cache(encode_basestring)  # The kinds of events are few.


def leaf(position: int, stream: str, version: int, topic: str, state: bytes) -> bytes:
    """One line of JSON that tells where the event stands, and then its stored bytes."""
    header = f"[{position},{encode_basestring(stream)},{version},{_quoted(topic)}]\n"
    return header.encode() + state


def hash_of(position: int, stream: str, version: int, topic: str, state: bytes) -> bytes:
    """The leaf's hash: `leaf_hash(leaf(…))`, without a call for each step of it."""
    header = f"\0[{position},{encode_basestring(stream)},{version},{_quoted(topic)}]\n"
    return sha256(header.encode() + state).digest()
