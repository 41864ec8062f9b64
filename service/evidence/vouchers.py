"""Whether every voucher file that the log speaks of is there, as it came."""

import json
from collections.abc import Container, Mapping
from contextlib import suppress
from typing import Any, NamedTuple

import psycopg

from domain.words import EVENTS
from service.evidence.findings import Finding
from service.people.files import FileLost, Files
from service.people.forgetting import filed, forgotten, of_no_case

SPEAKS_OF = (
    "SELECT notification_id, state FROM log_events WHERE topic = ANY(%s)"
    " ORDER BY notification_id DESC"
)


class Kept(NamedTuple):
    files: int
    findings: list[Finding]


def check(connection: psycopg.Connection[Any], files: Files) -> Kept:
    """Every file is read and its SHA-256 compared with the one in the log; but those of citizens whom the
    log says to be forgotten are gone by right. VaultClosed."""
    told = forgotten(connection)
    since = filed(connection)
    named = _named(connection, told.cases, since)
    found = connection.execute("SELECT sha256, subject FROM people.files ORDER BY 1, 2").fetchall()
    kept = [
        (sha256, subject)
        for sha256, subject in found
        if subject not in told.citizens | since.keys()
    ]
    findings = []
    for sha256, subject in kept:
        try:
            files.read(sha256, subject)
        except FileLost:
            says = f"the voucher {sha256} is missing or was changed"
            findings.append(Finding(named.get(sha256), "voucher", says))
    for sha256 in sorted(named.keys() - {sha256 for sha256, _ in kept}):
        says = f"the log speaks of the voucher {sha256}, and no such file is kept"
        findings.append(Finding(named[sha256], "voucher", says))
    return Kept(len(kept), findings)


def _named(
    connection: psycopg.Connection[Any], left_out: Container[str], since: Mapping[str, str]
) -> dict[str, int]:
    """The files that the log speaks of, and where for the first time. An event that can't be read was
    changed, which the tree tells. `left_out`: the cases of those who are forgotten. `since`: the cases of
    vouchers that came for none."""
    topics = [name for name, kind in EVENTS.items() if "sha256" in kind.model_fields]
    named: dict[str, int] = {}
    with connection.cursor("vouchers") as events:
        events.execute(SPEAKS_OF, (topics,))
        for position, state in events:
            with suppress(ValueError, KeyError, TypeError):
                event = json.loads(state)["event"]
                case_no = event.get("case_no")
                if "channel" in event and case_no is None:
                    case_no = since.get(of_no_case(event["programme"], event["ref"]))
                if case_no not in left_out:
                    named[event["sha256"]] = position
    return named
