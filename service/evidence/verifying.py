"""Is everything as it was? The log from its first event to its head, against the tree, everything that was
signed, and the vouchers that it speaks of."""

from typing import NamedTuple

from service.evidence import signatures, vouchers
from service.evidence.checkpoints import Checkpoints
from service.evidence.findings import Finding
from service.evidence.locating import located, vouched
from service.evidence.scanning import scan
from service.people.files import Files

UNSIGNED = (
    "nothing was signed yet, so that there is nothing to compare with: run `teten checkpoint`"
)


class Verified(NamedTuple):
    head: int  # The position of the latest event.
    in_tree: int  # The tree speaks of so many positions,
    signed: int  # and what was signed vouches for so many.
    checkpoints: int
    vouchers: int
    findings: list[Finding]  # In order of their positions.


def verify(checkpoints: Checkpoints, files: Files) -> Verified:
    """Everything, as of one moment. VaultClosed: the vouchers can't be read."""
    with checkpoints.pool.connection() as connection, connection.transaction():
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        signed = signatures.read(connection, checkpoints)
        seen = scan(connection, sorted(signed.roots))
        findings = [*signed.findings, *located(connection, seen, signed.roots)]
        if seen.head and not signed.checkpoints:
            findings.append(Finding(1, "checkpoint", UNSIGNED))
        kept = vouchers.check(connection, files)
    findings = sorted([*findings, *kept.findings], key=_in_order)
    through = vouched(seen, signed.roots).through
    return Verified(seen.head, seen.size, through, signed.checkpoints, kept.files, findings)


def _in_order(finding: Finding) -> tuple[bool, int]:
    return finding.position is None, finding.position or 0
