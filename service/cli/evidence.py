"""Evidence: sign what the log holds, prove a part of it, and look whether anything was changed."""

import typer

from service.app import opened
from service.cli.terminal import AsJson, app, complain, out, print_json
from service.evidence.verifying import verify as check
from service.settings import Settings


@app.command()
def checkpoint(as_json: AsJson = False) -> None:
    """Sign how long the log is and what it holds, and write that to the folder of checkpoints."""
    with opened(Settings.read()) as teten:
        made = teten.checkpoints.make()
    if as_json:
        print_json(made and {"size": made.size, "note": made.note, "made_at": str(made.made_at)})
    else:
        out.print(
            made.note if made else "The log is empty: there is nothing to sign.", markup=False
        )


@app.command()
def verify(as_json: AsJson = False) -> None:
    """Look whether anything was changed: every event from the first to the head, the tree over them, every
    checkpoint and every voucher. Exit code 1: something was, and where."""
    with opened(Settings.read()) as teten:
        found = check(teten.checkpoints, teten.files)
    if as_json:
        print_json(
            {**found._asdict(), "findings": [finding._asdict() for finding in found.findings]}
        )
    else:
        out.print(
            f"{found.head} events; the tree speaks of {found.in_tree}, what was signed of {found.signed}; "
            f"{found.checkpoints} checkpoints, {found.vouchers} vouchers."
        )
        for finding in found.findings:
            at = "" if finding.position is None else f" at position {finding.position}"
            complain(f"{finding.kind}{at}: {finding.says}")
        if not found.findings:
            out.print("Everything is as it was.")
    if found.findings:
        raise typer.Exit(1)
