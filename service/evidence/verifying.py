"""Is everything as it was? The log from its first event to its head, against the tree, everything that was
signed, and the vouchers that it speaks of."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import psycopg

from service.evidence import attempts, signatures, vouchers
from service.evidence.checkpoints import Checkpoints
from service.evidence.findings import Finding
from service.evidence.locating import located, vouched
from service.evidence.outside.delivery import Outside
from service.evidence.scanning import Seen, scan
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


class Examined(NamedTuple):
    """The log against the tree and against what was signed."""

    seen: Seen
    signed: signatures.Signed
    findings: list[Finding]


def verify(checkpoints: Checkpoints, files: Files, outside: Outside) -> Verified:
    """Everything, as of one moment. VaultClosed: the vouchers can't be read."""
    with snapshot(checkpoints) as connection:
        seen, signed, findings = examine(connection, checkpoints)
        findings += attempts.check(connection, signed.texts)
        findings += outside.check(connection)
        kept = vouchers.check(connection, files)
    findings = sorted([*findings, *kept.findings], key=_in_order)
    through = vouched(seen, signed.roots).through
    return Verified(seen.head, seen.size, through, signed.checkpoints, kept.files, findings)


def examine(connection: psycopg.Connection[Any], checkpoints: Checkpoints) -> Examined:
    """Every event from the first to the head."""
    signed = signatures.read(connection, checkpoints)
    seen = scan(connection, sorted(signed.roots))
    findings = [*signed.findings, *located(connection, seen, signed.roots)]
    if seen.head and not signed.checkpoints:
        findings.append(Finding(1, "checkpoint", UNSIGNED))
    return Examined(seen, signed, findings)


@contextmanager
def snapshot(checkpoints: Checkpoints) -> Iterator[psycopg.Connection[Any]]:
    with checkpoints.pool.connection() as connection, connection.transaction():
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        yield connection


def _in_order(finding: Finding) -> tuple[bool, int]:
    return finding.position is None, finding.position or 0
