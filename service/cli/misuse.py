"""Misuse as the controller sees it."""

from datetime import datetime
from typing import Annotated

import typer
from rich.table import Table

from projections.misuse_figures import TABLES, Days, Group, Share
from service.app import opened
from service.cli.terminal import AsJson, KnownWhen, ProgrammeId, app, known_at, out, print_json
from service.settings import Settings


@app.command()
def misuse(
    as_of: Annotated[
        datetime | None,
        typer.Option(
            formats=["%Y-%m-%d"], metavar="DATE", help="As it stood at the end of that day."
        ),
    ] = None,
    known: KnownWhen = None,
    programme: ProgrammeId = None,
    as_json: AsJson = False,
) -> None:
    """Misuse by phase, selection, route and category, with intervals; how long it took, what came back."""
    then = known_at(known)
    with opened(Settings.read()) as teten, teten.reports(programme, then) as reports:
        day = teten.day(as_of.date() if as_of else None, then)
        found = reports.misused(day, day)
    if as_json:
        print_json(found.model_dump(mode="json"))
        return
    for name in TABLES:
        out.print(_table(name, [*getattr(found, name), found.whole]))
    _print_days("to the first flag", found.to_flag)
    _print_days("to confirmation", found.to_confirmation)
    back = found.whole.recovered
    out.print(
        f"claimed {back.claimed.danish()} kr.: repaid {back.repaid.danish()}, set off"
        f" {back.set_off.danish()}, written off {back.written_off.danish()}, owed {back.owed.danish()}"
    )


def _table(name: str, groups: list[Group]) -> Table:
    table = Table(name, title=None)
    for heading in (
        "paid to",
        "misused by",
        "% of citizens",
        "paid kr.",
        "misused kr.",
        "% of kr.",
    ):
        table.add_column(heading, justify="right")
    for each in groups:
        table.add_row(
            "in all" if each is groups[-1] else each.value or "the case as a whole",
            str(each.paid_to),
            str(each.misused_by),
            _share(each.citizens),
            each.paid.danish(),
            each.misused.danish(),
            _share(each.kroner),
        )
    return table


def _share(of: Share) -> str:
    return f"{of.percent} ({of.low}-{of.high})" if of.percent else "-"


def _print_days(what: str, found: Days) -> None:
    if found.findings:
        out.print(
            f"{what}: {found.findings} findings, half within {found.median} days, quarters within"
            f" {found.lower_quartile} and {found.upper_quartile}, the longest {found.longest}"
        )
