"""Evidence: sign what the log holds, prove a part of it, and look whether anything was changed."""

import json
import sys
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from projections.programmes import programmes
from service.app import Teten, opened
from service.cli.terminal import AsJson, app, complain, out, print_json
from service.evidence import proofs
from service.evidence.notes import Verifier
from service.evidence.verifying import verify as check
from service.recomputing import Recomputed, recompute
from service.settings import Settings


@app.command()
def checkpoint(as_json: AsJson = False) -> None:
    """Sign how long the log is and what it holds, and write that to the folder of checkpoints."""
    with opened(Settings.read()) as teten:
        made = teten.checkpoints.make()
        teten.outside.deliver()
    if as_json:
        print_json(made and {"size": made.size, "note": made.note, "made_at": str(made.made_at)})
    else:
        out.print(
            made.note if made else "The log is empty: there is nothing to sign.", markup=False
        )


@app.command()
def prove(
    position: Annotated[int, typer.Argument(min=1, help="The event's position in the log.")],
) -> None:
    """Print the proof that an event is in the log, for whoever has the log's key (C2SP tlog-proof)."""
    with opened(Settings.read()) as teten:
        sys.stdout.write(proofs.prove(teten.checkpoints, position))


@app.command("check-proof")
def check_proof(
    file: Annotated[
        Path, typer.Argument(exists=True, dir_okay=False, help="What `prove` printed.")
    ],
    vkey: Annotated[
        list[str], typer.Option("--vkey", help="A key of the log, as you were given it.")
    ],
    as_json: AsJson = False,
) -> None:
    """Check a proof by itself, without a database, and print the event. Exit code 1: it proves nothing."""
    proved = proofs.check(file.read_text("utf-8"), [Verifier.parse(each) for each in vkey])
    header, _, state = proved.leaf.decode().partition("\n")
    if as_json:
        at = {"position": proved.position, "header": json.loads(header), "event": json.loads(state)}
        print_json({**at, "origin": proved.checkpoint.origin, "size": proved.checkpoint.size})
    else:
        signed = f"{proved.checkpoint.origin} signed it as one of {proved.checkpoint.size}"
        out.print(f"Position {proved.position} is in the log; {signed}.", markup=False)
        out.print(f"{header}\n{state}", markup=False)


class Tool(StrEnum):
    HLEDGER = "hledger"


@app.command()
def verify(
    tool: Annotated[
        Tool | None,
        typer.Option("--with", help="Have it reckon every balance anew, and compare to the øre."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Look whether anything was changed: every event from the first to the head, the tree over them, every
    checkpoint and every voucher. Exit code 1: something was, and where."""
    with opened(Settings.read()) as teten:
        found = check(teten.checkpoints, teten.files, teten.outside)
        reckoned = _recomputed(teten) if tool else {}
    wrong = found.findings or any(each.differences for each in reckoned.values())
    if as_json:
        told = {**found._asdict(), "findings": [each._asdict() for each in found.findings]}
        books = {name: _told(each) for name, each in reckoned.items()}
        print_json({**told, "recomputed": books} if tool else told)
    else:
        out.print(
            f"{found.head} events; the tree speaks of {found.in_tree}, what was signed of {found.signed}; "
            f"{found.checkpoints} checkpoints, {found.vouchers} vouchers."
        )
        for name, each in reckoned.items():
            out.print(f"{name}: hledger reckoned {each.compared} balances.", markup=False)
            for what, ours, theirs in each.differences:
                complain(f"{name} {what}: {ours} in Teten, {theirs} by hledger")
        for finding in found.findings:
            at = "" if finding.position is None else f" at position {finding.position}"
            complain(f"{finding.kind}{at}: {finding.says}")
        if not wrong:
            out.print("Everything is as it was.")
    if wrong:
        raise typer.Exit(1)


def _recomputed(teten: Teten) -> dict[str, Recomputed]:
    """By programme, of all that the log holds."""
    with teten.rows.snapshot() as snapshot:
        known = list(snapshot.all(programmes))
    return {name: recompute(teten, name, date.max) for name in known}


def _told(found: Recomputed) -> dict[str, Any]:
    differences = [
        {**each._asdict(), "ours": str(each.ours), "theirs": str(each.theirs)}
        for each in found.differences
    ]
    return {"compared": found.compared, "differences": differences}
