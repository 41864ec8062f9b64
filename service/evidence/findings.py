"""What a check of the evidence finds."""

from typing import NamedTuple


class Finding(NamedTuple):
    """Something isn't as it was. `kind` is one of: changed, missing, added, reordered, cut off, and of what
    isn't an event: tree, checkpoint, key, voucher, cosignature, stamp."""

    position: int | None  # Of the first event that it concerns.
    kind: str
    says: str
