"""Evidence: sign what the log holds, prove a part of it, and look whether anything was changed."""

from typing import Annotated

import typer

from service.app import opened
from service.cli.terminal import AsJson, app, out, print_json
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
