"""What is done by the calendar: tranches that the bank hasn't paid in time lapse."""

from datetime import datetime
from typing import Annotated

import typer

from domain.words import Refused
from service.app import opened
from service.clerk import DANISH_TIME
from service.cli.terminal import AsJson, ProgrammeId, app, out, print_json
from service.settings import Settings


@app.command()
def lapse(
    actor: Annotated[str, typer.Option("--as", help="Who asks: a system or a controller.")],
    programme: ProgrammeId = None,
    as_json: AsJson = False,
) -> None:
    """Let every released tranche lapse that the bank hasn't paid within the programme's days."""
    done: list[str] = []
    refused: dict[str, str] = {}
    with opened(Settings.read()) as teten:
        with teten.reports(programme) as reports:
            due = reports.due_to_lapse(datetime.now(DANISH_TIME).date())
        for each in due:
            wish = {"case_no": each.case, "line_no": int(each.line), "ref": each.end_to_end_id}
            told = {"programme": reports.programme, "by": actor, "cause": "teten lapse"}
            try:
                teten.clerk.in_plain("LapseTranche", wish | told)
                done.append(each.end_to_end_id)
            except Refused as no:
                refused[each.end_to_end_id] = no.code
        teten.rows.catch_up()
    if as_json:
        print_json({"lapsed": done, "refused": refused})
    else:
        out.print(f"{len(done)} lapsed: {', '.join(done) or '-'}", markup=False)
        for ref, code in refused.items():
            out.print(f"refused: {ref}: {code}", markup=False)
    if refused:
        raise typer.Exit(3)
