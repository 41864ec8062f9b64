"""Is everything as it was? The log from its first event to its head, against the tree, everything that was
signed, and the vouchers that it speaks of."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import psycopg

from service.evidence import attempts, signatures, vouchers
from service.evidence.checkpoints import LOCK, Checkpoints
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


class Moment(NamedTuple):
    """The database as it is at one moment, and the folder as it was then."""

    connection: psycopg.Connection[Any]
    signed: signatures.Signed
    outside: list[Finding]


class Examined(NamedTuple):
    """The log against the tree and against what was signed."""

    seen: Seen
    signed: signatures.Signed
    findings: list[Finding]


def verify(checkpoints: Checkpoints, files: Files, outside: Outside) -> Verified:
    """Everything, as of one moment. VaultClosed: the vouchers can't be read."""
    with snapshot(checkpoints, outside) as moment:
        seen, signed, findings = examine(moment)
        findings += attempts.check(moment.connection, signed.texts)
        findings += moment.outside
        kept = vouchers.check(moment.connection, files)
    findings = sorted([*findings, *kept.findings], key=_in_order)
    through = vouched(seen, signed.roots).through
    return Verified(seen.head, seen.size, through, signed.checkpoints, kept.files, findings)


def examine(moment: Moment) -> Examined:
    """Every event from the first to the head."""
    connection, signed, _ = moment
    seen = scan(connection, sorted(signed.roots))
    findings = [*signed.findings, *located(connection, seen, signed.roots)]
    if seen.head and not signed.checkpoints:
        findings.append(Finding(1, "checkpoint", UNSIGNED))
    return Examined(seen, signed, findings)


@contextmanager
def snapshot(checkpoints: Checkpoints, outside: Outside) -> Iterator[Moment]:
    """While it begins nobody signs: what is in the folder is in the database then, and the other way."""
    with checkpoints.pool.connection() as connection, connection.transaction():
        with checkpoints.pool.connection() as gate, gate.transaction():
            gate.execute("SELECT pg_advisory_xact_lock_shared(%s)", (LOCK,))
            connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
            signed = signatures.read(connection, checkpoints)
            moment = Moment(connection, signed, list(outside.check(connection)))
        yield moment


def _in_order(finding: Finding) -> tuple[bool, int]:
    return finding.position is None, finding.position or 0
