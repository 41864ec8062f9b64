"""Reading the pictures in the queue, and taking in what arrives."""

from typing import Annotated

import typer

from service.app import opened
from service.cli.terminal import AsJson, app, out, print_json, progress
from service.intake.draining import Drained, drain, read_again
from service.settings import Settings


@app.command("read")
def read(
    again: Annotated[
        bool, typer.Option("--again", help="Also what couldn't be read before.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Read every picture that waits, on all cores. Where a service reads, wait until it is through."""
    with opened(Settings.read()) as teten:
        # First, so that what can't be read now isn't tried twice.
        found = read_again(teten, progress) if again else Drained()
        drained = drain(teten, progress)
        found = Drained([*found.outcomes, *drained.outcomes], drained.by_service)
    if as_json:
        print_json(found.data())
        return
    for line in found.sentences():
        out.print(line, markup=False, highlight=False)
